/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * One I/O address space: who is attached to it and what is mapped in it.
 *
 * The backend is chosen at open and reached through a table of operations; an
 * operation that is NULL cannot be done. Where the kernel takes one group into each of its
 * spaces, an address space has several legs: a mapping is in all of them or in none, and
 * who attaches later gets all that is mapped. The record of mappings kept here is
 * the truth: the kernel's answers are checked against it, a mapping that
 * exists already is a fault of the caller, and the size of every unmap is
 * checked.
 *
 * Thread safety: every function takes the address space's lock, except open
 * and close. The lock guards the layout as well: other code that reads or changes it takes
 * ioas_layout_lock(). A map pins memory without the lock, and an unmap unpins it without the lock.
 * Meanwhile the range is in use, but not reported as mapped. An attach, detach, close or
 * unmap of everything waits for this, and later maps and unmaps wait behind it. All other
 * calls proceed. None of the functions allocates through DPDK, so they may run in EAL's
 * memory callbacks.
 *
 * Errors (negative errno):
 *  -EINVAL      zero size, wrap, not aligned to the smallest IOMMU page, or
 *               the kernel refuses the range;
 *  -EEXIST      overlaps a mapping;
 *  -ERANGE      outside of the layout's allowed ranges;
 *  -EADDRINUSE  in a hard hole of the layout;
 *  -ENOENT      nothing is mapped there;
 *  -EBUSY       an unmap that would cut a mapping in two, or of one that another thread
 *               is just making or unmapping; nothing is unmapped;
 *  -EPERM       an unmap of what another owner has mapped; nothing is unmapped;
 *  -ENOSPC      the kernel's budget of mappings is used up;
 *  -ENOMEM      no memory, or RLIMIT_MEMLOCK is too low;
 *  -ENOTSUP     the backend cannot.
 * A map without translation (see struct ioas_traits):
 *  -EADDRNOTAVAIL  the IOVA is not the physical address of all the memory;
 *  -EFAULT      not all of it is shared memory of hugepages;
 *  -EPERM, -EACCES  the process can't read physical addresses;
 *  -ENOTSUP     a read-only mapping, which devices would not obey.
 *
 * An unmap that fails in some legs only ends the mapping (its IOVA stays taken); the same
 * unmap may be tried again, and what has a leg that leaves ends with it.
 */

#ifndef IOAS_H
#define IOAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iova/iova_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ioas;

/** Which kernel interface carries an address space. */
enum ioas_backend {
	IOAS_BACKEND_AUTO,
	IOAS_BACKEND_TYPE1,	/**< VFIO groups, type1 v2 */
	IOAS_BACKEND_IOMMUFD,	/**< /dev/iommu and character devices */
	IOAS_BACKEND_COMPAT,	/**< VFIO groups, and an iommufd that provides
				 * /dev/vfio/vfio: what asking for TYPE1 gives then
				 */
	IOAS_BACKEND_SPAPR,	/**< VFIO groups of POWER: what asking for TYPE1 gives there */
	IOAS_BACKEND_NOIOMMU,	/**< VFIO's no-IOMMU groups; never chosen by AUTO */
	IOAS_BACKEND_COUNT
};

/** How a backend is different, for messages and for what can be expected of it. */
struct ioas_traits {
	const char *node;		/**< its node */
	const char *need;		/**< what to do where it is missing */
	const char *unsafe_interrupts;	/**< module parameter for those who trust all; NULL: there is none */
	bool serves_msi_window;		/**< MSIs can be had behind an IOMMU that is asked to map
					 * doorbells and has a fixed window for them
					 */
	bool group_by_device;		/**< a device of a group is attached when it is opened */
	bool memlock_by_user;		/**< see ioas_memlock_by_user() */
	bool maps_files;		/**< memory is mapped faster by its file: ioas_map_memory() */
	bool reserves;			/**< it reserves IOVAs in advance: ioas_need_set() */
	bool no_translation;		/**< an IOVA is a physical address: there is no IOMMU */
	const char *fds;		/**< keys that give its nodes as descriptors */
};

