/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * "dma-ranges" of a host bridge: the addresses that it passes up from its bus.
 * What is in none of them is a hole.
 *
 * The buses above it may have the property too and translate once more. So the
 * whole space goes up level by level and is cut to what each of them passes. A
 * node without the property, or with an empty one, passes everything as it is.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "holes_internal.h"
#include "sysfs.h"
#include "topology.h"

#define DT_BASE "/sys/firmware/devicetree/base"
#define PIECES_MAX 1024u

/* Addresses of the PCI bus, and what the first of them is at the present level. */
struct piece {
	struct iova_range bus;
	uint64_t here;
};

struct pieces {
	struct piece *v;
	size_t n;
	bool cut;		/* some level had something to say */
};

/* What of a piece passes by one entry; not valid: nothing. */
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
		return -EBADMSG;
	more = reallocarray(to->v, to->n + 1, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	to->v = more;
	to->v[to->n++] = *p;
	return 0;
}

/* All pieces through one entry. */
static int
entry_pass(const struct pieces *from, const struct holes_dt_entry *e, struct pieces *to)
{
	struct iova_range passes, above;
	struct piece p;
	size_t i;
	int ret = 0;

	if (!iova_range_make(e->child, e->size, &passes) ||
			!iova_range_make(e->parent, e->size, &above))
		return -EBADMSG;
	for (i = 0; i < from->n && ret == 0; i++) {
		p = piece_pass(&from->v[i], passes, e);
		ret = pieces_append(to, &p);
	}
	return ret;
}

static int
level_pass(const struct holes_dt_entry *v, size_t n, struct pieces *pieces)
{
	struct pieces after = { 0 };
	size_t i;
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++) {
		if (!v[i].memory || v[i].size == 0)
			continue;
		after.cut = true;
		ret = entry_pass(pieces, &v[i], &after);
	}
	if (ret != 0 || !after.cut) {
		free(after.v);
		return ret;
	}
	free(pieces->v);
	*pieces = after;
	return 0;
}

/* From the bridge's node to the root of the tree. */
static int
climb(const struct holes_bridge *bridge, char *node, struct pieces *pieces)
{
	struct holes_dt_entry *v;
	bool pci = true;
	size_t n;
	int ret = 0;

	for (; ret == 0 && strcmp(node, DT_BASE) != 0; holes_path_up(node), pci = false) {
		if (strncmp(node, DT_BASE "/", strlen(DT_BASE "/")) != 0)
			return -ENOENT;
		ret = holes_dt_entries(bridge->root, node, "dma-ranges", pci, &v, &n);
		if (ret == -ENOENT) {
			ret = 0;
			continue;
		}
		if (ret == 0) {
			ret = level_pass(v, n, pieces);
			free(v);
		}
	}
	return ret;
}

static int
piece_cmp(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->bus.first < y->bus.first ? -1 : x->bus.first > y->bus.first;
}

/* What lies below, between and above the pieces. */
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

static int
dma_ranges(const struct holes_bridge *bridge)
{
	const struct piece all = { .bus = { 0, UINT64_MAX } };
	struct pieces pieces = { 0 };
	char node[SYSFS_PATH_MAX];
	int ret;

	ret = holes_dt_node(bridge, node, sizeof(node));
	if (ret != 0)
		return ret == -ENOMEM ? ret : -ENOENT;
	ret = pieces_append(&pieces, &all);
	if (ret == 0)
		ret = climb(bridge, node, &pieces);
	/* A bridge that passes nothing at all is no bridge one could have booted from. */
	if (ret == 0 && pieces.n == 0)
		ret = -EBADMSG;
	if (ret == 0 && pieces.cut)
		ret = gaps_add(bridge, &pieces);
	free(pieces.v);
	return ret;
}

int
holes_gaps_read(struct topo_snapshot *snap, const char *bus, struct hole_list *list)
{
	struct holes_bridge bridge = {
		.root = snap->root,
		.snap = snap,
		.hole = {
			.origin = IOVA_ORIGIN_DMA_RANGES,
			.hardness = IOVA_SOFT,
		},
		.list = list,
	};
	size_t before = list->n;
	int ret;

	holes_bridge_name(&bridge, bus);
	ret = dma_ranges(&bridge);
	if (ret != 0)
		list->n = before;
	return ret == -ENOENT ? 0 : ret;
}
