/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs.h"
#include "topology_internal.h"

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

	more = ret == -ENOMEM ? NULL :
		reallocarray(snap->kept, snap->n_kept + 1, sizeof(*more));
	if (more == NULL) {
		free(set->v);
		*set = (struct topo_set){ 0 };
		return -ENOMEM;
	}
	snap->kept = more;
	more += snap->n_kept++;
	*more = (struct topo_kept){ .ret = ret, .set = *set };
	strlcpy(more->of, of, sizeof(more->of));
	return ret;
}

static int
device_cmp(const void *a, const void *b)
{
	const struct topo_device *const *x = a, *const *y = b;

	return topology_addr_cmp(&(*x)->addr, &(*y)->addr);
}

/* The functions among @p names, which may go away while they are read. */
static int
members_read(struct topo_snapshot *snap, char **names, size_t n, struct topo_set *out)
{
	struct topo_addr addr;
	size_t i;
	int ret = 0;

	out->v = calloc(n + 1, sizeof(*out->v));
	if (out->v == NULL)
		return -ENOMEM;
	for (i = 0; i < n && ret == 0; i++) {
		if (topology_parse_bdf(names[i], &addr) != 0)
			continue;
		ret = topology_snapshot_device(snap, &addr, &out->v[out->n]);
		if (ret == 0)
			out->n++;
		else if (ret == -ENOENT)
			ret = 0;
	}
	qsort(out->v, out->n, sizeof(*out->v), device_cmp);
	return ret;
}

int
topology_snapshot_group(struct topo_snapshot *snap, int group, struct topo_set *out)
{
	char of[TOPO_NAME_LEN], **names;
	size_t n;
	int ret;

	snprintf(of, sizeof(of), "%d", group);
	*out = (struct topo_set){ 0 };
	if (topology_kept(snap, of, &ret, out))
		return ret;
	ret = sysfs_list(snap->root, &names, &n, "/sys/kernel/iommu_groups/%s/devices", of);
	if (ret == 0) {
		ret = members_read(snap, names, n, out);
		sysfs_free_names(names, n);
	}
	return topology_keep(snap, of, ret, out);
}

int
topology_snapshot_all(struct topo_snapshot *snap, struct topo_set *out)
{
	int ret;

	*out = (struct topo_set){ 0 };
	if (topology_kept(snap, "", &ret, out))
		return ret;
	ret = topology_functions(snap, NULL, out);
	return topology_keep(snap, "", ret, out);
}

int
topology_list(const char *root, struct topo_device **out, size_t *n)
{
	struct topo_snapshot snap = { .root = root };
	struct topo_device *v = NULL;
	struct topo_set set;
	size_t i;
	int ret = topology_snapshot_all(&snap, &set);

	if (ret == 0 && set.n > 0) {
		v = calloc(set.n, sizeof(*v));
		if (v == NULL)
			ret = -ENOMEM;
	}
	if (ret == 0) {
		for (i = 0; i < set.n; i++)
			v[i] = *set.v[i];
		*out = v;
		*n = set.n;
	}
	topology_snapshot_free(&snap);
	return ret;
}

bool
topology_is_vfio(const struct topo_device *dev)
{
	return dev->cdev[0] != '\0' || strstr(dev->driver, "vfio") != NULL;
}

bool
topology_blocks_group(const struct topo_device *dev)
{
	if (dev->driver[0] == '\0' || topology_is_vfio(dev))
		return false;
	if (strcmp(dev->driver, "pci-stub") == 0)
		return false;
	return !dev->is_bridge || strcmp(dev->driver, "pcieport") != 0;
}
