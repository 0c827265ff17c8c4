/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The used ranges of a layout: disjoint, in a balanced tree by address.
 */

#ifndef IOVA_USED_H
#define IOVA_USED_H

#include "iova/iova_layout.h"
#include "iova/iova_tree.h"

struct iova_used_node {
	RB_ENTRY(iova_used_node) link;
	struct iova_used used;
};

RB_HEAD(iova_used_tree, iova_used_node);

/** Allocate a node outside of the tree; it keeps @p what. @return NULL without memory. */
struct iova_used_node *iova_used_new(struct iova_range range, const char *what);

/** Insert a node that overlaps no range in the tree. */
void iova_used_insert(struct iova_used_tree *tree, struct iova_used_node *node);

/** Remove a node from the tree; the caller frees it. */
void iova_used_remove(struct iova_used_tree *tree, struct iova_used_node *node);

/** Free all nodes. */
void iova_used_clear(struct iova_used_tree *tree);

/** Find the lowest used range that overlaps @p range, or NULL. */
struct iova_used_node *iova_used_in(const struct iova_used_tree *tree,
		struct iova_range range);

/** Iterate in ascending order; NULL at the end. */
struct iova_used_node *iova_used_first(const struct iova_used_tree *tree);
struct iova_used_node *iova_used_next(struct iova_used_node *node);

/** @return NULL if all invariants hold, otherwise the fault. */
const char *iova_used_check(const struct iova_used_tree *tree);

#endif /* IOVA_USED_H */
