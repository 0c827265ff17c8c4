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
	if (size != sizeof(*table) || table->version != EAL_IOMMU_API_VERSION)
		return -EINVAL;
	__atomic_store_n(&api, table, __ATOMIC_RELEASE);
	return 0;
}

static int
to_rte_errno(int ret)
{
	if (ret >= 0)
		return ret;
	rte_errno = -ret;
	return -1;
}

/* @return the table, or NULL with rte_errno: a secondary process has no address space. */
static const struct eal_iommu_api *
bus(int without)
{
	const struct eal_iommu_api *table = __atomic_load_n(&api, __ATOMIC_ACQUIRE);

	if (rte_eal_process_type() == RTE_PROC_SECONDARY) {
		rte_errno = ENOTSUP;
		return NULL;
	}
	if (table == NULL)
		rte_errno = without;
	return table;
}

/* Call a function of the bus. */
#define BUS(without, function, ...) __extension__ ({ \
	const struct eal_iommu_api *table_ = bus(without); \
	table_ == NULL ? -1 : to_rte_errno(table_->function(__VA_ARGS__)); \
})

int
rte_eal_iommu_dma_map(void *addr, size_t len, size_t align, rte_iova_t *iova)
{
	return BUS(ENODEV, dma_map, (uint64_t)(uintptr_t)addr, len, align, iova);
}

int
rte_eal_iommu_dma_unmap(rte_iova_t iova, size_t len)
{
	return BUS(ENOENT, dma_unmap, iova, len);
}

int
rte_eal_iommu_map(const struct rte_eal_iommu_map_conf *conf,
		struct rte_eal_iommu_mapping **mapping)
{
	return BUS(ENODEV, map, conf, mapping);
}

int
rte_eal_iommu_unmap(struct rte_eal_iommu_mapping *mapping)
{
	return mapping == NULL ? 0 : BUS(ENODEV, unmap, mapping);
}

int
rte_eal_iommu_mapping_get(const struct rte_eal_iommu_mapping *mapping,
		struct rte_eal_iommu_mapped *mapped)
{
	return BUS(ENODEV, get, mapping, mapped);
}

int
rte_eal_iommu_virt2iova(const void *addr, size_t *len, rte_iova_t *iova)
{
	return BUS(ENODEV, virt2iova, (uint64_t)(uintptr_t)addr, len, iova);
}

int
rte_eal_iommu_iova2virt(rte_iova_t iova, size_t *len, void **addr)
{
	uint64_t va;
	int ret = BUS(ENODEV, iova2virt, iova, len, &va);

	if (ret == 0)
		*addr = (void *)(uintptr_t)va;
	return ret;
}

int
rte_eal_iommu_mapping_foreach(rte_eal_iommu_mapped_cb cb, void *arg)
{
	return BUS(ENODEV, mapping_foreach, cb, arg);
}

int
rte_eal_iommu_layout_foreach(rte_eal_iommu_range_cb cb, void *arg)
{
	return BUS(ENODEV, layout_foreach, cb, arg);
}

int
rte_eal_iommu_layout_dump(FILE *f)
{
	return BUS(ENODEV, layout_dump, f);
}

int
rte_eal_iommu_event_register(rte_eal_iommu_event_cb cb, void *arg)
{
	return BUS(ENODEV, event_register, cb, arg);
}

int
rte_eal_iommu_event_unregister(rte_eal_iommu_event_cb cb, void *arg)
{
	return BUS(ENOENT, event_unregister, cb, arg);
}