/** How a backend was chosen. */
struct ioas_choice {
	enum ioas_backend backend;	/**< chosen, or the last that was tried */
	const struct ioas_traits *traits;	/**< of that one, or NULL */
	const char *node;		/**< that was opened last: its own, or the first
					 * member's; NULL if that has none
					 */
	enum ioas_backend passed;	/**< the one that was tried before, or AUTO */
	const char *passed_node;	/**< its node, as above */
	int error;			/**< why it was passed over, -errno */
};

/** Limits the kernel reports. Freed with ioas_info_free(). */
struct ioas_info {
	struct iova_range *ranges;	/**< what can be translated */
	size_t n_ranges;		/**< 0: the kernel does not say */
	uint64_t page_sizes;		/**< bit n set: pages of 2^n bytes */
	uint64_t dma_avail;		/**< mappings left; UINT64_MAX: no limit known */
};

/** What will be mapped, for backends that reserve IOVAs in advance. */
struct ioas_need {
	uint64_t bytes;		/**< of all memory; 0: not known */
	uint64_t page;		/**< its smallest page, bytes; 0: the base page */
};

/** Who has memory mapped. Each unmaps its own only. */
enum ioas_owner {
	IOAS_EAL = 1,		/**< EAL's memory, that of its heaps of external memory too */
	IOAS_DEVICE,		/**< rte_dev_dma_map() */
	IOAS_APPLICATION,	/**< the functions of rte_eal_iommu.h */
};

/** One mapping. */
struct ioas_mapping {
	struct iova_range iova;
	uint64_t va;
	enum ioas_owner owner;
	bool read_only;		/**< devices may not write to it */
};

/**
 * Descriptors of nodes that the user opened; -1: none. A space duplicates them. It never
 * closes them, and leaves them as they can be used again: a group without a container, an
 * iommufd without an address space of ours. A character device stays bound to its iommufd
 * until every descriptor of it is closed.
 */
struct ioas_fds {
	int device;	/**< the member's character device */
	int iommufd;	/**< /dev/iommu; of the member by which the space is opened */
	int group;	/**< node of the member's group */
	int container;	/**< /dev/vfio/vfio; as iommufd */
};

/** A device or group to attach. The strings need to exist only during the call. */
struct ioas_member {
	int group;		/**< IOMMU group */
	bool noiommu;		/**< the group is one of VFIO's no-IOMMU mode */
	int group_fd;		/**< the group's node, if the caller (EAL) owns it; else -1 */
	const char *name;	/**< PCI address as the kernel names it */
	const char *cdev;	/**< path of its character device, or NULL */
	const char *vf_token;	/**< UUID that its physical function wants, or NULL */
	const struct ioas_fds *fds;	/**< used in place of its nodes, or NULL */
};

/** An owner in words, as in a dump of the layout. */
const char *ioas_owner_name(enum ioas_owner owner);

/** Name of a backend, as in the key backend=. */
const char *ioas_backend_name(enum ioas_backend backend);

/** @return 0 and *out, or -EINVAL for a name that is none. */
int ioas_backend_parse(const char *name, enum ioas_backend *out);

/**
 * Open an address space; nothing is attached yet.
 *
 * @param backend  IOAS_BACKEND_AUTO takes the first that kernel and device have:
 *   iommufd, else type1
 * @param first    who is meant to be the first, or NULL: only the kernel is asked. If it
 *   has fds, they have the node
 * @param layout   where mappings are placed, or NULL for a space that is only
 *   asked for its limits. Must outlive the address space.
 * @param choice   what was chosen and why, also on an error; may be NULL
 * @return 0; -ENOENT or -EACCES opening the backend's node, or the first's;
 *   -ENODEV if it has no node of the kind that is needed; -ENOTSUP if the kernel
 *   has no type1 v2; -ENOMEM.
 */
int ioas_open(enum ioas_backend backend, const struct ioas_member *first,
		struct iova_layout *layout, struct ioas **out, struct ioas_choice *choice);

/** State what will be mapped, before the first attach or survey. */
void ioas_need_set(struct ioas *ioas, const struct ioas_need *need);

/** Unmap everything, detach everything, close. NULL is allowed. Cannot fail. */
void ioas_close(struct ioas *ioas);

