/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Drivers and libraries that use EAL's VFIO containers, which have no device of this bus.
 *
 * The bus attaches a device to an address space of its own, and a group can be opened once
 * only. So a driver that binds the group to an EAL container fails in the middle of its probe,
 * with the device open, and a library that maps memory in EAL's default container does not
 * reach the device. EAL has no hook by which a bus could serve these containers.
 */

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>

#include "neighbours.h"

/* A function that only an application with asynchronous copies of vhost needs. */
#define VHOST_ASYNC "rte_vhost_async_channel_register"

/*
 * rte_pci_driver.driver.name of each driver that calls rte_vfio_container_group_bind() for
 * its device, in DPDK 22.11 to 26.07, and the argument that makes it do so: without the
 * argument the driver declines the device or does not need a container.
 *
 * devtools/check-vfio-callers.py compares the table with DPDK's source, devtools/check-docs.py
 * with doc/reference/drivers.rst.
 */
static const struct own_container {
	const char *driver;
	const char *key;	/* NULL: always */
	const char *value;	/* NULL: a number except 0 */
} own_containers[] = {
	{ "net_ifcvf", "vdpa", NULL },
	{ "net_ntnic", NULL, NULL },
	{ "net_sfc_vdpa", "class", "vdpa" },
	{ "nfp_common_pci", "class", "vdpa" },
};

bool
vfio_msi_driver_maps(const struct rte_pci_driver *drv)
{
	size_t i;

	if ((drv->drv_flags & RTE_PCI_DRV_NEED_MAPPING) != 0)
		return false;
	for (i = 0; i < RTE_DIM(own_containers); i++)
		if (strcmp(drv->driver.name, own_containers[i].driver) == 0)
			return false;
	return true;
}

static bool
is_given(const struct own_container *c, const char *args)
{
	struct rte_kvargs *kv;
	const char *value;
	bool given = false;
	unsigned int i;

	if (c->key == NULL)
		return true;
	kv = rte_kvargs_parse(args, NULL);
	for (i = 0; kv != NULL && i < kv->count; i++) {
		value = kv->pairs[i].value;
		if (value == NULL || strcmp(kv->pairs[i].key, c->key) != 0)
			continue;
		if (c->value != NULL ? strcmp(value, c->value) == 0 : strtoul(value, NULL, 0) != 0)
			given = true;
	}
	rte_kvargs_free(kv);
	return given;
}

/* Drivers that reach their devices through a kernel driver (nvidia), or through sysfs (raw/gdtc). */
static bool
is_without_vfio(const struct rte_pci_driver *drv)
{
	static const char *const names[] = { "gpu_cuda", "zxdh_gdma_rawdev_pci_driver" };
	size_t i;

	for (i = 0; i < RTE_DIM(names); i++)
		if (strcmp(drv->driver.name, names[i]) == 0)
			return true;
	return false;
}

int
vfio_msi_container_check(const struct topo_device *t, const char *args, char *why, size_t size)
{
	const struct rte_pci_id id = vfio_msi_pci_id(t);
	struct rte_pci_driver *drv = NULL;
	const char *without = NULL;
	bool served = false;
	size_t i;

	while ((drv = vfio_msi_pci_driver(drv, &id)) != NULL) {
		for (i = 0; i < RTE_DIM(own_containers); i++) {
			if (strcmp(drv->driver.name, own_containers[i].driver) != 0 ||
			    !is_given(&own_containers[i], args))
				continue;
			snprintf(why, size, "driver %s opens the IOMMU group for a VFIO container of its own, but a group can be open once only, and this bus opens it; give the device to the pci bus: -a %s%s%s",
				drv->driver.name, t->bdf, args[0] != '\0' ? "," : "", args);
			return -ENOTSUP;
		}
		if (is_without_vfio(drv))
			without = drv->driver.name;
		else
			served = true;
	}
	if (without == NULL || served)
		return 0;
	snprintf(why, size, "driver %s does not use VFIO: the bus maps memory and interrupts that it does not use; bind the device as the guide of the driver says, and give it to the pci bus: -a %s%s%s",
		without, t->bdf, args[0] != '\0' ? "," : "", args);
	return -ENOTSUP;
}

/* The names of the drivers begin so in DPDK 22.11 to 26.07. */
static bool
is_dma_engine(const struct rte_pci_driver *drv)
{
	static const char *const begins[] = { "dmadev_", "dma_", "cnxk_dmadev_" };
	size_t i;

	for (i = 0; i < RTE_DIM(begins); i++)
		if (strncmp(drv->driver.name, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/*
 * EAL loads plugins with their libraries outside of the global scope. So the function is found
 * only if the application itself has librte_vhost, not if just the plugin net_vhost has it.
 */
void
vfio_msi_container_notice(const struct vfio_msi_device *dev, const struct rte_pci_driver *drv)
{
	if (!is_dma_engine(drv) || dlsym(RTLD_DEFAULT, VHOST_ASYNC) == NULL)
		return;
	BUS_LOG(WARNING, "%s: a DMA engine, and the application has librte_vhost, whose asynchronous copies map the guest's memory in EAL's default container only: the IOMMU blocks copies by this engine; map that memory with rte_dev_dma_map(), or give the engine to the pci bus: -a %s",
		dev->label, dev->plan.topo.bdf);
}
