/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Used ranges are disjoint, so the order by first address is sufficient. */

#include <stdlib.h>

#include "iova/iova_used.h"

static void
iova_tree_update(struct iova_used_node *node)
{
}

static int
by_address(const struct iova_used_node *a, const struct iova_used_node *b)
{
	uint64_t x = a->used.range.first, y = b->used.range.first;

	return (x > y) - (x < y);
}

IOVA_TREE_GENERATE(iova_used_tree, iova_used_node, link, by_address)

struct iova_used_node *
iova_used_new(struct iova_range range, const char *what)
{
	struct iova_used_node *node = calloc(1, sizeof(*node));

	if (node == NULL)
		return NULL;
	node->used.range = range;
	node->used.what = what;
	return node;
}

void
iova_used_insert(struct iova_used_tree *tree, struct iova_used_node *node)
{
	iova_used_tree_insert(tree, node);
}

void
iova_used_remove(struct iova_used_tree *tree, struct iova_used_node *node)
{
	iova_used_tree_remove(tree, node);
}

void
iova_used_clear(struct iova_used_tree *tree)
{
	struct iova_used_node *node;

	while ((node = RB_ROOT(tree)) != NULL) {
		iova_used_remove(tree, node);
		free(node);
	}
}

struct iova_used_node *
iova_used_in(const struct iova_used_tree *tree, struct iova_range range)
{
	struct iova_used_node *node = RB_ROOT(tree);
	struct iova_used_node *best = NULL;

	while (node != NULL) {
		if (node->used.range.last >= range.first) {
			best = node;
			node = RB_LEFT(node, link);
		} else {
			node = RB_RIGHT(node, link);
		}
	}
	return best != NULL && best->used.range.first <= range.last ? best : NULL;
}

struct iova_used_node *
iova_used_first(const struct iova_used_tree *tree)
{
	return iova_used_tree_first(tree);
}

struct iova_used_node *
iova_used_next(struct iova_used_node *node)
{
	return RB_NEXT(iova_used_tree, , node);
}

const char *
iova_used_check(const struct iova_used_tree *tree)
{
	struct iova_used_node *node, *below = NULL;

	if (iova_used_tree_height(RB_ROOT(tree), NULL) < 0)
		return "the tree of used ranges is not balanced";
	for (node = iova_used_first(tree); node != NULL; node = iova_used_next(node)) {
		if (!iova_range_valid(node->used.range))
			return "a used range is not valid";
		if (below != NULL && node->used.range.first <= below->used.range.last)
			return "two used ranges overlap or are out of order";
		below = node;
	}
	return NULL;
}
