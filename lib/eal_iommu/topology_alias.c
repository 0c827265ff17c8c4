/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Functions that the IOMMU can't tell apart. A conventional PCI bus carries no
 * ID of who asks: what comes from there bears the ID of the bridge, so that all
 * functions behind the bridge look like one.
 */

#include <stdlib.h>
#include <string.h>

#include "topology.h"

static bool
bridge_is_pcie(const char *root, const char *bdf)
{
	struct topo_device bridge;
	struct topo_addr addr;

	/* What can't be read is taken for the better one: nothing is refused by it. */
	return topology_parse_bdf(bdf, &addr) != 0 || topology_read(root, &addr, &bridge) != 0 ||
			bridge.pcie;
}

/* The highest bridge above that has a conventional bus below it on this path, or "". */
static const char *
alias_bridge(const char *root, const struct topo_device *dev)
{
	bool conventional = !dev->pcie;
	const char *bridge = "";
	unsigned int i;

	for (i = 0; i < dev->n_up; i++) {
		if (conventional)
			bridge = dev->up[i];
		conventional = !bridge_is_pcie(root, dev->up[i]);
	}
	return bridge;
}

static bool
is_below(const struct topo_device *dev, const char *bridge)
{
	unsigned int i;

	for (i = 0; i < dev->n_up; i++)
		if (strcmp(dev->up[i], bridge) == 0)
			return true;
	return false;
}

int
topology_aliases(const char *root, const struct topo_device *dev, struct topo_device **out,
		size_t *n)
{
	const char *bridge = alias_bridge(root, dev);
	struct topo_device *v;
	size_t count, i;
	int ret;

	*out = NULL;
	*n = 0;
	if (*bridge == '\0')
		return 0;
	ret = topology_list(root, &v, &count);
	if (ret != 0)
		return ret;
	for (i = 0; i < count; i++)
		if (!v[i].is_bridge && topology_addr_cmp(&v[i].addr, &dev->addr) != 0 &&
				is_below(&v[i], bridge))
			v[(*n)++] = v[i];
	*out = v;
	return 0;
}
