/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * DMA for memory of the application, in the address space of the vfio_msi bus.
 *
 * The bus maps EAL's memory. These functions map other memory of the application (a
 * mapped file, shared memory): the layout chooses an I/O virtual address (IOVA) that
 * every device of the process can reach, and the memory is mapped there for all devices.
 *
 * There are two pairs. rte_eal_iommu_map() returns a handle, and only that handle unmaps
 * its memory: use it where several parts of an application map memory.
 * rte_eal_iommu_dma_map() is the short form; rte_eal_iommu_dma_unmap() takes a range, and
 * unmaps what the short form mapped anywhere in it.
 *
 * Functions return 0 or more, or -1 with rte_errno set. Each names its errors; these are
 * common to all of them, except ENODEV:
 *  - ENODEV   no device of the vfio_msi bus is up in this process, or the plugin of the bus is
 *             not loaded. Functions that unmap, or that register or unregister a callback, need
 *             no device;
 *  - ENOTSUP  this is a secondary process: the address space is the primary's;
 *  - ENOMEM   no memory.
 *
 * Addresses and lengths are in bytes, and the last address of a range is part of it.
 *
 * All functions are thread safe, also while devices are added and removed, but must not
 * be called from EAL's memory event callbacks. A map or an unmap may take long in the kernel;
 * calls of other threads go on meanwhile. After the last device was removed, mappings
 * are restored at the same IOVAs when a device is added; the bus logs one that it can't
 * restore. Without a device memory can be unmapped, but not mapped.
 *
 * The memory must remain at its address until it is unmapped here. Devices reach what was
 * there at the map, and after a restore what is there then: after munmap() and another mmap()
 * that is other memory of the process.
 *
 * Without an IOMMU (backend=noiommu) the IOVA is the physical address of the memory. It must
 * be of hugepages, mapped with MAP_SHARED and contiguous there, and is mapped once only; see
 * rte_eal_iommu_dma_map(). The layout can't avoid a hole then: in a hard one nothing is mapped
 * (ENOSPC), and in a soft one memory is mapped. The bus logs both, with the hole.
 *
 * Later releases may add events, kinds of ranges and owners: ignore those that you don't
 * know.
 *
 * @warning EXPERIMENTAL: this API may change without notice.
 */

#ifndef RTE_EAL_IOMMU_H
#define RTE_EAL_IOMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Memory that rte_eal_iommu_map() mapped. */
struct rte_eal_iommu_mapping;

/** The file that contains the memory: a memfd, or a file of hugetlbfs or shmem. */
struct rte_eal_iommu_file {
	int fd;			/**< not used after the call */
	uint64_t offset;	/**< of the memory in the file, bytes */
};

/**
 * Devices may read the memory but not write to it: the IOMMU stops the write. Memory that the
 * process can't write to (PROT_READ) is mapped with this flag only.
 */
#define RTE_EAL_IOMMU_MAP_READ_ONLY (UINT64_C(1) << 0)

/** What rte_eal_iommu_map() maps, and where. Zero it first: 0 is the default of a field. */
struct rte_eal_iommu_map_conf {
	void *addr;		/**< start, aligned to the memory's page size */
	size_t len;		/**< bytes, a multiple of that page size */
	size_t align;		/**< as that of rte_eal_iommu_dma_map() */
	rte_iova_t limit;	/**< the IOVA of the last byte is at or below it; 0: no limit */
	const struct rte_eal_iommu_file *file;	/**< the file mapped (MAP_SHARED) at the whole
						 * range; NULL: not known
						 */
	uint64_t flags;		/**< RTE_EAL_IOMMU_MAP_* */
	uint64_t reserved[3];	/**< 0 */
};

/** Who mapped memory. */
enum rte_eal_iommu_owner {
	RTE_EAL_IOMMU_OWNER_EAL = 1,	/**< the bus: EAL's memory */
	RTE_EAL_IOMMU_OWNER_DEVICE,	/**< rte_dev_dma_map() */
	RTE_EAL_IOMMU_OWNER_APPLICATION,	/**< this API */
};

