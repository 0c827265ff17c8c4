/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * When IOVAs can be assigned: what this process, other buses and drivers must allow.
 *
 * Assigned IOVAs replace the IOVAs in EAL's records, for all devices of the process. EAL's
 * own VFIO has mapped the memory at other IOVAs by then, and devices without an IOMMU need
 * physical addresses, so no other bus may drive a device that does DMA.
 *
 * IOVAs of heaps, with IOVA as VA: a driver that takes VAs for IOVAs, or a device of another bus,
 * ends the choice when it is added. Memory that has got IOVAs by then keeps them: a device
 * whose driver would miss them is rejected.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_memory.h>

#include "neighbours.h"
#include "policy.h"
#include "eal/dma_sync.h"
#include "sysfs/sysfs.h"

/* 0 for a device that the pci bus drives, or will, with DMA by VFIO or UIO. */
static int
is_driven(const struct rte_device *dev, const void *data)
{
	const struct rte_pci_device *p = COMPAT_PCI_CONST(dev);

	switch (p->kdrv) {
	case RTE_PCI_KDRV_VFIO:
	case RTE_PCI_KDRV_IGB_UIO:
	case RTE_PCI_KDRV_UIO_GENERIC:
	case RTE_PCI_KDRV_NIC_UIO:
		break;
	default:
		return 1;
	}
	if (dev->devargs != NULL && dev->devargs->policy == RTE_DEV_BLOCKED)
		return 1;
	return vfio_msi_pci_driver(NULL, &p->id) != NULL ? 0 : 1;
}

static int
is_any(const struct rte_device *dev, const void *data)
{
	return 0;
}

const struct rte_device *
vfio_msi_assign_other(const char **bus_name)
{
	static const char *const buses[] = { "pci", "fslmc", "dpaa_bus", "cdx", "platform", "vmbus" };
	const struct rte_device *dev;
	const struct rte_bus *bus;
	size_t i;

	for (i = 0; i < RTE_DIM(buses); i++) {
		bus = rte_bus_find_by_name(buses[i]);
		if (bus == NULL)
			continue;
		dev = compat_find_device(bus, i == 0 ? is_driven : is_any, NULL);
		*bus_name = buses[i];
		if (dev != NULL)
			return dev;
	}
	return NULL;
}

int
vfio_msi_assign_check(char *why, size_t size)
{
	const struct rte_device *other;
	const char *bus = NULL;

	if (dma_sync_assigned())
		return 0;
	if (rte_eal_iova_mode() != RTE_IOVA_PA) {
		snprintf(why, size, "IOVAs can't be assigned, as EAL's IOVA mode is VA because of --iova-mode=va or another bus; drop that option, use that device in another process, or give iova=va");
		return -ENOTSUP;
	}
	if (vfio_msi_bus.started) {
		snprintf(why, size, "IOVAs can't be assigned any more, as the application runs and has copies of others; give a device that works at start-up");
		return -ENOTSUP;
	}
	if (COMPAT_HAS_KNI && sysfs_exists("", "/dev/kni") == 0) {
		snprintf(why, size, "IOVAs can't be assigned, as the kernel module rte_kni takes IOVAs for physical addresses; remove it, if no process uses it, with: modprobe -r rte_kni");
		return -EBUSY;
	}
	other = vfio_msi_assign_other(&bus);
	if (other != NULL) {
		snprintf(why, size, "IOVAs can't be assigned, as device %s of bus %s does DMA at other IOVAs of the same memory; use that device in another process, or give it to this bus; --no-pci keeps the pci bus from all devices",
			other->name, bus);
		return -EBUSY;
	}
	return 0;
}

/*
 * Drivers that translate addresses with rte_mem_virt2iova() or rte_mem_virt2phy(), in the
 * source of some release from 22.11 to 26.07, themselves or by rte_crypto_op_init(). With IOVA
 * mode PA these read the page tables (/proc/self/pagemap), and miss the IOVA that was assigned.
 *
 * devtools/check-address-readers.py compares the table with DPDK's source and with
 * doc/explanation/assigned.rst.
 */
