/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The mappings of an address space.
 *
 * Invariants, under the lock:
 *  - every node of the tree is mapped in the kernel, at that IOVA, from that
 *    VA, by one call of the backend's map;
 *  - nodes do not overlap, and each is a used range of the layout.
 * Map: everything that can fail for lack of memory comes first, then the
 * layout is asked, then the kernel; undo runs backwards. Unmap: checked as a
 * whole before the first node is touched.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ioas/ioas_private.h"

static int
ioas_node_cmp(const struct ioas_node *a, const struct ioas_node *b)
{
	if (a->m.iova.first != b->m.iova.first)
		return a->m.iova.first < b->m.iova.first ? -1 : 1;
	return 0;
}

RB_PROTOTYPE_INTERNAL(ioas_tree, ioas_node, link, ioas_node_cmp,
		static __attribute__((unused)));
RB_GENERATE_INTERNAL(ioas_tree, ioas_node, link, ioas_node_cmp,
		static __attribute__((unused)));

/* Forget the mappings; the kernel is asked too while it still has them. */
void
ioas_unmap_all_locked(struct ioas *ioas)
{
	struct ioas_node *n, *next;
	bool left = false;
	uint64_t done;

	RB_FOREACH_SAFE(n, ioas_tree, &ioas->tree, next) {
		uint64_t size = iova_range_span(n->m.iova) + 1;

		left |= ioas->ops->unmap(&ioas->kernel, n->m.iova.first, size,
				&done) < 0 || done != size;
		RB_REMOVE(ioas_tree, &ioas->tree, n);
		if (ioas->layout != NULL)
			iova_layout_release(ioas->layout, n->m.iova);
		free(n);
	}
	ioas->n_nodes = 0;
	if (left && ioas->ops->clear != NULL)
		ioas->ops->clear(&ioas->kernel);
}

/* The range is placed in the layout: map it, record it, or release it. */
static int
map_placed(struct ioas *ioas, struct ioas_node *n, const struct ioas_file *file)
{
	int ret = ioas->ops->map(&ioas->kernel, n->m.va, file, n->m.iova.first,
			iova_range_span(n->m.iova) + 1);

	if (ret < 0) {
		if (ioas->layout != NULL)
			iova_layout_release(ioas->layout, n->m.iova);
		return ret;
	}
	RB_INSERT(ioas_tree, &ioas->tree, n);
	ioas->n_nodes++;
	return 0;
}

/* A node for memory at va; -EINVAL if its addresses would wrap. */
static int
node_create(uint64_t va, uint64_t size, struct ioas_node **out)
{
	struct iova_range va_range;

	if (!iova_range_make(va, size, &va_range))
		return -EINVAL;
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return -ENOMEM;
	(*out)->m.va = va;
	return 0;
}

int
ioas_map(struct ioas *ioas, uint64_t va, uint64_t iova, uint64_t size,
		struct iova_conflict *why)
{
	return ioas_map_file(ioas, va, NULL, iova, size, why);
}

int
ioas_map_file(struct ioas *ioas, uint64_t va, const struct ioas_file *file,
		uint64_t iova, uint64_t size, struct iova_conflict *why)
{
	struct iova_range range;
	struct ioas_node *n;
	int ret;

	if (why != NULL)
		memset(why, 0, sizeof(*why));
	if (!iova_range_make(iova, size, &range))
		return -EINVAL;
	ret = node_create(va, size, &n);
	if (ret < 0)
		return ret;
	n->m.iova = range;
	pthread_mutex_lock(&ioas->lock);
	if (ioas->layout != NULL)
		ret = iova_layout_place_at(ioas->layout, range, "DMA", why);
	if (ret == 0)
		ret = map_placed(ioas, n, file);
	pthread_mutex_unlock(&ioas->lock);
	if (ret < 0)
		free(n);
	return ret;
}

int
ioas_map_any(struct ioas *ioas, uint64_t va, uint64_t size, uint64_t align,
		uint64_t limit, uint64_t *iova)
{
	struct ioas_node *n;
	int ret;

	if (ioas->layout == NULL)
		return -ENOTSUP;
	ret = node_create(va, size, &n);
	if (ret < 0)
		return ret;
	pthread_mutex_lock(&ioas->lock);
	ret = iova_layout_place(ioas->layout, size - 1, align, limit, "DMA",
			&n->m.iova);
	if (ret == 0) {
		*iova = n->m.iova.first;
		ret = map_placed(ioas, n, NULL);
	}
	pthread_mutex_unlock(&ioas->lock);
	if (ret < 0)
		free(n);
	return ret;
}

