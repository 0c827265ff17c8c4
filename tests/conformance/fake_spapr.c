/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Containers of POWER, in place of type1's if fake.power is on.
 *
 * A window translates a range in pages of its size. The default window is made by the first
 * call that needs one, unless it was removed before that. Memory must be registered;
 * the same range may be registered in several containers, but in none twice, and no
 * two registered ranges of the process overlap. The end of a registration succeeds while the
 * memory is mapped, but then the memory stays pinned: a fault of the caller. A map replaces
 * what is there.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_private.h"

/* ---- windows ---- */

static struct fake_window *
window_find(struct fake_container *c, uint64_t iova)
{
	size_t i;

	for (i = 0; i < FAKE_WINDOWS; i++)
		if (c->windows[i].shift != 0 &&
		    iova >= c->windows[i].range.first && iova <= c->windows[i].range.last)
			return &c->windows[i];
	return NULL;
}

static size_t
count_windows(const struct fake_container *c)
{
	size_t i, n = 0;

	for (i = 0; i < FAKE_WINDOWS; i++)
		n += c->windows[i].shift != 0;
	return n;
}

static void
make_default(struct fake_container *c)
{
	if (c->no_default || c->windows[0].shift != 0)
		return;
	c->windows[0] = (struct fake_window) { { 0, fake.power.default_size - 1 }, 12 };
}

static int
spapr_call(const char *name, int fd, struct fake_container **out)
{
	int ret = fake_ioctl(name, fd, FAKE_CONTAINER, out);

	if (ret < 0)
		return ret;
	if ((*out)->type == 0)
		return -EINVAL;
	return (*out)->type == VFIO_SPAPR_TCE_v2_IOMMU ? 0 : -ENOTTY;
}

int
vfio_uapi_spapr_info(int container, struct vfio_iommu_spapr_tce_info *info)
{
	struct fake_container *c;
	int ret = spapr_call(__func__, container, &c);

	if (ret < 0)
		return ret;
	*info = (struct vfio_iommu_spapr_tce_info) {
		.argsz = sizeof(*info),
		.dma32_window_size = (uint32_t)fake.power.default_size,
	};
	if (fake.power.windows == 0)
		return 0;
	info->flags = VFIO_IOMMU_SPAPR_INFO_DDW;
	info->ddw.pgsizes = fake.power.page_sizes;
	info->ddw.max_dynamic_windows_supported = fake.power.windows;
	info->ddw.levels = 1;
	return 0;
}

int
vfio_uapi_spapr_eeh_state(int container)
{
	struct fake_container *c;
	int ret = spapr_call(__func__, container, &c);

	return ret < 0 ? ret : fake.power.eeh_state;
}

int
vfio_uapi_spapr_create(int container, unsigned int page_shift, uint64_t size, uint64_t *start)
{
	struct fake_container *c;
	int ret = spapr_call(__func__, container, &c);

	if (ret < 0)
		return ret;
	make_default(c);
	if (page_shift > 63 || (fake.power.page_sizes >> page_shift & 1) == 0 ||
	    size == 0 || (size & (size - 1)) != 0 || size > fake.power.largest)
		return -EINVAL;
	if (count_windows(c) >= fake.power.windows || c->windows[1].shift != 0)
		return -ENOSPC;
	if (fake.power.create_error != 0) {
		ret = -fake.power.create_error;
		fake.power.create_error = ENODEV;
		return ret;
	}
	c->windows[1] = (struct fake_window) {
		{ fake.power.start, fake.power.start + (size - 1) }, page_shift
	};
	*start = fake.power.start;
	return 0;
}

int
vfio_uapi_spapr_remove(int container, uint64_t start)
{
	struct fake_container *c;
	struct fake_window *w;
	int ret = spapr_call(__func__, container, &c);

	if (ret < 0)
		return ret;
	if (start == 0 && !c->no_default && c->windows[0].shift == 0) {
		c->no_default = true;
		return 0;
	}
	/* That which has the address. */
	w = window_find(c, start);
	if (w == NULL)
		return -EINVAL;
	c->no_default |= w == &c->windows[0];
	fake_map_cut(c, w->range);
	w->shift = 0;
	return 0;
}

/* ---- memory ---- */

static struct fake_memory *
memory_find(struct fake_container *c, struct iova_range va)
{
	size_t i;

	for (i = 0; i < c->n_memory; i++)
		if (c->memory[i].va.first == va.first && c->memory[i].va.last == va.last)
			return &c->memory[i];
	return NULL;
}

/* Is the range registered by another container, or a part of it by any? */
static bool
memory_anywhere(struct iova_range va, const struct fake_container *except, bool part)
{
	size_t i, j;

	for (i = 0; i < FAKE_OBJECTS; i++)
		for (j = 0; j < fake_containers[i].n_memory; j++) {
			struct iova_range r = fake_containers[i].memory[j].va;

			if (part ? iova_range_overlap(r, va) :
			    r.first == va.first && r.last == va.last &&
			    &fake_containers[i] != except)
				return true;
		}
	return false;
}

static bool
is_mapped(struct iova_range va)
{
	size_t i, j;

	for (i = 0; i < FAKE_OBJECTS; i++)
		for (j = 0; j < fake_containers[i].n_maps; j++) {
			const struct fake_mapping *m = &fake_containers[i].maps[j];
			struct iova_range r;

			if (iova_range_make(m->va, iova_range_size(m->iova), &r) &&
			    iova_range_overlap(r, va))
				return true;
		}
	return false;
}

static int
memory_range(uint64_t vaddr, uint64_t size, struct iova_range *va)
{
	return ((vaddr | size) & 0xfff) != 0 || !iova_range_make(vaddr, size, va) ? -EINVAL : 0;
}

