/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What is mapped, and the layout, for programs. The callbacks of an application run on a
 * copy, without a lock: they may call any function, and block for any time.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "eal/own_memory_private.h"
#include "ioas/ioas_freed.h"

/* A copy that grows. */
struct copy {
	char *v;
	size_t size;		/* of an element */
	size_t n, room;
};

/* @return a new element, all zero; NULL without memory. */
static void *
copy_add(struct copy *c)
{
	if (c->n == c->room) {
		size_t room = c->room == 0 ? 64 : 2 * c->room;
		char *v = reallocarray(c->v, room, c->size);

		if (v == NULL)
			return NULL;
		c->v = v;
		c->room = room;
	}
	return memset(c->v + c->n++ * c->size, 0, c->size);
}

/* Fill a copy under the lock. */
static int
copy_fill(struct copy *c, int (*walk)(const struct own_memory_space *space, struct copy *c))
{
	const struct own_memory_space *space = own_memory_hold();
	int ret;

	if (space == NULL)
		return -ENODEV;
	ret = walk(space, c);
	own_memory_leave();
	return ret;
}

static int
copy_mapping(const struct ioas_mapping *m, void *arg)
{
	struct rte_eal_iommu_mapped *out = copy_add(arg);

	if (out == NULL)
		return -ENOMEM;
	*out = own_memory_mapped(m);
	return 0;
}

static int
walk_mappings(const struct own_memory_space *space, struct copy *c)
{
	return ioas_foreach(space->ioas, copy_mapping, c);
}

int
own_memory_mapping_foreach(rte_eal_iommu_mapped_cb cb, void *arg)
{
	struct copy c = { .size = sizeof(struct rte_eal_iommu_mapped) };
	const struct rte_eal_iommu_mapped *v;
	size_t i;
	int ret;

	if (cb == NULL)
		return -EINVAL;
	ret = copy_fill(&c, walk_mappings);
	v = (const struct rte_eal_iommu_mapped *)(const void *)c.v;
	for (i = 0; ret == 0 && i < c.n; i++)
		ret = cb(&v[i], arg) != 0;
	free(c.v);
	return ret;
}

int
own_memory_freed_foreach(int (*cb)(const struct rte_eal_iommu_mapped *freed, uint64_t seconds, void *arg),
		void *arg)
{
	const struct own_memory_space *space = own_memory_hold();
	struct rte_eal_iommu_mapped mapped;
	struct ioas_freed v[IOAS_FREED];
	size_t n, i;
	int ret = 0;

	if (space == NULL)
		return -ENODEV;
	n = ioas_freed_get(space->ioas, v);
	own_memory_leave();
	for (i = 0; ret == 0 && i < n; i++) {
		mapped = own_memory_mapped(&(struct ioas_mapping){ .iova = v[i].iova, .owner = v[i].owner });
		ret = cb(&mapped, v[i].seconds, arg) != 0;
	}
	return ret;
}

static struct rte_eal_iommu_range *
copy_range(struct copy *c, enum rte_eal_iommu_range_kind kind, const struct iova_range *range)
{
	struct rte_eal_iommu_range *out = copy_add(c);

	if (out == NULL)
		return NULL;
	out->kind = kind;
	out->first = range->first;
	out->last = range->last;
	return out;
}

static int
copy_allowed(const struct iova_range *range, void *arg)
{
	return copy_range(arg, RTE_EAL_IOMMU_RANGE_ALLOWED, range) == NULL ? -ENOMEM : 0;
}

static int
copy_hole(const struct iova_hole *hole, void *arg)
{
	struct rte_eal_iommu_range *out = copy_range(arg, RTE_EAL_IOMMU_RANGE_HOLE, &hole->range);

	if (out == NULL)
		return -ENOMEM;
	out->hard = hole->hardness == IOVA_HARD;
	snprintf(out->what, sizeof(out->what), "%s%s%s", iova_origin_name(hole->origin),
		hole->detail[0] != '\0' ? " " : "", hole->detail);
	strlcpy(out->device, hole->owner, sizeof(out->device));
	return 0;
}

static int
copy_used(const struct iova_used *used, void *arg)
{
	struct rte_eal_iommu_range *out = copy_range(arg, RTE_EAL_IOMMU_RANGE_USED, &used->range);

	if (out == NULL)
		return -ENOMEM;
	out->read_only = used->read_only;
	snprintf(out->what, sizeof(out->what), "%s%s", used->what,
		used->parked ? " (parked)" : "");
	return 0;
}

