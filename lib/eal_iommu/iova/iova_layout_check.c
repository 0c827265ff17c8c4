/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The self-check of a layout.
 *
 * Each set checks its own order, balance and augmented values. This file checks that the
 * sets are consistent. It only iterates and does not use the searches, so that a broken
 * search can't hide itself. It computes the free set again by one ascending sweep over
 * holes and used ranges, in linear time.
 */

#include <errno.h>

#include "iova/iova_layout_private.h"

/* Position of the sweep: the next hole and the next used range. */
struct sweep {
	struct iova_hole_node *hole;
	struct iova_used_node *used;
};

/* Get the obstacle with the lowest start. */
static bool
sweep_peek(const struct sweep *s, struct iova_range *obstacle)
{
	if (s->hole == NULL && s->used == NULL)
		return false;
	if (s->used == NULL ||
			(s->hole != NULL && s->hole->hole.range.first < s->used->used.range.first))
		*obstacle = s->hole->hole.range;
	else
		*obstacle = s->used->used.range;
	return true;
}

static void
sweep_next(struct sweep *s)
{
	if (s->used == NULL ||
			(s->hole != NULL && s->hole->hole.range.first < s->used->used.range.first))
		s->hole = iova_holes_next(s->hole);
	else
		s->used = iova_used_next(s->used);
}

/* Find the next free range of the allowed one, starting at rest->first. */
static bool
sweep_free(struct sweep *s, struct iova_range *rest, struct iova_range *found)
{
	struct iova_range obstacle;

	while (iova_range_valid(*rest)) {
		*found = *rest;
		if (!sweep_peek(s, &obstacle) || obstacle.first > rest->last) {
			rest->first = 1;	/* empty: no longer a valid range */
			rest->last = 0;
			return true;
		}
		if (obstacle.first > rest->first) {
			found->last = obstacle.first - 1;
			rest->first = obstacle.first;
			return true;
		}
		if (obstacle.last >= rest->last)
			return false;	/* keep the obstacle: it may cover the next
					 * allowed range too */
		if (obstacle.last >= rest->first)
			rest->first = obstacle.last + 1;
		sweep_next(s);
	}
	return false;
}

static const char *
check_free(const struct iova_layout *layout)
{
	struct sweep s = {
		.hole = iova_holes_first(&layout->holes),
		.used = iova_used_first(&layout->used),
	};
	struct iova_free_node *node = iova_free_first(&layout->free);
	struct iova_range rest, want;
	size_t i;

	for (i = 0; i < layout->allowed.n; i++) {
		rest = layout->allowed.v[i].range;
		while (sweep_free(&s, &rest, &want)) {
			if (node == NULL || node->range.first != want.first ||
					node->range.last != want.last)
				return "free is not allowed - holes - used";
			node = iova_free_next(node);
		}
	}
	return node != NULL ? "something is free that is not allowed" : NULL;
}

/* Check used ranges: inside one allowed range, and outside of every hard hole. */
static const char *
check_used(const struct iova_layout *layout)
{
	struct iova_used_node *used = iova_used_first(&layout->used);
	struct iova_hole_node *hole;
	size_t i = 0;

	for (; used != NULL; used = iova_used_next(used)) {
		while (i < layout->allowed.n &&
				layout->allowed.v[i].range.last < used->used.range.first)
			i++;
		if (i == layout->allowed.n ||
				!iova_range_covers(layout->allowed.v[i].range, used->used.range))
			return "a used range is not allowed";
	}
	used = iova_used_first(&layout->used);
	hole = iova_holes_first(&layout->holes);
	for (; hole != NULL; hole = iova_holes_next(hole)) {
		/* Used ranges that end below this hole also end below all later ones. */
		while (used != NULL && used->used.range.last < hole->hole.range.first)
			used = iova_used_next(used);
		if (used != NULL && hole->hole.hardness == IOVA_HARD &&
				iova_range_overlap(used->used.range, hole->hole.range))
			return "a used range overlaps a hard hole";
	}
	return NULL;
}

static const char *
check_counts(const struct iova_layout *layout)
{
	struct iova_used_node *used = iova_used_first(&layout->used);
	struct iova_hole_node *hole = iova_holes_first(&layout->holes);
	size_t n_used = 0, n_holes = 0;

	for (; used != NULL; used = iova_used_next(used))
		n_used++;
	for (; hole != NULL; hole = iova_holes_next(hole))
		n_holes++;
	if (n_used != layout->n_used || n_holes != layout->n_holes)
		return "used ranges or holes are miscounted";
	if (iova_names_uses(&layout->names) != n_used)
		return "the uses of names are miscounted";
	if (layout->free.n_tree + layout->free.n_stock != layout->allowed.room + n_used + n_holes)
		return "the stock of free nodes does not fit the layout";
	return NULL;
}

static const char *
find_fault(const struct iova_layout *layout)
{
	const char *fault = iova_allowed_check(&layout->allowed);

	if (fault == NULL)
		fault = iova_holes_check(&layout->holes);
	if (fault == NULL)
		fault = iova_used_check(&layout->used);
	if (fault == NULL)
		fault = iova_free_check(&layout->free);
	if (fault == NULL)
		fault = check_counts(layout);
	if (fault == NULL)
		fault = check_used(layout);
	if (fault == NULL)
		fault = check_free(layout);
	return fault;
}

int
iova_layout_check(const struct iova_layout *layout, FILE *f)
{
	const char *fault = find_fault(layout);

	if (fault == NULL)
		return 0;
	if (f != NULL)
		fprintf(f, "IOVA layout: %s\n", fault);
	return -EFAULT;
}
