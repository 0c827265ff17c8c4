/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Functions that the IOMMU can't distinguish. A conventional PCI bus does not transmit
 * the ID of the requester: the bridge sends its own ID, or that of device 0 of this bus. So all
 * functions behind it look like one. Some devices send the ID of another function of their slot.
 */

#include <errno.h>

#include "topology/topology_internal.h"

static bool
bridge_is_pcie(struct topo_snapshot *snap, const char *bdf)
{
	const struct topo_device *bridge;
	struct topo_addr addr;
	int ret = topology_parse_bdf(bdf, &addr);

	if (ret == 0)
		ret = topology_snapshot_device(snap, &addr, &bridge);
	/* A missing bridge counts as PCI Express, so that it causes no rejection. */
	if (ret == -ENOENT || ret == -EINVAL)
		return true;
	return ret == 0 ? bridge->pcie : topology_is_pcie(snap->root, bdf);
}

/*
 * Find the highest bridge above whose secondary bus on this path is conventional, or "". @p below
 * gets what is below it on the path.
 */
static const char *
alias_bridge(struct topo_snapshot *snap, const struct topo_device *dev, const char **below)
{
	const char *bridge = "", *at = dev->bdf;
	bool conventional = !dev->pcie;
	unsigned int i;

	for (i = 0; i < dev->n_up; i++) {
		if (conventional) {
			bridge = dev->up[i];
			*below = at;
		}
		at = dev->up[i];
		conventional = !bridge_is_pcie(snap, at);
	}
	return bridge;
}

/* Devices of these vendors send the ID of this function, whichever sends: the kernel has a list. */
static bool
sends_function(const struct topo_device *dev, uint8_t fn)
{
	switch (dev->vendor) {
	case 0x1180:	/* Ricoh */
	case 0x6766:	/* Glenfly */
		return fn == 0;
	case 0x1103:	/* HighPoint */
	case 0x197b:	/* JMicron */
	case 0x1b4b:	/* Marvell */
	case 0x1c28:	/* Lite-On */
		return fn == 1;
	default:
		return false;
	}
}

bool
topology_snapshot_sends(struct topo_snapshot *snap, const struct topo_device *dev,
		const struct topo_addr *id)
{
	const char *below = "", *bridge;
	struct topo_addr addr = dev->addr;

	if (topology_addr_cmp(&addr, id) == 0)
		return true;
	addr.fn = id->fn;
	if (topology_addr_cmp(&addr, id) == 0 && sends_function(dev, id->fn))
		return true;
	bridge = dev->is_bridge ? "" : alias_bridge(snap, dev, &below);
	if (*bridge == '\0')
		return false;
	if (topology_parse_bdf(bridge, &addr) == 0 && topology_addr_cmp(&addr, id) == 0)
		return true;
	if (topology_parse_bdf(below, &addr) != 0)
		return false;
	addr.dev = addr.fn = 0;
	return topology_addr_cmp(&addr, id) == 0;
}

int
topology_snapshot_aliases(struct topo_snapshot *snap, const struct topo_device *dev,
		struct topo_set *out)
{
	const char *below, *bridge = alias_bridge(snap, dev, &below);
	size_t i, n = 0, all;
	int ret = 0;

	*out = (struct topo_set){ 0 };
	if (*bridge == '\0' || topology_kept(snap, bridge, &ret, out))
		return ret;
	ret = topology_functions(snap, bridge, out);
	for (i = 0; i < out->n; i++)
		if (!out->v[i]->is_bridge)
			out->v[n++] = out->v[i];
	all = out->n + out->n_odd;
	out->n = n;
	for (; i < all; i++)
		out->v[n++] = out->v[i];
	return topology_keep(snap, bridge, ret, out);
}
