/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Cache of host bridges. Reading the windows of a bridge reads every function below it,
 * so each scan does it once. Devices get copies that differ only in owner and hardness.
 * An estimate never rejects anything.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "holes/holes_internal.h"

/* Holes of one source, and the result of reading it. */
struct known_holes {
	bool read;
	int ret;
	struct hole_list list;
};

struct holes_known {
	char bus[IOVA_DETAIL_LEN];
	struct known_holes windows, gaps;
	struct holes_view view;		/* of the windows */
	struct holes_look gaps_look;
};

void
holes_bridges_free(struct holes_bridges *bridges)
{
	size_t i;

	for (i = 0; i < bridges->n_known; i++) {
		holes_free(&bridges->known[i].windows.list);
		holes_free(&bridges->known[i].gaps.list);
	}
	free(bridges->known);
	holes_phandles_free(bridges->phandles);
	*bridges = (struct holes_bridges){ .snap = bridges->snap };
}

static int
bridge_get(struct holes_bridges *bridges, const char *root_bus, struct holes_known **out)
{
	char bus[IOVA_DETAIL_LEN];
	struct holes_known *more;
	struct topo_addr addr;
	size_t i;

	if (topology_parse_bus(root_bus, &addr) != 0)
		return -EINVAL;
	topology_format_bus(&addr, bus, sizeof(bus));
	for (i = 0; i < bridges->n_known && strcmp(bridges->known[i].bus, bus) != 0; i++)
		;
	if (i == bridges->n_known) {
		more = reallocarray(bridges->known, i + 1, sizeof(*more));
		if (more == NULL)
			return -ENOMEM;
		bridges->known = more;
		more[i] = (struct holes_known){ 0 };
		strlcpy(more[i].bus, bus, sizeof(more[i].bus));
		bridges->n_known++;
	}
	*out = &bridges->known[i];
	return 0;
}

/* Copy the holes for one device. */
static int
known_copy(const struct known_holes *known, enum iova_hardness hardness, const char *owner,
		struct hole_list *list)
{
	size_t before = list->n, i;
	struct iova_hole hole;
	int ret = known->ret;

	for (i = 0; i < known->list.n && ret == 0; i++) {
		hole = known->list.v[i];
		hole.hardness = iova_hole_estimated(&hole) ? IOVA_SOFT : hardness;
		strlcpy(hole.owner, owner, sizeof(hole.owner));
		ret = holes_add(list, &hole);
	}
	if (ret != 0)
		list->n = before;
	return ret;
}

/* Don't cache a lack of memory: the next attempt may succeed. */
static void
known_set(struct known_holes *known, int ret)
{
	known->ret = ret;
	known->read = ret != -ENOMEM;
}

int
holes_host_bridge(struct holes_bridges *bridges, const char *root_bus, bool hard,
		const char *owner, struct hole_list *list, struct holes_view *view)
{
	struct holes_look kept[] = { view->in[HOLES_IN_DMA_RANGES], view->in[HOLES_IN_REGIONS] };
	struct holes_known *b;
	int ret = bridge_get(bridges, root_bus, &b);

	if (ret != 0)
		return ret;
	if (!b->windows.read)
		known_set(&b->windows, holes_windows_read(bridges->snap, b->bus,
				&b->windows.list, &b->view));
	ret = known_copy(&b->windows, hard ? IOVA_HARD : IOVA_SOFT, owner, list);
	if (ret != 0)
		return ret;
	*view = b->view;
	view->in[HOLES_IN_DMA_RANGES] = kept[0];
	view->in[HOLES_IN_REGIONS] = kept[1];
	return 0;
}

int
holes_dma_ranges(struct holes_bridges *bridges, const char *root_bus, const char *owner,
		struct hole_list *list, struct holes_look *look)
{
	struct holes_known *b;
	int ret = bridge_get(bridges, root_bus, &b);

	if (ret != 0)
		return ret;
	if (!b->gaps.read)
		known_set(&b->gaps, holes_gaps_read(bridges, b->bus, &b->gaps.list,
				&b->gaps_look));
	*look = b->gaps_look;
	return known_copy(&b->gaps, IOVA_SOFT, owner, list);
}
