/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Run a stock PCI driver on one device, and stop it.
 *
 * The flags of a driver mean what they mean on the pci bus:
 *
 * - RTE_PCI_DRV_PROBE_AGAIN: each later probe of the bus, and each attach of the device,
 *   calls the driver again. A driver creates ports for representors then.
 * - RTE_PCI_DRV_KEEP_MAPPED_RES: a device that this driver declined stays open with its
 *   BARs mapped, as another device of the driver uses it.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_eal.h>

#include "device.h"
#include "neighbours.h"
#include "policy.h"
#include "probe.h"
#include "space.h"
#include "vfio_msi_native.h"

/* Whether the memory lies where the device reaches, by the key dma_bits= and by its driver. */
static bool
memory_fits(const struct vfio_msi_device *dev, const struct rte_pci_driver *drv)
{
	const struct rte_vfio_msi_driver *native = vfio_msi_native_of(drv);
	const uint64_t asked = vfio_msi_bits_last(dev->conf.dma_bits);
	const uint64_t placed = dev->plan.dma_last != 0 ?
		RTE_MIN(dev->plan.dma_last, asked) : asked;

	if (vfio_msi_is_secondary() || vfio_msi_native_owns_memory(native))
		return true;
	if (dev->own_memory && asked != UINT64_MAX) {
		BUS_LOG(ERR, "%s: driver %s can't use the device: its key dma_bits= allows IOVAs up to 0x%" PRIx64 ", but memory was placed without this limit for another driver, which maps its own memory and declined the device; don't register that driver, or drop the key if the device reaches all memory",
			dev->label, drv->driver.name, asked);
		return false;
	}
	if (vfio_msi_native_limit(native) >= placed)
		return true;
	BUS_LOG(ERR, "%s: driver %s reaches IOVAs up to 0x%" PRIx64 " only, but memory was placed up to 0x%" PRIx64 ", as the bus did not know this driver or took another one for the device; register it before rte_eal_init(), as the only driver of the bus for the device",
		dev->label, drv->driver.name, vfio_msi_native_limit(native), placed);
	return false;
}

/* Whether this driver can run on the open device. */
static bool
driver_fits(const struct vfio_msi_device *dev, const struct rte_pci_driver *drv)
{
	if (!vfio_msi_assign_driver_fits(dev, drv))
		return false;
	if ((drv->drv_flags & RTE_PCI_DRV_NEED_IOVA_AS_VA) != 0 &&
	    dev->plan.topo.group_noiommu) {
		BUS_LOG(ERR, "%s: driver %s needs IOVA as VA, which needs an IOMMU; use a device of another type, or a machine with an IOMMU",
			dev->label, drv->driver.name);
		return false;
	}
	if ((drv->drv_flags & RTE_PCI_DRV_NEED_IOVA_AS_VA) != 0 &&
	    rte_eal_iova_mode() != RTE_IOVA_VA) {
		BUS_LOG(ERR, "%s: driver %s needs IOVA as VA, but the mode is PA; use --iova-mode=va",
			dev->label, drv->driver.name);
		return false;
	}
	return memory_fits(dev, drv) && vfio_msi_virtio_check(dev) == 0;
}

/* @return 0: the driver uses the device; 1: it declines; -errno. */
static int
run_driver(struct vfio_msi_device *dev, struct rte_pci_driver *drv)
{
	struct rte_pci_device *p = &dev->pci.device;
	int ret;

	BUS_LOG(INFO, "%s: probe by %s (%04x:%04x), NUMA node %d",
		dev->label, drv->driver.name, p->id.vendor_id,
		p->id.device_id, p->device.numa_node);
	vfio_msi_numa_check(dev);
	compat_pci_driver_set(p, drv);
	ret = drv->probe(drv, p);
	if (ret == 0) {
		p->device.driver = &drv->driver;
		vfio_msi_show_driver(dev, drv->driver.name);
		vfio_msi_container_notice(dev, drv);
	} else {
		compat_pci_driver_set(p, NULL);
	}
	if (ret < 0)
		BUS_LOG(ERR, "%s: driver %s failed: %s; see its messages", dev->label,
			drv->driver.name, strerror(-ret));
	return ret;
}

/*
 * The same for a driver that opens and maps the device through EAL. The checks of
 * vfio_msi_device_open() are done by now, so close the device again.
 */
static int
run_driver_that_maps(struct vfio_msi_device *dev, struct rte_pci_driver *drv)
{
	struct rte_intr_handle *h = dev->pci.device.intr_handle;
	enum rte_intr_handle_type type = rte_intr_type_get(h);
	const struct vfio_msi_shown shown = dev->shown;
	int ret, err;

	vfio_msi_device_close(dev);
	ret = run_driver(dev, drv);
	if (ret > 0) {	/* the next driver may need it open */
		err = vfio_msi_device_open(dev);
		return err < 0 ? err : ret;
	}
	if (ret < 0)
		return ret;
	dev->mapped_by_driver = true;
	vfio_msi_eal_group_mapped(dev, true);
	/* EAL has chosen the best type of the device, which may not work or not be allowed. */
	rte_intr_type_set(h, type);
	/* EAL handles requests of the kernel itself, but not errors. */
	err = vfio_msi_err_setup(dev, rte_intr_dev_fd_get(h));
	if (err < 0)
		BUS_LOG(WARNING, "%s: its PCI Express errors will not be noticed: %s; to get them, attach the device again",
			dev->label, strerror(-err));
	vfio_msi_eeh_start(dev);
	VFIO_MSI_SHOW(dev, interrupts, shown.interrupts);
	VFIO_MSI_SHOW(dev, vectors, shown.vectors);
	return 0;
}

