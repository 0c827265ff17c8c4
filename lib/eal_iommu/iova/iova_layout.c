/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The layout: four consistent sets of address ranges.
 *
 *   allowed  a sorted array             iova_allowed.c
 *   holes    a tree, may overlap        iova_holes_tree.c
 *   used     a tree, disjoint           iova_used.c
 *   free     a tree, disjoint, maximal  iova_free.c
 *
 * Invariants, all checked by iova_layout_check():
 * - free = allowed - holes - used. The set is stored, as place searches it.
 * - A used range lies inside one allowed range, and overlaps no used range and no hard
 *   hole. It may overlap soft holes, as the caller may insist on an address.
 * - The number of nodes for free extents, in the tree or in stock, is the number of holes
 *   plus used ranges plus the room for allowed ranges (see iova_allowed.c). A layout
 *   never has more free extents, as each hole or used range splits at most one extent
 *   into two. So whatever adds a part also adds one node, and removal cannot fail for
 *   lack of memory, not even if it frees the space between many soft holes.
 *
 * Every operation first checks, then allocates, then edits the sets. Edits cannot fail.
 * So on error nothing has changed.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "iova/iova_layout_private.h"

/* ---- conflicts ---- */

static void
why_clear(struct iova_conflict *why)
{
	if (why != NULL)
		memset(why, 0, sizeof(*why));
}

static void
why_range(struct iova_conflict *why, struct iova_range range, const char *owner)
{
	if (why == NULL)
		return;
	why->with = range;
	strlcpy(why->hole.owner, owner, sizeof(why->hole.owner));
}

static void
why_hole(struct iova_conflict *why, const struct iova_hole *hole)
{
	if (why == NULL)
		return;
	why->with = hole->range;
	why->hole = *hole;
	why->is_hole = true;
}

/* ---- create and destroy ---- */

int
iova_layout_create(struct iova_layout **out)
{
	struct iova_layout *layout = calloc(1, sizeof(*layout));
	int ret;

	if (layout == NULL)
		return -ENOMEM;
	ret = iova_allowed_all(&layout->allowed);
	if (ret != 0)
		goto err_free_layout;
	ret = iova_free_grow(&layout->free, 1);
	if (ret != 0)
		goto err_clear_allowed;
	iova_free_add(&layout->free, layout->allowed.v[0].range);
	*out = layout;
	return 0;

err_clear_allowed:
	iova_allowed_clear(&layout->allowed);
err_free_layout:
	free(layout);
	return ret;
}

void
iova_layout_destroy(struct iova_layout *layout)
{
	if (layout == NULL)
		return;
	iova_free_clear(&layout->free);
	iova_used_clear(&layout->used);
	iova_names_clear(&layout->names);
	iova_holes_clear(&layout->holes);
	iova_allowed_clear(&layout->allowed);
	free(layout);
}

/* ---- allow, holes ---- */

static bool
is_name(const char *name)
{
	return name != NULL && name[0] != '\0';
}

/* Apply the ranges of a device. The stock has enough nodes. */
static void
narrow(struct iova_layout *layout, struct iova_grant *grant)
{
	struct iova_allowed was;
	struct iova_range gap;
	size_t next = 0;

	iova_allowed_enter(&layout->allowed, grant);
	was = iova_allowed_was(&layout->allowed);
	while (iova_allowed_gap_beyond(&layout->allowed, &was, &next, &gap))
		iova_free_cut(&layout->free, gap);
}

/*
 * Each used range lies in one allowed range now. So one that a narrower set does not cover
 * overlaps a gap that is new, and the lowest one overlaps the lowest such gap.
 */
static const struct iova_used_node *
lowest_outside(const struct iova_layout *layout, const struct iova_allowed *narrower)
{
	const struct iova_used_node *node = NULL;
	struct iova_range gap;
	size_t next = 0;

	while (node == NULL &&
			iova_allowed_gap_beyond(narrower, &layout->allowed, &next, &gap))
		node = iova_used_in(&layout->used, gap);
	return node;
}

int
iova_layout_allow(struct iova_layout *layout, const struct iova_range *ranges, size_t n,
		const char *owner, struct iova_conflict *why)
{
	const struct iova_used_node *outside;
	struct iova_allowed narrower;
	struct iova_grant *grant;
	int ret;

	why_clear(why);
	if (n == 0 || !is_name(owner))
		return -EINVAL;
	ret = iova_allowed_prepare(&layout->allowed, ranges, n, owner, &grant);
	if (ret != 0 || grant == NULL)
		return ret;
	narrower = iova_allowed_with(&layout->allowed, grant);
	outside = lowest_outside(layout, &narrower);
	if (outside != NULL) {
		why_range(why, outside->used.range, owner);
		ret = -ERANGE;
		goto err_give_up;
	}
	ret = iova_free_grow(&layout->free, grant->n);
	if (ret != 0)
		goto err_give_up;
	narrow(layout, grant);
	return 0;

err_give_up:
	iova_allowed_give_up(&layout->allowed, grant);
	return ret;
}