/** One mapping. */
struct rte_eal_iommu_mapped {
	void *addr;		/**< memory */
	rte_iova_t iova;	/**< where devices see it */
	size_t len;		/**< bytes */
	enum rte_eal_iommu_owner owner;
	bool read_only;		/**< devices may not write to it */
};

/** What a range of the layout is. */
enum rte_eal_iommu_range_kind {
	RTE_EAL_IOMMU_RANGE_ALLOWED = 1,	/**< every IOMMU can translate it */
	RTE_EAL_IOMMU_RANGE_HOLE,		/**< a range to avoid */
	RTE_EAL_IOMMU_RANGE_USED,		/**< memory is mapped there */
	RTE_EAL_IOMMU_RANGE_FREE,		/**< allowed, no hole, and not used */
};

#define RTE_EAL_IOMMU_WHAT_LEN 80
#define RTE_EAL_IOMMU_DEVICE_LEN 40

/** One range of the layout. Ranges of one kind don't overlap, except holes. */
struct rte_eal_iommu_range {
	enum rte_eal_iommu_range_kind kind;
	rte_iova_t first;
	rte_iova_t last;	/**< part of the range */
	bool hard;		/**< of a hole: nothing can be mapped there; else it is avoided */
	bool read_only;		/**< of memory: devices may not write to it */
	char what[RTE_EAL_IOMMU_WHAT_LEN];	/**< of a hole its origin ("host bridge 0000:00"), of
						 * memory who mapped it ("rte_eal_iommu,
						 * read-only"); else ""
						 */
	char device[RTE_EAL_IOMMU_DEVICE_LEN];	/**< of a hole: the device that has it, or "" */
};

/** What happened to the address space. */
enum rte_eal_iommu_event {
	RTE_EAL_IOMMU_SPACE_UP = 1,	/**< the first device is up. Memory can be mapped, and
					 * earlier mappings are restored.
					 */
	RTE_EAL_IOMMU_SPACE_DOWN,	/**< the last device is removed. Nothing is mapped now. */
	RTE_EAL_IOMMU_MAPPING_LOST,	/**< a mapping can't be restored. Its handle, if it has
					 * one, remains valid until rte_eal_iommu_unmap().
					 */
};

/** @return 0 to go on; else the walk ends. May call functions of this header. */
typedef int (*rte_eal_iommu_range_cb)(const struct rte_eal_iommu_range *range, void *arg);
typedef int (*rte_eal_iommu_mapped_cb)(const struct rte_eal_iommu_mapped *mapped, void *arg);

/**
 * Called on the thread that adds or removes the device: that of rte_dev_probe(),
 * rte_dev_remove(), rte_eal_init() or rte_eal_cleanup(), or EAL's interrupt thread for a
 * request of another process. It may call functions of this header, but must not add or
 * remove devices, nor wait for a thread that does or that is in
 * rte_eal_iommu_event_register() or rte_eal_iommu_event_unregister(): these wait until the
 * callback returns. Events come one at a time.
 *
 * @param lost  the mapping of RTE_EAL_IOMMU_MAPPING_LOST; else NULL
 */
typedef void (*rte_eal_iommu_event_cb)(enum rte_eal_iommu_event event,
		const struct rte_eal_iommu_mapped *lost, void *arg);

