/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The least that the windows of a host bridge must span: the hull of all BARs
 * and bridge windows below it, apart below and above 4 GiB, as bridges have
 * one window there and one here.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holes_internal.h"
#include "topology.h"

#define RESOURCE_MEM UINT64_C(0x200)
#define RESOURCE_DISABLED UINT64_C(0x10000000)
#define RESOURCE_UNSET UINT64_C(0x20000000)
#define ROUND_MASK UINT64_C(0xfffff)

/* The two halves of the address space and what was seen in them. */
struct hull {
	struct iova_range half;
	struct iova_range seen;		/* not valid (first > last): nothing */
};

static void
hull_widen(struct hull *h, struct iova_range r)
{
	struct iova_range cut = iova_range_cut(h->half, r);

	if (!iova_range_valid(cut))
		return;
	if (cut.first < h->seen.first)
		h->seen.first = cut.first;
	if (cut.last > h->seen.last)
		h->seen.last = cut.last;
}

static bool
row_is_placed_memory(const struct topo_bar *row)
{
	return (row->flags & RESOURCE_MEM) != 0 && row->len != 0 && row->phys != 0 &&
			(row->flags & (RESOURCE_DISABLED | RESOURCE_UNSET)) == 0;
}

static int
device_rows(const char *root, const struct topo_device *dev, struct hull *hulls)
{
	struct topo_bar rows[TOPO_ROWS];
	struct iova_range r;
	size_t n, i;
	int ret;

	ret = topology_resource_rows(root, &dev->addr, rows, &n);
	if (ret != 0)
		return ret == -ENOENT ? 0 : ret; /* gone meanwhile */
	for (i = 0; i < n; i++) {
		if (!row_is_placed_memory(&rows[i]) ||
				!iova_range_make(rows[i].phys, rows[i].len, &r))
			continue;
		hull_widen(&hulls[0], r);
		hull_widen(&hulls[1], r);
	}
	return 0;
}

static int
hull_window(const struct holes_bridge *bridge, const struct hull *h)
{
	const struct iova_range rounded = {
		.first = h->seen.first & ~ROUND_MASK,
		.last = h->seen.last | ROUND_MASK,
	};

	return iova_range_valid(h->seen) ? holes_bridge_window(bridge, rounded) : 0;
}

int
holes_resources(const struct holes_bridge *bridge)
{
	struct hull hulls[] = {
		{ .half = { 0, UINT32_MAX }, .seen = { UINT64_MAX, 0 } },
		{ .half = { UINT64_C(1) << 32, UINT64_MAX }, .seen = { UINT64_MAX, 0 } },
	};
	struct topo_device *devs;
	size_t n, i;
	int ret;

	ret = topology_list(bridge->root, &devs, &n);
	if (ret != 0)
		return ret == -ENODATA ? -EBADMSG : ret;
	for (i = 0; ret == 0 && i < n; i++)
		if (strcmp(devs[i].root_bus, bridge->bus) == 0)
			ret = device_rows(bridge->root, &devs[i], hulls);
	free(devs);
	if (ret == 0)
		ret = hull_window(bridge, &hulls[0]);
	if (ret == 0)
		ret = hull_window(bridge, &hulls[1]);
	return ret == -ENODATA ? -EBADMSG : ret;
}
