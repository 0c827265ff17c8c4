/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Balanced trees: the red-black macros of libbsd, with augmented values that are correct
 * up to the root.
 *
 * An augmented value summarises a subtree (its largest span, its highest end), so that a
 * search can skip subtrees. The macros of libbsd recompute it where they rotate and at
 * one parent, but not for the ancestors above. So the insert and remove functions made
 * here also recompute all ancestors. They start at the inserted node, or at the parent of
 * the place that a node left: every node with a stale value is an ancestor of it, as
 * rotations recompute the nodes they move down.
 *
 * Each file that makes a tree defines iova_tree_update() for its node type before
 * IOVA_TREE_GENERATE. All files include the tree macros through this header, so that all
 * use the hook.
 */

#ifndef IOVA_TREE_H
#define IOVA_TREE_H

#include <stddef.h>

#define RB_AUGMENT(node) iova_tree_update(node)
#include <bsd/sys/tree.h>

/**
 * Generate, for a tree of type @p head with nodes of struct @p type:
 * - head_first():   lowest node of a const tree, or NULL;
 * - head_climb():   recompute a node and its ancestors after an edit in place;
 * - head_insert():  the key must not be in the tree;
 * - head_remove():  the node must be in the tree;
 * - head_height():  black height of a subtree. -1 if a parent pointer is wrong, a red
 *   node has a red parent or two paths differ. A valid tree has at most 2 * log2(n + 1)
 *   levels.
 */
#define IOVA_TREE_GENERATE(head, type, field, cmp)                            \
RB_GENERATE_INTERNAL(head, type, field, cmp, static __attribute__((unused)))   \
                                                                              \
static inline struct type *                                                   \
head##_first(const struct head *tree)                                         \
{                                                                             \
	struct type *node = RB_ROOT(tree);                                    \
                                                                              \
	while (node != NULL && RB_LEFT(node, field) != NULL)                  \
		node = RB_LEFT(node, field);                                  \
	return node;                                                          \
}                                                                             \
                                                                              \
static inline void                                                            \
head##_climb(struct type *node)                                               \
{                                                                             \
	for (; node != NULL; node = RB_PARENT(node, field))                   \
		iova_tree_update(node);                                       \
}                                                                             \
                                                                              \
static inline void                                                            \
head##_insert(struct head *tree, struct type *node)                           \
{                                                                             \
	/* The macros read the value of the new leaf before they set it. */   \
	RB_SET(node, NULL, field);                                            \
	iova_tree_update(node);                                               \
	RB_INSERT(head, tree, node);                                          \
	head##_climb(node);                                                   \
}                                                                             \
                                                                              \
static inline void                                                            \
head##_remove(struct head *tree, struct type *node)                           \
{                                                                             \
	struct type *from = RB_PARENT(node, field);                           \
	struct type *heir;                                                    \
                                                                              \
	if (RB_LEFT(node, field) != NULL && RB_RIGHT(node, field) != NULL) {  \
		heir = RB_NEXT(head, tree, node);                             \
		from = RB_PARENT(heir, field);                                \
		if (from == node)                                             \
			from = heir;                                          \
	}                                                                     \
	RB_REMOVE(head, tree, node);                                          \
	head##_climb(from);                                                   \
}                                                                             \
                                                                              \
static inline int                                                             \
head##_height(const struct type *node, const struct type *parent)             \
{                                                                             \
	int red, left, right;                                                 \
                                                                              \
	if (node == NULL)                                                     \
		return 0;                                                     \
	red = RB_COLOR(node, field) == RB_RED;                                \
	if (RB_PARENT(node, field) != parent)                                 \
		return -1;                                                    \
	if (red && (parent == NULL || RB_COLOR(parent, field) == RB_RED))     \
		return -1;                                                    \
	left = head##_height(RB_LEFT(node, field), node);                     \
	right = head##_height(RB_RIGHT(node, field), node);                   \
	if (left < 0 || left != right)                                        \
		return -1;                                                    \
	return left + !red;                                                   \
}

#endif /* IOVA_TREE_H */
