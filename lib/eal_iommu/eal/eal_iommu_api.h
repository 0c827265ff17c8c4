/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Between the library, which applications link, and the bus, which does the work.
 *
 * The engine is a part of the plugin, and none of its names is visible outside of it.
 * The library has the public functions and calls the bus by this table. So an application
 * may have functions of any name, and a plugin never meets an engine of another build.
 */

#ifndef EAL_IOMMU_API_H
#define EAL_IOMMU_API_H

#include "eal/rte_eal_iommu.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Version of the table: one more with any change of it, of what a function in it does or returns,
 * or of a type.
 */
#define EAL_IOMMU_API_VERSION 2

/**
 * What the bus does for the library: rte_eal_iommu.h, but all return -errno. Functions are
 * added at the end only.
 */
struct eal_iommu_api {
	uint64_t version;	/**< EAL_IOMMU_API_VERSION */
	int (*dma_map)(uint64_t va, uint64_t size, uint64_t align, uint64_t *iova);
	int (*dma_unmap)(uint64_t iova, uint64_t size);
	int (*map)(const struct rte_eal_iommu_map_conf *conf, struct rte_eal_iommu_mapping **out);
	int (*unmap)(struct rte_eal_iommu_mapping *mapping);
	int (*get)(const struct rte_eal_iommu_mapping *mapping, struct rte_eal_iommu_mapped *out);
	int (*virt2iova)(uint64_t va, size_t *len, rte_iova_t *iova);
	int (*iova2virt)(rte_iova_t iova, size_t *len, uint64_t *va);
	int (*mapping_foreach)(rte_eal_iommu_mapped_cb cb, void *arg);
	int (*layout_foreach)(rte_eal_iommu_range_cb cb, void *arg);
	int (*layout_dump)(FILE *f);
	int (*event_register)(rte_eal_iommu_event_cb cb, void *arg);
	int (*event_unregister)(rte_eal_iommu_event_cb cb, void *arg);
};

/** The table of own_memory.h; in the plugin. */
extern const struct eal_iommu_api own_memory_api;

/**
 * Called once by the bus, when it is loaded.
 *
 * @param api   must live for ever
 * @param size  of the table, bytes
 * @return 0; -EINVAL if the table has another version or size: it is of another build
 */
__rte_internal
int eal_iommu_api_set(const struct eal_iommu_api *api, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* EAL_IOMMU_API_H */
