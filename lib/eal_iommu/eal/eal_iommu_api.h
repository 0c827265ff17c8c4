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

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the bus does for the library; see own_memory.h. All return 0 or -errno. */
struct eal_iommu_api {
	int (*map)(uint64_t va, uint64_t size, uint64_t align, uint64_t limit, uint64_t *iova);
	int (*unmap)(uint64_t iova, uint64_t size);
	int (*dump)(FILE *f);
};

/**
 * Called once by the bus, when it is loaded.
 *
 * @param api   must live for ever
 * @param size  of the table, bytes
 * @return 0; -EINVAL if the table is of another build
 */
__rte_internal
int eal_iommu_api_set(const struct eal_iommu_api *api, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* EAL_IOMMU_API_H */
