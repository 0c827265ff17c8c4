/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "eal/own_memory.h"
#include "eal/rte_eal_iommu.h"

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
	return to_rte_errno(own_memory_map((uint64_t)(uintptr_t)addr, len, align, UINT64_MAX,
			iova));
}

int
rte_eal_iommu_dma_unmap(rte_iova_t iova, size_t len)
{
	int ret = own_memory_unmap(iova, len);

	if (ret == -ENOENT && rte_eal_process_type() == RTE_PROC_SECONDARY)
		ret = -ENODEV;
	return to_rte_errno(ret);
}

int
rte_eal_iommu_layout_dump(FILE *f)
{
	return to_rte_errno(own_memory_dump(f));
}
