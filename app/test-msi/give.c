/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Which argument counts for a device, as in the bus: the last one that names it, else the last
 * "all".
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test_msi.h"

/* The last argument counts, and so does its place in the order. */
static void
drop(struct tool_plan *plan, const struct topo_addr *addr)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		if (topology_addr_cmp(&plan->v[i].addr, addr) != 0)
			continue;
		plan->n--;
		memmove(&plan->v[i], &plan->v[i + 1], (plan->n - i) * sizeof(*plan->v));
		return;
	}
}

int
tool_plan_give(struct tool_plan *plan, const struct topo_addr *addr,
		const struct vfio_msi_conf *conf)
{
	struct tool_device *v;

	drop(plan, addr);
	v = reallocarray(plan->v, plan->n + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	plan->v = v;
	v = &plan->v[plan->n++];
	memset(v, 0, sizeof(*v));
	v->addr = *addr;
	v->conf = conf;
	v->msi_place = (struct iova_range){ 1, 0 };
	topology_format_bdf(addr, v->bdf, sizeof(v->bdf));
	return 0;
}

static bool
is_named(const struct tool_given *given, size_t n, const struct topo_addr *addr)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!given[i].all && topology_addr_cmp(&given[i].addr, addr) == 0)
			return true;
	return false;
}

int
tool_plan_give_all(struct tool_plan *plan, const struct topo_set *all,
		const struct tool_given *given, size_t n, const struct vfio_msi_conf *conf)
{
	size_t i;
	int ret = 0, found = 0;

	for (i = 0; ret == 0 && i < all->n; i++) {
		if (!topology_is_vfio(all->v[i]) || all->v[i]->is_bridge)
			continue;
		found++;
		if (!is_named(given, n, &all->v[i]->addr))
			ret = tool_plan_give(plan, &all->v[i]->addr, conf);
	}
	return ret < 0 ? ret : found;
}
