/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Three ways to keep used ranges. Only the engine stores how long free extents are. The
 * other two look at the ranges from the lowest one on until a gap is long enough.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/sys/tree.h>

#include "bench_layout.h"
#include "iova/iova_layout.h"

/* The lowest address above a range where another one may begin. */
static uint64_t
above(uint64_t first)
{
	return (first + BENCH_SPAN + BENCH_ALIGN) & -BENCH_ALIGN;
}

/* ---- the engine ---- */

static void *
engine_open(void)
{
	const struct iova_range allowed = { BENCH_ALIGN, UINT64_MAX };
	struct iova_layout *layout;

	if (iova_layout_create(&layout) < 0)
		return NULL;
	if (iova_layout_allow(layout, &allowed, 1, "bench", NULL) == 0)
		return layout;
	iova_layout_destroy(layout);
	return NULL;
}

static int
engine_append(void *side, uint64_t first)
{
	return iova_layout_place_at(side, (struct iova_range){ first, first + BENCH_SPAN },
		"bench", NULL);
}

static int
engine_place(void *side, uint64_t *first)
{
	struct iova_range range;
	int ret = iova_layout_place(side, BENCH_SPAN, BENCH_ALIGN, UINT64_MAX, "bench", &range);

	*first = range.first;
	return ret;
}

static int
engine_release(void *side, uint64_t first)
{
	return iova_layout_release(side, (struct iova_range){ first, first + BENCH_SPAN });
}

static void
engine_close(void *side)
{
	iova_layout_destroy(side);
}

/* ---- a sorted array ---- */

struct array {
	uint64_t *v;
	size_t n, cap;
};

static void *
array_open(void)
{
	return calloc(1, sizeof(struct array));
}

static int
array_insert(struct array *a, size_t at, uint64_t first)
{
	size_t cap = a->cap == 0 ? 64 : 2 * a->cap;
	uint64_t *v;

	if (a->n == a->cap) {
		v = reallocarray(a->v, cap, sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
		a->v = v;
		a->cap = cap;
	}
	memmove(&a->v[at + 1], &a->v[at], (a->n - at) * sizeof(*a->v));
	a->v[at] = first;
	a->n++;
	return 0;
}

static int
array_append(void *side, uint64_t first)
{
	struct array *a = side;

	return array_insert(a, a->n, first);
}

static int
array_place(void *side, uint64_t *first)
{
	struct array *a = side;
	uint64_t next = BENCH_ALIGN;
	size_t i;

	for (i = 0; i < a->n && a->v[i] - next <= BENCH_SPAN; i++)
		next = above(a->v[i]);
	*first = next;
	return array_insert(a, i, next);
}

static int
array_release(void *side, uint64_t first)
{
	struct array *a = side;
	size_t low = 0, high = a->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (a->v[mid] < first)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == a->n || a->v[low] != first)
		return -ENOENT;
	a->n--;
	memmove(&a->v[low], &a->v[low + 1], (a->n - low) * sizeof(*a->v));
	return 0;
}

static void
array_close(void *side)
{
	struct array *a = side;

	free(a->v);
	free(a);
}

/* ---- a red-black tree without augmented values ---- */

struct node {
	RB_ENTRY(node) link;
	uint64_t first;
};

RB_HEAD(tree, node);

static int
by_address(const struct node *a, const struct node *b)
{
	return (a->first > b->first) - (a->first < b->first);
}

RB_GENERATE_INTERNAL(tree, node, link, by_address, static __attribute__((unused)))

static void *
tree_open(void)
{
	return calloc(1, sizeof(struct tree));
}

static int
tree_append(void *side, uint64_t first)
{
	struct node *node = malloc(sizeof(*node));

	if (node == NULL)
		return -ENOMEM;
	node->first = first;
	RB_INSERT(tree, side, node);
	return 0;
}

static int
tree_place(void *side, uint64_t *first)
{
	uint64_t next = BENCH_ALIGN;
	struct node *node;

	RB_FOREACH(node, tree, (struct tree *)side) {
		if (node->first - next > BENCH_SPAN)
			break;
		next = above(node->first);
	}
	*first = next;
	return tree_append(side, next);
}

static int
tree_release(void *side, uint64_t first)
{
	struct node key = { .first = first }, *node = RB_FIND(tree, side, &key);

	if (node == NULL)
		return -ENOENT;
	RB_REMOVE(tree, side, node);
	free(node);
	return 0;
}

static void
tree_close(void *side)
{
	struct tree *tree = side;
	struct node *node;

	while ((node = RB_ROOT(tree)) != NULL) {
		RB_REMOVE(tree, tree, node);
		free(node);
	}
	free(tree);
}

const struct bench_side bench_sides[BENCH_SIDES] = {
	{ "layout", engine_open, engine_append, engine_place, engine_release, engine_close },
	{ "array", array_open, array_append, array_place, array_release, array_close },
	{ "tree", tree_open, tree_append, tree_place, tree_release, tree_close },
};
