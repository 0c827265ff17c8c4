/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Free extents in a red-black tree by address. Each node stores the largest span of its
 * subtree.
 *
 * Extents are disjoint and maximal: at least one address between two of them is not free.
 * So the order by first address is also the order by last address, and an edit in place
 * never changes the order.
 *
 * A search visits the extents with at least the requested span, lowest first, and skips
 * every subtree without such an extent. If unaligned, the first visited extent is the
 * result unless the limit excludes it: O(log n). If aligned, a long extent may still have
 * no aligned place, so the search may visit many of them, each once. It ends at the first
 * extent where even an unaligned range would exceed the limit.
 *
 * All lengths are spans (length - 1), as an extent may be [0, UINT64_MAX]. No sum
 * overflows: `first - 1` is computed only if a lower address exists, `last + 1` only if a
 * higher one does.
 */

#include <errno.h>
#include <stdlib.h>

#include "iova/iova_free.h"

static uint64_t
span_of(const struct iova_free_node *node)
{
	return iova_range_span(node->range);
}

static bool
reaches(const struct iova_free_node *node, uint64_t span)
{
	return node != NULL && node->max_span >= span;
}

static uint64_t
subtree_span(const struct iova_free_node *node)
{
	uint64_t max = span_of(node);

	if (reaches(RB_LEFT(node, link), max))
		max = RB_LEFT(node, link)->max_span;
	if (reaches(RB_RIGHT(node, link), max))
		max = RB_RIGHT(node, link)->max_span;
	return max;
}

static void
iova_tree_update(struct iova_free_node *node)
{
	node->max_span = subtree_span(node);
}

static int
by_address(const struct iova_free_node *a, const struct iova_free_node *b)
{
	return (a->range.first > b->range.first) - (a->range.first < b->range.first);
}

IOVA_TREE_GENERATE(iova_free_tree, iova_free_node, link, by_address)

/* ---- stock of nodes ---- */

static void
stock_put(struct iova_free *set, struct iova_free_node *node)
{
	RB_RIGHT(node, link) = set->stock;
	set->stock = node;
	set->n_stock++;
}

static struct iova_free_node *
stock_get(struct iova_free *set)
{
	struct iova_free_node *node = set->stock;

	set->stock = RB_RIGHT(node, link);
	set->n_stock--;
	return node;
}

int
iova_free_grow(struct iova_free *set, size_t n)
{
	struct iova_free_node *node;
	size_t i;

	for (i = 0; i < n; i++) {
		node = malloc(sizeof(*node));
		if (node == NULL) {
			iova_free_shrink(set, i);
			return -ENOMEM;
		}
		stock_put(set, node);
	}
	return 0;
}

void
iova_free_shrink(struct iova_free *set, size_t n)
{
	for (; n > 0; n--)
		free(stock_get(set));
}

static void
insert(struct iova_free *set, struct iova_range range)
{
	struct iova_free_node *node = stock_get(set);

	node->range = range;
	iova_free_tree_insert(&set->tree, node);
	set->n_tree++;
}

static void
discard(struct iova_free *set, struct iova_free_node *node)
{
	iova_free_tree_remove(&set->tree, node);
	set->n_tree--;
	stock_put(set, node);
}

static void
resize(struct iova_free_node *node, uint64_t first, uint64_t last)
{
	node->range.first = first;
	node->range.last = last;
	iova_free_tree_climb(node);
}

void
iova_free_clear(struct iova_free *set)
{
	while (!RB_EMPTY(&set->tree))
		discard(set, RB_ROOT(&set->tree));
	iova_free_shrink(set, set->n_stock);
}

/* ---- editing ---- */

/* Find the lowest extent that ends at addr or above. */
static struct iova_free_node *
ends_at_or_above(const struct iova_free *set, uint64_t addr)
{
	struct iova_free_node *node = RB_ROOT(&set->tree);
	struct iova_free_node *best = NULL;

	while (node != NULL) {
		if (node->range.last >= addr) {
			best = node;
			node = RB_LEFT(node, link);
		} else {
			node = RB_RIGHT(node, link);
		}
	}
	return best;
}