/**
 * Map memory for DMA.
 *
 * @param addr
 *   Start of the memory, aligned to its page size.
 * @param len
 *   Length in bytes, a multiple of that page size.
 * @param align
 *   Alignment of the IOVA in bytes, a power of two. 0: the alignment of @p addr, at most
 *   1 GiB and @p len, so that the IOMMU can use large pages; less if no such range is
 *   free.
 * @param iova
 *   Filled with the IOVA that devices use for @p addr.
 * @return
 *   0, or -1 with rte_errno set:
 *    - EINVAL: zero length, not a multiple of the IOMMU's page, an alignment that is no
 *      power of two, wrap, or the kernel refuses the memory
 *    - EFAULT: there is no memory that the kernel can pin, or the process can't write to it
 *    - ENOSPC: no free IOVA, or the kernel's budget of mappings is used up
 *    - ENOMEM: RLIMIT_MEMLOCK is too low
 *    Without an IOMMU also:
 *    - EADDRNOTAVAIL: not contiguous in physical memory
 *    - EEXIST: it is mapped already
 *    - EFAULT: it is not memory of hugepages, or not mapped with MAP_SHARED, or nothing was
 *      written to it yet and Linux is older than 5.14
 *    - ENOSPC: its address is not as aligned, above the limit, in a hard hole, or outside of
 *      the allowed ranges
 *    - EPERM, EACCES: the process can't read physical addresses, or the kinds of pages
 *    - ENOTSUP: RTE_EAL_IOMMU_MAP_READ_ONLY, which devices would not obey
 */
__rte_experimental
int rte_eal_iommu_dma_map(void *addr, size_t len, size_t align,
		rte_iova_t *iova);

/**
 * Unmap memory that rte_eal_iommu_dma_map() mapped. No device may use it any more.
 *
 * @param iova
 *   IOVA of the memory.
 * @param len
 *   Length in bytes; all mappings of that function inside the range are unmapped.
 * @return
 *   0, or -1 with rte_errno set; except after EIO nothing is unmapped:
 *    - EINVAL: zero length, or wrap
 *    - ENOENT: nothing is mapped there, also if the plugin of the bus is not loaded
 *    - EBUSY: the range ends inside a mapping
 *    - EPERM: the range has memory that EAL, rte_dev_dma_map() or rte_eal_iommu_map() mapped
 *    - EIO: the kernel failed to unmap; call it again for the mappings that remain
 */
__rte_experimental
int rte_eal_iommu_dma_unmap(rte_iova_t iova, size_t len);

/**
 * Map memory for DMA, with a handle. If the file is given and the kernel can map files
 * (iommufd, Linux 6.13), it pins a hugepage at a time and not 4 KiB at a time; else the
 * memory is mapped by its address, and always when it is restored. So the file must remain
 * mapped there until rte_eal_iommu_unmap().
 *
 * @param conf
 *   What to map, and where.
 * @param mapping
 *   Filled with the handle, valid until rte_eal_iommu_unmap() or rte_eal_cleanup().
 * @return
 *   0, or -1 with rte_errno set as rte_eal_iommu_dma_map(), but with
 *   RTE_EAL_IOMMU_MAP_READ_ONLY no write access is needed; EINVAL also if a reserved
 *   field is not 0 or a flag is not known.
 */
__rte_experimental
int rte_eal_iommu_map(const struct rte_eal_iommu_map_conf *conf,
		struct rte_eal_iommu_mapping **mapping);

/**
 * Unmap the memory of a handle, and free the handle. No device may use the memory any more.
 *
 * @param mapping
 *   The handle; NULL does nothing.
 * @return
 *   0, or -1 with rte_errno set and the handle still valid:
 *    - EIO: the kernel failed to unmap, perhaps in part; call it again
 *    - EBUSY: another thread is unmapping it
 */
__rte_experimental
int rte_eal_iommu_unmap(struct rte_eal_iommu_mapping *mapping);

/**
 * Where the memory of a handle is mapped.
 *
 * @param mapping
 *   The handle.
 * @param mapped
 *   Filled, also on ENODEV and ENOENT: then with where it was mapped.
 * @return
 *   0, or -1 with rte_errno set:
 *    - ENODEV: not mapped while there is no device
 *    - ENOENT: not mapped, as it could not be restored, or an unmap failed in part
 */
__rte_experimental
int rte_eal_iommu_mapping_get(const struct rte_eal_iommu_mapping *mapping,
		struct rte_eal_iommu_mapped *mapped);

