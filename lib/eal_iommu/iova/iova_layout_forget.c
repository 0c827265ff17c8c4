/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Removal of a device. The free set is computed again from the other sets, as removal is
 * rare and a device's holes may be anywhere. All nodes exist already: see the invariants
 * in iova_layout.c.
 */

#include "iova/iova_layout_private.h"

static size_t
forget_holes(struct iova_layout *layout, const char *owner)
{
	struct iova_hole_node *node, *next;
	size_t n = 0;

	for (node = iova_holes_first(&layout->holes); node != NULL; node = next) {
		next = iova_holes_next(node);
		if (!iova_holes_disown(node, owner))
			continue;
		iova_holes_remove(&layout->holes, node);
		n++;
	}
	layout->n_holes -= n;
	return n;
}

static void
free_again(struct iova_layout *layout)
{
	const struct iova_range all = { .first = 0, .last = UINT64_MAX };
	struct iova_hole_node *hole;
	struct iova_used_node *used;
	size_t i;

	iova_free_cut(&layout->free, all);
	for (i = 0; i < layout->allowed.n; i++)
		iova_free_add(&layout->free, layout->allowed.v[i].range);
	for (hole = iova_holes_first(&layout->holes); hole != NULL; hole = iova_holes_next(hole))
		iova_free_cut(&layout->free, hole->hole.range);
	for (used = iova_used_first(&layout->used); used != NULL; used = iova_used_next(used))
		iova_free_cut(&layout->free, used->used.range);
}

void
iova_layout_forget(struct iova_layout *layout, const char *owner)
{
	size_t unused;

	if (owner[0] == '\0')
		return;
	unused = forget_holes(layout, owner);
	unused += iova_allowed_drop(&layout->allowed, owner);
	if (unused == 0)
		return;
	free_again(layout);
	iova_free_shrink(&layout->free, unused);
}
