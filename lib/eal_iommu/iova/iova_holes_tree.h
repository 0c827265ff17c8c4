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

/** How far up the holes of a subtree reach. */
struct iova_reach {
	bool some;			/**< false: the subtree has none of them */
	uint64_t last;			/**< their highest last address */
};

/** A further device that brought the same hole. */
struct iova_hole_owner {
	SLIST_ENTRY(iova_hole_owner) link;
	char owner[IOVA_OWNER_LEN];
};

SLIST_HEAD(iova_hole_owners, iova_hole_owner);

struct iova_hole_node {
	RB_ENTRY(iova_hole_node) link;
	struct iova_hole hole;		/**< with the first owner */
	struct iova_hole_owners others;	/**< in the order of arrival */
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

/** Remove a node and free it. */
void iova_holes_remove(struct iova_holes_tree *tree, struct iova_hole_node *node);

/** Note one more owner of a hole, unless it is known. @return 0; -ENOMEM. */
int iova_holes_own(struct iova_hole_node *node, const char *owner);

/** Strike an owner. @return true if it was the only one; then nothing is changed. */
bool iova_holes_disown(struct iova_hole_node *node, const char *owner);

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
