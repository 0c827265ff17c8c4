/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What becomes free, also by removal of a device: only what its holes and its ranges kept
 * from being free is computed again. All nodes exist already: see the invariants in
 * iova_layout.c. Their number shrinks at the end.
 */

#include "iova/iova_layout_private.h"

/* Make the part of a range free that is not used. */
static void
bare_unused(struct iova_layout *layout, struct iova_range range)
{
	struct iova_used_node *used = iova_used_in(&layout->used, range);
	struct iova_range piece = range;

	for (; used != NULL && used->used.range.first <= range.last; used = iova_used_next(used)) {
		if (used->used.range.first > piece.first) {
			piece.last = used->used.range.first - 1;
			iova_free_add(&layout->free, piece);
		}
		if (used->used.range.last >= range.last)
			return;
		piece.first = used->used.range.last + 1;
	}
	piece.last = range.last;
	iova_free_add(&layout->free, piece);
}

void
iova_layout_bare(struct iova_layout *layout, struct iova_range range)
{
	struct iova_hole_node *node = iova_holes_in(&layout->holes, range, IOVA_SOFT);
	struct iova_range rest = range, piece;

	for (; node != NULL; node = iova_holes_next_in(node, range, IOVA_SOFT)) {
		if (node->hole.range.first > rest.first) {
			piece.first = rest.first;
			piece.last = node->hole.range.first - 1;
			bare_unused(layout, piece);
		}
		if (node->hole.range.last >= range.last)
			return;
		if (node->hole.range.last >= rest.first)
			rest.first = node->hole.range.last + 1;
	}
	bare_unused(layout, rest);
}

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
