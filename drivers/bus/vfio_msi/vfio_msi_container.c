/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Drivers that use EAL's VFIO containers, which have no device of this bus.
 *
 * The bus attaches a device to an address space of its own, and a group can be opened once
 * only. So a driver that binds the group to an EAL container fails in the middle of its probe,
 * with the device open.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>

#include "neighbours.h"

/*
 * rte_pci_driver.driver.name of each driver that calls rte_vfio_container_group_bind() for
 * its device, in DPDK 22.11 to 26.07, and the argument that makes it do so: without the
 * argument the driver declines the device or does not need a container.
 *
 * devtools/check-vfio-callers.py compares the table with DPDK's source.
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

int
vfio_msi_container_check(const struct topo_device *t, const char *args, char *why, size_t size)
{
	const struct rte_pci_id id = vfio_msi_pci_id(t);
	struct rte_pci_driver *drv = NULL;
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
	}
	return 0;
}
