/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Records the mappings of applications in addition to the record of the address space,
 * which is lost with the address space: recording them only then would need memory.
 *
 * Invariants under the lock: while there is an address space, the pieces in the tree are
 * its mappings whose owner is the application. A piece that could not be restored is in
 * a list: "untold" until its event was sent, then "lost" while the application has its
 * handle.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <bsd/sys/tree.h>

#include "eal/own_memory_private.h"

/* A piece. */
struct rte_eal_iommu_mapping {
	RB_ENTRY(rte_eal_iommu_mapping) link;
	LIST_ENTRY(rte_eal_iommu_mapping) next;	/* in a list, while is_lost */
	struct ioas_mapping m;
	bool has_handle;
	bool is_lost;
};

static int
by_iova(const struct rte_eal_iommu_mapping *a, const struct rte_eal_iommu_mapping *b)
{
	return (a->m.iova.first > b->m.iova.first) - (a->m.iova.first < b->m.iova.first);
}

/* Disjoint. */
static RB_HEAD(piece_tree, rte_eal_iommu_mapping) pieces = RB_INITIALIZER(&pieces);
RB_PROTOTYPE_INTERNAL(piece_tree, rte_eal_iommu_mapping, link, by_iova, static __attribute__((unused)));
RB_GENERATE_INTERNAL(piece_tree, rte_eal_iommu_mapping, link, by_iova, static __attribute__((unused)));

static LIST_HEAD(, rte_eal_iommu_mapping) untold = LIST_HEAD_INITIALIZER(&untold);
static LIST_HEAD(, rte_eal_iommu_mapping) lost = LIST_HEAD_INITIALIZER(&lost);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct own_memory_space space;

const struct own_memory_space *
own_memory_hold(void)
{
	pthread_mutex_lock(&lock);
	if (space.ioas != NULL)
		return &space;
	pthread_mutex_unlock(&lock);
	return NULL;
}

void
own_memory_release(void)
{
	pthread_mutex_unlock(&lock);
}

struct rte_eal_iommu_mapped
own_memory_mapped(const struct ioas_mapping *m)
{
	static const enum rte_eal_iommu_owner owners[] = {
		[IOAS_EAL] = RTE_EAL_IOMMU_OWNER_EAL,
		[IOAS_DEVICE] = RTE_EAL_IOMMU_OWNER_DEVICE,
		[IOAS_APPLICATION] = RTE_EAL_IOMMU_OWNER_APPLICATION,
	};

	return (struct rte_eal_iommu_mapped) {
		.addr = (void *)(uintptr_t)m->va, .iova = m->iova.first,
		.len = iova_range_span(m->iova) + 1, .owner = owners[m->owner],
		.read_only = m->read_only,
	};
}

static void
forget(struct rte_eal_iommu_mapping *p)
{
	RB_REMOVE(piece_tree, &pieces, p);
	free(p);
}

