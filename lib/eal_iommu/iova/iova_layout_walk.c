/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Look-ups and iteration. Nothing here changes a layout. */

#include "iova/iova_layout_private.h"

struct iova_used *
iova_layout_used_from(struct iova_layout *layout, uint64_t iova)
{
	struct iova_range behind = { .first = iova, .last = UINT64_MAX };
	struct iova_used_node *node = iova_used_in(&layout->used, behind);

	return node != NULL ? &node->used : NULL;
}

struct iova_used *
iova_layout_used_next(struct iova_used *used)
{
	struct iova_used_node *node = (struct iova_used_node *)((char *)used -
		offsetof(struct iova_used_node, used));

	node = iova_used_next(node);
	return node != NULL ? &node->used : NULL;
}

const struct iova_used *
iova_layout_lookup(const struct iova_layout *layout, uint64_t iova)
{
	struct iova_range at = { .first = iova, .last = iova };
	const struct iova_used_node *node = iova_used_in(&layout->used, at);

	return node != NULL ? &node->used : NULL;
}

const struct iova_used *
iova_layout_used_in(const struct iova_layout *layout, struct iova_range range)
{
	const struct iova_used_node *node = NULL;

	if (iova_range_valid(range))
		node = iova_used_in(&layout->used, range);
	return node != NULL ? &node->used : NULL;
}

const struct iova_hole *
iova_layout_hole_in(const struct iova_layout *layout, struct iova_range range)
{
	const struct iova_hole_node *node = NULL;

	if (iova_range_valid(range))
		node = iova_holes_in(&layout->holes, range, IOVA_SOFT);
	return node != NULL ? &node->hole : NULL;
}

int
iova_layout_foreach_hole_in(const struct iova_layout *layout, struct iova_range range,
		int (*cb)(const struct iova_hole *hole, void *arg), void *arg)
{
	struct iova_hole_node *node = NULL;
	int ret = 0;

	if (iova_range_valid(range))
		node = iova_holes_in(&layout->holes, range, IOVA_SOFT);
	for (; ret == 0 && node != NULL; node = iova_holes_next_in(node, range, IOVA_SOFT))
		ret = cb(&node->hole, arg);
	return ret;
}

static bool
grant_meets(const struct iova_grant *grant, struct iova_range range)
{
	size_t i;

	for (i = 0; i < grant->n; i++)
		if (grant->v[i].first <= range.last && grant->v[i].last >= range.first)
			return true;
	return false;
}

bool
iova_layout_some_allow(const struct iova_layout *layout, struct iova_range range)
{
	const struct iova_grants *grants = &layout->allowed.grants;
	const struct iova_grant *grant;

	TAILQ_FOREACH(grant, grants, link)
		if (grant_meets(grant, range))
			return true;
	return TAILQ_EMPTY(grants);
}

int
iova_layout_foreach_allowed(const struct iova_layout *layout,
		int (*cb)(const struct iova_range *range, void *arg), void *arg)
{
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < layout->allowed.n; i++)
		ret = cb(&layout->allowed.v[i].range, arg);
	return ret;
}

int
iova_layout_foreach_hole(const struct iova_layout *layout,
		int (*cb)(const struct iova_hole *hole, void *arg), void *arg)
{
	struct iova_hole_node *node = iova_holes_first(&layout->holes);
	int ret = 0;

	for (; ret == 0 && node != NULL; node = iova_holes_next(node))
		ret = cb(&node->hole, arg);
	return ret;
}

int
iova_layout_foreach_used(const struct iova_layout *layout,
		int (*cb)(const struct iova_used *used, void *arg), void *arg)
{
	struct iova_used_node *node = iova_used_first(&layout->used);
	int ret = 0;

	for (; ret == 0 && node != NULL; node = iova_used_next(node))
		ret = cb(&node->used, arg);
	return ret;
}

int
iova_layout_foreach_free(const struct iova_layout *layout,
		int (*cb)(const struct iova_range *range, void *arg), void *arg)
{
	struct iova_free_node *node = iova_free_first(&layout->free);
	int ret = 0;

	for (; ret == 0 && node != NULL; node = iova_free_next(node))
		ret = cb(&node->range, arg);
	return ret;
}