/**
 * What a member can translate, by itself. Nothing is attached by this; the
 * limits of one that is attached, or whose group is, are those of the address
 * space.
 *
 * A member with a character device is opened, which resets it, and held from
 * then on: a device can't be bound twice, and another process can't have it.
 * Its attach uses this device; ioas_release() releases it. A group is opened only during
 * the survey. If the kernel attaches a group by its devices, the survey also opens the
 * device, which resets it.
 *
 * @return as ioas_attach() and ioas_info_get()
 */
int ioas_survey(struct ioas *ioas, const struct ioas_member *m,
		struct ioas_info *out, bool *viable);

/**
 * Attach a member; each attach is counted.
 *
 * With a backend of devices a member that has a character device and no
 * group_fd is attached alone. In all other cases its group is. A group_fd is
 * not opened, but attached to this address space, and remains open at the end. Its
 * owner must not have attached it to a container before. A member that is held since
 * its survey must be released before its group can be opened.
 *
 * @param viable  false on -EPERM when a sibling is bound to a kernel driver
 * @return 0; -ENOENT, -EACCES, -EBUSY (held by another process) from the
 *   node; -EPERM (not viable, held by another process, or interrupts not
 *   isolated); -EADDRINUSE, or -EINVAL from some backends (the kernel refuses it
 *   beside what is mapped or kept); -EINVAL (firmware wants 1:1 mappings, the
 *   device is open in another process, the group_fd has a container already,
 *   the token is none or not wanted); -EXDEV (fds: the device is bound to another
 *   iommufd); -EKEYREJECTED (the physical function wants a token, or another one); -ERANGE (what the kernel gives it lacks an IOVA that is
 *   mapped or kept); -ENOMEM; where it gets a leg of its own also as ioas_open() and
 *   ioas_map(). Nothing has changed then, and what was held stays held.
 */
int ioas_attach(struct ioas *ioas, const struct ioas_member *m, bool *viable);

/**
 * Release one attach. At the last one the node is closed, if it was opened
 * here; devices must be closed before, as the kernel keeps them attached until
 * then. The last that is attached takes the mappings and the kept ranges with
 * it. Nothing happens if the member is not attached.
 */
void ioas_detach(struct ioas *ioas, const struct ioas_member *m);

/** Release a member that is held since its survey and not attached. */
void ioas_release(struct ioas *ioas, const struct ioas_member *m);

/**
 * Give a device back to the kernel while it is attached: the node of a member
 * that is alone is closed, or the device that is kept open for a member of a group;
 * the attach stays counted and the mappings stay.
 */
void ioas_surrender(struct ioas *ioas, const struct ioas_member *m);

/** Hold the layout still; no other function of this header may be called. */
void ioas_layout_lock(struct ioas *ioas);

/** End of ioas_layout_lock(). */
void ioas_layout_unlock(struct ioas *ioas);

/** Is this group attached, or a device of it? */
bool ioas_has_group(struct ioas *ioas, int group);

/** Groups and devices attached. */
unsigned int ioas_n_attached(struct ioas *ioas);

/**
 * Open the device of an attached member. The caller closes it.
 *
 * @return fd; -ENODEV (not attached, or no such device in the group);
 *   -EKEYREJECTED (the physical function wants a vf_token, or another one);
 *   -EINVAL (it wants none, or the token is too long to be one); -EBUSY, ...
 */
int ioas_open_device(struct ioas *ioas, const struct ioas_member *m);

/** Answer of ioas_stopped(): its registers are stopped too, or the kernel knows no state of it. */
#define IOAS_STOPPED_OR_UNKNOWN 2

/**
 * Is an attached member stopped after an error (EEH of POWER)? @return 1: its DMA is; 0; as above;
 * -ENOTSUP the backend can't tell; -EAGAIN another thread uses @p ioas, no wait; -errno
 */
int ioas_stopped(struct ioas *ioas, const struct ioas_member *m);

/** One of those that are reset together. */
struct ioas_reset_peer {
	char name[32];		/**< PCI address */
	int group;		/**< IOMMU group; -1: not reported */
	bool ours;		/**< in a group or a device of this address space */
};

/** All that are reset together, the asking device among them. */
struct ioas_reset_set {
	struct ioas_reset_peer *v;
	size_t n;
};

