/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Holes in an interval tree: a red-black tree by (first, last, origin, hardness,
 * enforcer, detail). Each node stores the highest last address of its subtree, once for
 * all holes and once for hard holes. So a search for hard holes is fast even among
 * thousands of soft ones.
 *
 * Holes may overlap each other. No two of them have the same key. The owner is not part
 * of the key: a hole has a list of owners.
 *
 * A search for the lowest overlap never backtracks. Suppose the left subtree has a hole
 * that ends at or after the first address of the range. Either that hole overlaps the
 * range, so the lowest overlap is on the left. Or it begins after the range, and so do
 * all higher holes.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "iova/iova_holes_tree.h"

static bool
counts(const struct iova_hole_node *node, enum iova_hardness least)
{
	return node->hole.hardness >= least;
}

/* Does the subtree have a hole at least this hard that ends at or above addr? */
static bool
reaches(const struct iova_hole_node *node, uint64_t addr, enum iova_hardness least)
{
	return node != NULL && node->reach[least].some && node->reach[least].last >= addr;
}

static struct iova_reach
subtree_reach(const struct iova_hole_node *node, enum iova_hardness least)
{
	const struct iova_hole_node *child[2] = { RB_LEFT(node, link), RB_RIGHT(node, link) };
	struct iova_reach reach = { .some = counts(node, least) };
	unsigned int i;

	if (reach.some)
		reach.last = node->hole.range.last;
	for (i = 0; i < 2; i++)
		if (reaches(child[i], reach.last, least))
			reach = child[i]->reach[least];
	return reach;
}

static void
iova_tree_update(struct iova_hole_node *node)
{
	node->reach[IOVA_SOFT] = subtree_reach(node, IOVA_SOFT);
	node->reach[IOVA_HARD] = subtree_reach(node, IOVA_HARD);
}

static int
compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
hole_compare(const struct iova_hole *a, const struct iova_hole *b)
{
	int order = compare(a->range.first, b->range.first);

	if (order == 0)
		order = compare(a->range.last, b->range.last);
	if (order == 0)
		order = compare(a->origin, b->origin);
	if (order == 0)
		order = compare(a->hardness, b->hardness);
	if (order == 0)
		order = compare(a->by, b->by);
	if (order == 0)
		order = strcmp(a->detail, b->detail);
	return order;
}

static int
by_key(const struct iova_hole_node *a, const struct iova_hole_node *b)
{
	return hole_compare(&a->hole, &b->hole);
}

IOVA_TREE_GENERATE(iova_holes_tree, iova_hole_node, link, by_key)

struct iova_hole_node *
iova_holes_new(const struct iova_hole *hole)
{
	struct iova_hole_node *node = malloc(sizeof(*node));

	if (node == NULL)
		return NULL;
	node->hole = *hole;
	SLIST_INIT(&node->others);
	return node;
}

struct iova_hole_node *
iova_holes_same(const struct iova_holes_tree *tree, const struct iova_hole *hole)
{
	struct iova_hole_node *node = RB_ROOT(tree);
	int order;

	while (node != NULL) {
		order = hole_compare(hole, &node->hole);
		if (order == 0)
			break;
		node = order < 0 ? RB_LEFT(node, link) : RB_RIGHT(node, link);
	}
	return node;
}

void
iova_holes_insert(struct iova_holes_tree *tree, struct iova_hole_node *node)
{
	iova_holes_tree_insert(tree, node);
}

void
iova_holes_remove(struct iova_holes_tree *tree, struct iova_hole_node *node)
{
	struct iova_hole_owner *other;

	iova_holes_tree_remove(tree, node);
	while ((other = SLIST_FIRST(&node->others)) != NULL) {
		SLIST_REMOVE_HEAD(&node->others, link);
		free(other);
	}
	free(node);
}

