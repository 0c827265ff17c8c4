/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The VFIO ABI we use, independent of how old the installed headers are.
 *
 * <linux/vfio.h> of the oldest distribution we build on (Debian 12: 6.1) has
 * everything type1 needs but may lack what came later; such pieces are
 * declared here, guarded by the macro that came with them. The sizes are the
 * kernel's contract, so they are asserted.
 */

#ifndef VFIO_ABI_H
#define VFIO_ABI_H

#include <assert.h>
#include <linux/types.h>
#include <linux/vfio.h>

#ifndef VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL
#define VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL 3
struct vfio_iommu_type1_info_dma_avail {
	struct vfio_info_cap_header header;
	__u32 avail;
};
#endif

#ifndef VFIO_UNMAP_ALL
#define VFIO_UNMAP_ALL 9
#define VFIO_DMA_UNMAP_FLAG_ALL (1 << 1)
#endif

static_assert(sizeof(struct vfio_info_cap_header) == 8, "ABI");
static_assert(sizeof(struct vfio_group_status) == 8, "ABI");
static_assert(sizeof(struct vfio_irq_info) == 16, "ABI");
static_assert(sizeof(struct vfio_irq_set) == 20, "ABI");
static_assert(sizeof(struct vfio_region_info) == 32, "ABI");
static_assert(sizeof(struct vfio_iommu_type1_dma_map) == 32, "ABI");
static_assert(sizeof(struct vfio_iommu_type1_dma_unmap) == 24, "ABI");
static_assert(sizeof(struct vfio_iova_range) == 16, "ABI");
static_assert(sizeof(struct vfio_iommu_type1_info_cap_iova_range) == 16, "ABI");
static_assert(sizeof(struct vfio_iommu_type1_info_dma_avail) == 12, "ABI");

#endif /* VFIO_ABI_H */