/**
 * IOVA of memory that is mapped by any owner: EAL, rte_dev_dma_map() or this API. Devices
 * may have read access only: rte_eal_iommu_mapping_foreach() reports that. It walks all
 * mappings. Do not call it for each packet.
 *
 * @param addr
 *   Address in the memory.
 * @param len
 *   In: bytes of interest. Out: how many of them, from @p addr on, lie at consecutive IOVAs.
 * @param iova
 *   Filled with the IOVA of @p addr, the lowest if it has several.
 * @return
 *   0, or -1 with rte_errno set:
 *    - EINVAL: *len is 0
 *    - ENOENT: @p addr is not mapped
 */
__rte_experimental
int rte_eal_iommu_virt2iova(const void *addr, size_t *len, rte_iova_t *iova);

/**
 * Memory that is mapped at an IOVA by any owner.
 *
 * @param iova
 *   IOVA in the memory.
 * @param len
 *   In: bytes of interest. Out: how many of them, from @p iova on, are consecutive memory.
 * @param addr
 *   Filled with the address in the memory.
 * @return
 *   0, or -1 with rte_errno set:
 *    - EINVAL: *len is 0
 *    - ENOENT: nothing is mapped at @p iova
 */
__rte_experimental
int rte_eal_iommu_iova2virt(rte_iova_t iova, size_t *len, void **addr);

/**
 * Walk the mappings of all owners, by ascending IOVA, as they were when the function was
 * called. No lock is held while the callback runs.
 *
 * @param cb
 *   Called for each.
 * @param arg
 *   For the callback.
 * @return
 *   0; 1 if the callback ended the walk; -1 with rte_errno set:
 *    - EINVAL: @p cb is NULL
 */
__rte_experimental
int rte_eal_iommu_mapping_foreach(rte_eal_iommu_mapped_cb cb, void *arg);

/**
 * Walk the layout as it was when the function was called: the ranges that are allowed,
 * then holes, used ranges and free ranges, each by ascending IOVA. No lock is held while
 * the callback runs.
 *
 * @param cb
 *   Called for each range.
 * @param arg
 *   For the callback.
 * @return
 *   0; 1 if the callback ended the walk; -1 with rte_errno set:
 *    - EINVAL: @p cb is NULL
 */
__rte_experimental
int rte_eal_iommu_layout_foreach(rte_eal_iommu_range_cb cb, void *arg);

/**
 * Write the layout of the process as text: allowed ranges, holes with their
 * origin, used and free ranges.
 *
 * @param f
 *   The stream; no lock is held while it is written.
 * @return
 *   0, or -1 with rte_errno set:
 *    - EINVAL: @p f is NULL
 *    - EIO: the stream fails
 */
__rte_experimental
int rte_eal_iommu_layout_dump(FILE *f);

/**
 * Register a callback for the creation and removal of the address space. There may be a
 * space already: rte_eal_init() probes devices. Waits for a callback that runs on another
 * thread: don't hold a lock that a callback takes. rte_eal_cleanup() drops all registrations.
 *
 * @param cb
 *   The function.
 * @param arg
 *   For the function.
 * @return
 *   0, or -1 with rte_errno set:
 *    - ENODEV: the plugin of the bus is not loaded (rte_eal_init() loads it)
 *    - EINVAL: @p cb is NULL
 *    - EEXIST: it is registered with this @p arg
 */
__rte_experimental
int rte_eal_iommu_event_register(rte_eal_iommu_event_cb cb, void *arg);

/**
 * Unregister the callback. Waits for a callback that runs on another thread: don't hold a
 * lock that a callback takes. A callback may call this function.
 *
 * @param cb
 *   The function.
 * @param arg
 *   As it was registered with.
 * @return
 *   0, or -1 with rte_errno set:
 *    - ENOENT: it is not registered with this @p arg, also if the plugin of the bus is not loaded
 */
__rte_experimental
int rte_eal_iommu_event_unregister(rte_eal_iommu_event_cb cb, void *arg);

#ifdef __cplusplus
}
#endif

#endif /* RTE_EAL_IOMMU_H */
