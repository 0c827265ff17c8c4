/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Operations of the bus on devices: probe, plug, unplug, cleanup.
 *
 * Removal is the reverse of bring-up. The driver is removed first, as drivers use DMA
 * until the end. Then bus mastering goes off, and mappings go last.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#include "claim.h"
#include "device.h"
#include "neighbours.h"
#include "probe.h"
#include "space.h"
#include "eal/dma_sync.h"
#include "eal/own_memory.h"

/* Remove a device that is closed, or abandoned at the end, and its argument. */
static void
forget(struct vfio_msi_device *dev)
{
	vfio_msi_devargs_forget(&dev->plan.topo.addr);
	vfio_msi_device_forget(dev);
}

/*
 * A device that does not come up is removed from the list: without a driver here it would keep the
 * primary from removing it. Its argument goes too, as the scan for another device would list it
 * again.
 */
static void
probe_shared(struct vfio_msi_device *dev)
{
	if (vfio_msi_is_running(dev))
		vfio_msi_driver_again(dev);
	else if (dev->fd < 0)
		vfio_msi_driver_start(dev);
	if (dev->fd < 0)
		forget(dev);
}

bool
vfio_msi_probe_next(struct topo_addr *prev, bool first)
{
	struct vfio_msi_device *dev;

	vfio_msi_bus.memory_is_up = true;
	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (first || topology_addr_cmp(&dev->plan.topo.addr, prev) > 0)
			break;
	if (dev == NULL) {
		vfio_msi_bus.started = true;
		return false;
	}
	*prev = dev->plan.topo.addr;
	probe_shared(dev);
	return true;
}

static void
probe_one(struct vfio_msi_device *dev)
{
	if (vfio_msi_is_running(dev))
		vfio_msi_driver_again(dev);
	else if (dev->attached && !dev->kept && vfio_msi_driver_start(dev) != 0 && !dev->kept)
		vfio_msi_detach(dev);
}

static void
probe_all(void)
{
	struct vfio_msi_device *dev;

	if (TAILQ_EMPTY(&vfio_msi_bus.devices))
		return;
	vfio_msi_mp_serve();
	/* Attach all devices first, so that each map covers every IOMMU. */
	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		vfio_msi_attach(dev);
	if (vfio_msi_bus.ioas == NULL || ioas_n_attached(vfio_msi_bus.ioas) == 0)
		return;
	if (vfio_msi_map_memory() == 0) {
		TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
			probe_one(dev);
		return;
	}
	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		vfio_msi_detach(dev);
}

/*
 * An application may call rte_bus_probe() at any time. Devices that run are left as they
 * are, unless their driver wants to be called again, and the others are tried (again).
 */
int
vfio_msi_probe(void)
{
	vfio_msi_bus.memory_is_up = true;
	probe_all();
	vfio_msi_bus.started = true;
	return 0;
}

/* A device that does not come up leaves the list, as at start. EAL reads it after this call. */
static int
plug_shared(struct vfio_msi_device *dev)
{
	int ret = vfio_msi_driver_start(dev);

	if (ret != 0 && dev->fd < 0)
		forget(dev);
	return ret;
}

int
vfio_msi_plug(struct rte_device *rdev)
{
	struct vfio_msi_device *dev = vfio_msi_of(rdev);
	int ret;

	if (vfio_msi_is_running(dev))
		return vfio_msi_driver_again(dev);
	if (dev->kept)
		return 1;
	if (vfio_msi_is_secondary())
		return plug_shared(dev);
	vfio_msi_mp_serve();
	ret = vfio_msi_attach(dev);
	if (ret < 0)
		return ret;
	ret = vfio_msi_map_memory();
	if (ret == 0)
		ret = vfio_msi_driver_start(dev);
	if (ret != 0 && !dev->kept)
		vfio_msi_detach(dev);
	return ret;
}

int
vfio_msi_unplug(struct rte_device *rdev)
{
	struct vfio_msi_device *dev = vfio_msi_of(rdev);
	int ret = vfio_msi_driver_stop(dev);

	if (ret == 0)
		forget(dev);
	return ret;
}

/*
 * A driver may use a kept device for another one until it has stopped that, so kept devices come
 * last.
 *
 * @return 0; -EBUSY: a driver does not release its device, which is abandoned
 */
static int
stop_all(void)
{
	struct vfio_msi_device *dev;
	int ret = 0;

	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (compat_pci_driver(&dev->pci.device) != NULL &&
		    vfio_msi_driver_stop(dev) < 0) {
			vfio_msi_device_abandon(dev);
			ret = -EBUSY;
		}
	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (dev->kept)
			vfio_msi_driver_stop(dev);
	return ret;
}

int
vfio_msi_cleanup(void)
{
	struct vfio_msi_device *dev;
	int ret;

	/*
	 * Before drivers stop, which may take longer than a removed device is kept: a thread that
	 * waits for this cleanup may have found one. Nothing frees what is forgotten from here on, as
	 * drivers may use abandoned devices to the end of the process.
	 */
	vfio_msi_forgotten_free();
	/* Every device is stopped before the first mapping is removed. */
	ret = stop_all();
	while ((dev = TAILQ_FIRST(&vfio_msi_bus.devices)) != NULL)
		forget(dev);
	vfio_msi_places_free();
	vfio_msi_pci_unblock_all();
	vfio_msi_dma_free();
	own_memory_forget();
	dma_sync_forget();
	vfio_msi_mp_stop();
	vfio_msi_numa_stop();
	vfio_msi_rejections_free();
	iova_layout_destroy(vfio_msi_bus.layout);
	vfio_msi_bus.layout = NULL;
	return ret;
}
