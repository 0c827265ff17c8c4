/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Which argument counts for a device, as in the bus: the last one that names it, else the last
 * "all". The order decides which device opens the address space: first those of "all", then the
 * others, each by address.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test_msi.h"

static void
drop(struct tool_plan *plan, const struct topo_addr *addr)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		if (topology_addr_cmp(&plan->v[i].addr, addr) != 0)
			continue;
		plan->n--;
		plan->n_all -= i < plan->n_all;
		memmove(&plan->v[i], &plan->v[i + 1], (plan->n - i) * sizeof(*plan->v));
		return;
	}
}

int
tool_plan_give(struct tool_plan *plan, const struct topo_addr *addr,
		const struct vfio_msi_conf *conf)
{
	struct tool_device *v;
	size_t at;

	drop(plan, addr);
	v = reallocarray(plan->v, plan->n + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	plan->v = v;
	for (at = plan->n; at > plan->n_all && topology_addr_cmp(&v[at - 1].addr, addr) > 0; at--)
		;
	memmove(&v[at + 1], &v[at], (plan->n - at) * sizeof(*v));
	plan->n++;
	v = &v[at];
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
	plan->n_all = plan->n;
	return ret < 0 ? ret : found;
}
