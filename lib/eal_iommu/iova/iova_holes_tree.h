/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The holes of a layout: a balanced tree of ranges that may overlap each other.
 */

#ifndef IOVA_HOLES_TREE_H
#define IOVA_HOLES_TREE_H

#include <sys/queue.h>

#include "iova/iova_layout.h"
#include "iova/iova_tree.h"

/** The highest address that the holes of a subtree reach. */
struct iova_reach {
	bool some;			/**< false: the subtree has no such hole */
	uint64_t last;			/**< their highest last address */
};

/** Another device that brought the same hole. */
struct iova_hole_owner {
	SLIST_ENTRY(iova_hole_owner) link;
	char owner[IOVA_OWNER_LEN];
};

SLIST_HEAD(iova_hole_owners, iova_hole_owner);

struct iova_hole_node {
	RB_ENTRY(iova_hole_node) link;
	struct iova_hole hole;		/**< names the first owner */
	struct iova_hole_owners others;	/**< in order of arrival */
	struct iova_reach reach[IOVA_HARD + 1];	/**< index: minimum hardness */
};

RB_HEAD(iova_holes_tree, iova_hole_node);

/** Allocate a node outside of the tree. @return NULL without memory. */
struct iova_hole_node *iova_holes_new(const struct iova_hole *hole);

/** Find the hole with the same key, or NULL. */
struct iova_hole_node *iova_holes_same(const struct iova_holes_tree *tree,
		const struct iova_hole *hole);

/** Insert a node. The tree must not have a hole with the same key. */
void iova_holes_insert(struct iova_holes_tree *tree, struct iova_hole_node *node);

/** Remove a node and free it. */
void iova_holes_remove(struct iova_holes_tree *tree, struct iova_hole_node *node);

/** Add an owner to a hole unless it is one already. @return 0; -ENOMEM. */
int iova_holes_own(struct iova_hole_node *node, const char *owner);

/** Remove an owner. @return true if it is the only one; then nothing was changed. */
bool iova_holes_disown(struct iova_hole_node *node, const char *owner);

/** Free all nodes. */
void iova_holes_clear(struct iova_holes_tree *tree);

/** Find the lowest hole at least this hard that overlaps @p range, or NULL. O(log n). */
struct iova_hole_node *iova_holes_in(const struct iova_holes_tree *tree,
		struct iova_range range, enum iova_hardness least);

/** Find the next hole after a result of iova_holes_in() with the same arguments. */
struct iova_hole_node *iova_holes_next_in(struct iova_hole_node *node,
		struct iova_range range, enum iova_hardness least);

/** Iterate in ascending order; NULL at the end. */
struct iova_hole_node *iova_holes_first(const struct iova_holes_tree *tree);
struct iova_hole_node *iova_holes_next(struct iova_hole_node *node);

/** @return NULL if all invariants hold, otherwise the fault. */
const char *iova_holes_check(const struct iova_holes_tree *tree);

#endif /* IOVA_HOLES_TREE_H */