static int
copy_free(const struct iova_range *range, void *arg)
{
	return copy_range(arg, RTE_EAL_IOMMU_RANGE_FREE, range) == NULL ? -ENOMEM : 0;
}

static int
walk_layout(const struct own_memory_space *space, struct copy *c)
{
	int ret;

	ioas_layout_lock(space->ioas);
	ret = iova_layout_foreach_allowed(space->layout, copy_allowed, c);
	if (ret == 0)
		ret = iova_layout_foreach_hole(space->layout, copy_hole, c);
	if (ret == 0)
		ret = iova_layout_foreach_used(space->layout, copy_used, c);
	if (ret == 0)
		ret = iova_layout_foreach_free(space->layout, copy_free, c);
	ioas_layout_unlock(space->ioas);
	return ret;
}

int
own_memory_layout_foreach(rte_eal_iommu_range_cb cb, void *arg)
{
	struct copy c = { .size = sizeof(struct rte_eal_iommu_range) };
	const struct rte_eal_iommu_range *v;
	size_t i;
	int ret;

	if (cb == NULL)
		return -EINVAL;
	ret = copy_fill(&c, walk_layout);
	v = (const struct rte_eal_iommu_range *)(const void *)c.v;
	for (i = 0; ret == 0 && i < c.n; i++)
		ret = cb(&v[i], arg) != 0;
	free(c.v);
	return ret;
}

int
own_memory_layout_dump(FILE *f)
{
	const struct own_memory_space *space;
	char *text = NULL;
	size_t len = 0;
	int ret = -ENODEV;
	FILE *copy;

	if (f == NULL)
		return -EINVAL;
	copy = open_memstream(&text, &len);
	if (copy == NULL)
		return -ENOMEM;
	space = own_memory_hold();
	if (space != NULL) {
		ioas_layout_lock(space->ioas);
		ret = iova_layout_dump(space->layout, copy);
		ioas_layout_unlock(space->ioas);
		own_memory_leave();
	}
	/* The stream is in memory: nothing else can fail. */
	if (fclose(copy) != 0 || ret == -EIO)
		ret = -ENOMEM;
	if (ret == 0 && (fwrite(text, 1, len, f) != len || fflush(f) != 0))
		ret = -EIO;
	free(text);
	return ret;
}

/* Memory from va on that lies at consecutive IOVAs. */
struct search {
	uint64_t va, iova;
	uint64_t want, done;	/* bytes; 0 done: va is not found yet */
};

/* By ascending IOVA. The first mapping that has va, and those that continue it. */
static int
look_for_va(const struct ioas_mapping *m, void *arg)
{
	uint64_t size = iova_range_size(m->iova);
	struct search *s = arg;
	uint64_t off = s->done == 0 ? s->va - m->va : 0;

	if (s->done == 0) {
		if (off >= size)
			return 0;
		s->iova = m->iova.first + off;
	} else if (m->iova.first != s->iova + s->done || m->va != s->va + s->done) {
		return 1;
	}
	s->done += size - off;
	return s->done >= s->want;
}

int
own_memory_virt2iova(uint64_t va, size_t *len, uint64_t *iova)
{
	struct search s = { .va = va, .want = *len };
	const struct own_memory_space *space;

	if (*len == 0)
		return -EINVAL;
	space = own_memory_hold();
	if (space == NULL)
		return -ENODEV;
	ioas_foreach(space->ioas, look_for_va, &s);
	own_memory_leave();
	if (s.done == 0)
		return -ENOENT;
	if (s.done < *len)
		*len = s.done;
	*iova = s.iova;
	return 0;
}

int
own_memory_iova2virt(uint64_t iova, size_t *len, uint64_t *va)
{
	const struct own_memory_space *space;
	uint64_t at = iova, left = *len, end;
	struct ioas_mapping m;

	if (*len == 0)
		return -EINVAL;
	space = own_memory_hold();
	if (space == NULL)
		return -ENODEV;
	while (left > 0 && ioas_lookup(space->ioas, at, &m) == 0) {
		if (at == iova)
			*va = m.va + (iova - m.iova.first);
		else if (m.va + (at - m.iova.first) != *va + (at - iova))
			break;
		end = m.iova.last - at;
		left -= end < left ? end + 1 : left;
		at = m.iova.last + 1;
		if (at == 0)
			break;
	}
	own_memory_leave();
	if (left == *len)
		return -ENOENT;
	*len -= left;
	return 0;
}
