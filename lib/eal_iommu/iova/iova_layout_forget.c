/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Removal of a device. Only what its holes and its ranges kept from being free is
 * computed again. All nodes exist already: see the invariants in iova_layout.c. Their
 * number shrinks at the end.
 */

#include "iova/iova_layout_private.h"

/* Make free what a hole covered, after its removal. */
static void
uncover(struct iova_layout *layout, struct iova_range range)
{
	const struct iova_allowed *allowed = &layout->allowed;
	size_t i = iova_allowed_from(allowed, range.first);

	for (; i < allowed->n && allowed->v[i].range.first <= range.last; i++)
		iova_layout_bare(layout, iova_range_cut(allowed->v[i].range, range));
}

static size_t
forget_holes(struct iova_layout *layout, const char *owner)
{
	const uint64_t number = iova_holes_number(&layout->holes, owner);
	struct iova_hole_node *node, *next;
	struct iova_range range;
	size_t n = 0;

	for (node = iova_holes_first(&layout->holes); node != NULL; node = next) {
		next = iova_holes_next(node);
		if (!iova_holes_disown(&layout->holes, node, owner, number))
			continue;
		range = node->hole.range;
		iova_holes_remove(&layout->holes, node);
		uncover(layout, range);
		n++;
	}
	iova_holes_forget(&layout->holes, owner);
	layout->n_holes -= n;
	return n;
}

static size_t
forget_allowed(struct iova_layout *layout, const char *owner)
{
	const size_t unused = iova_allowed_drop(&layout->allowed, owner);
	struct iova_allowed was = iova_allowed_was(&layout->allowed);
	struct iova_range gap;
	size_t i;

	if (unused == 0)
		return 0;
	for (i = 0; i <= was.n; i++)
		if (iova_allowed_gap(&was, i, &gap))
			uncover(layout, gap);
	return unused;
}

void
iova_layout_forget(struct iova_layout *layout, const char *owner)
{
	size_t unused;

	if (owner[0] == '\0')
		return;
	unused = forget_holes(layout, owner);
	unused += forget_allowed(layout, owner);
	iova_free_shrink(&layout->free, unused);
}
