/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * One I/O address space: who is attached to it and what is mapped in it.
 *
 * The backend is chosen at open and reached through a table of operations; an
 * operation that is NULL cannot be done. The record of mappings kept here is
 * the truth: the kernel's answers are checked against it, a mapping that
 * exists already is a fault of the caller, and the size of every unmap is
 * checked.
 *
 * Thread safety: every function takes the address space's lock, except open
 * and close. The lock guards the layout as well: whoever else reads or changes
 * it takes ioas_layout_lock(). None of the functions allocates through DPDK, so
 * they may run in EAL's memory callbacks.
 *
 * Errors (negative errno):
 *  -EINVAL      zero size, wrap, not aligned to the smallest IOMMU page, or
 *               the kernel refuses the range;
 *  -EEXIST      overlaps a mapping;
 *  -ERANGE      outside of the layout's allowed ranges;
 *  -EADDRINUSE  in a hard hole of the layout;
 *  -ENOENT      nothing is mapped there;
 *  -EBUSY       an unmap that would cut a mapping in two; nothing is unmapped;
 *  -ENOSPC      the kernel's budget of mappings is used up;
 *  -ENOMEM      no memory, or RLIMIT_MEMLOCK is too low;
 *  -ENOTSUP     the backend cannot.
 */

#ifndef IOAS_H
#define IOAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iova_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ioas;

/** Which kernel interface carries an address space. */
enum ioas_backend {
	IOAS_BACKEND_AUTO,
	IOAS_BACKEND_TYPE1,
	IOAS_BACKEND_COUNT
};

/** Limits the kernel reports. Freed with ioas_info_free(). */
struct ioas_info {
	struct iova_range *ranges;	/**< what can be translated */
	size_t n_ranges;		/**< 0: the kernel does not say */
	uint64_t page_sizes;		/**< bit n set: pages of 2^n bytes */
	uint64_t dma_avail;		/**< mappings left; UINT64_MAX: no limit known */
};

/** One mapping. */
struct ioas_mapping {
	struct iova_range iova;
	uint64_t va;
};

/** Who is attached. The strings need to live for the time of the call only. */
struct ioas_member {
	int group;		/**< IOMMU group */
	int group_fd;		/**< the group's node, opened and owned by somebody
				 * else (EAL); -1: opened and owned here
				 */
	const char *name;	/**< PCI address as the kernel names it */
	const char *cdev;	/**< path of its character device, or NULL */
	const char *vf_token;	/**< UUID that its physical function wants, or NULL */
};

/** Name of a backend, as in the key backend=. */
const char *ioas_backend_name(enum ioas_backend backend);

/** @return 0 and *out, or -EINVAL for a name that is none. */
int ioas_backend_parse(const char *name, enum ioas_backend *out);

/**
 * Open an address space; nothing is attached yet.
 *
 * @param backend  IOAS_BACKEND_AUTO takes what this kernel has
 * @param layout   where mappings are placed, or NULL for a space that is only
 *   asked for its limits. Must outlive the address space.
 * @return 0; -ENOENT or -EACCES opening the backend's node; -ENOTSUP if the
 *   kernel has no type1 v2; -ENOMEM.
 */
int ioas_open(enum ioas_backend backend, struct iova_layout *layout,
		struct ioas **out);

/** Unmap everything, detach everything, close. NULL is allowed. Cannot fail. */
void ioas_close(struct ioas *ioas);

/**
 * Attach a member; each attach is counted.
 *
 * A backend of groups attaches the member's group. With a group_fd the node is
 * not opened but told to use this address space, and stays open at the end;
 * whoever owns it must not have given it a container before.
 *
 * @param viable  false on -EPERM when a sibling is bound to a kernel driver
 * @return 0; -ENOENT, -EACCES, -EBUSY (held by another process) from the
 *   group's node; -EPERM (not viable, or interrupts not isolated); -EINVAL
 *   (the kernel refuses the group beside what is mapped, or firmware wants 1:1
 *   mappings, or the group_fd has a container already); -ENOMEM.
 */
int ioas_attach(struct ioas *ioas, const struct ioas_member *m, bool *viable);

/**
 * Give back one attach. At the last one of a group its node is closed, if it
 * was opened here; devices of the group must be closed before, as the kernel
 * keeps it attached until then. Nothing happens if the member is not attached.
 */
void ioas_detach(struct ioas *ioas, const struct ioas_member *m);

/** Hold the layout still; no other function of this header may be called. */
void ioas_layout_lock(struct ioas *ioas);

/** End of ioas_layout_lock(). */
void ioas_layout_unlock(struct ioas *ioas);

/** Is this group attached? */
bool ioas_has_group(struct ioas *ioas, int group);

/** Groups attached. */
unsigned int ioas_n_groups(struct ioas *ioas);

/**
 * Open the device of an attached member. The caller closes it.
 *
 * @return fd; -ENODEV (not attached, or no such device in the group); -EACCES
 *   (the physical function wants another vf_token); -EINVAL (it wants none, or
 *   the token is too long to be one); -EBUSY, ...
 */
int ioas_open_device(struct ioas *ioas, const struct ioas_member *m);

/** Limits as they are now. @return 0; -ENOMEM; -EBADMSG if the answer is odd. */
int ioas_info_get(struct ioas *ioas, struct ioas_info *out);

/** Free what ioas_info_get() gave. */
void ioas_info_free(struct ioas_info *info);

/**
 * Map memory for DMA, readable and writable, at a fixed IOVA.
 *
 * @param va    start of the memory
 * @param iova  where the devices see it
 * @param size  bytes
 * @param why   what is in the way, as iova_layout_place_at(); may be NULL
 */
int ioas_map(struct ioas *ioas, uint64_t va, uint64_t iova, uint64_t size,
		struct iova_conflict *why);

/**
 * Map memory at an IOVA the layout chooses: the lowest free one that has the
 * alignment and ends at or below the limit.
 *
 * @param align  power of two, at least the smallest IOMMU page
 * @param limit  last IOVA the memory may have
 * @param iova   the IOVA chosen
 * @return 0; -ENOSPC no free place; else as ioas_map()
 */
int ioas_map_any(struct ioas *ioas, uint64_t va, uint64_t size, uint64_t align,
		uint64_t limit, uint64_t *iova);

/** Unmap all mappings inside the range; none may reach out of it (-EBUSY). */
int ioas_unmap(struct ioas *ioas, uint64_t iova, uint64_t size);

/** Unmap everything. Cannot fail: what the kernel keeps, it drops at close. */
void ioas_unmap_all(struct ioas *ioas);

/** Mapping that contains @p iova. @return 0 and *out, or -ENOENT. */
int ioas_lookup(struct ioas *ioas, uint64_t iova, struct ioas_mapping *out);

/** Number of mappings. */
size_t ioas_n_mappings(struct ioas *ioas);

/**
 * Walk the mappings in ascending order under the lock; the callback must not
 * call back into the address space. Non-zero stops and is returned.
 */
int ioas_foreach(struct ioas *ioas,
		int (*cb)(const struct ioas_mapping *m, void *arg), void *arg);

/** Backend in use. */
enum ioas_backend ioas_backend_of(const struct ioas *ioas);

#ifdef __cplusplus
}
#endif

#endif /* IOAS_H */
