/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The free extents of a layout: disjoint, never touching, each as long as it
 * can be. A search for the lowest fit skips what is too short.
 *
 * Nodes come from a stock that only iova_free_grow() fills, so that adding and
 * cutting cannot fail. It is the caller who knows how many extents there can
 * be at the most, and grows the stock before it changes anything.
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

/** Put @p n more nodes in stock. @return 0; -ENOMEM with nothing changed. */
int iova_free_grow(struct iova_free *set, size_t n);

/** Give back @p n nodes of the stock, which must hold as many. */
void iova_free_shrink(struct iova_free *set, size_t n);

/** Free all nodes. */
void iova_free_clear(struct iova_free *set);

/** Add a range none of which is free. Takes at most one node of the stock. */
void iova_free_add(struct iova_free *set, struct iova_range range);

/** Remove what is free of a range. Takes at most one node of the stock. */
void iova_free_cut(struct iova_free *set, struct iova_range range);

/**
 * Lowest free range of span @p span, first address a multiple of @p align,
 * last address not above @p limit.
 *
 * @return true and *out filled; false if there is none.
 */
bool iova_free_fit(const struct iova_free *set, uint64_t span, uint64_t align,
		uint64_t limit, struct iova_range *out);

/** Walk in ascending order; NULL at the end. */
struct iova_free_node *iova_free_first(const struct iova_free *set);
struct iova_free_node *iova_free_next(struct iova_free_node *node);

/** @return NULL if all invariants of the set hold, else what is wrong. */
const char *iova_free_check(const struct iova_free *set);

#endif /* IOVA_FREE_H */
