/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Between ioas.c and its backends. A backend is a table; NULL means "cannot".
 * All functions return 0 or a negative errno and undo what they began.
 */

#ifndef IOAS_OPS_H
#define IOAS_OPS_H

#include "ioas/ioas.h"

#define IOAS_NAME_LEN 32	/**< room for a PCI address */

#define TYPE1_NODE "/dev/vfio/vfio"
#define TYPE1_NEED \
	"load the module with: modprobe vfio-pci, and give your group access to the node"

/** The kernel's side of an address space. */
struct ioas_kernel {
	int fd;			/**< the backend's node, open */
	uint32_t id;		/**< of the space, where a node has several */
	bool for_groups;	/**< groups that get fd use this space */
	bool no_files;		/**< the kernel can't map files */
	bool over_iommufd;	/**< set by type1: the node is an iommufd, see ioas_compat_ops */
	bool memlock_by_process;	/**< though the backend's traits say: by user */
};

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
	bool attached;		/**< else the device is held since its survey */
	unsigned int refs;	/**< attaches */
	struct ioas_anchor *anchors;	/**< of a whole group, one for each member */
};

struct ioas_ops {
	enum ioas_backend backend;
	struct ioas_traits traits;

	/** Is this backend there for a member? Opens nothing that matters. */
	int (*fits)(const struct ioas_member *m);
	/** Open the backend's node, make a space. */
	int (*open)(struct ioas_kernel *k);
	/** Does a member have an attachment of its own? NULL: only groups have. */
	bool (*alone)(const struct ioas_member *m);
	/** Open a member's node (attachment->fd, attachment->ours) and make sure of it. */
	int (*enter)(struct ioas_kernel *k, const struct ioas_member *m,
			struct ioas_attachment *attachment, bool *viable);
	/** Limits of an attachment that is alone and not attached. */
	int (*survey)(struct ioas_kernel *k, struct ioas_attachment *attachment,
			struct ioas_info *out);
	/** Bring it in. */
	int (*attach)(struct ioas_kernel *k, struct ioas_attachment *attachment,
			unsigned int n_attached);
	/** Take it out. */
	void (*detach)(struct ioas_attachment *attachment);
	int (*open_device)(struct ioas_attachment *attachment, const struct ioas_member *m);
	int (*info)(struct ioas_kernel *k, struct ioas_info *out);
	/** Let no newcomer make these ranges unusable; replaces the list. */
	int (*keep)(struct ioas_kernel *k, const struct iova_range *v, size_t n);
	/** file: what is at va, as far as it is known; may be NULL */
	int (*map)(struct ioas_kernel *k, uint64_t va, const struct ioas_file *file,
			uint64_t iova, uint64_t size);
	/** *done: bytes the kernel says it unmapped. */
	int (*unmap)(struct ioas_kernel *k, uint64_t iova, uint64_t size,
			uint64_t *done);
	/** Unmap everything at once; NULL: it goes with the last attachment. */
	void (*clear)(struct ioas_kernel *k);
	/** What a failed map means here; "" if nothing is to be added. */
	const char *(*hint)(int ret);
};

extern const struct ioas_ops ioas_iommufd_ops;
extern const struct ioas_ops ioas_type1_ops;

/** In place of type1's where its node is an iommufd; type1's open has made the space. */
extern const struct ioas_ops ioas_compat_ops;

/* ioas_group.c: what backends have in common about groups */

/** ops.enter of a group: somebody else's node, or opened here; is it viable? */
int ioas_group_enter(struct ioas_kernel *k, const struct ioas_member *m,
		struct ioas_attachment *attachment, bool *viable);

/** ops.open_device of a group. */
int ioas_group_device(struct ioas_attachment *attachment, const struct ioas_member *m);

#endif /* IOAS_OPS_H */
