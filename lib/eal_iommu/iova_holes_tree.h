/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The holes of a layout: a balanced tree of ranges that may overlap each other.
 */

#ifndef IOVA_HOLES_TREE_H
#define IOVA_HOLES_TREE_H

#include "iova_layout.h"
#include "iova_tree.h"

/** How far up the holes of a subtree reach. */
struct iova_reach {
	bool some;			/**< false: the subtree has none of them */
	uint64_t last;			/**< their highest last address */
};

struct iova_hole_node {
	RB_ENTRY(iova_hole_node) link;
	struct iova_hole hole;
	struct iova_reach reach[IOVA_HARD + 1];	/**< by the least hardness that counts */
};

RB_HEAD(iova_holes_tree, iova_hole_node);

/** A node that is in no tree yet. @return NULL without memory. */
struct iova_hole_node *iova_holes_new(const struct iova_hole *hole);

/** The hole that is the same in all but the owner, or NULL. */
struct iova_hole_node *iova_holes_same(const struct iova_holes_tree *tree,
		const struct iova_hole *hole);

/** Insert a node; the tree must not have the same hole. */
void iova_holes_insert(struct iova_holes_tree *tree, struct iova_hole_node *node);

/** Free all nodes. */
void iova_holes_clear(struct iova_holes_tree *tree);

/** Lowest hole at least this hard that overlaps @p range, or NULL. O(log n). */
struct iova_hole_node *iova_holes_in(const struct iova_holes_tree *tree,
		struct iova_range range, enum iova_hardness least);

/** The next one after a result of iova_holes_in() with the same arguments. */
struct iova_hole_node *iova_holes_next_in(struct iova_hole_node *node,
		struct iova_range range, enum iova_hardness least);

/** Walk in ascending order; NULL at the end. */
struct iova_hole_node *iova_holes_first(const struct iova_holes_tree *tree);
struct iova_hole_node *iova_holes_next(struct iova_hole_node *node);

/** @return NULL if all invariants of the tree hold, else what is wrong. */
const char *iova_holes_check(const struct iova_holes_tree *tree);

#endif /* IOVA_HOLES_TREE_H */
