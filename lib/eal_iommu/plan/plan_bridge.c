/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Holes of the host bridges above a device: their windows, and addresses that they do not
 * pass to memory. A function that creates a domain (Intel's VMD) adds a bridge, and DMA
 * crosses both.
 */

#include <errno.h>
#include <string.h>

#include <bsd/string.h>

#include "plan/plan_internal.h"

/* How a group lets its functions do peer-to-peer below the IOMMU. */
enum group_reach {
	REACH_NONE,	/* one function */
	REACH_CARD,	/* several of one slot: only among them */
	REACH_PATH,	/* the path above them does not isolate them either */
};

static bool
same_slot(const struct topo_addr *a, const struct topo_addr *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->dev == b->dev;
}

/*
 * Hidden groups may have several functions. An odd member counts as a function unless it is a
 * bridge. The kernel groups the functions of one slot alone only if the path above them
 * is isolated. Otherwise their group has the bridges of this path, or functions of other slots.
 */
static int
group_reach(struct topo_snapshot *snap, int group, enum group_reach *out)
{
	bool path = false;
	struct topo_set set;
	size_t i, functions;
	int ret = topology_snapshot_group(snap, group, &set);

	*out = REACH_NONE;
	if (ret < 0)
		return ret == -ENOMEM ? ret : 0;
	functions = set.n_odd;
	for (i = 0; i < set.n + set.n_odd; i++) {
		const bool bridge = i < set.n && set.v[i]->is_bridge;

		functions += i < set.n && !bridge;
		path |= bridge || !same_slot(&set.v[i]->addr, &set.v[0]->addr);
	}
	if (functions > 1)
		*out = path ? REACH_PATH : REACH_CARD;
	return 0;
}

static int
collect_outer(struct plan_scan *scan, struct plan_device *pd, bool hard)
{
	struct topo_outer outer[TOPO_OUTER];
	size_t n, i;
	int ret = topology_outer(scan->topo.root, &pd->topo, outer, &n);

	strlcpy(pd->bridge_bus, pd->topo.root_bus, sizeof(pd->bridge_bus));
	for (i = 0; ret == 0 && i < n; i++) {
		ret = holes_endpoint(scan->topo.root, outer[i].via, pd->bridge_bus, hard,
				pd->topo.bdf, &pd->holes);
		strlcpy(pd->bridge_via, outer[i].via, sizeof(pd->bridge_via));
		strlcpy(pd->bridge_bus, outer[i].bus, sizeof(pd->bridge_bus));
	}
	return ret;
}

void
plan_collect_bridge(struct plan_scan *scan, struct plan_device *pd)
{
	const struct topo_device *t = &pd->topo;
	enum group_reach reach;
	int ret = group_reach(&scan->topo, t->group, &reach);
	bool hard = reach != REACH_NONE || pd->aliased;

	pd->diverted = reach == REACH_PATH || pd->aliased;
	if (ret == 0)
		ret = collect_outer(scan, pd, hard);
	if (ret == 0)
		ret = holes_host_bridge(&scan->bridges, pd->bridge_bus, hard, t->bdf, &pd->holes,
				&pd->bridge);
	if (ret == 0)
		ret = holes_dma_ranges(&scan->bridges, pd->bridge_bus, t->bdf, &pd->holes,
				&pd->bridge.in[HOLES_IN_DMA_RANGES]);
	if (ret < 0)
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, ret,
			"windows of host bridge %s can't be read: %s", pd->bridge_bus,
			strerror(-ret));
}

int
plan_check_regions(const struct plan_device *pd, char *why, size_t size)
{
	const struct holes_look *look = &pd->bridge.in[HOLES_IN_REGIONS];

	/* Without an IOMMU nothing is reserved in it. */
	if (pd->topo.group_noiommu || pd->info.n_ranges > 0 || (look->sight == HOLES_SEEN && look->odd == 0))
		return 0;
	return say(-EBADMSG, why, size,
		"/sys/kernel/iommu_groups/%d/reserved_regions can't be read, and this kernel (before 5.4) names no IOVA ranges, so memory could be placed in reserved regions; %s",
		pd->topo.group, look->sight == HOLES_SEEN ? "use a newer kernel" :
		"show that file, or use a newer kernel");
}
