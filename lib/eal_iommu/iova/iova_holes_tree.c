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
 * Devices behind one IOMMU or bridge bring the same holes, usually in ascending order. So
 * a search for the same hole first examines the one after its last result.
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
	if (order == 0 && (a->detail[0] != '\0' || b->detail[0] != '\0'))
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
	node->others = NULL;
	node->n_others = node->cap_others = 0;
	node->first = node->newest = 0;
	return node;
}

struct iova_hole_node *
iova_holes_same(struct iova_holes *holes, const struct iova_hole *hole)
{
	struct iova_hole_node *node = holes->near;
	int order;

	node = node != NULL ? iova_holes_next(node) : iova_holes_first(holes);
	if (node == NULL || hole_compare(hole, &node->hole) != 0)
		for (node = RB_ROOT(&holes->tree); node != NULL; ) {
			order = hole_compare(hole, &node->hole);
			if (order == 0)
				break;
			node = order < 0 ? RB_LEFT(node, link) : RB_RIGHT(node, link);
		}
	if (node != NULL)
		holes->near = node;
	return node;
}

void
iova_holes_insert(struct iova_holes *holes, struct iova_hole_node *node)
{
	iova_holes_tree_insert(&holes->tree, node);
}

void
iova_holes_remove(struct iova_holes *holes, struct iova_hole_node *node)
{
	holes->near = NULL;
	iova_holes_tree_remove(&holes->tree, node);
	free(node->others);
	free(node);
}

/* Index of another owner, or n_others. */
static size_t
other_index(const struct iova_hole_node *node, uint64_t number)
{
	size_t i = number == 0 || number > node->newest ? node->n_others : 0;

	while (i < node->n_others && node->others[i] != number)
		i++;
	return i;
}

int
iova_holes_own(struct iova_holes *holes, struct iova_hole_node *node, const char *owner)
{
	const size_t cap = node->cap_others == 0 ? 2 : node->cap_others * 2;
	uint64_t number, *others;

	if (node->first == 0)
		node->first = iova_owners_number(&holes->owners, node->hole.owner);
	number = iova_owners_number(&holes->owners, owner);
	if (node->first == 0 || number == 0)
		return -ENOMEM;
	if (number == node->first || other_index(node, number) < node->n_others)
		return 0;
	if (node->n_others == node->cap_others) {
		others = realloc(node->others, cap * sizeof(*others));
		if (others == NULL)
			return -ENOMEM;
		node->others = others;
		node->cap_others = cap;
	}
	node->others[node->n_others++] = number;
	if (number > node->newest)
		node->newest = number;
	return 0;
}

uint64_t
iova_holes_number(struct iova_holes *holes, const char *owner)
{
	return iova_owners_find(&holes->owners, owner);
}

bool
iova_holes_disown(const struct iova_holes *holes, struct iova_hole_node *node,
		const char *owner, uint64_t number)
{
	size_t i = 0;

	if (strcmp(node->hole.owner, owner) == 0) {
		if (node->n_others == 0)
			return true;
		node->first = node->others[0];
		strlcpy(node->hole.owner, iova_owners_name(&holes->owners, node->first),
				sizeof(node->hole.owner));
	} else {
		i = other_index(node, number);
		if (i == node->n_others)
			return false;
	}
	node->n_others--;
	memmove(&node->others[i], &node->others[i + 1],
			(node->n_others - i) * sizeof(*node->others));
	return false;
}

void
iova_holes_forget(struct iova_holes *holes, const char *owner)
{
	iova_owners_drop(&holes->owners, owner);
}

void
iova_holes_clear(struct iova_holes *holes)
{
	struct iova_hole_node *node;

	while ((node = RB_ROOT(&holes->tree)) != NULL)
		iova_holes_remove(holes, node);
	iova_owners_clear(&holes->owners);
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
iova_holes_in(const struct iova_holes *holes, struct iova_range range,
		enum iova_hardness least)
{
	return lowest_hit(RB_ROOT(&holes->tree), range, least);
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
iova_holes_first(const struct iova_holes *holes)
{
	return iova_holes_tree_first(&holes->tree);
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
iova_holes_check(const struct iova_holes *holes)
{
	struct iova_hole_node *node, *below = NULL;

	if (iova_holes_tree_height(RB_ROOT(&holes->tree), NULL) < 0)
		return "the tree of holes is not balanced";
	for (node = iova_holes_first(holes); node != NULL; node = iova_holes_next(node)) {
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