static bool
over_memlock(uint64_t size)
{
	uint64_t used = 0;
	size_t i, j;

	for (i = 0; i < FAKE_OBJECTS; i++)
		for (j = 0; j < fake_containers[i].n_memory; j++)
			used += iova_range_size(fake_containers[i].memory[j].va);
	return used > fake.memlock || size > fake.memlock - used;
}

int
vfio_uapi_spapr_register(int container, uint64_t vaddr, uint64_t size)
{
	struct fake_mapping m = { .va = vaddr };
	struct fake_container *c;
	struct iova_range va;
	struct fake_memory *v;
	bool shared;
	int ret;
	FAKE_MAP_BEGIN(vaddr);

	ret = spapr_call(__func__, container, &c);
	if (ret == 0)
		ret = memory_range(vaddr, size, &va);
	if (ret < 0)
		return ret;
	c->enabled = true;
	if (memory_find(c, va) != NULL)
		return -EBUSY;
	shared = memory_anywhere(va, c, false);
	if (!shared && memory_anywhere(va, c, true))
		return -EINVAL;
	iova_range_make(0, size, &m.iova);
	if (!shared && over_memlock(size))
		return -ENOMEM;
	ret = fake_pin(&m);
	if (ret < 0)
		return ret;
	v = reallocarray(c->memory, c->n_memory + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	c->memory = v;
	v[c->n_memory++].va = va;
	return 0;
}

int
vfio_uapi_spapr_unregister(int container, uint64_t vaddr, uint64_t size)
{
	struct fake_container *c;
	struct fake_memory *v;
	struct iova_range va;
	int ret;
	FAKE_UNMAP_BEGIN(vaddr);

	ret = spapr_call(__func__, container, &c);
	if (ret == 0 && !c->enabled)
		ret = -EPERM;
	if (ret == 0)
		ret = memory_range(vaddr, size, &va);
	if (ret < 0)
		return ret;
	v = memory_find(c, va);
	if (v == NULL)
		return -ENOENT;
	if (!memory_anywhere(va, c, false) && is_mapped(va))
		fake_fault("end of a registration of mapped memory", container);
	*v = c->memory[--c->n_memory];
	return 0;
}

/* ---- mappings ---- */

void
fake_map_cut(struct fake_container *c, struct iova_range range)
{
	size_t i = fake_map_find(c, range.first);

	while (i < c->n_maps && c->maps[i].iova.first <= range.last) {
		struct fake_mapping below = c->maps[i], above = below;

		fake_map_remove(c, (struct iova_range){ below.iova.first, below.iova.last });
		below.iova.last = range.first - 1;
		above.iova.first = range.last + 1;
		above.va += above.iova.first - below.iova.first;
		if (range.last < UINT64_MAX && iova_range_valid(above.iova) &&
		    above.iova.last > range.last)
			fake_map_insert(c, &above);
		if (range.first > 0 && below.iova.first < range.first)
			fake_map_insert(c, &below);
		i = fake_map_find(c, range.first);
	}
}

/* @return 0 and *w; the kernel's errors, in its order. */
static int
find_window(struct fake_container *c, uint64_t iova, uint64_t size, struct fake_window **w)
{
	/* The first registration makes the container ready. */
	if (!c->enabled)
		return -EPERM;
	make_default(c);
	*w = window_find(c, iova);
	if (*w == NULL)
		return -ENXIO;
	return (size & ((UINT64_C(1) << (*w)->shift) - 1)) != 0 ? -EINVAL : 0;
}

int
fake_spapr_map(struct fake_container *c, struct fake_mapping *m, uint64_t size)
{
	uint64_t page, iova = m->iova.first;
	struct iova_range va;
	struct fake_window *w;
	size_t i;
	int ret = find_window(c, iova, size, &w);

	if (ret < 0)
		return ret;
	page = UINT64_C(1) << w->shift;
	if ((m->va & (page - 1)) != 0)
		return -EINVAL;
	/* The hypervisor's error. */
	if ((iova & (page - 1)) != 0)
		return 1;
	if (size == 0)
		return 0;
	if (!iova_range_make(m->va, size, &va) || !iova_range_make(iova, size, &m->iova) ||
	    m->iova.last > w->range.last) {
		fake_fault("map over the end of a window", -1);
		return -EINVAL;
	}
	for (i = 0; i < c->n_memory; i++)
		if (iova_range_covers(c->memory[i].va, va))
			break;
	if (i == c->n_memory)
		return -EINVAL;
	if (page > fake.power.backing)
		return -EINVAL;
	fake_map_cut(c, m->iova);
	return fake_map_insert(c, m);
}

int
fake_spapr_unmap(struct fake_container *c, uint64_t iova, uint64_t size)
{
	struct iova_range range;
	struct fake_window *w;
	int ret = find_window(c, iova, size, &w);

	if (ret < 0)
		return ret;
	if ((iova & ((UINT64_C(1) << w->shift) - 1)) != 0)
		return 1;
	if (!iova_range_make(iova, size, &range) ||
	    range.last > w->range.last) {
		fake_fault("unmap over the end of a window", -1);
		return -EINVAL;
	}
	fake_map_cut(c, range);
	return 0;
}

void
fake_spapr_leave(struct fake_container *c)
{
	memset(c->windows, 0, sizeof(c->windows));
	c->enabled = false;
	c->no_default = false;
	free(c->memory);
	c->memory = NULL;
	c->n_memory = 0;
}

unsigned int
fake_spapr_registered(void)
{
	size_t i, n = 0;

	for (i = 0; i < FAKE_OBJECTS; i++)
		n += fake_containers[i].n_memory;
	return (unsigned int)n;
}