/* @return 0: a driver uses the device; 1: all drivers decline; -errno. */
static int
run_drivers(struct vfio_msi_device *dev)
{
	struct rte_pci_driver *drv = NULL;
	int ret = 1;

	while (ret > 0 && (drv = vfio_msi_pci_driver(drv, &dev->pci.device.id)) != NULL) {
		if (!driver_fits(dev, drv))
			ret = -ENOTSUP;
		else if (drv->drv_flags & RTE_PCI_DRV_NEED_MAPPING)
			ret = run_driver(dev, drv);
		else if (vfio_msi_driver_maps(drv) && !dev->kept)	/* EAL can't open a device twice */
			ret = run_driver_that_maps(dev, drv);
		if (ret > 0 && (drv->drv_flags & RTE_PCI_DRV_NEED_MAPPING) != 0 &&
		    (drv->drv_flags & RTE_PCI_DRV_KEEP_MAPPED_RES) != 0)
			vfio_msi_kept_set(dev, true);
	}
	return ret;
}

/* Do not offer a device that was revoked in the meantime, not even if that failed. */
static void
offer(struct vfio_msi_device *dev)
{
	if (!dev->revoked && !dev->half_revoked)
		vfio_msi_mp_offer(dev);
}

int
vfio_msi_driver_start(struct vfio_msi_device *dev)
{
	int ret = vfio_msi_handles_alloc(dev);

	if (ret < 0)
		return ret;
	ret = vfio_msi_device_open(dev);
	if (ret < 0)
		goto err_handles;
	ret = run_drivers(dev);
	if (ret == 0) {
		vfio_msi_kept_set(dev, false);
		vfio_msi_affinity_start(dev);
		rte_spinlock_lock(&dev->closing);
		offer(dev);
		rte_spinlock_unlock(&dev->closing);
		return 0;
	}
	if (dev->kept) {
		BUS_LOG(INFO, "%s: stays open without a port, as a driver needs its registers for another device",
			dev->label);
		return ret;
	}
	if (ret > 0)
		BUS_LOG(WARNING, "%s: no driver accepts the device; check its arguments for the PMD (pmd.KEY)",
			dev->label);
	vfio_msi_device_close(dev);
err_handles:
	vfio_msi_handles_free(dev);
	return ret;
}

int
vfio_msi_driver_again(struct vfio_msi_device *dev)
{
	struct rte_pci_device *p = &dev->pci.device;
	struct rte_pci_driver *drv = NULL;
	int ret = 1;

	while (ret > 0 && (drv = vfio_msi_pci_driver(drv, &p->id)) != NULL) {
		if ((drv->drv_flags & RTE_PCI_DRV_PROBE_AGAIN) == 0)
			return -EEXIST;
		BUS_LOG(INFO, "%s: probe again by %s", dev->label, drv->driver.name);
		ret = drv->probe(drv, p);
		if (ret < 0 && ret != -EEXIST)
			BUS_LOG(ERR, "%s: driver %s failed to probe the running device again: %s; see its messages",
				dev->label, drv->driver.name, strerror(-ret));
	}
	return ret;
}

/* EAL has closed the device for its driver, and leaves stale addresses. */
static void
forget_mapping(struct vfio_msi_device *dev)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(dev->pci.device.mem_resource); i++)
		dev->pci.device.mem_resource[i].addr = NULL;
	memset(dev->pci.region, 0, sizeof(dev->pci.region));
	vfio_msi_err_teardown(dev, -1);
	dev->mapped_by_driver = false;
	VFIO_MSI_SHOW(dev, interrupts, NULL);
	VFIO_MSI_SHOW(dev, vectors, 0);
	vfio_msi_eal_group_mapped(dev, false);
}

int
vfio_msi_driver_stop(struct vfio_msi_device *dev)
{
	struct rte_pci_device *p = &dev->pci.device;
	struct rte_pci_driver *drv;
	int ret = 0;

	vfio_msi_mp_withdraw(dev);
	vfio_msi_affinity_stop(dev);
	vfio_msi_eeh_stop(dev);
	rte_spinlock_lock(&dev->closing);
	drv = compat_pci_driver(p);
	if (drv != NULL && drv->remove != NULL)
		ret = drv->remove(p);
	if (ret < 0) {
		BUS_LOG(ERR, "%s: driver %s does not release the device: %s; stop and close its port first", dev->label,
			drv->driver.name, strerror(-ret));
		offer(dev);
		vfio_msi_affinity_start(dev);
		vfio_msi_eeh_start(dev);
	} else {
		compat_pci_driver_set(p, NULL);
		p->device.driver = NULL;
		vfio_msi_show_driver(dev, "");
		if (dev->mapped_by_driver)
			forget_mapping(dev);
		vfio_msi_device_close(dev);
		vfio_msi_handles_free(dev);
		vfio_msi_kept_set(dev, false);
		ret = 0;
	}
	rte_spinlock_unlock(&dev->closing);
	return ret;
}
