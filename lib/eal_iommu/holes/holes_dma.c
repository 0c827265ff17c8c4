/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * "dma-ranges" of a host bridge: the addresses that it passes from its bus towards
 * memory. All other addresses are holes.
 *
 * The buses above may have the property too and translate again. So the whole address
 * space is passed upwards level by level and cut at each. A node without the property, or
 * with an empty one, passes everything unchanged.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "holes/holes_internal.h"
#include "sysfs/sysfs.h"
#include "topology/topology.h"

#define PIECES_MAX 1024u
#define LEVELS_MAX 32		/* nested buses; phandles may form a loop */

/* A range of the PCI bus, and its first address at the current level. */
struct piece {
	struct iova_range bus;
	uint64_t here;
};

struct pieces {
	struct piece *v;
	size_t n;
	bool cut;		/* some level has an effect */
	unsigned int odd;	/* number of entries that can't be understood */
	bool counted;		/* the level that ended the climb has only such entries */
};

/* Intersect a piece with one entry. Not valid if empty. */
static struct piece
piece_pass(const struct piece *p, struct iova_range passes, const struct holes_dt_entry *e)
{
	const struct iova_range whole = { p->here, p->here + iova_range_span(p->bus) };
	const struct iova_range cut = iova_range_cut(whole, passes);

	if (!iova_range_valid(cut))
		return (struct piece){ .bus = { 1, 0 } };
	return (struct piece){
		.bus = { p->bus.first + (cut.first - p->here), p->bus.first + (cut.last - p->here) },
		.here = e->parent + (cut.first - e->child),
	};
}

static int
pieces_append(struct pieces *to, const struct piece *p)
{
	struct piece *more;

	if (!iova_range_valid(p->bus))
		return 0;
	if (to->n == PIECES_MAX)
		return -E2BIG;
	more = reallocarray(to->v, to->n + 1, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	to->v = more;
	to->v[to->n++] = *p;
	return 0;
}

/* Pass all pieces through one entry. */
static int
entry_pass(const struct pieces *from, const struct holes_dt_entry *e, struct pieces *to)
{
	struct iova_range passes, above;
	struct piece p;
	size_t i;
	int ret = 0;

	if (!iova_range_make(e->child, e->size, &passes) ||
			!iova_range_make(e->parent, e->size, &above)) {
		to->odd++;
		return 0;
	}
	for (i = 0; i < from->n && ret == 0; i++) {
		p = piece_pass(&from->v[i], passes, e);
		ret = pieces_append(to, &p);
	}
	return ret;
}

static int
level_pass(const struct holes_dt_entry *v, size_t n, struct pieces *pieces)
{
	struct pieces after = { .odd = pieces->odd };
	unsigned int n_cut = 0;
	size_t i;
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++) {
		if (!v[i].memory || v[i].size == 0)
			continue;
		after.cut = true;
		n_cut++;
		ret = entry_pass(pieces, &v[i], &after);
	}
	/* No machine can boot with a bus that passes nothing, so ignore the property. */
	if (ret == 0 && after.cut && after.n == 0) {
		pieces->counted = after.odd - pieces->odd == n_cut;
		ret = -EBADMSG;
	}
	if (ret != 0 || !after.cut) {
		pieces->odd = after.odd;
		free(after.v);
		return ret;
	}
	free(pieces->v);
	*pieces = after;
	return 0;
}

/*
 * From the bridge's node to the root of the tree. Above a level that can't be understood
 * the addresses of the pieces are unknown, so the climb ends. The result of the levels
 * below remains valid.
 */
static int
climb(const struct holes_bridge *bridge, char *node, size_t size, struct pieces *pieces)
{
	struct holes_dt_entry *v;
	size_t n;
	int ret = 0, level;

	for (level = 0; ret == 0 && level < LEVELS_MAX && strcmp(node, HOLES_DT_BASE) != 0;
			level++) {
		ret = holes_dt_entries(bridge->root, node, "dma-ranges", level == 0, &v, &n,
				&pieces->odd);
		if (ret == 0) {
			ret = level_pass(v, n, pieces);
			free(v);
		}
		if (ret == 0 || ret == -ENOENT)
			ret = holes_dt_dma_parent(bridge, node, size);
	}
	return ret == 0 && strcmp(node, HOLES_DT_BASE) != 0 ? -ELOOP : ret;
}

static int
piece_cmp(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->bus.first < y->bus.first ? -1 : x->bus.first > y->bus.first;
}

/* Add the gaps below, between and above the pieces as holes. */
static int
gaps_add(const struct holes_bridge *bridge, struct pieces *pieces)
{
	uint64_t next = 0;
	size_t i;
	int ret;

	qsort(pieces->v, pieces->n, sizeof(*pieces->v), piece_cmp);
	for (i = 0; i < pieces->n; i++) {
		const struct iova_range bus = pieces->v[i].bus;

		if (bus.first > next) {
			ret = holes_bridge_window(bridge,
					(struct iova_range){ next, bus.first - 1 });
			if (ret != 0)
				return ret;
		}
		if (bus.last == UINT64_MAX)
			return 0;
		if (bus.last >= next)
			next = bus.last + 1;
	}
	return holes_bridge_window(bridge, (struct iova_range){ next, UINT64_MAX });
}

static void
note_moves(const struct pieces *pieces, struct holes_look *look)
{
	size_t i;

	for (i = 0; i < pieces->n; i++) {
		const struct piece *p = &pieces->v[i];

		if (p->here == p->bus.first) {
			look->same = true;
			continue;
		}
		if (look->n_moved == 0)
			look->memory = p->here;
		if (look->n_moved < HOLES_MOVED)
			look->moved[look->n_moved] = p->bus;
		look->n_moved++;
	}
}

static int
dma_ranges(const struct holes_bridge *bridge, struct holes_look *look)
{
	const struct piece all = { .bus = { 0, UINT64_MAX } };
	struct pieces pieces = { 0 };
	char node[SYSFS_PATH_MAX];
	int ret;

	ret = holes_dt_node(bridge, node, sizeof(node));
	look->sight = holes_dt_sight(ret);
	if (ret != 0)
		return ret;
	ret = pieces_append(&pieces, &all);
	if (ret == 0)
		ret = climb(bridge, node, sizeof(node), &pieces);
	look->odd = pieces.odd + (ret != 0 && !pieces.counted);
	note_moves(&pieces, look);
	if (ret != -ENOMEM && pieces.cut)
		ret = gaps_add(bridge, &pieces);
	free(pieces.v);
	return ret;
}

int
holes_gaps_read(struct holes_bridges *bridges, const char *bus, struct hole_list *list,
		struct holes_look *look)
{
	struct holes_bridge bridge = {
		.root = bridges->snap->root,
		.snap = bridges->snap,
		.phandles = &bridges->phandles,
		.hole = {
			.origin = IOVA_ORIGIN_DMA_RANGES,
			.hardness = IOVA_SOFT,
			.by = IOVA_BY_BUS,
		},
		.list = list,
	};
	size_t before = list->n;

	holes_bridge_name(&bridge, bus);
	*look = (struct holes_look){ 0 };
	if (dma_ranges(&bridge, look) != -ENOMEM)
		return 0;
	list->n = before;
	return -ENOMEM;
}
