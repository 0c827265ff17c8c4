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
 *  - EBUSY    the range ends inside a mapping;
 *  - EIO      the kernel unmapped another size than requested;
 *  - EPERM    the range has memory that EAL or rte_dev_dma_map() mapped.
 *
 * All functions are thread safe, also while devices are added and removed, but must not
 * be called from EAL's memory event callbacks. After the last device was removed, mappings
 * are restored at the same IOVAs when a device is added; the bus logs one that it can't
 * restore. Without a device memory can be unmapped, but not mapped.
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
 *   0, or -1 with rte_errno set.
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
 *   Length in bytes; unmaps all mappings of that function inside the range.
 * @return
 *   0, or -1 with rte_errno set.
 */
__rte_experimental
int rte_eal_iommu_dma_unmap(rte_iova_t iova, size_t len);

/**
 * Write the layout of the process as text: allowed ranges, holes with their origin,
 * mapped ranges, free ranges.
 *
 * @param f
 *   Where to write.
 * @return
 *   0, or -1 with rte_errno set (EIO if the stream fails). Holds no lock while it writes
 *   to the stream.
 */
__rte_experimental
int rte_eal_iommu_layout_dump(FILE *f);

#ifdef __cplusplus
}
#endif

#endif /* RTE_EAL_IOMMU_H */
