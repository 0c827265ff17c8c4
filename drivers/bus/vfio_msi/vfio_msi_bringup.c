/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Bring-up: EAL has its memory, the layout meets reality.
 *
 * One address space for all devices. They are attached first, so that a
 * conflict shows before anything is mapped; then EAL's memory is mapped once
 * and followed. The last device that goes takes the address space with it.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_memory.h>

#include "dma_sync.h"
#include "eal_iommu_current.h"
#include "private.h"

/*
 * Without an attached device no memory is mapped. The space stays while there
 * is a device that may want to come back, as its backend was chosen for all.
 */
static void
settle_ioas(void)
{
	if (ioas_n_attached(vfio_msi_bus.ioas) > 0)
		return;
	eal_iommu_current_set(NULL, NULL);
	vfio_msi_dma_stop();
	if (vfio_msi_bus.syncing)
		dma_sync_stop();
	vfio_msi_bus.syncing = false;
	if (!TAILQ_EMPTY(&vfio_msi_bus.devices))
		return;
	ioas_close(vfio_msi_bus.ioas);
	vfio_msi_bus.ioas = NULL;
}

struct ioas_member
vfio_msi_member(const struct vfio_msi_device *dev)
{
	struct ioas_member m = plan_member(&dev->plan,
			dev->vf_token[0] != '\0' ? dev->vf_token : NULL);

	m.group_fd = dev->group_fd;
	return m;
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
		/* Whoever still holds its nodes then is not we. */
		ioas_release(vfio_msi_bus.ioas, &member);
		ret = plan_explain_attach("", vfio_msi_bus.ioas, &member, ret,
				viable, why, sizeof(why));
		BUS_LOG(ERR, "%s: can't be attached beside the other devices: %s",
			dev->name, why);
		vfio_msi_detach(dev);
		return ret;
	}
	dev->attached = true;
	return 0;
}

void
vfio_msi_detach(struct vfio_msi_device *dev)
{
	const struct ioas_member member = vfio_msi_member(dev);

	if (vfio_msi_bus.ioas == NULL)
		return;
	if (dev->attached)
		ioas_detach(vfio_msi_bus.ioas, &member);
	else
		ioas_release(vfio_msi_bus.ioas, &member);
	dev->attached = false;
	dev->fresh = false;
	vfio_msi_eal_group_put(dev);
	settle_ioas();
}

/* 0 for a device that only physical addresses will do for. */
static int
is_uio(const struct rte_device *dev, const void *data)
{
	switch (COMPAT_PCI_CONST(dev)->kdrv) {
	case RTE_PCI_KDRV_IGB_UIO:
	case RTE_PCI_KDRV_UIO_GENERIC:
	case RTE_PCI_KDRV_NIC_UIO:
		return 0;
	default:
		return 1;
	}
}

static int
is_any(const struct rte_device *dev, const void *data)
{
	return 0;
}

/* 0 for a bus with devices that votes for PA; some vote so without a device. */
static int
wants_pa(const struct rte_bus *bus, const void *data)
{
	if (bus == &vfio_msi_bus.bus || bus->get_iommu_class == NULL ||
	    compat_find_device(bus, is_any, NULL) == NULL)
		return 1;
	return bus->get_iommu_class() == RTE_IOVA_PA ? 0 : 1;
}

static void
name_who_forced_pa(void)
{
	const struct rte_bus *bus = rte_bus_find(NULL, wants_pa, NULL);
	const struct rte_device *dev = NULL;

	if (bus == NULL) {
		BUS_LOG(WARNING, VFIO_MSI_BUS ": IOVA mode is PA, by --iova-mode=pa: IOVAs can't be chosen, each page is checked against the layout");
		return;
	}
	dev = compat_find_device(bus, strcmp(bus->name, "pci") == 0 ?
			is_uio : is_any, NULL);
	BUS_LOG(WARNING, VFIO_MSI_BUS ": IOVA mode is PA, forced by bus %s, device %s: IOVAs can't be chosen, each page is checked against the layout; bind that device to vfio-pci",
		bus->name, dev != NULL ? dev->name : "unknown");
}

