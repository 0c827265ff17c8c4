/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory that applications map with rte_eal_iommu.h: what the bus logs about it.
 */

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "space.h"
#include "eal/dma_sync.h"
#include "eal/own_memory.h"

/* Without translation the same memory gets the same IOVA again, if it is still there. */
static bool
is_stuck(int ret)
{
	return ioas_traits_of(vfio_msi_bus.ioas)->no_translation &&
		(ret == -ERANGE || ret == -EADDRINUSE || ret == -EEXIST);
}

/* A mapping of the application that can't be restored. */
static void
log_lost(const struct ioas_mapping *m, int ret, const struct iova_conflict *why)
{
	char text[PLAN_EXPLAIN];

	ioas_layout_lock(vfio_msi_bus.ioas);
	plan_explain(vfio_msi_bus.layout, m->iova, ret, why, text, sizeof(text));
	ioas_layout_unlock(vfio_msi_bus.ioas);
	BUS_LOG(ERR, VFIO_MSI_BUS ": can't restore the application's mapping of VA 0x%" PRIx64 " at IOVA 0x%" PRIx64 "-0x%" PRIx64 ": %s%s; %s",
		m->va, m->iova.first, m->iova.last, text,
		is_stuck(ret) ? "" : ioas_hint(vfio_msi_bus.ioas, ret), is_stuck(ret) ?
		"unmap it, and map other hugepages" :
		"unmap it, map it again, and give devices the new IOVA");
}

/* Memory whose IOVA can't be changed: the application gets an error number at most. */
static void
log_met(const struct ioas_mapping *m, int ret, const struct iova_conflict *why)
{
	char text[PLAN_EXPLAIN_SOFT];
	bool meets = true;

	ioas_layout_lock(vfio_msi_bus.ioas);
	if (ret < 0)
		plan_explain(vfio_msi_bus.layout, m->iova, ret, why, text, sizeof(text));
	else
		meets = plan_explain_soft(vfio_msi_bus.layout, m->iova, why, text, sizeof(text));
	ioas_layout_unlock(vfio_msi_bus.ioas);
	if (ret < 0)
		BUS_LOG(ERR, VFIO_MSI_BUS ": can't map the application's memory at VA 0x%" PRIx64 ", IOVA 0x%" PRIx64 "-0x%" PRIx64 ": %s%s",
			m->va, m->iova.first, m->iova.last, text,
			plan_hint(vfio_msi_bus.ioas, ret, why));
	else if (meets)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": the application's memory at VA 0x%" PRIx64 ", IOVA 0x%" PRIx64 "-0x%" PRIx64 ", %s; %s",
			m->va, m->iova.first, m->iova.last, text,
			ioas_traits_of(vfio_msi_bus.ioas)->no_translation ? PLAN_SOFT_PHYSICAL :
			"unmap it, map it again, and give devices the new IOVA");
}

/* Before the application can map more: its earlier IOVAs need not be kept for it any more. */
static void
restore_others(void)
{
	vfio_msi_dma_start();
	dma_sync_restored();
}

void
vfio_msi_own_memory_start(void)
{
	static const struct own_memory_calls calls = {
		.lost = log_lost, .met = log_met, .restore = restore_others,
	};

	own_memory_up(vfio_msi_bus.ioas, vfio_msi_bus.layout, (uint64_t)sysconf(_SC_PAGESIZE),
		&calls);
}
