/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * MAP_DMA and UNMAP_DMA of type1 v2, errors in the kernel's order.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_private.h"

size_t
fake_map_find(const struct fake_container *c, uint64_t iova)
{
	size_t low = 0, high = c->n_maps;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->maps[mid].iova.last < iova)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
fake_map_in(const struct fake_container *c, struct iova_range range)
{
	size_t i = fake_map_find(c, range.first);

	return i < c->n_maps && c->maps[i].iova.first <= range.last;
}

void
fake_maps_drop(struct fake_container *c)
{
	free(c->maps);
	c->maps = NULL;
	c->n_maps = 0;
	c->cap = 0;
}

uint64_t
fake_page_mask(void)
{
	return (fake.page_sizes & -fake.page_sizes) - 1;
}

bool
fake_in_one_range(const struct fake_container *c, struct iova_range range)
{
	struct iova_range list[FAKE_RANGES];
	size_t i, n = fake_iova_list(c, NULL, list, FAKE_RANGES);

	for (i = 0; i < n; i++)
		if (iova_range_covers(list[i], range))
			return true;
	return false;
}

bool
fake_over_memlock(const struct fake_container *c, uint64_t size)
{
	uint64_t used = 0;
	size_t i;

	if (fake.memlock == UINT64_MAX)
		return false;
	for (i = 0; i < c->n_maps; i++)
		used += iova_range_size(c->maps[i].iova);
	return used > fake.memlock || size > fake.memlock - used;
}

int
fake_map_insert(struct fake_container *c, const struct fake_mapping *m)
{
	size_t i = fake_map_find(c, m->iova.first);

	if (c->n_maps == c->cap) {
		size_t cap = c->cap == 0 ? 64 : c->cap * 2;
		struct fake_mapping *v = reallocarray(c->maps, cap, sizeof(*v));

		if (v == NULL)
			return -ENOMEM;
		c->maps = v;
		c->cap = cap;
	}
	memmove(&c->maps[i + 1], &c->maps[i], (c->n_maps - i) * sizeof(*m));
	c->maps[i] = *m;
	c->n_maps++;
	c->dma_avail--;
	return 0;
}

int
fake_pin(const struct fake_mapping *m)
{
	struct iova_range va;

	if (m->file || !iova_range_make(m->va, iova_range_size(m->iova), &va))
		return 0;
	if (iova_range_overlap(va, fake.hollow))
		return -EFAULT;
	return !m->read_only && iova_range_overlap(va, fake.read_only) ? -EFAULT : 0;
}

int
fake_dma(size_t c, uint64_t iova, bool write)
{
	const struct fake_mapping *maps;
	size_t i, n;

	if (!fake_space_mappings(c, &maps, &n))
		return -EFAULT;
	for (i = 0; i < n; i++)
		if (iova_range_covers(maps[i].iova, (struct iova_range){ iova, iova }))
			return write && maps[i].read_only ? -EFAULT : 0;
	return -EFAULT;
}

int
vfio_uapi_map_dma(int container, uint64_t vaddr, uint64_t iova, uint64_t size, bool read_only)
{
	struct fake_mapping m = { .va = vaddr, .read_only = read_only };
	struct iova_range va;
	struct fake_container *c;
	int ret;
	FAKE_MAP_BEGIN(iova);

	ret = fake_type1_call(__func__, container, &c);
	if (ret < 0 || c->ctx != NULL)
		return ret < 0 ? ret : fake_ioas_map(c, vaddr, iova, size, read_only);
	if (c->type == VFIO_SPAPR_TCE_v2_IOMMU) {
		m.iova.first = iova;
		return fake_spapr_map(c, &m, size);
	}
	if (c->type == VFIO_NOIOMMU_IOMMU)
		return -ENOTTY;
	if (c->type == 0 || size == 0)
		return -EINVAL;
	if (!iova_range_make(iova, size, &m.iova) || !iova_range_make(vaddr, size, &va))
		return -EOVERFLOW;
	if (((iova | vaddr | size) & fake_page_mask()) != 0)
		return -EINVAL;
	if (fake_map_in(c, m.iova))
		return -EEXIST;
	if (c->dma_avail == 0)
		return -ENOSPC;
	if (!fake_in_one_range(c, m.iova))
		return -EINVAL;
	if (fake_over_memlock(c, size))
		return -ENOMEM;
	ret = fake_pin(&m);
	return ret < 0 ? ret : fake_map_insert(c, &m);
}

/* Does a bound of the range lie inside a mapping? */
static bool
bisects(const struct fake_container *c, struct iova_range range)
{
	size_t i = fake_map_find(c, range.first);

	if (i < c->n_maps && c->maps[i].iova.first < range.first)
		return true;
	i = fake_map_find(c, range.last);
	return i < c->n_maps && c->maps[i].iova.first <= range.last &&
			c->maps[i].iova.last > range.last;
}

uint64_t
fake_map_remove(struct fake_container *c, struct iova_range range)
{
	size_t from = fake_map_find(c, range.first), to = from;
	uint64_t bytes = 0;

	for (; to < c->n_maps && c->maps[to].iova.first <= range.last; to++)
		bytes += iova_range_size(c->maps[to].iova);
	if (to > from)
		memmove(&c->maps[from], &c->maps[to], (c->n_maps - to) * sizeof(*c->maps));
	c->n_maps -= to - from;
	c->dma_avail += (uint32_t)(to - from);
	return bytes;
}

uint64_t
fake_unmapped(uint64_t bytes)
{
	switch (fake.lie) {
	case FAKE_UNMAP_LESS:
		return bytes - (fake_page_mask() + 1);
	case FAKE_UNMAP_MORE:
		return bytes + fake_page_mask() + 1;
	case FAKE_UNMAP_NOTHING:
		return 0;
	default:
		return bytes;
	}
}

int
vfio_uapi_unmap_dma(int container, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	struct iova_range range;
	struct fake_container *c;
	int ret;
	FAKE_UNMAP_BEGIN(iova);

	ret = fake_type1_call(__func__, container, &c);
	*unmapped = 0;
	if (ret < 0 || c->ctx != NULL)
		return ret < 0 ? ret : fake_ioas_unmap(c, iova, size, unmapped);
	if (c->type == VFIO_SPAPR_TCE_v2_IOMMU) {
		ret = fake_spapr_unmap(c, iova, size);
		*unmapped = ret == 0 ? size : 0;
		return ret;
	}
	if (c->type == VFIO_NOIOMMU_IOMMU)
		return -ENOTTY;
	if (c->type == 0 || size == 0 || ((iova | size) & fake_page_mask()) != 0)
		return -EINVAL;
	if (!iova_range_make(iova, size, &range))
		return -EOVERFLOW;
	if (bisects(c, range))
		return -EINVAL;
	*unmapped = fake_unmapped(fake_map_remove(c, range));
	return 0;
}
