/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"

/* Result of reading: 0, a negative errno, or this. */
#define UNREAD 1

struct topo_function {
	struct topo_device dev;		/* dev.addr is always valid */
	int placed;			/* result of reading its root bus and bridges */
	int filled;			/* result of reading all of dev */
	int rowed;			/* result of reading rows and n_rows */
	bool bussed;			/* bus is valid */
	int config;			/* result of reading config space */
	struct topo_bar *rows;
	uint64_t *bus;			/* stored behind rows */
	size_t n_rows;
};

static int
function_cmp(const void *a, const void *b)
{
	const struct topo_function *x = a, *y = b;

	return topology_addr_cmp(&x->dev.addr, &y->dev.addr);
}

/* List the addresses of all functions without reading them. */
static int
functions_list(struct topo_snapshot *snap)
{
	struct topo_function *v;
	size_t n, i, count = 0;
	char **names;
	int ret;

	if (snap->listed)
		return 0;
	ret = sysfs_list(snap->root, &names, &n, TOPO_DEVICES);
	if (ret != 0)
		return ret;
	v = calloc(n + 1, sizeof(*v));
	for (i = 0; v != NULL && i < n; i++) {
		struct topo_function *f = &v[count];

		if (topology_parse_bdf(names[i], &f->dev.addr) != 0)
			continue;
		topology_format_bdf(&f->dev.addr, f->dev.bdf, sizeof(f->dev.bdf));
		f->placed = f->filled = f->rowed = UNREAD;
		count++;
	}
	sysfs_free_names(names, n);
	if (v == NULL)
		return -ENOMEM;
	qsort(v, count, sizeof(*v), function_cmp);
	snap->functions = v;
	snap->n_functions = count;
	snap->listed = true;
	return 0;
}

static int
function_place(struct topo_snapshot *snap, struct topo_function *f)
{
	if (f->placed == UNREAD)
		f->placed = topology_gone(snap->root, &f->dev,
				topology_place(snap->root, &f->dev));
	return f->placed;
}

static int
function_rows(struct topo_snapshot *snap, struct topo_function *f)
{
	struct topo_bar rows[TOPO_ROWS];
	size_t n = 0;
	int ret;

	if (f->rowed != UNREAD)
		return f->rowed;
	ret = topology_resource_rows(snap->root, &f->dev.addr, rows, &n);
	if (ret == 0 || ret == -ENODATA) {
		f->rows = calloc(n + 1, sizeof(*f->rows) + sizeof(*f->bus));
		if (f->rows == NULL)
			return -ENOMEM;
		f->bus = (uint64_t *)(f->rows + n);
		memcpy(f->rows, rows, n * sizeof(*rows));
		f->n_rows = n;
	}
	f->rowed = ret;
	return ret;
}

static int
function_fill(struct topo_snapshot *snap, struct topo_function *f)
{
	int ret;

	if (f->filled != UNREAD)
		return f->filled;
	ret = function_place(snap, f);
	if (ret == 0)
		ret = topology_fill(snap->root, &f->dev);
	if (ret == 0) {
		ret = function_rows(snap, f);
		ret = topology_bars(&f->dev, ret, f->rows, f->n_rows);
	}
	/* Don't cache an error of this process: the next attempt may succeed. */
	if (topology_error_is_ours(ret))
		return ret;
	f->filled = topology_gone(snap->root, &f->dev, ret);
	return f->filled;
}

void
topology_snapshot_free(struct topo_snapshot *snap)
{
	size_t i;

	for (i = 0; i < snap->n_functions; i++)
		free(snap->functions[i].rows);
	for (i = 0; i < snap->n_kept; i++)
		free(snap->kept[i].set.v);
	free(snap->functions);
	free(snap->kept);
	free(snap->opened);
	topology_users_free(snap->users);
	*snap = (struct topo_snapshot){ .root = snap->root };
}

int
topology_function(struct topo_snapshot *snap, const struct topo_addr *addr,
		const struct topo_device **out)
{
	const struct topo_function key = { .dev.addr = *addr };
	struct topo_function *f = NULL;
	int ret = functions_list(snap);

	if (ret != 0)
		return ret;
	if (snap->n_functions > 0)
		f = bsearch(&key, snap->functions, snap->n_functions, sizeof(*f), function_cmp);
	if (f == NULL)
		return -ENOENT;
	*out = &f->dev;
	return function_fill(snap, f);
}

int
topology_snapshot_device(struct topo_snapshot *snap, const struct topo_addr *addr,
		const struct topo_device **out)
{
	const struct topo_device *dev;
	int ret = topology_function(snap, addr, &dev);

	if (ret == 0)
		*out = dev;
	return ret;
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
topology_functions(struct topo_snapshot *snap, const char *bridge, struct topo_set *out)
{
	int ret = functions_list(snap);
	size_t i;

	if (ret == 0)
		ret = topology_set_make(out, snap->n_functions);
	if (ret != 0)
		return ret;
	for (i = 0; i < snap->n_functions && ret == 0; i++) {
		struct topo_function *f = &snap->functions[i];

		/* A function with an odd path may be below any bridge. */
		if (bridge != NULL && function_place(snap, f) == 0 && !is_below(&f->dev, bridge))
			continue;
		ret = topology_set_put(out, snap->n_functions, &f->dev, function_fill(snap, f));
	}
	topology_set_sort(out, snap->n_functions);
	return ret;
}

/* Functions of one bridge follow each other, so its state is read once. */
static bool
bridge_sleeps(struct topo_snapshot *snap, const struct topo_device *dev)
{
	if (dev->n_up == 0)
		return false;
	if (strcmp(snap->bridge, dev->up[0]) != 0) {
		strlcpy(snap->bridge, dev->up[0], sizeof(snap->bridge));
		snap->bridge_sleeps = topology_bridge_sleeps(snap->root, dev);
	}
	return snap->bridge_sleeps;
}

/* A survey wakes no device: most of these functions are not ours. */
static void
function_bus(struct topo_snapshot *snap, struct topo_function *f)
{
	size_t i;

	f->bussed = true;
	if (!bridge_sleeps(snap, &f->dev) && !topology_is_cold(snap->root, f->dev.bdf)) {
		f->config = topology_bus_rows(snap->root, &f->dev.addr, f->rows, f->n_rows, f->bus);
		return;
	}
	f->config = -EAGAIN;
	for (i = 0; i < f->n_rows; i++)
		f->bus[i] = TOPO_NO_ADDRESS;
}

int
topology_snapshot_memory(struct topo_snapshot *snap, const char *root_bus, size_t *next,
		struct topo_memory *out)
{
	int ret = functions_list(snap);

	if (ret != 0)
		return ret;
	while (*next < snap->n_functions) {
		struct topo_function *f = &snap->functions[(*next)++];

		ret = function_place(snap, f);
		if (ret == -ENOENT || (ret == 0 && strcmp(f->dev.root_bus, root_bus) != 0))
			continue;
		if (ret != 0) {
			*out = (struct topo_memory){ .addr = f->dev.addr, .ret = ret };
			return 1;
		}
		ret = function_rows(snap, f);
		if (ret == -ENOMEM)
			return ret;
		if (f->rows != NULL && !f->bussed)
			function_bus(snap, f);
		*out = (struct topo_memory){ .addr = f->dev.addr, .ret = ret, .config = f->config,
			.rows = f->rows, .bus = f->bus, .n = f->n_rows };
		return 1;
	}
	return 0;
}