static bool
hole_valid(const struct iova_hole *hole)
{
	return iova_range_valid(hole->range) &&
		(unsigned int)hole->origin < IOVA_ORIGIN_COUNT &&
		(hole->hardness == IOVA_SOFT || hole->hardness == IOVA_HARD) &&
		(unsigned int)hole->by <= IOVA_BY_KERNEL &&
		memchr(hole->detail, '\0', sizeof(hole->detail)) != NULL &&
		memchr(hole->owner, '\0', sizeof(hole->owner)) != NULL;
}

int
iova_layout_add_hole(struct iova_layout *layout, const struct iova_hole *hole,
		struct iova_conflict *why)
{
	const struct iova_used_node *used;
	struct iova_hole_node *node;

	why_clear(why);
	if (!hole_valid(hole))
		return -EINVAL;
	node = iova_holes_same(&layout->holes, hole);
	if (node != NULL)
		return iova_holes_own(&layout->holes, node, hole->owner);
	used = iova_used_in(&layout->used, hole->range);
	if (hole->hardness == IOVA_HARD && used != NULL) {
		why_range(why, used->used.range, "");
		return -EADDRINUSE;
	}
	node = iova_holes_new(hole);
	if (node == NULL)
		return -ENOMEM;
	if (iova_free_grow(&layout->free, 1) != 0) {
		free(node);
		return -ENOMEM;
	}
	iova_holes_insert(&layout->holes, node);
	layout->n_holes++;
	iova_free_cut(&layout->free, hole->range);
	return 0;
}

/* ---- place and release ---- */

/* Check whether a range can be used. Holes with at least this hardness conflict. */
static int
judge(const struct iova_layout *layout, struct iova_range range, enum iova_hardness least,
		struct iova_conflict *why)
{
	const struct iova_hole_node *hole;
	const struct iova_used_node *used;
	struct iova_range gap;
	size_t i;

	why_clear(why);
	if (!iova_range_valid(range))
		return -EINVAL;
	if (!iova_allowed_covers(&layout->allowed, range)) {
		i = iova_allowed_first_gap(&layout->allowed, range.first, &gap);
		why_range(why, gap, iova_allowed_gap_owner(&layout->allowed, i));
		return -ERANGE;
	}
	hole = iova_holes_in(&layout->holes, range, least);
	if (hole != NULL) {
		why_hole(why, &hole->hole);
		return -EADDRINUSE;
	}
	used = iova_used_in(&layout->used, range);
	if (used != NULL) {
		why_range(why, used->used.range, "");
		return -EEXIST;
	}
	hole = iova_holes_in(&layout->holes, range, IOVA_SOFT);
	if (hole != NULL)
		why_hole(why, &hole->hole);
	return 0;
}

static bool
is_power_of_two(uint64_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

/* Add a range that judge() accepted. */
static int
enter(struct iova_layout *layout, struct iova_range range, const char *what)
{
	const char *name = iova_names_get(&layout->names, what);
	struct iova_used_node *node;

	if (name == NULL)
		return -ENOMEM;
	node = iova_used_new(range, name);
	if (node == NULL)
		goto err_put;
	if (iova_free_grow(&layout->free, 1) != 0)
		goto err_free;
	iova_used_insert(&layout->used, node);
	layout->n_used++;
	iova_free_cut(&layout->free, range);
	return 0;

err_free:
	free(node);
err_put:
	iova_names_put(&layout->names, name);
	return -ENOMEM;
}

int
iova_layout_place(struct iova_layout *layout, uint64_t span, uint64_t align, uint64_t limit,
		const char *what, struct iova_range *out)
{
	struct iova_range fit;
	int ret;

	if (!is_power_of_two(align) || !is_name(what))
		return -EINVAL;
	if (!iova_free_fit(&layout->free, span, align, limit, &fit))
		return -ENOSPC;
	ret = enter(layout, fit, what);
	if (ret == 0)
		*out = fit;
	return ret;
}

int
iova_layout_place_at(struct iova_layout *layout, struct iova_range range, const char *what,
		struct iova_conflict *why)
{
	int ret;

	why_clear(why);
	if (!is_name(what))
		return -EINVAL;
	ret = judge(layout, range, IOVA_HARD, why);
	return ret != 0 ? ret : enter(layout, range, what);
}

int
iova_layout_test(const struct iova_layout *layout, struct iova_range range, bool soft_too,
		struct iova_conflict *why)
{
	return judge(layout, range, soft_too ? IOVA_SOFT : IOVA_HARD, why);
}

int
iova_layout_release(struct iova_layout *layout, struct iova_range range)
{
	struct iova_used_node *node;

	if (!iova_range_valid(range))
		return -ENOENT;
	node = iova_used_in(&layout->used, range);
	if (node == NULL || node->used.range.first != range.first ||
			node->used.range.last != range.last)
		return -ENOENT;
	iova_used_remove(&layout->used, node);
	iova_names_put(&layout->names, node->used.what);
	free(node);
	layout->n_used--;
	iova_layout_bare(layout, range);
	iova_free_shrink(&layout->free, 1);
	return 0;
}
