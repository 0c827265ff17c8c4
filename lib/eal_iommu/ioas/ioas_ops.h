/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Between an address space and its backends. A backend is a table; NULL means "cannot".
 * All functions return 0 or a negative errno and undo what they began.
 *
 * An address space has one leg or several: a leg is what one descriptor of the kernel
 * translates. What a backend must know of a leg is its own state, "void *leg" here:
 * leg_size bytes, zero before open. The life of a leg: open, attach of the first, prepare,
 * then maps and further attaches, detach of the last, close.
 */

#ifndef IOAS_OPS_H
#define IOAS_OPS_H

#include "ioas/ioas.h"

#define IOAS_NAME_LEN 32	/**< room for a PCI address */

#define TYPE1_NODE "/dev/vfio/vfio"
#define TYPE1_NEED \
	"load the module with: modprobe vfio-pci, and give your group access to the node"
#define TYPE1_FDS "group=FD,container=FD"

/** A device that is kept open because its group is attached by that, see ioas_anchor.c. */
struct ioas_anchor {
	struct ioas_anchor *next;
	char name[IOAS_NAME_LEN];
	int fd;			/**< -1: surrendered */
	unsigned int refs;	/**< attaches of this member */
};

/** Who is in: a whole group, or one device alone. */
struct ioas_attachment {
	struct ioas_attachment *next;
	char name[IOAS_NAME_LEN];	/**< the device; "" for a whole group */
	int group;
	int fd;			/**< node of the group or of the device */
	bool ours;		/**< opened here, to be closed here */
	bool given;		/**< fd is a duplicate of one that the user opened */
	bool attached;		/**< else the device is held since its survey */
	unsigned int refs;	/**< attaches */
	struct ioas_leg *leg;	/**< that it is attached to */
	struct ioas_anchor *anchors;	/**< of a whole group, one for each member */
};

struct ioas_ops {
	enum ioas_backend backend;
	struct ioas_traits traits;
	size_t leg_size;	/**< bytes of the state of a leg */
	bool leg_per_group;	/**< a leg takes one group only: each group gets its own */

	/** Is this backend there for a member? Opens nothing that matters. */
	int (*fits)(const struct ioas_member *m);
	/** Open the backend's node, or duplicate that of fds (may be NULL); make a space. */
	int (*open)(void *leg, const struct ioas_fds *fds);
	/** The backend that the node turned out to need, with the same state; or NULL. */
	const struct ioas_ops *(*stand_in)(const void *leg);
	void (*close)(void *leg);
	/** Is memory counted by process, though the traits say by user? NULL: no. */
	bool (*memlock_by_process)(const void *leg);
	/** Does a member have an attachment of its own? NULL: only groups have. */
	bool (*alone)(const struct ioas_member *m);
	/** Open a member's node (attachment->fd, attachment->ours) and make sure of it. */
	int (*enter)(void *leg, const struct ioas_member *m,
			struct ioas_attachment *attachment, bool *viable);
	/** Limits of an attachment that is alone and not attached. */
	int (*survey)(void *leg, struct ioas_attachment *attachment, struct ioas_info *out);
	/** Bring it in. */
	int (*attach)(void *leg, struct ioas_attachment *attachment);
	/**
	 * Make a leg ready to map: once its first is attached. NULL: it is.
	 *
	 * @param need  what will be mapped, as far as it is known
	 * @param out  zeros; with ranges the leg translates only these, and the layout is
	 *   restricted to them. Freed by the caller, on an error too.
	 */
	int (*prepare)(void *leg, const struct ioas_need *need, struct ioas_info *out);
	/** Take it out. With the last of a leg all that prepare made ends. */
	void (*detach)(struct ioas_attachment *attachment);
	int (*open_device)(struct ioas_attachment *attachment, const struct ioas_member *m);
	int (*info)(void *leg, struct ioas_info *out);
	/** Reject a new member that makes these ranges unusable; replaces the list. */
	int (*keep)(void *leg, const struct iova_range *v, size_t n);
	/**
	 * In several threads at a time, and beside all other operations but open, close,
	 * attach, prepare, detach and clear; beside the detach of a member that is alone
	 * too, if ioas_surrender() calls it.
	 */
	int (*map)(void *leg, const struct ioas_memory *mem, uint64_t iova, uint64_t size);
	/**
	 * As map, of one mapping as a whole. *done: bytes the kernel says it unmapped; 0 if
	 * nothing is mapped there.
	 */
	int (*unmap)(void *leg, uint64_t va, uint64_t iova, uint64_t size, uint64_t *done);
	/** Unmap everything at once; NULL: the last detach does it. */
	void (*clear)(void *leg);
	/**
	 * The IOVA that memory has by itself, of its first byte. NULL: none, the layout
	 * chooses. @return 0, or an error as map
	 */
	int (*locate)(void *leg, const struct ioas_memory *mem, uint64_t *iova);
	/** Has it all of these IOVAs? NULL: as locate. @return 0; -EADDRNOTAVAIL; as map */
	int (*verify)(void *leg, const struct ioas_memory *mem, uint64_t iova, uint64_t size);
	/** Are a leg's devices stopped after an error? NULL: can't tell. @return as ioas_stopped() */
	int (*stopped)(void *leg);
	/** What a failed map means here; "" if nothing is to be added. */
	const char *(*hint)(int ret);
};

extern const struct ioas_ops ioas_iommufd_ops;
extern const struct ioas_ops ioas_type1_ops;
extern const struct ioas_ops ioas_noiommu_ops;

/** In place of type1's where its node is an iommufd; type1's open has made the space. */
extern const struct ioas_ops ioas_compat_ops;

/** In place of type1's on POWER. */
extern const struct ioas_ops ioas_spapr_ops;

/**
 * The backends in the order in which "auto" tries them, then those that it does not try;
 * NULL behind the last. In backend/ioas_backends.c; a test may link its own.
 */
extern const struct ioas_ops *const ioas_backends[];

/* ioas_group.c: what backends have in common about groups */

/** ops.enter of a group: its node is opened by the caller or here; is it viable? */
int ioas_group_enter(void *leg, const struct ioas_member *m,
		struct ioas_attachment *attachment, bool *viable);

/**
 * SET_CONTAINER. A group that the user opened may have a container since an earlier use, in
 * this process or another one: it is taken out of that, if none of its devices is open.
 */
int ioas_group_attach(struct ioas_attachment *attachment, int container);

/** ops.open_device of a group. */
int ioas_group_device(struct ioas_attachment *attachment, const struct ioas_member *m);

#endif /* IOAS_OPS_H */
