/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * DMA for memory of the application, in the address space of the vfio_msi bus.
 *
 * EAL's own memory is mapped by the bus. With these functions an application
 * brings memory of its own (a file it has mapped, shared memory): the layout
 * chooses an I/O virtual address (IOVA) that every device of the process can
 * reach, and the memory is mapped there for all of them.
 *
 * All functions return 0, or -1 with rte_errno set:
 *  - ENODEV   no device of the vfio_msi bus is up in this process;
 *  - ENOTSUP  this is a secondary process: the address space is the primary's;
 *  - EINVAL   zero length, not a multiple of the IOMMU's page, wrap, or the
 *             kernel refuses the memory;
 *  - EEXIST   (part of) the IOVA range is mapped already;
 *  - ERANGE   outside of what the IOMMU can translate;
 *  - EADDRINUSE  in a hole of the layout (MSI window, reserved region, ...);
 *  - ENOSPC   no free IOVA, or the kernel's budget of mappings is used up;
 *  - ENOMEM   no memory, or RLIMIT_MEMLOCK is too low;
 *  - ENOENT   nothing is mapped there;
 *  - EBUSY    the range would cut a mapping in two;
 *  - EIO      the kernel unmapped another size than asked;
 *  - EPERM    in the range is memory that EAL or rte_dev_dma_map() mapped.
 *
 * All functions are thread safe, also while devices come and go, but not to be called
 * from EAL's memory event callbacks. What is mapped when the last device goes is mapped
 * again when another comes, at the same IOVAs; if it can't be restored the bus logs that.
 * Without a device nothing can be mapped, and what was mapped can be unmapped.
 *
 * @warning EXPERIMENTAL: this API may change without notice.
 */

#ifndef RTE_EAL_IOMMU_H
#define RTE_EAL_IOMMU_H

#include <stddef.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Map memory for DMA.
 *
 * @param addr
 *   Start of the memory, aligned to the page it consists of.
 * @param len
 *   Length in bytes, a multiple of that page.
 * @param align
 *   Alignment of the IOVA in bytes, a power of two; 0 means that of @p addr, up to
 *   1 GiB and no more than @p len, so that the IOMMU can use large pages, and less
 *   where there is no such place.
 * @param iova
 *   Filled with the IOVA that devices use for @p addr.
 * @return
 *   0, or -1 with rte_errno set.
 */
__rte_experimental
int rte_eal_iommu_dma_map(void *addr, size_t len, size_t align,
		rte_iova_t *iova);

/**
 * Unmap what rte_eal_iommu_dma_map() mapped. No device may use it any more.
 *
 * @param iova
 *   IOVA of the memory.
 * @param len
 *   Length in bytes; all mappings of that function inside the range go.
 * @return
 *   0, or -1 with rte_errno set.
 */
__rte_experimental
int rte_eal_iommu_dma_unmap(rte_iova_t iova, size_t len);

/**
 * Write the layout of the process as text: allowed ranges, holes with their
 * origin, what is mapped, what is free.
 *
 * @param f
 *   Where to write.
 * @return
 *   0, or -1 with rte_errno set (EIO if the stream fails). A stream that blocks stops
 *   nobody else.
 */
__rte_experimental
int rte_eal_iommu_layout_dump(FILE *f);

#ifdef __cplusplus
}
#endif

#endif /* RTE_EAL_IOMMU_H */