int
iova_holes_own(struct iova_hole_node *node, const char *owner)
{
	struct iova_hole_owner *other, *last = NULL, *more;

	if (strcmp(node->hole.owner, owner) == 0)
		return 0;
	SLIST_FOREACH(other, &node->others, link) {
		if (strcmp(other->owner, owner) == 0)
			return 0;
		last = other;
	}
	more = malloc(sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	strlcpy(more->owner, owner, sizeof(more->owner));
	if (last != NULL)
		SLIST_INSERT_AFTER(last, more, link);
	else
		SLIST_INSERT_HEAD(&node->others, more, link);
	return 0;
}

bool
iova_holes_disown(struct iova_hole_node *node, const char *owner)
{
	struct iova_hole_owner *other = SLIST_FIRST(&node->others);

	if (strcmp(node->hole.owner, owner) == 0) {
		if (other == NULL)
			return true;
		strlcpy(node->hole.owner, other->owner, sizeof(node->hole.owner));
	} else {
		while (other != NULL && strcmp(other->owner, owner) != 0)
			other = SLIST_NEXT(other, link);
		if (other == NULL)
			return false;
	}
	SLIST_REMOVE(&node->others, other, iova_hole_owner, link);
	free(other);
	return false;
}

void
iova_holes_clear(struct iova_holes_tree *tree)
{
	struct iova_hole_node *node;

	while ((node = RB_ROOT(tree)) != NULL)
		iova_holes_remove(tree, node);
}

static bool
hits(const struct iova_hole_node *node, struct iova_range range, enum iova_hardness least)
{
	return counts(node, least) && iova_range_overlap(node->hole.range, range);
}

/* Find the lowest hit of a subtree, or NULL. */
static struct iova_hole_node *
lowest_hit(struct iova_hole_node *node, struct iova_range range, enum iova_hardness least)
{
	while (reaches(node, range.first, least)) {
		if (reaches(RB_LEFT(node, link), range.first, least))
			node = RB_LEFT(node, link);
		else if (hits(node, range, least))
			return node;
		else if (node->hole.range.first > range.last)
			return NULL;
		else
			node = RB_RIGHT(node, link);
	}
	return NULL;
}

struct iova_hole_node *
iova_holes_in(const struct iova_holes_tree *tree, struct iova_range range,
		enum iova_hardness least)
{
	return lowest_hit(RB_ROOT(tree), range, least);
}

struct iova_hole_node *
iova_holes_next_in(struct iova_hole_node *node, struct iova_range range,
		enum iova_hardness least)
{
	struct iova_hole_node *child;

	do {
		if (reaches(RB_RIGHT(node, link), range.first, least))
			return lowest_hit(RB_RIGHT(node, link), range, least);
		do {
			child = node;
			node = RB_PARENT(node, link);
		} while (node != NULL && child == RB_RIGHT(node, link));
		if (node == NULL || node->hole.range.first > range.last)
			return NULL;
	} while (!hits(node, range, least));
	return node;
}

struct iova_hole_node *
iova_holes_first(const struct iova_holes_tree *tree)
{
	return iova_holes_tree_first(tree);
}

struct iova_hole_node *
iova_holes_next(struct iova_hole_node *node)
{
	return RB_NEXT(iova_holes_tree, , node);
}

static bool
reach_right(const struct iova_hole_node *node, enum iova_hardness least)
{
	struct iova_reach want = subtree_reach(node, least);

	return node->reach[least].some == want.some && node->reach[least].last == want.last;
}

const char *
iova_holes_check(const struct iova_holes_tree *tree)
{
	struct iova_hole_node *node, *below = NULL;

	if (iova_holes_tree_height(RB_ROOT(tree), NULL) < 0)
		return "the tree of holes is not balanced";
	for (node = iova_holes_first(tree); node != NULL; node = iova_holes_next(node)) {
		if (!iova_range_valid(node->hole.range))
			return "a hole is not valid";
		if (below != NULL && by_key(below, node) >= 0)
			return "two holes are the same or out of order";
		if (!reach_right(node, IOVA_SOFT) || !reach_right(node, IOVA_HARD))
			return "the reach of a subtree of holes is wrong";
		below = node;
	}
	return NULL;
}