static const struct {
	const char *driver;
	const char *what;	/* what it translates so */
} readers[] = {
	/* crypto_ccp, since 24.07: the macro with its name is missing. */
	{ "CRYPTODEV_NAME_CCP_PMD", "keys" },
	/* compress_octeontx in 22.11. */
	{ "compress_octeonx", "lists" },
	{ "compress_octeontx", "lists" },
	{ "crypto_ccp", "keys" },
	{ "crypto_octeontx", "sessions" },
	{ "crypto_virtio", "requests" },
	{ "dmadev_idxd_pci", "rings" },
	{ "dmadev_ioat", "rings" },
	{ "net_bnxt", "messages" },
	{ "net_enetc", "rings" },
	{ "net_enetc4", "rings" },
	{ "net_enetc4_vf", "rings" },
	{ "net_igc", "padding" },
	{ "net_liovf", "lists" },
	{ "net_otx_ep", "lists" },
	{ "nitrox", "requests" },
	{ "qat", "sessions" },
};

/* What a driver translates by the page tables, or NULL. */
static const char *
reads_physical(const char *driver)
{
	size_t i;

	for (i = 0; i < RTE_DIM(readers); i++)
		if (strcmp(driver, readers[i].driver) == 0)
			return readers[i].what;
	return NULL;
}

static bool
takes_va(const struct rte_pci_driver *drv)
{
	return (drv->drv_flags & RTE_PCI_DRV_NEED_IOVA_AS_VA) != 0 ||
		reads_physical(drv->driver.name) != NULL;
}

/* The first driver for a device that takes VAs for IOVAs, while the mode is VA, or NULL. */
static const struct rte_pci_driver *
va_driver(const struct rte_pci_id *id)
{
	struct rte_pci_driver *drv = NULL;

	while ((drv = vfio_msi_pci_driver(drv, id)) != NULL)
		if (takes_va(drv))
			return drv;
	return NULL;
}

bool
vfio_msi_assign_takes_va(void)
{
	const struct vfio_msi_device *dev;

	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next) {
		const struct rte_pci_id id = vfio_msi_pci_id(&dev->plan.topo);

		if (va_driver(&id) != NULL)
			return true;
	}
	return false;
}

/* Whether the driver finds the memory of all heaps at the IOVAs that it gives to the device. */
static bool
heaps_fit(const char *device, const struct rte_pci_driver *drv)
{
	if (!takes_va(drv) || !dma_sync_has_chosen())
		return true;
	BUS_LOG(ERR, "%s: driver %s takes virtual addresses for IOVAs, but memory of a heap has others, which the bus chose before it knew this device; remove that memory with rte_malloc_heap_memory_remove() and attach the device again, or use the device in another process",
		device, drv->driver.name);
	return false;
}

/* A device that the application adds to the pci bus. */
static int
check_plug(const struct rte_device *dev)
{
	const struct rte_pci_driver *drv;

	if (is_driven(dev, NULL) != 0)
		return 0;
	if (dma_sync_assigned()) {
		BUS_LOG(ERR, "%s: rejected on the pci bus, as the IOVAs of this process are assigned, and its DMA would reach other memory; use it in another process, or give it to this bus: " VFIO_MSI_PREFIX "%s",
			dev->name, dev->name);
		return -ENOTSUP;
	}
	/* It uses the same memory. EAL maps that at the IOVAs of its records. */
	dma_sync_may_choose(false);
	drv = va_driver(&COMPAT_PCI_CONST(dev)->id);
	return drv == NULL || heaps_fit(dev->name, drv) ? 0 : -ENOTSUP;
}

void
vfio_msi_assign_guard(void)
{
	struct rte_bus *pci = rte_bus_find_by_name("pci");

	if (pci != NULL)
		compat_pci_plug_guard(pci, check_plug);
}

bool
vfio_msi_assign_driver_fits(const struct vfio_msi_device *dev, const struct rte_pci_driver *drv)
{
	const char *what = reads_physical(drv->driver.name);

	if (!dma_sync_assigned())
		return heaps_fit(dev->label, drv);
	if (what != NULL)
		BUS_LOG(ERR, "%s: driver %s gives the device physical addresses of its %s, but the IOVAs of this process are assigned; use the device in another process, with iova=va",
			dev->label, drv->driver.name, what);
	else if ((drv->drv_flags & RTE_PCI_DRV_NEED_IOVA_AS_VA) != 0)
		BUS_LOG(ERR, "%s: driver %s needs IOVA as VA, but the IOVAs of this process are assigned; use the device in another process, with iova=va",
			dev->label, drv->driver.name);
	else
		return true;
	return false;
}
