/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The holes of a layout: a balanced tree of ranges that may overlap each other.
 */

#ifndef IOVA_HOLES_TREE_H
#define IOVA_HOLES_TREE_H

#include "iova/iova_layout.h"
#include "iova/iova_owners.h"
#include "iova/iova_tree.h"

/** The highest address that the holes of a subtree reach. */
struct iova_reach {
	bool some;			/**< false: the subtree has no such hole */
	uint64_t last;			/**< their highest last address */
};

struct iova_hole_node {
	RB_ENTRY(iova_hole_node) link;
	struct iova_hole hole;		/**< names the first owner */
	uint64_t first;			/**< number of the first owner; 0: not given yet */
	uint64_t *others;		/**< numbers of more owners, in order of arrival */
	size_t n_others, cap_others;
	uint64_t newest;		/**< at least the highest of these numbers */
	struct iova_reach reach[IOVA_HARD + 1];	/**< index: minimum hardness */
};

RB_HEAD(iova_holes_tree, iova_hole_node);

/** All holes; starts as all zero. */
struct iova_holes {
	struct iova_holes_tree tree;
	struct iova_hole_node *near;	/**< the last that was found again, or NULL */
	struct iova_owners owners;
};

/** Allocate a node outside of the tree. @return NULL without memory. */
struct iova_hole_node *iova_holes_new(const struct iova_hole *hole);

/** Find the hole with the same key, or NULL. */
struct iova_hole_node *iova_holes_same(struct iova_holes *holes,
		const struct iova_hole *hole);

/** Insert a node. The tree must not have a hole with the same key. */
void iova_holes_insert(struct iova_holes *holes, struct iova_hole_node *node);

/** Remove a node and free it. */
void iova_holes_remove(struct iova_holes *holes, struct iova_hole_node *node);

/** Add an owner to a hole unless it is one already. @return 0; -ENOMEM. */
int iova_holes_own(struct iova_holes *holes, struct iova_hole_node *node, const char *owner);

/** Find the number of an owner for iova_holes_disown(); 0 if it is no hole's second owner. */
uint64_t iova_holes_number(struct iova_holes *holes, const char *owner);

/**
 * Remove an owner.
 *
 * @param number  result of iova_holes_number()
 * @return true if it is the only one; then nothing was changed.
 */
bool iova_holes_disown(const struct iova_holes *holes, struct iova_hole_node *node,
		const char *owner, uint64_t number);

/** Forget the name of an owner that has no hole. */
void iova_holes_forget(struct iova_holes *holes, const char *owner);

/** Free all nodes. */
void iova_holes_clear(struct iova_holes *holes);

/** Find the lowest hole at least this hard that overlaps @p range, or NULL. O(log n). */
struct iova_hole_node *iova_holes_in(const struct iova_holes *holes,
		struct iova_range range, enum iova_hardness least);

/** Find the next hole after a result of iova_holes_in() with the same arguments. */
struct iova_hole_node *iova_holes_next_in(struct iova_hole_node *node,
		struct iova_range range, enum iova_hardness least);

/** Iterate in ascending order; NULL at the end. */
struct iova_hole_node *iova_holes_first(const struct iova_holes *holes);
struct iova_hole_node *iova_holes_next(struct iova_hole_node *node);

/** @return NULL if all invariants hold, otherwise the fault. */
const char *iova_holes_check(const struct iova_holes *holes);

#endif /* IOVA_HOLES_TREE_H */
