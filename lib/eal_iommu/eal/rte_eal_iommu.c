/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "eal/eal_iommu_api.h"
#include "eal/rte_eal_iommu.h"

/* NULL: no bus is loaded. Set while the plugin is loaded, never changed. */
static const struct eal_iommu_api *api;

int
eal_iommu_api_set(const struct eal_iommu_api *table, size_t size)
{
	if (size != sizeof(*table))
		return -EINVAL;
	__atomic_store_n(&api, table, __ATOMIC_RELEASE);
	return 0;
}

static const struct eal_iommu_api *
bus(void)
{
	return __atomic_load_n(&api, __ATOMIC_ACQUIRE);
}

/* A secondary process never has an address space. */
static int
to_rte_errno(int ret)
{
	if (ret >= 0)
		return 0;
	if (ret == -ENODEV && rte_eal_process_type() == RTE_PROC_SECONDARY)
		ret = -ENOTSUP;
	rte_errno = -ret;
	return -1;
}

int
rte_eal_iommu_dma_map(void *addr, size_t len, size_t align, rte_iova_t *iova)
{
	return to_rte_errno(bus() == NULL ? -ENODEV :
		bus()->map((uint64_t)(uintptr_t)addr, len, align, UINT64_MAX, iova));
}

int
rte_eal_iommu_dma_unmap(rte_iova_t iova, size_t len)
{
	int ret = bus() == NULL ? -ENOENT : bus()->unmap(iova, len);

	if (ret == -ENOENT && rte_eal_process_type() == RTE_PROC_SECONDARY)
		ret = -ENODEV;
	return to_rte_errno(ret);
}

int
rte_eal_iommu_layout_dump(FILE *f)
{
	return to_rte_errno(bus() == NULL ? -ENODEV : bus()->dump(f));
}
