/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Records the mappings of applications in addition to the record of the address space,
 * which is lost with the address space: recording them only then would need memory.
 *
 * Invariant under the lock: while there is an address space, the pieces are its mappings
 * whose owner is the application.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <bsd/sys/tree.h>

#include "eal/own_memory.h"

struct piece {
	RB_ENTRY(piece) link;
	struct ioas_mapping m;
};

static int
by_iova(const struct piece *a, const struct piece *b)
{
	return (a->m.iova.first > b->m.iova.first) - (a->m.iova.first < b->m.iova.first);
}

/* Disjoint. */
static RB_HEAD(piece_tree, piece) pieces = RB_INITIALIZER(&pieces);
RB_PROTOTYPE_INTERNAL(piece_tree, piece, link, by_iova, static __attribute__((unused)));
RB_GENERATE_INTERNAL(piece_tree, piece, link, by_iova, static __attribute__((unused)));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	struct ioas *ioas;		/* NULL: there is none */
	struct iova_layout *layout;
	uint64_t page;
} space;

static void
forget(struct piece *p)
{
	RB_REMOVE(piece_tree, &pieces, p);
	free(p);
}

/* The lowest piece that overlaps the range, or NULL. */
static struct piece *
piece_in(struct iova_range range)
{
	struct piece *p = RB_ROOT(&pieces), *best = NULL;

	while (p != NULL) {
		if (p->m.iova.last >= range.first) {
			best = p;
			p = RB_LEFT(p, link);
		} else {
			p = RB_RIGHT(p, link);
		}
	}
	return best != NULL && best->m.iova.first <= range.last ? best : NULL;
}

static struct piece *
piece_next(struct piece *p, struct iova_range range)
{
	p = RB_NEXT(piece_tree, &pieces, p);
	return p != NULL && p->m.iova.first <= range.last ? p : NULL;
}

void
own_memory_up(struct ioas *ioas, struct iova_layout *layout, uint64_t page,
		void (*lost)(const struct ioas_mapping *m, int ret,
			const struct iova_conflict *why))
{
	struct piece *p, *next;
	struct iova_conflict why;
	int ret;

	pthread_mutex_lock(&lock);
	space.ioas = ioas;
	space.layout = layout;
	space.page = page;
	RB_FOREACH_SAFE(p, piece_tree, &pieces, next) {
		ret = ioas_map(ioas, IOAS_APPLICATION, p->m.va, p->m.iova.first,
				iova_range_span(p->m.iova) + 1, &why);
		if (ret == 0)
			continue;
		lost(&p->m, ret, &why);
		forget(p);
	}
	pthread_mutex_unlock(&lock);
}

void
own_memory_down(void)
{
	pthread_mutex_lock(&lock);
	space.ioas = NULL;
	space.layout = NULL;
	pthread_mutex_unlock(&lock);
}

void
own_memory_forget(void)
{
	struct piece *p;

	pthread_mutex_lock(&lock);
	while ((p = RB_ROOT(&pieces)) != NULL)
		forget(p);
	pthread_mutex_unlock(&lock);
}

/* If IOVA and VA have the same low bits, the IOMMU can use pages as large as the CPU's. */
static uint64_t
best_align(uint64_t va, uint64_t size)
{
	uint64_t align = OWN_MEMORY_ALIGN_MAX;

	while (align > space.page && (align > size || (va & (align - 1)) != 0))
		align /= 2;
	return align;
}

static int
map(struct ioas_mapping *m, uint64_t size, uint64_t align, uint64_t limit)
{
	bool chosen = align == 0;
	uint64_t iova;
	int ret;

	if (chosen)
		align = best_align(m->va, size);
	do {
		ret = ioas_map_any(space.ioas, IOAS_APPLICATION, m->va, size, align, limit, &iova);
		align /= 2;
	} while (ret == -ENOSPC && chosen && align >= space.page);
	if (ret == 0)
		iova_range_make(iova, size, &m->iova);
	return ret;
}

int
own_memory_map(uint64_t va, uint64_t size, uint64_t align, uint64_t limit, uint64_t *iova)
{
	struct piece *p = calloc(1, sizeof(*p));
	int ret = -ENODEV;

	if (p == NULL)
		return -ENOMEM;
	p->m.va = va;
	p->m.owner = IOAS_APPLICATION;
	pthread_mutex_lock(&lock);
	if (space.ioas != NULL)
		ret = map(&p->m, size, align, limit);
	if (ret == 0) {
		/* The address space has all pieces, so this one overlaps none. */
		RB_INSERT(piece_tree, &pieces, p);
		*iova = p->m.iova.first;
	}
	pthread_mutex_unlock(&lock);
	if (ret < 0)
		free(p);
	return ret;
}

/* Check the pieces in a range. @return as ioas_unmap(). */
static int
check(struct iova_range range)
{
	struct piece *p = piece_in(range);

	if (p == NULL)
		return -ENOENT;
	for (; p != NULL; p = piece_next(p, range))
		if (!iova_range_covers(range, p->m.iova))
			return -EBUSY;
	return 0;
}

/* A mapping that the kernel failed to unmap stays, so that the caller can retry. */
static bool
is_mapped(const struct piece *p)
{
	struct ioas_mapping m;

	return space.ioas != NULL && ioas_lookup(space.ioas, p->m.iova.first, &m) == 0;
}

int
own_memory_unmap(uint64_t iova, uint64_t size)
{
	struct piece *p, *next;
	struct iova_range range;
	int ret;

	if (!iova_range_make(iova, size, &range))
		return -EINVAL;
	pthread_mutex_lock(&lock);
	/* The address space also finds mappings of other owners in the range. */
	ret = space.ioas != NULL ? ioas_unmap(space.ioas, IOAS_APPLICATION, iova, size) :
		check(range);
	if (ret == 0 || space.ioas != NULL)
		for (p = piece_in(range); p != NULL; p = next) {
			next = piece_next(p, range);
			if (iova_range_covers(range, p->m.iova) && !is_mapped(p))
				forget(p);
		}
	pthread_mutex_unlock(&lock);
	return ret;
}

int
own_memory_dump(FILE *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *copy = open_memstream(&text, &len);
	int ret = -ENODEV;

	if (copy == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&lock);
	if (space.ioas != NULL) {
		ioas_layout_lock(space.ioas);
		ret = iova_layout_dump(space.layout, copy);
		ioas_layout_unlock(space.ioas);
	}
	pthread_mutex_unlock(&lock);
	/* A memory stream fails for lack of memory only. */
	if (fclose(copy) != 0 || ret == -EIO)
		ret = -ENOMEM;
	if (ret == 0 && (fwrite(text, 1, len, f) != len || fflush(f) != 0))
		ret = -EIO;
	free(text);
	return ret;
}