/**
 * Who is reset with the slot or bus of a device of a PCI domain. The kernel reports 16 bits of it.
 *
 * @param device  what ioas_open_device() returned
 * @param out     to be freed by ioas_reset_set_free()
 * @return 0; -ENODEV neither can be reset; -ENOMEM; -EBADMSG if the answer is odd.
 */
int ioas_reset_set_get(struct ioas *ioas, int device, uint32_t domain, struct ioas_reset_set *out);

/** Free what ioas_reset_set_get() gave. */
void ioas_reset_set_free(struct ioas_reset_set *set);

/**
 * Reset them all. A device that is in use loses its state: the caller must check before.
 *
 * @return 0; -EPERM one is not ours; -EINVAL one is not bound to vfio-pci; -EBUSY
 *   one is being opened; -ENODEV; -ENOMEM; ...
 */
int ioas_reset_all(struct ioas *ioas, int device, const struct ioas_reset_set *set);

/**
 * Limits as they are now.
 *
 * @return 0; -ENOMEM; -EBADMSG if the answer is odd; -ERANGE if the legs share no range.
 */
int ioas_info_get(struct ioas *ioas, struct ioas_info *out);

/** Free what ioas_info_get() gave. */
void ioas_info_free(struct ioas_info *info);

/**
 * Keep ranges usable: a later attach of a member that can't translate all of them
 * is rejected. Only the parts that can be mapped now are kept. Replaces what was
 * kept before.
 *
 * @return 0; -ENOMEM; -EBADMSG and -ERANGE as ioas_info_get().
 */
int ioas_keep(struct ioas *ioas, const struct iova_range *v, size_t n);

/** A kept range, and the first part of it that a new member can't translate. */
struct ioas_kept {
	struct iova_range range;
	struct iova_range lost;
};

/**
 * Would the limits of a new member leave all kept ranges usable? For backends whose
 * kernel does not check this, and for a message before the kernel rejects the member.
 *
 * @param out  the first range that would not remain usable
 * @return 0, or -ERANGE.
 */
int ioas_keep_test(struct ioas *ioas, const struct ioas_info *newcomer, struct ioas_kept *out);

/**
 * Map memory for DMA, readable and writable, at a fixed IOVA. A space without a layout
 * maps nothing (-ENOTSUP).
 *
 * @param va    start of the memory
 * @param iova  where the devices see it
 * @param size  bytes
 * @param why   what is in the way, as iova_layout_place_at(); may be NULL
 */
int ioas_map(struct ioas *ioas, enum ioas_owner owner, uint64_t va, uint64_t iova,
		uint64_t size, struct iova_conflict *why);

/**
 * A conflict at IOVAs that memory does not have is the caller's error: -EADDRNOTAVAIL.
 * ioas_map() has asked already. @return @p ret in all other cases
 */
int ioas_verify(const struct ioas *ioas, uint64_t va, struct iova_range range, int ret);

/** What memory is a part of: a file of hugetlbfs, of shmem, or a memfd. */
struct ioas_file {
	int fd;			/**< -1: none is known */
	uint64_t start;		/**< offset of the memory in it, bytes */
};

/** Memory to map. */
struct ioas_memory {
	uint64_t va;			/**< its start */
	const struct ioas_file *file;	/**< what is mapped at all of it; may be NULL */
	bool read_only;			/**< devices may not write to it: the process need not be
					 * able to, either
					 */
};

/** As ioas_map(), read-only if the memory is, and the backend may take it from its file. */
int ioas_map_memory(struct ioas *ioas, enum ioas_owner owner, const struct ioas_memory *mem,
		uint64_t iova, uint64_t size, struct iova_conflict *why);

/** The IOVA of a map that left nothing. No mapping has it, as it is in the last page. */
#define IOAS_NOWHERE UINT64_MAX

/**
 * Map memory at an IOVA the layout chooses: the lowest free one that has the
 * alignment and ends at or below the limit. Without translation the IOVA is the memory's
 * physical address, which must be as good.
 *
 * @param align  power of two, at least the smallest IOMMU page
 * @param limit  last IOVA the memory may have
 * @param iova   the IOVA chosen; on an error IOAS_NOWHERE, or where the memory is parked:
 *   some legs keep it until an unmap there succeeds
 * @return 0; -ENOSPC no free place; else as ioas_map()
 */