void
iova_free_add(struct iova_free *set, struct iova_range range)
{
	struct iova_free_node *below, *above;

	above = ends_at_or_above(set, range.first);
	if (above != NULL)
		below = RB_PREV(iova_free_tree, &set->tree, above);
	else
		below = RB_MAX(iova_free_tree, &set->tree);

	/* Both differences are at least 1, as the range was not free. */
	if (below != NULL && range.first - below->range.last != 1)
		below = NULL;
	if (above != NULL && above->range.first - range.last != 1)
		above = NULL;

	if (below != NULL && above != NULL) {
		range.last = above->range.last;
		discard(set, above);
	}
	if (below != NULL)
		resize(below, below->range.first, range.last);
	else if (above != NULL)
		resize(above, range.first, above->range.last);
	else
		insert(set, range);
}

static void
cut_one(struct iova_free *set, struct iova_free_node *node, struct iova_range range)
{
	struct iova_range had = node->range;
	struct iova_range rest = { .first = range.last + 1, .last = had.last };
	bool left = had.first < range.first;
	bool right = range.last < had.last;

	if (left)
		resize(node, had.first, range.first - 1);
	if (left && right)
		insert(set, rest);
	else if (right)
		resize(node, rest.first, rest.last);
	else if (!left)
		discard(set, node);
}

void
iova_free_cut(struct iova_free *set, struct iova_range range)
{
	struct iova_free_node *node = ends_at_or_above(set, range.first);
	struct iova_free_node *next;

	for (; node != NULL && node->range.first <= range.last; node = next) {
		next = iova_free_next(node);
		cut_one(set, node, range);
	}
}

/* ---- searching ---- */

/* Find the lowest extent of a subtree with at least this span; it must exist. */
static struct iova_free_node *
lowest_long(struct iova_free_node *node, uint64_t span)
{
	for (;;) {
		if (reaches(RB_LEFT(node, link), span))
			node = RB_LEFT(node, link);
		else if (span_of(node) >= span)
			return node;
		else
			node = RB_RIGHT(node, link);
	}
}

/* Find the next higher extent with at least this span. */
static struct iova_free_node *
next_long(struct iova_free_node *node, uint64_t span)
{
	struct iova_free_node *child;

	do {
		if (reaches(RB_RIGHT(node, link), span))
			return lowest_long(RB_RIGHT(node, link), span);
		do {
			child = node;
			node = RB_PARENT(node, link);
		} while (node != NULL && child == RB_RIGHT(node, link));
	} while (node != NULL && span_of(node) < span);
	return node;
}

bool
iova_free_fit(const struct iova_free *set, uint64_t span, uint64_t align,
		uint64_t limit, struct iova_range *out)
{
	struct iova_free_node *node = RB_ROOT(&set->tree);
	uint64_t start, end;

	if (limit < span || !reaches(node, span))
		return false;
	node = lowest_long(node, span);
	for (; node != NULL && node->range.first <= limit - span; node = next_long(node, span)) {
		end = node->range.last < limit ? node->range.last : limit;
		if (!iova_align_up(node->range.first, align, &start))
			return false;
		if (start <= end && end - start >= span) {
			out->first = start;
			out->last = start + span;
			return true;
		}
	}
	return false;
}

/* ---- walking and checking ---- */

struct iova_free_node *
iova_free_first(const struct iova_free *set)
{
	return iova_free_tree_first(&set->tree);
}

struct iova_free_node *
iova_free_next(struct iova_free_node *node)
{
	return RB_NEXT(iova_free_tree, , node);
}

const char *
iova_free_check(const struct iova_free *set)
{
	struct iova_free_node *node, *below = NULL;
	size_t n_tree = 0, n_stock = 0;

	if (iova_free_tree_height(RB_ROOT(&set->tree), NULL) < 0)
		return "the tree of free extents is not balanced";
	for (node = iova_free_first(set); node != NULL; node = iova_free_next(node)) {
		if (!iova_range_valid(node->range))
			return "a free extent is not valid";
		if (below != NULL && (node->range.first <= below->range.last ||
				node->range.first - below->range.last == 1))
			return "two free extents touch or are out of order";
		if (node->max_span != subtree_span(node))
			return "the largest span of a free subtree is wrong";
		below = node;
		n_tree++;
	}
	for (node = set->stock; node != NULL; node = RB_RIGHT(node, link))
		n_stock++;
	if (n_tree != set->n_tree || n_stock != set->n_stock)
		return "free extents or unused nodes are miscounted";
	return NULL;
}
