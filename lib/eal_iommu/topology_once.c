/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * One look without a snapshot: everything is read for it.
 */

#include <errno.h>
#include <stdlib.h>

#include "topology_snapshot.h"

/* Copies of what is in a set. */
static int
set_copy(const struct topo_set *set, struct topo_device **out, size_t *n)
{
	struct topo_device *v = NULL;
	size_t i;

	if (set->n > 0) {
		v = calloc(set->n, sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
	}
	for (i = 0; i < set->n; i++)
		v[i] = *set->v[i];
	*out = v;
	*n = set->n;
	return 0;
}

int
topology_list(const char *root, struct topo_device **out, size_t *n)
{
	struct topo_snapshot snap = { .root = root };
	struct topo_set set;
	int ret = topology_snapshot_all(&snap, &set);

	if (ret == 0)
		ret = set_copy(&set, out, n);
	topology_snapshot_free(&snap);
	return ret;
}

int
topology_group(const char *root, int group, struct topo_device **out, size_t *n)
{
	struct topo_snapshot snap = { .root = root };
	struct topo_set set;
	int ret = topology_snapshot_group(&snap, group, &set);

	if (ret == 0)
		ret = set_copy(&set, out, n);
	topology_snapshot_free(&snap);
	return ret;
}

int
topology_aliases(const char *root, const struct topo_device *dev, struct topo_device **out,
		size_t *n)
{
	struct topo_snapshot snap = { .root = root };
	struct topo_set set;
	int ret = topology_snapshot_aliases(&snap, dev, &set);
	size_t i, others = 0;

	*out = NULL;
	*n = 0;
	for (i = 0; ret == 0 && i < set.n; i++)
		if (topology_addr_cmp(&set.v[i]->addr, &dev->addr) != 0)
			set.v[others++] = set.v[i];
	set.n = others;
	if (ret == 0)
		ret = set_copy(&set, out, n);
	topology_snapshot_free(&snap);
	return ret;
}

int
topology_holder(const char *root, const char *node, struct topo_holder *out)
{
	struct topo_snapshot snap = { .root = root };
	int ret = topology_snapshot_holder(&snap, node, out);

	topology_snapshot_free(&snap);
	return ret;
}
