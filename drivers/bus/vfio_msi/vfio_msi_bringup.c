/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Bring-up of the address space, after EAL has its memory.
 *
 * All devices share one address space. They are attached first, so that a conflict
 * shows before anything is mapped. Then EAL's memory is mapped and its events are
 * handled. The last detach unmaps everything; the address space is closed when no device
 * is on the list either.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_memory.h>

#include "policy.h"
#include "space.h"
#include "eal/dma_sync.h"
#include "eal/own_memory.h"

static void
unmap_others(void)
{
	vfio_msi_dma_stop();
	if (vfio_msi_bus.syncing) {
		vfio_msi_policy_stop();
		dma_sync_stop();
	}
	vfio_msi_bus.syncing = false;
}

/* Unmap everything and reject further maps. */
static void
unmap_memory(void)
{
	own_memory_down(unmap_others);
}

static bool
is_last_attached(const struct vfio_msi_device *dev)
{
	const struct vfio_msi_device *other;

	TAILQ_FOREACH(other, &vfio_msi_bus.devices, next)
		if (other != dev && other->attached)
			return false;
	return true;
}

/* Devices on the list may be attached again, and need the backend that was chosen. */
static void
close_unused_ioas(void)
{
	if (ioas_n_attached(vfio_msi_bus.ioas) > 0 || !TAILQ_EMPTY(&vfio_msi_bus.devices))
		return;
	unmap_memory();
	ioas_close(vfio_msi_bus.ioas);
	vfio_msi_bus.ioas = NULL;
}

int
vfio_msi_attach(struct vfio_msi_device *dev)
{
	struct ioas_member member;
	char why[VFIO_MSI_TEXT];
	bool viable;
	int ret;

	if (dev->attached)
		return 0;
	ret = vfio_msi_eal_group_get(dev);
	if (ret < 0) {
		vfio_msi_detach(dev);
		return ret;
	}
	member = vfio_msi_member(dev);
	ret = ioas_attach(vfio_msi_bus.ioas, &member, &viable);
	if (ret < 0) {
		/* After this release, any remaining holder is another process. */
		ioas_release(vfio_msi_bus.ioas, &member);
		ret = plan_explain_attach("", vfio_msi_bus.ioas, &member, ret,
				viable, why, sizeof(why));
		BUS_LOG(ERR, "%s: can't be attached to the address space: %s",
			dev->label, why);
		vfio_msi_detach(dev);
		return ret;
	}
	dev->attached = true;
	VFIO_MSI_SHOW(dev, attached, true);
	return 0;
}

void
vfio_msi_detach(struct vfio_msi_device *dev)
{
	const struct ioas_member member = vfio_msi_member(dev);

	if (vfio_msi_bus.ioas == NULL)
		return;
	/*
	 * The last detach drops the mappings in the kernel. Stop memory events and the
	 * application before, as their maps and unmaps would fail then.
	 */
	if (dev->attached && is_last_attached(dev))
		unmap_memory();
	if (dev->attached)
		ioas_detach(vfio_msi_bus.ioas, &member);
	else
		ioas_release(vfio_msi_bus.ioas, &member);
	dev->attached = false;
	VFIO_MSI_SHOW(dev, attached, false);
	dev->just_reset = false;
	vfio_msi_eal_group_put(dev);
	close_unused_ioas();
}

/* What to do about memory that can't be mapped: the end of a sentence, or "". */
static const char *
advice(void)
{
	if (rte_eal_iova_mode() != RTE_IOVA_PA || vfio_msi_policy_assigns() ||
	    vfio_msi_policy_physical())
		return "";
	return vfio_msi_policy_physical_since() != NULL ?
		"; use this device in another process, so that the bus can choose other addresses" :
		"; use --iova-mode=va, so that the bus can choose other addresses";
}

int
vfio_msi_map_memory(void)
{
	const enum dma_sync_choice choice = vfio_msi_policy_choice();
	struct dma_sync_stats st;
	char why[VFIO_MSI_TEXT] = "";
	int ret;

	if (vfio_msi_bus.syncing) {
		/* There may be other devices and drivers now. */
		dma_sync_may_choose(choice == DMA_SYNC_EXTERNAL);
		return 0;
	}
	ret = vfio_msi_policy_check(why, sizeof(why));
	if (ret == 0)
		ret = dma_sync_start(vfio_msi_bus.ioas, vfio_msi_bus.layout,
				choice, &st, why, sizeof(why));
	if (ret < 0) {
		vfio_msi_policy_stop();
		BUS_LOG(ERR, VFIO_MSI_BUS ": EAL's memory can't be mapped for DMA: %s%s",
			why, advice());
		return ret;
	}
	vfio_msi_bus.syncing = true;
	vfio_msi_policy_start();
	vfio_msi_own_memory_start();
	BUS_LOG(INFO, "mapped %" PRIu64 " MiB, %" PRIu64 " pages, by %" PRIu64 " calls in %" PRIu64 " us",
		st.bytes >> 20, st.pages, st.maps, st.usec);
	vfio_msi_numa_log();
	vfio_msi_telemetry_start();
	return 0;
}