/* The lowest piece that overlaps the range, or NULL. */
static struct rte_eal_iommu_mapping *
piece_in(struct iova_range range)
{
	struct rte_eal_iommu_mapping *p = RB_ROOT(&pieces), *best = NULL;

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

static struct rte_eal_iommu_mapping *
piece_next(struct rte_eal_iommu_mapping *p, struct iova_range range)
{
	p = RB_NEXT(piece_tree, &pieces, p);
	return p != NULL && p->m.iova.first <= range.last ? p : NULL;
}

/* Send the event of each piece that could not be restored. Needs no memory. */
static void
tell_lost(void)
{
	struct rte_eal_iommu_mapped mapped;
	struct rte_eal_iommu_mapping *p;

	pthread_mutex_lock(&lock);
	while ((p = LIST_FIRST(&untold)) != NULL) {
		mapped = own_memory_mapped(&p->m);
		LIST_REMOVE(p, next);
		if (p->has_handle)
			LIST_INSERT_HEAD(&lost, p, next);
		else
			free(p);
		pthread_mutex_unlock(&lock);
		own_memory_event(RTE_EAL_IOMMU_MAPPING_LOST, &mapped);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
}

void
own_memory_up(struct ioas *ioas, struct iova_layout *layout, uint64_t page,
		void (*log_lost)(const struct ioas_mapping *m, int ret,
			const struct iova_conflict *why),
		void (*restore)(void))
{
	struct rte_eal_iommu_mapping *p, *next;
	struct iova_conflict why;
	int ret;

	pthread_mutex_lock(&lock);
	space.ioas = ioas;
	space.layout = layout;
	space.page = page;
	RB_FOREACH_SAFE(p, piece_tree, &pieces, next) {
		const struct ioas_memory mem = { .va = p->m.va, .read_only = p->m.read_only };

		ret = ioas_map_memory(ioas, IOAS_APPLICATION, &mem, p->m.iova.first,
				iova_range_span(p->m.iova) + 1, &why);
		if (ret == 0)
			continue;
		log_lost(&p->m, ret, &why);
		RB_REMOVE(piece_tree, &pieces, p);
		p->is_lost = true;
		LIST_INSERT_HEAD(&untold, p, next);
	}
	restore();
	pthread_mutex_unlock(&lock);
	tell_lost();
	own_memory_event(RTE_EAL_IOMMU_SPACE_UP, NULL);
}

void
own_memory_down(void (*unmap)(void))
{
	bool was_up;

	pthread_mutex_lock(&lock);
	was_up = space.ioas != NULL;
	space.ioas = NULL;
	space.layout = NULL;
	pthread_mutex_unlock(&lock);
	unmap();
	if (was_up)
		own_memory_event(RTE_EAL_IOMMU_SPACE_DOWN, NULL);
}

void
own_memory_forget(void)
{
	struct rte_eal_iommu_mapping *p;

	own_memory_event_forget();
	pthread_mutex_lock(&lock);
	while ((p = RB_ROOT(&pieces)) != NULL)
		forget(p);
	while ((p = LIST_FIRST(&lost)) != NULL) {
		LIST_REMOVE(p, next);
		free(p);
	}
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
map(struct ioas_mapping *m, const struct ioas_memory *mem, uint64_t size, uint64_t align,
		uint64_t limit)
{
	struct ioas_place place = { .align = align, .limit = limit };
	uint64_t iova;
	int ret;

	if (align == 0) {
		place.align = best_align(mem->va, size);
		place.align_min = space.page;
	}
	ret = ioas_map_any_memory(space.ioas, IOAS_APPLICATION, mem, size, &place, &iova);
	if (ret == 0)
		iova_range_make(iova, size, &m->iova);
	return ret;
}

/* @return 0 and the piece; as own_memory_dma_map(). */
static int
piece_map(const struct ioas_memory *mem, uint64_t size, uint64_t align, uint64_t limit,
		bool has_handle, struct ioas_mapping *out,
		struct rte_eal_iommu_mapping **handle)
{
	struct rte_eal_iommu_mapping *p = calloc(1, sizeof(*p));
	int ret = -ENODEV;

	if (p == NULL)
		return -ENOMEM;
	p->m.va = mem->va;
	p->m.owner = IOAS_APPLICATION;
	p->m.read_only = mem->read_only;
	p->has_handle = has_handle;
	pthread_mutex_lock(&lock);
	if (space.ioas != NULL)
		ret = map(&p->m, mem, size, align, limit);
	if (ret == 0) {
		/* The address space has all pieces, so this one overlaps none. */
		RB_INSERT(piece_tree, &pieces, p);
		*out = p->m;
		*handle = p;
	}
	pthread_mutex_unlock(&lock);
	if (ret < 0)
		free(p);
	return ret;
}

int
own_memory_dma_map(uint64_t va, uint64_t size, uint64_t align, uint64_t limit, uint64_t *iova)
{
	const struct ioas_memory mem = { .va = va };
	struct rte_eal_iommu_mapping *p;
	struct ioas_mapping m;
	int ret = piece_map(&mem, size, align, limit, false, &m, &p);

	if (ret == 0)
		*iova = m.iova.first;
	return ret;
}

int
own_memory_map(const struct rte_eal_iommu_map_conf *conf, struct rte_eal_iommu_mapping **out)
{
	struct ioas_memory mem = { .va = (uint64_t)(uintptr_t)conf->addr };
	struct ioas_file file;
	struct ioas_mapping m;
	size_t i;

	if ((conf->flags & ~RTE_EAL_IOMMU_MAP_READ_ONLY) != 0)
		return -EINVAL;

	for (i = 0; i < sizeof(conf->reserved) / sizeof(conf->reserved[0]); i++)
		if (conf->reserved[i] != 0)
			return -EINVAL;
	/* Only now: what is restored later is mapped by its address, as the file may be closed. */
	if (conf->file != NULL) {
		file.fd = conf->file->fd;
		file.start = conf->file->offset;
		mem.file = &file;
	}
	mem.read_only = (conf->flags & RTE_EAL_IOMMU_MAP_READ_ONLY) != 0;
	return piece_map(&mem, conf->len, conf->align,
		conf->limit == 0 ? UINT64_MAX : conf->limit, true, &m, out);
}

/* Check the pieces in a range that are not there, or not to be unmapped by range. */
static int
check(struct iova_range range)
{
	struct rte_eal_iommu_mapping *p = piece_in(range);
	int ret = p == NULL ? -ENOENT : 0;

	for (; p != NULL; p = piece_next(p, range)) {
		if (p->has_handle)
			return -EPERM;
		if (!iova_range_covers(range, p->m.iova))
			ret = -EBUSY;
	}
	return ret;
}

/* A mapping that the kernel failed to unmap stays, so that the caller can retry. */
static bool
is_mapped(const struct rte_eal_iommu_mapping *p)
{
	struct ioas_mapping m;

	return space.ioas != NULL && ioas_lookup(space.ioas, p->m.iova.first, &m) == 0;
}

int
own_memory_dma_unmap(uint64_t iova, uint64_t size)
{
	struct rte_eal_iommu_mapping *p, *next;
	struct iova_range range;
	int ret;

	if (!iova_range_make(iova, size, &range))
		return -EINVAL;
	pthread_mutex_lock(&lock);
	ret = check(range);
	/* The address space also finds mappings of other owners in the range. */
	if (ret != -EPERM && space.ioas != NULL)
		ret = ioas_unmap(space.ioas, IOAS_APPLICATION, iova, size);
	if (ret != -EPERM && (ret == 0 || space.ioas != NULL))
		for (p = piece_in(range); p != NULL; p = next) {
			next = piece_next(p, range);
			if (iova_range_covers(range, p->m.iova) && !is_mapped(p))
				forget(p);
		}
	pthread_mutex_unlock(&lock);
	return ret;
}

int
own_memory_unmap(struct rte_eal_iommu_mapping *p)
{
	int ret = 0;

	pthread_mutex_lock(&lock);
	if (p->is_lost) {
		LIST_REMOVE(p, next);
		free(p);
	} else {
		if (space.ioas != NULL)
			ret = ioas_unmap(space.ioas, IOAS_APPLICATION, p->m.iova.first,
				iova_range_span(p->m.iova) + 1);
		if (ret == 0)
			forget(p);
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

int
own_memory_get(const struct rte_eal_iommu_mapping *p, struct rte_eal_iommu_mapped *out)
{
	int ret = 0;

	pthread_mutex_lock(&lock);
	*out = own_memory_mapped(&p->m);
	if (p->is_lost)
		ret = -ENOENT;
	else if (space.ioas == NULL)
		ret = -ENODEV;
	pthread_mutex_unlock(&lock);
	return ret;
}
