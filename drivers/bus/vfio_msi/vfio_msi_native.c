/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Register drivers of bus_vfio_msi_driver.h, and what such a driver sees of its device.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "device.h"
#include "probe.h"
#include "vfio_msi_native.h"

/* The public handle of a device is the device. */
static struct rte_vfio_msi_device *
handle(struct rte_pci_device *p)
{
	return (struct rte_vfio_msi_device *)vfio_msi_of(&p->device);
}

static struct vfio_msi_device *
device(struct rte_vfio_msi_device *dev)
{
	return (struct vfio_msi_device *)dev;
}

static const struct vfio_msi_device *
device_const(const struct rte_vfio_msi_device *dev)
{
	return (const struct vfio_msi_device *)dev;
}

static int
probe(struct rte_pci_driver *drv, struct rte_pci_device *p)
{
	struct vfio_msi_device *dev = vfio_msi_of(&p->device);
	int ret;

	dev->private = NULL;
	ret = vfio_msi_vectors_create(dev);
	if (ret == 0)
		ret = vfio_msi_native_of(drv)->probe(handle(p));
	if (ret != 0)
		vfio_msi_vectors_free(dev);
	return ret;
}

static int
stop(struct rte_pci_device *p)
{
	return vfio_msi_native_of(compat_pci_driver(p))->remove(handle(p));
}

static int
fail(int error)
{
	rte_errno = error;
	return -1;
}

static bool
is_valid(const struct rte_vfio_msi_driver *driver)
{
	size_t i;

	if (driver == NULL || driver->name == NULL || driver->ids == NULL ||
	    driver->probe == NULL || driver->remove == NULL || driver->dma_bits > 64 ||
	    (driver->flags & ~RTE_VFIO_MSI_DRIVER_OWN_MEMORY) != 0)
		return false;
	for (i = 0; i < RTE_DIM(driver->reserved); i++)
		if (driver->reserved[i] != 0)
			return false;
	return true;
}

static struct rte_pci_id *
pci_table(const struct rte_vfio_msi_id *ids)
{
	struct rte_pci_id *table;
	size_t n = 0, i;

	while (ids[n].vendor != 0)
		n++;
	table = calloc(n + 1, sizeof(*table));
	for (i = 0; table != NULL && i < n; i++)
		table[i] = (struct rte_pci_id){
			.class_id = RTE_CLASS_ANY_ID,
			.vendor_id = ids[i].vendor,
			.device_id = ids[i].device,
			.subsystem_vendor_id = ids[i].subvendor,
			.subsystem_device_id = ids[i].subdevice,
		};
	return table;
}

int
rte_vfio_msi_driver_register(const struct rte_vfio_msi_driver *driver)
{
	struct vfio_msi_native *n;

	if (!is_valid(driver))
		return fail(EINVAL);
	TAILQ_FOREACH(n, &vfio_msi_natives, next)
		if (strcmp(n->driver->name, driver->name) == 0)
			return fail(EEXIST);
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return fail(ENOMEM);
	n->driver = driver;
	n->pci.driver.name = driver->name;
	n->pci.probe = probe;
	n->pci.remove = stop;
	n->pci.drv_flags = RTE_PCI_DRV_NEED_MAPPING;
	n->pci.id_table = pci_table(driver->ids);
	if (n->pci.id_table == NULL) {
		free(n);
		return fail(ENOMEM);
	}
	TAILQ_INSERT_TAIL(&vfio_msi_natives, n, next);
	return 0;
}

int
rte_vfio_msi_driver_unregister(const struct rte_vfio_msi_driver *driver)
{
	const struct vfio_msi_device *dev;
	struct vfio_msi_native *n;

	TAILQ_FOREACH(n, &vfio_msi_natives, next)
		if (n->driver == driver)
			break;
	if (n == NULL)
		return fail(ENOENT);
	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (compat_pci_driver(&dev->pci.device) == &n->pci)
			return fail(EBUSY);
	TAILQ_REMOVE(&vfio_msi_natives, n, next);
	/* pci_table() has made it. */
	free((void *)(uintptr_t)n->pci.id_table);
	free(n);
	return 0;
}

struct rte_device *
rte_vfio_msi_rte_device(struct rte_vfio_msi_device *dev)
{
	return &device(dev)->pci.device.device;
}

void
rte_vfio_msi_private_set(struct rte_vfio_msi_device *dev, void *data)
{
	device(dev)->private = data;
}

void *
rte_vfio_msi_private(const struct rte_vfio_msi_device *dev)
{
	return device_const(dev)->private;
}

uint64_t
rte_vfio_msi_dma_limit(const struct rte_vfio_msi_device *dev)
{
	const struct rte_pci_driver *drv = compat_pci_driver(&device_const(dev)->pci.device);

	return RTE_MIN(vfio_msi_native_limit(vfio_msi_native_of(drv)),
		vfio_msi_bits_last(device_const(dev)->conf.dma_bits));
}

void *
rte_vfio_msi_bar(const struct rte_vfio_msi_device *dev, unsigned int bar, size_t *len)
{
	const struct vfio_msi_bar *b;

	if (bar >= TOPO_BARS) {
		rte_errno = EINVAL;
		return NULL;
	}
	b = &device_const(dev)->bar[bar];
	if (b->addr == NULL) {
		rte_errno = ENOENT;
		return NULL;
	}
	if (len != NULL)
		*len = b->len;
	return b->addr;
}
