/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The free extents of a layout: disjoint and maximal, so that no two of them touch. A
 * search for the lowest fit skips extents that are too short.
 *
 * Only iova_free_grow() allocates nodes. Adding and cutting take them from a stock and
 * cannot fail. The caller knows the maximum number of extents, and grows the stock before
 * it changes anything.
 */

#ifndef IOVA_FREE_H
#define IOVA_FREE_H

#include <stdbool.h>

#include "iova/iova_range.h"
#include "iova/iova_tree.h"

struct iova_free_node {
	RB_ENTRY(iova_free_node) link;
	struct iova_range range;
	uint64_t max_span;		/**< largest span in this subtree */
};

RB_HEAD(iova_free_tree, iova_free_node);

struct iova_free {
	struct iova_free_tree tree;
	struct iova_free_node *stock;	/**< unused nodes, chained by RB_RIGHT */
	size_t n_tree;
	size_t n_stock;
};

/** Add @p n nodes to the stock. @return 0; -ENOMEM with nothing changed. */
int iova_free_grow(struct iova_free *set, size_t n);

/** Free @p n nodes of the stock, which must have that many. */
void iova_free_shrink(struct iova_free *set, size_t n);

/** Free all nodes. */
void iova_free_clear(struct iova_free *set);

/** Add a range that has no free address yet. Takes at most one node from the stock. */
void iova_free_add(struct iova_free *set, struct iova_range range);

/** Remove the free part of a range. Takes at most one node from the stock. */
void iova_free_cut(struct iova_free *set, struct iova_range range);

/**
 * Find the lowest free range of span @p span whose first address is a multiple of @p
 * align and whose last address is not above @p limit.
 *
 * @return true and *out; false if there is none.
 */
bool iova_free_fit(const struct iova_free *set, uint64_t span, uint64_t align,
		uint64_t limit, struct iova_range *out);

/** Iterate in ascending order; NULL at the end. */
struct iova_free_node *iova_free_first(const struct iova_free *set);
struct iova_free_node *iova_free_next(struct iova_free_node *node);

/** @return NULL if all invariants hold, otherwise the fault. */
const char *iova_free_check(const struct iova_free *set);

#endif /* IOVA_FREE_H */