int ioas_map_any(struct ioas *ioas, enum ioas_owner owner, uint64_t va, uint64_t size,
		uint64_t align, uint64_t limit, uint64_t *iova);

/** Where ioas_map_any_memory() may place memory. */
struct ioas_place {
	uint64_t align;		/**< as that of ioas_map_any() */
	uint64_t align_min;	/**< halve the alignment down to it until a place is free; 0: don't */
	uint64_t limit;		/**< as that of ioas_map_any() */
};

/** Memory that has its IOVA already (no translation); all zero where the layout chooses. */
struct ioas_located {
	struct iova_range range;	/**< its IOVAs, also if they conflict */
	struct iova_conflict why;	/**< as that of ioas_map() */
};

/**
 * As ioas_map_any() and ioas_map_memory(). -ENOSPC of the kernel does not change the
 * alignment: no other place helps. @p located may be NULL.
 */
int ioas_map_any_memory(struct ioas *ioas, enum ioas_owner owner,
		const struct ioas_memory *mem, uint64_t size, const struct ioas_place *place,
		uint64_t *iova, struct ioas_located *located);

/**
 * Unmap all mappings inside the range. None may reach out of it (-EBUSY), and none may
 * be of another owner (-EPERM): then nothing is unmapped.
 */
int ioas_unmap(struct ioas *ioas, enum ioas_owner owner, uint64_t iova, uint64_t size);

/** Unmap everything. Cannot fail: what the kernel keeps, it drops at close. */
void ioas_unmap_all(struct ioas *ioas);

/** Mapping that contains @p iova. @return 0 and *out, or -ENOENT. */
int ioas_lookup(struct ioas *ioas, uint64_t iova, struct ioas_mapping *out);

/**
 * Is all of this memory mapped at this IOVA, readable and writable, by one mapping or by
 * several? Waits for those that are just being made.
 */
bool ioas_covers(struct ioas *ioas, uint64_t va, uint64_t iova, uint64_t size);

/** Is there a mapping of another owner in the range, or a part of one? In any state. */
bool ioas_has_others(struct ioas *ioas, enum ioas_owner owner, struct iova_range range);

/**
 * Walk the mappings in ascending order under the lock; the callback must not
 * call back into the address space. Non-zero stops and is returned.
 */
int ioas_foreach(struct ioas *ioas, int (*cb)(const struct ioas_mapping *m, void *arg), void *arg);

/**
 * The descriptor that the space's node is a duplicate of, or -1 if the space opened it.
 *
 * @param by     gets the name of the member that gave it
 * @param group  gets the only group that the descriptor serves; -1: any
 */
int ioas_fd_of(const struct ioas *ioas, const char **by, int *group);

/**
 * Is @p has what asking for @p wanted may give? IOAS_BACKEND_AUTO may give any, except
 * IOAS_BACKEND_NOIOMMU.
 */
bool ioas_backend_serves(enum ioas_backend wanted, enum ioas_backend has);

/**
 * Backend number @p i; IOAS_BACKEND_COUNT: no more. IOAS_BACKEND_AUTO tries those that it may
 * give in this order.
 */
enum ioas_backend ioas_backend_at(size_t i);

/** How a backend is different; NULL for one that is none (IOAS_BACKEND_AUTO). */
const struct ioas_traits *ioas_backend_traits(enum ioas_backend backend);

/**
 * Would a backend open the device itself to survey this member? That wakes a
 * sleeping one, and resets it.
 */
bool ioas_backend_opens(enum ioas_backend backend, const struct ioas_member *m);

/** Node by which a backend opens a member. @p out is "" for one that is none. */
void ioas_backend_node(enum ioas_backend backend, const struct ioas_member *m, char *out,
		size_t size);

/** Backend in use. */
enum ioas_backend ioas_backend_of(const struct ioas *ioas);

/** How it is different. */
const struct ioas_traits *ioas_traits_of(const struct ioas *ioas);

/** Is locked memory counted for all processes of a user together, else by process? */
bool ioas_memlock_by_user(const struct ioas *ioas);

/** What an error of ioas_map() means with it: the end of a sentence, or "". */
const char *ioas_hint(const struct ioas *ioas, int ret);

#ifdef __cplusplus
}
#endif

#endif /* IOAS_H */
