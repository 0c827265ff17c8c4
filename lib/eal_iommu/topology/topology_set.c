/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Sets of functions, and the cache of a snapshot. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "topology/topology_internal.h"

bool
topology_kept(const struct topo_snapshot *snap, const char *of, int *ret, struct topo_set *out)
{
	size_t i;

	for (i = 0; i < snap->n_kept; i++)
		if (strcmp(snap->kept[i].of, of) == 0) {
			*ret = snap->kept[i].ret;
			*out = snap->kept[i].set;
			return true;
		}
	return false;
}

int
topology_keep(struct topo_snapshot *snap, const char *of, int ret, struct topo_set *set)
{
	struct topo_kept *more;

	/* Don't cache an error of this process: the next attempt may succeed. */
	more = topology_error_is_ours(ret) ? NULL :
		reallocarray(snap->kept, snap->n_kept + 1, sizeof(*more));
	if (more == NULL) {
		free(set->v);
		*set = (struct topo_set){ 0 };
		return topology_error_is_ours(ret) ? ret : -ENOMEM;
	}
	snap->kept = more;
	more += snap->n_kept++;
	*more = (struct topo_kept){ .ret = ret, .set = *set };
	strlcpy(more->of, of, sizeof(more->of));
	return ret;
}

int
topology_set_make(struct topo_set *set, size_t room)
{
	*set = (struct topo_set){ .v = calloc(room + 1, sizeof(*set->v)) };
	return set->v != NULL ? 0 : -ENOMEM;
}

/* Odd functions are collected at the end of the room until the set is sorted. */
int
topology_set_put(struct topo_set *set, size_t room, const struct topo_device *dev, int ret)
{
	if (topology_error_is_ours(ret))
		return ret;
	if (ret == 0)
		set->v[set->n++] = dev;
	else if (ret != -ENOENT)
		set->v[room - ++set->n_odd] = dev;
	return 0;
}

static int
device_cmp(const void *a, const void *b)
{
	const struct topo_device *const *x = a, *const *y = b;

	return topology_addr_cmp(&(*x)->addr, &(*y)->addr);
}

void
topology_set_sort(struct topo_set *set, size_t room)
{
	const struct topo_device **odd = set->v + set->n;

	memmove(odd, set->v + room - set->n_odd, set->n_odd * sizeof(*odd));
	qsort(set->v, set->n, sizeof(*odd), device_cmp);
	qsort(odd, set->n_odd, sizeof(*odd), device_cmp);
}