/*
 * One list of EAL's memory, which takes IOVAs as it grows: warn where it lies
 * badly, and keep rte_eal_iommu_dma_map() from placing anything in it.
 */
static int
check_list(const struct rte_memseg_list *msl, void *arg)
{
	struct iova_hole own = { .origin = IOVA_ORIGIN_EAL, .hardness = IOVA_SOFT };
	struct iova_conflict c;
	struct iova_range range;
	char text[192];
	int ret;

	if (msl->external || !iova_range_make((uintptr_t)msl->base_va, msl->len, &range))
		return 0;
	ioas_layout_lock(vfio_msi_bus.ioas);
	ret = iova_layout_test(vfio_msi_bus.layout, range, true, &c);
	if (ret < 0)
		plan_explain(vfio_msi_bus.layout, range, ret, &c, text, sizeof(text));
	own.range = range;
	/* Without memory for it nothing is lost but this courtesy. */
	(void)iova_layout_add_hole(vfio_msi_bus.layout, &own, NULL);
	ioas_layout_unlock(vfio_msi_bus.ioas);
	if (ret == 0 || (c.is_hole && c.hole.origin == IOVA_ORIGIN_EAL))
		return 0;
	BUS_LOG(WARNING, VFIO_MSI_BUS ": EAL may grow into 0x%" PRIx64 "-0x%" PRIx64 ", which %s: memory allocated there is not reachable by DMA; preallocate with -m",
		range.first, range.last, text);
	return 0;
}

/* Warn if EAL may grow into bad places; name who forced PA. */
static void
check_memory(void)
{
	if (rte_eal_iova_mode() == RTE_IOVA_PA)
		name_who_forced_pa();
	else
		rte_memseg_list_walk(check_list, NULL);
}

#define LISTS_MAX RTE_MAX_MEMSEG_LISTS

struct growth {
	struct iova_range v[LISTS_MAX];
	size_t n;
};

static int
add_growth(const struct rte_memseg_list *msl, void *arg)
{
	struct growth *g = arg;

	if (!msl->external && g->n < LISTS_MAX &&
	    iova_range_make((uintptr_t)msl->base_va, msl->len, &g->v[g->n]))
		g->n++;
	return 0;
}

/* A device that comes later must not take away what EAL may grow into. */
static void
keep_room(void)
{
	struct growth g = { .n = 0 };
	int ret;

	if (rte_eal_iova_mode() == RTE_IOVA_PA)
		return;
	rte_memseg_list_walk(add_growth, &g);
	ret = ioas_keep(vfio_msi_bus.ioas, g.v, g.n);
	if (ret < 0)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": room for EAL's memory to grow can't be kept: %s; a device that is added later may take it away",
			strerror(-ret));
}

int
vfio_msi_map_memory(void)
{
	struct dma_sync_stats st;
	char why[VFIO_MSI_TEXT] = "";
	int ret;

	if (vfio_msi_bus.syncing)
		return 0;
	check_memory();
	ret = dma_sync_start(vfio_msi_bus.ioas, vfio_msi_bus.layout, &st, why,
			sizeof(why));
	if (ret < 0) {
		BUS_LOG(ERR, VFIO_MSI_BUS ": EAL's memory can't be mapped for DMA: %s%s",
			why, rte_eal_iova_mode() == RTE_IOVA_PA ?
			"; with IOVA as VA this memory could be placed elsewhere (--iova-mode=va)" : "");
		return ret;
	}
	vfio_msi_bus.syncing = true;
	keep_room();
	eal_iommu_current_set(vfio_msi_bus.ioas, vfio_msi_bus.layout);
	vfio_msi_dma_start();
	BUS_LOG(INFO, "mapped %" PRIu64 " MiB, %" PRIu64 " pages, by %" PRIu64 " calls in %" PRIu64 " us",
		st.bytes >> 20, st.pages, st.maps, st.usec);
	return 0;
}
