/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "eal/dma_place.h"

#define OWNER "EAL-assigns"	/* of the holes that reserve chosen ranges */
#define LEFT "devices-before"	/* owner of what a copy of a layout allows */
#define ABSENT "EAL-unmapped"	/* what is used in a copy */
#define KEPT "EAL-keeps"	/* of holes that last until dma_place_keep_end() */
#define LARGE (UINT64_C(2) << 20)	/* a large page of most IOMMUs */

static int
add_piece(struct dma_pieces *pieces, const struct dma_piece *piece)
{
	if (pieces->n == pieces->room) {
		size_t room = pieces->room > 0 ? 2 * pieces->room : 16;
		struct dma_piece *v = reallocarray(pieces->v, room, sizeof(*v));

		if (v == NULL)
			return -ENOMEM;
		pieces->v = v;
		pieces->room = room;
	}
	pieces->v[pieces->n++] = *piece;
	return 0;
}

/*
 * Find the lowest free range whose start equals @p va modulo @p align. It begins inside of
 * an aligned range that is free as a whole.
 */
static int
find(struct iova_layout *layout, uint64_t va, uint64_t len, uint64_t align, uint64_t *iova)
{
	uint64_t before = va & (align - 1);
	struct iova_range range;
	int ret;

	if (before + (len - 1) < before)
		return -ENOSPC;
	ret = iova_layout_place(layout, before + (len - 1), align, UINT64_MAX, OWNER, &range);
	if (ret < 0)
		return ret;
	iova_layout_release(layout, range);
	*iova = range.first + before;
	return 0;
}

/* Reserve one range for all of it. */
static int
place_whole(struct iova_layout *layout, uint64_t va, uint64_t len, uint64_t page,
		struct dma_pieces *pieces)
{
	struct dma_piece piece = { .va = va, .len = len };
	struct iova_hole hole = {
		.origin = IOVA_ORIGIN_EAL, .hardness = IOVA_SOFT, .owner = OWNER,
	};
	int ret = -ENOSPC;

	/* A page must not begin in the middle of a larger one for nothing. */
	if (page < LARGE && len >= LARGE)
		ret = find(layout, va, len, LARGE, &piece.iova);
	if (ret == -ENOSPC)
		ret = find(layout, va, len, page, &piece.iova);
	if (ret < 0)
		return ret;
	hole.range = (struct iova_range){ piece.iova, piece.iova + (len - 1) };
	ret = iova_layout_add_hole(layout, &hole, NULL);
	return ret < 0 ? ret : add_piece(pieces, &piece);
}

int
dma_place(struct iova_layout *layout, uint64_t va, uint64_t len, uint64_t page,
		struct dma_pieces *pieces)
{
	uint64_t half;
	int ret;

	if (len == 0 || page == 0 || (page & (page - 1)) != 0 || len % page != 0 ||
	    va % page != 0)
		return -EINVAL;
	ret = place_whole(layout, va, len, page, pieces);
	if (ret != -ENOSPC || len == page)
		return ret;
	half = (len / page + 1) / 2 * page;
	ret = dma_place(layout, va, half, page, pieces);
	return ret < 0 ? ret : dma_place(layout, va + half, len - half, page, pieces);
}

void
dma_place_end(struct iova_layout *layout)
{
	iova_layout_forget(layout, OWNER);
}

static int
by_va(const void *a, const void *b)
{
	const struct dma_piece *one = a, *other = b;

	return one->va < other->va ? -1 : one->va > other->va;
}

void
dma_pieces_sort(struct dma_pieces *pieces)
{
	if (pieces->n > 0)
		qsort(pieces->v, pieces->n, sizeof(*pieces->v), by_va);
}

int
dma_pieces_find(const struct dma_pieces *pieces, uint64_t va, uint64_t *iova)
{
	size_t low = 0, high = pieces->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct dma_piece *p = &pieces->v[mid];

		if (va < p->va) {
			high = mid;
		} else if (va - p->va >= p->len) {
			low = mid + 1;
		} else {
			*iova = p->iova + (va - p->va);
			return 0;
		}
	}
	return -ENOENT;
}

void
dma_pieces_free(struct dma_pieces *pieces)
{
	free(pieces->v);
	memset(pieces, 0, sizeof(*pieces));
}

struct ranges {
	struct iova_range *v;
	size_t n;
};

static int
copy_allowed(const struct iova_range *range, void *arg)
{
	struct ranges *all = arg;
	struct iova_range *v = reallocarray(all->v, all->n + 1, sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	all->v = v;
	v[all->n++] = *range;
	return 0;
}

static int
copy_hole(const struct iova_hole *hole, void *arg)
{
	struct iova_hole own = *hole;

	strlcpy(own.owner, LEFT, sizeof(own.owner));
	return iova_layout_add_hole(arg, &own, NULL);
}

static int
copy_own(const struct iova_used *used, void *arg)
{
	if (used->owner == 0 || used->owner == IOAS_EAL)
		return 0;
	return iova_layout_place_at(arg, used->range, ABSENT, NULL);
}

int
dma_place_copy(const struct iova_layout *layout, struct iova_layout **out)
{
	struct ranges all = { 0 };
	struct iova_layout *copy;
	int ret = iova_layout_create(&copy);

	if (ret < 0)
		return ret;
	ret = iova_layout_foreach_allowed(layout, copy_allowed, &all);
	if (ret == 0)
		ret = iova_layout_allow(copy, all.v, all.n, LEFT, NULL);
	free(all.v);
	if (ret == 0)
		ret = iova_layout_foreach_hole(layout, copy_hole, copy);
	if (ret == 0)
		ret = iova_layout_foreach_used(layout, copy_own, copy);
	if (ret < 0) {
		iova_layout_destroy(copy);
		return ret;
	}
	*out = copy;
	return 0;
}

void
dma_place_keep(struct iova_layout *layout, struct iova_range range)
{
	const struct iova_hole hole = {
		.range = range, .origin = IOVA_ORIGIN_EAL, .hardness = IOVA_SOFT, .owner = KEPT,
	};

	/* Without this hole others may take the range, nothing else changes. */
	(void)iova_layout_add_hole(layout, &hole, NULL);
}

static int
keep_used(const struct iova_used *used, void *arg)
{
	if (iova_layout_used_in(arg, used->range) == NULL)
		dma_place_keep(arg, used->range);
	return 0;
}

void
dma_place_keep_copied(struct iova_layout *layout, const struct iova_layout *copy)
{
	(void)iova_layout_foreach_used(copy, keep_used, layout);
}

static int
is_kept(const struct iova_hole *hole, void *arg)
{
	(void)arg;
	return strcmp(hole->owner, KEPT) == 0;
}

bool
dma_place_keeps(const struct iova_layout *layout, struct iova_range range)
{
	return iova_layout_foreach_hole_in(layout, range, is_kept, NULL) != 0;
}

void
dma_place_keep_end(struct iova_layout *layout)
{
	iova_layout_forget(layout, KEPT);
}
