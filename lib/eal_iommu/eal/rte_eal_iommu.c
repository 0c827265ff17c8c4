/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "eal/eal_iommu_current.h"
#include "eal/rte_eal_iommu.h"

static struct {
	struct ioas *ioas;
	struct iova_layout *layout;
} current;

void
eal_iommu_current_set(struct ioas *ioas, struct iova_layout *layout)
{
	current.ioas = ioas;
	current.layout = layout;
}

static int
to_rte_errno(int ret)
{
	if (ret >= 0)
		return 0;
	rte_errno = -ret;
	return -1;
}

/* Why there is no address space in this process. */
static int
nothing_here(void)
{
	return to_rte_errno(rte_eal_process_type() == RTE_PROC_SECONDARY ?
			-ENOTSUP : -ENODEV);
}

int
rte_eal_iommu_dma_map(void *addr, size_t len, size_t align, rte_iova_t *iova)
{
	if (current.ioas == NULL)
		return nothing_here();
	if (align == 0)
		align = (size_t)sysconf(_SC_PAGESIZE);
	return to_rte_errno(ioas_map_any(current.ioas, IOAS_APPLICATION, (uint64_t)(uintptr_t)addr,
			len, align, UINT64_MAX, iova));
}

int
rte_eal_iommu_dma_unmap(rte_iova_t iova, size_t len)
{
	if (current.ioas == NULL)
		return nothing_here();
	return to_rte_errno(ioas_unmap(current.ioas, IOAS_APPLICATION, iova, len));
}

int
rte_eal_iommu_layout_dump(FILE *f)
{
	int ret;

	if (current.layout == NULL)
		return nothing_here();
	ioas_layout_lock(current.ioas);
	ret = iova_layout_dump(current.layout, f);
	ioas_layout_unlock(current.ioas);
	return to_rte_errno(ret);
}
