/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Lower bound of the windows of a host bridge: the hull of all BARs and bridge windows
 * below it, separately below and above 4 GiB, as bridges have one window in each half.
 */

#include <errno.h>
#include <stdlib.h>

#include <bsd/string.h>

#include "holes/holes_internal.h"

#define ROUND_MASK UINT64_C(0xfffff)

/* The two halves of the address space, and the memory seen in each. */
struct hull {
	struct iova_range half;
	struct iova_range seen;		/* not valid (first > last) if empty */
};

/* CPU ranges of the functions' memory. */
struct rows {
	struct iova_range *v;
	size_t n;
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

/* Read the rows of one function, and its pairs. */
static int
function_read(const struct topo_memory *memory, struct rows *rows, struct holes_pairs *pairs,
		struct holes_view *view)
{
	struct holes_look *look = &view->in[HOLES_IN_ROWS];
	struct iova_range *more;
	size_t i;

	/* The function disappeared meanwhile. */
	if (memory->ret == -ENOENT)
		return 0;
	if (look->sight != HOLES_SEEN)
		look->sight = holes_sight_of(memory->ret == -ENODATA ? 0 : memory->ret);
	look->odd += memory->ret == -ENODATA;
	more = reallocarray(rows->v, rows->n + TOPO_ROWS, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	rows->v = more;
	for (i = 0; i < memory->n; i++)
		rows->n += holes_row_range(&memory->rows[i], &rows->v[rows->n]);
	return holes_pairs_add(pairs, memory, view);
}

static int
hull_window(const struct holes_bridge *bridge, const struct hull *h)
{
	const struct iova_range rounded = {
		.first = h->seen.first & ~ROUND_MASK,
		.last = h->seen.last | ROUND_MASK,
	};

	struct holes_bridge estimate = *bridge;

	estimate.hole.by = IOVA_BY_NOBODY;
	return iova_range_valid(h->seen) ? holes_bridge_window(&estimate, rounded) : 0;
}

/* Add the hulls of all rows by bus address, as the halves are halves of the bus. */
static int
hulls_add(const struct holes_bridge *bridge, const struct rows *rows,
		const struct holes_pairs *pairs)
{
	struct hull hulls[] = {
		{ .half = { 0, UINT32_MAX }, .seen = { UINT64_MAX, 0 } },
		{ .half = { UINT64_C(1) << 32, UINT64_MAX }, .seen = { UINT64_MAX, 0 } },
	};
	size_t i;
	int ret;

	for (i = 0; i < rows->n; i++) {
		const struct iova_range r = holes_pairs_shift(pairs, rows->v[i], bridge->view);

		hull_widen(&hulls[0], r);
		hull_widen(&hulls[1], r);
	}
	ret = hull_window(bridge, &hulls[0]);
	return ret == 0 ? hull_window(bridge, &hulls[1]) : ret;
}

int
holes_resources(const struct holes_bridge *bridge)
{
	struct holes_pairs pairs = { 0 };
	struct rows rows = { 0 };
	struct topo_memory memory;
	size_t next = 0;
	int ret;

	while ((ret = topology_snapshot_memory(bridge->snap, bridge->bus, &next, &memory)) > 0) {
		ret = function_read(&memory, &rows, &pairs, bridge->view);
		if (ret != 0)
			break;
	}
	if (ret == 0)
		ret = hulls_add(bridge, &rows, &pairs);
	free(rows.v);
	holes_pairs_free(&pairs);
	return ret == -ENOMEM ? ret : 0;
}

/* A BAR without known bus address counts with its CPU address, as an estimate. */
static int
endpoint_add(struct iova_hole hole, const struct topo_bar *row, uint64_t bus,
		struct hole_list *list)
{
	if (!holes_row_range(row, &hole.range))
		return 0;
	if (bus == TOPO_NO_ADDRESS || !iova_range_make(bus, row->len, &hole.range)) {
		hole.hardness = IOVA_SOFT;
		hole.by = IOVA_BY_NOBODY;
	}
	return holes_add(list, &hole);
}

int
holes_endpoint(const char *root, const char *bdf, const char *bus, bool hard,
		const char *owner, struct hole_list *list)
{
	struct iova_hole hole = {
		.origin = IOVA_ORIGIN_HOST_BRIDGE,
		.hardness = hard ? IOVA_HARD : IOVA_SOFT,
		.by = IOVA_BY_BUS,
	};
	struct topo_bar rows[TOPO_ROWS];
	uint64_t at[TOPO_ROWS];
	size_t before = list->n, n = 0, i;
	struct topo_addr addr;
	int ret;

	if (topology_parse_bdf(bdf, &addr) != 0)
		return -EINVAL;
	strlcpy(hole.detail, bus, sizeof(hole.detail));
	strlcpy(hole.owner, owner, sizeof(hole.owner));
	ret = topology_resource_rows(root, &addr, rows, &n);
	if (ret == -ENOMEM)
		return ret;
	for (i = 0; i < n; i++)
		at[i] = TOPO_NO_ADDRESS;
	ret = topology_config_wakes(root, &addr) != TOPO_WAKES_NONE ? 0 :
		topology_bus_rows(root, &addr, rows, n, at);
	for (i = 0; i < n && ret != -ENOMEM; i++)
		ret = endpoint_add(hole, &rows[i], at[i], list);
	if (ret != -ENOMEM)
		return 0;
	list->n = before;
	return ret;
}
