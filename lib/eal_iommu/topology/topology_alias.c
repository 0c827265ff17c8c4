/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Functions that the IOMMU can't distinguish. A conventional PCI bus does not transmit
 * the ID of the requester: the bridge sends its own ID. So all functions behind it look
 * like one.
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

/* Find the highest bridge above whose secondary bus on this path is conventional, or "". */
static const char *
alias_bridge(struct topo_snapshot *snap, const struct topo_device *dev)
{
	bool conventional = !dev->pcie;
	const char *bridge = "";
	unsigned int i;

	for (i = 0; i < dev->n_up; i++) {
		if (conventional)
			bridge = dev->up[i];
		conventional = !bridge_is_pcie(snap, dev->up[i]);
	}
	return bridge;
}

int
topology_snapshot_aliases(struct topo_snapshot *snap, const struct topo_device *dev,
		struct topo_set *out)
{
	const char *bridge = alias_bridge(snap, dev);
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
