/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include "eal/eal_iommu_api.h"
#include "eal/own_memory.h"

const struct eal_iommu_api own_memory_api = {
	.version = EAL_IOMMU_API_VERSION,
	.dma_map = own_memory_dma_map,
	.dma_unmap = own_memory_dma_unmap,
	.map = own_memory_map,
	.unmap = own_memory_unmap,
	.get = own_memory_get,
	.virt2iova = own_memory_virt2iova,
	.iova2virt = own_memory_iova2virt,
	.mapping_foreach = own_memory_mapping_foreach,
	.layout_foreach = own_memory_layout_foreach,
	.layout_dump = own_memory_layout_dump,
	.event_register = own_memory_event_register,
	.event_unregister = own_memory_event_unregister,
};
