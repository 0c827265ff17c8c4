/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <string.h>

#include "topology/topology.h"

static bool
same_bars(const struct topo_device *a, const struct topo_device *b)
{
	unsigned int i;

	for (i = 0; i < TOPO_BARS; i++)
		if (a->bar[i].phys != b->bar[i].phys || a->bar[i].len != b->bar[i].len ||
		    a->bar[i].flags != b->bar[i].flags)
			return false;
	return true;
}

/* Whether the path to the root bus is the same. */
static bool
same_place(const struct topo_device *a, const struct topo_device *b)
{
	unsigned int i;

	if (topology_addr_cmp(&a->addr, &b->addr) != 0 || a->n_up != b->n_up)
		return false;
	for (i = 0; i < a->n_up; i++)
		if (strcmp(a->up[i], b->up[i]) != 0)
			return false;
	return strcmp(a->root_bus, b->root_bus) == 0;
}

bool
topology_same(const struct topo_device *a, const struct topo_device *b)
{
	return same_place(a, b) && same_bars(a, b) &&
		a->vendor == b->vendor && a->device == b->device &&
		a->subvendor == b->subvendor && a->subdevice == b->subdevice &&
		a->class_id == b->class_id && a->pcie == b->pcie &&
		a->numa_node == b->numa_node && a->max_vfs == b->max_vfs &&
		a->group == b->group && a->group_noiommu == b->group_noiommu &&
		a->unread == b->unread && strcmp(a->driver, b->driver) == 0 &&
		strcmp(a->cdev, b->cdev) == 0 &&
		strcmp(a->cdev_noiommu, b->cdev_noiommu) == 0 && strcmp(a->iommu, b->iommu) == 0;
}