/* First node that ends at or after iova. */
static struct ioas_node *
node_from(struct ioas *ioas, uint64_t iova)
{
	struct ioas_node *n = RB_ROOT(&ioas->tree), *best = NULL;

	while (n != NULL) {
		if (n->m.iova.last >= iova) {
			best = n;
			n = RB_LEFT(n, link);
		} else {
			n = RB_RIGHT(n, link);
		}
	}
	return best;
}

/* -EBUSY if a node reaches out of the range, -ENOENT if none is in it. */
static int
unmap_check(struct ioas *ioas, struct iova_range range)
{
	struct ioas_node *n = node_from(ioas, range.first);

	if (n == NULL || n->m.iova.first > range.last)
		return -ENOENT;
	for (; n != NULL && n->m.iova.first <= range.last;
	     n = RB_NEXT(ioas_tree, &ioas->tree, n))
		if (!iova_range_covers(range, n->m.iova))
			return -EBUSY;
	return 0;
}

static int
unmap_node(struct ioas *ioas, struct ioas_node *n)
{
	uint64_t size = iova_range_span(n->m.iova) + 1;
	uint64_t done;
	int ret = ioas->ops->unmap(&ioas->kernel, n->m.iova.first, size, &done);

	if (ret < 0)
		return ret;
	if (done != size)
		return -EIO;
	RB_REMOVE(ioas_tree, &ioas->tree, n);
	ioas->n_nodes--;
	if (ioas->layout != NULL)
		iova_layout_release(ioas->layout, n->m.iova);
	free(n);
	return 0;
}

int
ioas_unmap(struct ioas *ioas, uint64_t iova, uint64_t size)
{
	struct iova_range range;
	struct ioas_node *n, *next;
	int ret;

	if (!iova_range_make(iova, size, &range))
		return -EINVAL;
	pthread_mutex_lock(&ioas->lock);
	ret = unmap_check(ioas, range);
	for (n = node_from(ioas, iova);
	     ret == 0 && n != NULL && n->m.iova.first <= range.last; n = next) {
		next = RB_NEXT(ioas_tree, &ioas->tree, n);
		ret = unmap_node(ioas, n);
	}
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

void
ioas_unmap_all(struct ioas *ioas)
{
	pthread_mutex_lock(&ioas->lock);
	ioas_unmap_all_locked(ioas);
	pthread_mutex_unlock(&ioas->lock);
}

int
ioas_lookup(struct ioas *ioas, uint64_t iova, struct ioas_mapping *out)
{
	struct ioas_node *n;
	int ret = -ENOENT;

	pthread_mutex_lock(&ioas->lock);
	n = node_from(ioas, iova);
	if (n != NULL && n->m.iova.first <= iova) {
		*out = n->m;
		ret = 0;
	}
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

bool
ioas_covers(struct ioas *ioas, uint64_t va, uint64_t iova, uint64_t size)
{
	struct iova_range left;
	struct ioas_node *n;
	bool all = false;

	if (!iova_range_make(iova, size, &left))
		return false;
	pthread_mutex_lock(&ioas->lock);
	n = node_from(ioas, iova);
	while (!all && n != NULL && n->m.iova.first <= left.first &&
	       n->m.va - n->m.iova.first == va - iova) {
		all = n->m.iova.last >= left.last;
		left.first = n->m.iova.last + 1;
		n = RB_NEXT(ioas_tree, &ioas->tree, n);
	}
	pthread_mutex_unlock(&ioas->lock);
	return all;
}

size_t
ioas_n_mappings(struct ioas *ioas)
{
	size_t n;

	pthread_mutex_lock(&ioas->lock);
	n = ioas->n_nodes;
	pthread_mutex_unlock(&ioas->lock);
	return n;
}

int
ioas_foreach(struct ioas *ioas,
		int (*cb)(const struct ioas_mapping *m, void *arg), void *arg)
{
	struct ioas_node *n;
	int ret = 0;

	pthread_mutex_lock(&ioas->lock);
	RB_FOREACH(n, ioas_tree, &ioas->tree) {
		ret = cb(&n->m, arg);
		if (ret != 0)
			break;
	}
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}
