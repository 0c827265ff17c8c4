/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The kernel pins and unpins memory without piece_lock(), so that other calls don't wait for
 * it. Meanwhile the piece is in no tree: own_memory_pieces.h.
 */

#include <errno.h>
#include <stdlib.h>

#include "eal/own_memory_pieces.h"
#include "eal/own_memory_private.h"

/* If IOVA and VA have the same low bits, the IOMMU can use pages as large as the CPU's. */
static uint64_t
best_align(uint64_t va, uint64_t size, uint64_t page)
{
	uint64_t align = OWN_MEMORY_ALIGN_MAX;

	while (align > page && (align > size || (va & (align - 1)) != 0))
		align /= 2;
	return align;
}

/*
 * Without translation the layout chooses nothing, so it can't avoid a hole. No error number of
 * the API says which one it is.
 */
static int
judge(const struct own_memory_space *space, struct ioas_mapping m,
		const struct ioas_located *located, int ret)
{
	const bool unreached = ret == -EADDRINUSE || ret == -ERANGE;

	m.iova = located->range;
	if (unreached || (ret == 0 && located->why.is_hole))
		space->calls->met(&m, ret, &located->why);
	return unreached ? -ENOSPC : ret;
}

/* Map in the kernel. The piece has its range also on an error, if a part is parked there. */
static int
map(const struct own_memory_space *space, struct rte_eal_iommu_mapping *p,
		const struct ioas_memory *mem, uint64_t size, uint64_t align, uint64_t limit)
{
	struct ioas_place place = { .align = align, .limit = limit };
	struct ioas_located located;
	uint64_t iova;
	int ret;

	if (space->ioas == NULL)
		return -ENODEV;
	if (align == 0) {
		place.align = best_align(mem->va, size, space->page);
		place.align_min = space->page;
	}
	ret = ioas_map_any_memory(space->ioas, IOAS_APPLICATION, mem, size, &place, &iova,
			&located);
	if (ioas_traits_of(space->ioas)->no_translation)
		ret = judge(space, p->m, &located, ret);
	if (ret == 0 || iova != IOAS_NOWHERE)
		iova_range_make(iova, size, &p->m.iova);
	p->is_rest = ret < 0 && iova != IOAS_NOWHERE;
	p->has_handle &= !p->is_rest;
	return ret;
}

/*
 * The address space has a piece before the tree has it, so nothing in the tree overlaps it.
 *
 * @return 0 and the piece; as own_memory_dma_map()
 */
static int
piece_map(const struct ioas_memory *mem, uint64_t size, uint64_t align, uint64_t limit,
		bool has_handle, struct ioas_mapping *out,
		struct rte_eal_iommu_mapping **handle)
{
	struct rte_eal_iommu_mapping *p = calloc(1, sizeof(*p));
	int ret;

	if (p == NULL)
		return -ENOMEM;
	p->m.va = mem->va;
	p->m.owner = IOAS_APPLICATION;
	p->m.read_only = mem->read_only;
	p->has_handle = has_handle;
	ret = map(own_memory_enter(), p, mem, size, align, limit);
	if (ret == 0) {
		*out = p->m;
		*handle = p;
	}
	if (ret == 0 || p->is_rest) {
		piece_lock();
		piece_insert(p);
		piece_unlock();
	} else {
		free(p);
	}
	own_memory_leave();
	return ret;
}

int
own_memory_dma_map(uint64_t va, uint64_t size, uint64_t align, uint64_t *iova)
{
	const struct ioas_memory mem = { .va = va };
	struct rte_eal_iommu_mapping *p;
	struct ioas_mapping m;
	int ret = piece_map(&mem, size, align, UINT64_MAX, false, &m, &p);

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
	/*
	 * Only now: what is restored later is mapped by its address, as the file may be closed.
	 * A descriptor of its own would end the process's locks on the file when it is closed.
	 */
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

/*
 * Unmap the pieces of a call, without the lock. The first that fails is the last that is
 * tried, so that the caller can retry. The checks have passed, so an error is the kernel's: it
 * becomes -EIO, as its number can be that of a check, which unmaps nothing.
 */
static int
unmap_taken(struct ioas *ioas, struct piece_unmap *call)
{
	struct rte_eal_iommu_mapping *p;
	int ret = 0;

	piece_unlock();
	while (ret == 0 && (p = TAILQ_FIRST(&call->pieces)) != NULL) {
		if (ioas != NULL && ioas_unmap(ioas, IOAS_APPLICATION, p->m.iova.first,
				iova_range_size(p->m.iova)) < 0)
			ret = -EIO;
		if (ret == 0) {
			TAILQ_REMOVE(&call->pieces, p, next);
			free(p);
		}
	}
	piece_lock();
	return ret;
}

/* @return as own_memory_dma_unmap() */
static int
unmap_range(struct ioas *ioas, struct iova_range range)
{
	struct rte_eal_iommu_mapping *p, *next;
	struct piece_unmap call;
	int ret;

	piece_lock();
	/* An error that remains is no reason to wait for other threads. */
	ret = check(range);
	if (ret == -EPERM) {
		piece_unlock();
		return ret;
	}
	piece_unmap_begin(&call, range);
	ret = check(range);
	if (ret == 0) {
		for (p = piece_in(range); p != NULL; p = next) {
			next = piece_next(p, range);
			piece_unmap_take(&call, p);
		}
		ret = unmap_taken(ioas, &call);
	}
	piece_unmap_end(&call);
	piece_unlock();
	return ret;
}

int
own_memory_dma_unmap(uint64_t iova, uint64_t size)
{
	struct iova_range range;
	struct ioas *ioas;
	int ret = -EPERM;

	if (!iova_range_make(iova, size, &range))
		return -EINVAL;
	ioas = own_memory_enter()->ioas;
	if (ioas == NULL || !ioas_has_others(ioas, IOAS_APPLICATION, range))
		ret = unmap_range(ioas, range);
	own_memory_leave();
	return ret;
}

int
own_memory_unmap(struct rte_eal_iommu_mapping *p)
{
	struct ioas *ioas = own_memory_enter()->ioas;
	struct piece_unmap call;
	int ret = 0;

	piece_lock();
	if (p->is_leaving) {
		ret = -EBUSY;
	} else if (p->is_lost) {
		piece_lost_free(p);
	} else {
		p->is_leaving = true;
		piece_unmap_begin(&call, p->m.iova);
		piece_unmap_take(&call, p);
		ret = unmap_taken(ioas, &call);
		piece_unmap_end(&call);
	}
	piece_unlock();
	own_memory_leave();
	return ret;
}

int
own_memory_get(const struct rte_eal_iommu_mapping *p, struct rte_eal_iommu_mapped *out)
{
	struct ioas *ioas = own_memory_enter()->ioas;
	struct ioas_mapping m;
	int ret = 0;

	piece_lock();
	*out = own_memory_mapped(&p->m);
	if (p->is_lost)
		ret = -ENOENT;
	piece_unlock();
	if (ret == 0 && ioas == NULL)
		ret = -ENODEV;
	/* An unmap that failed in part has ended the mapping. */
	if (ret == 0)
		ret = ioas_lookup(ioas, out->iova, &m);
	own_memory_leave();
	return ret;
}
