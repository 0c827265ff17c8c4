/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vfio_msi_bar.h"

#define REGION_CAPS_MAX 64	/* limit of the chain */

/*
 * Offset of a capability in the answer; 0: none; -EBADMSG. Older kernels align
 * capabilities to 4 bytes only, so they are copied before use.
 */
static long
find_cap(const struct vfio_region_info *info, uint16_t id)
{
	struct vfio_info_cap_header h;
	size_t off = info->cap_offset, size = info->argsz;
	unsigned int n;

	if ((info->flags & VFIO_REGION_INFO_FLAG_CAPS) == 0)
		return 0;
	for (n = 0; off != 0; n++) {
		if (n == REGION_CAPS_MAX || off < sizeof(*info) ||
		    size < sizeof(h) || off > size - sizeof(h))
			return -EBADMSG;
		memcpy(&h, (const char *)info + off, sizeof(h));
		if (h.id == id)
			return (long)off;
		off = h.next;
	}
	return 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct vfio_msi_bar_piece *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Only whole pages can be mapped, so two pieces must not share one. */
static int
check_apart(struct vfio_msi_bar_pieces *p, uint64_t page)
{
	unsigned int i;

	qsort(p->piece, p->n, sizeof(p->piece[0]), by_first);
	for (i = 1; i < p->n; i++)
		if ((p->piece[i - 1].last | (page - 1)) >= p->piece[i].first)
			return -EBADMSG;
	return 0;
}

/* The pieces that the kernel reports. */
static int
take_areas(const struct vfio_region_info *info, size_t off, uint64_t page,
		struct vfio_msi_bar_pieces *out)
{
	struct vfio_region_info_cap_sparse_mmap cap;
	struct vfio_region_sparse_mmap_area a;
	size_t size = info->argsz;
	uint32_t i;

	if (size - off < sizeof(cap))
		return -EBADMSG;
	memcpy(&cap, (const char *)info + off, sizeof(cap));
	off += sizeof(cap);
	if (cap.nr_areas > (size - off) / sizeof(a))
		return -EBADMSG;
	for (i = 0; i < cap.nr_areas; i++) {
		memcpy(&a, (const char *)info + off + i * sizeof(a), sizeof(a));
		if (a.size == 0)
			continue;
		if (out->n == VFIO_MSI_BAR_PIECES)
			return -E2BIG;
		if (a.offset % page != 0 || a.offset >= info->size ||
		    a.size > info->size - a.offset)
			return -EBADMSG;
		out->piece[out->n].first = a.offset;
		out->piece[out->n++].last = a.offset + (a.size - 1);
	}
	return check_apart(out, page);
}

/* All except the pages of the table, which must lie inside. */
static int
map_around(uint64_t size, const struct vfio_msi_bar_piece *table, uint64_t page,
		struct vfio_msi_bar_pieces *out)
{
	uint64_t first = table->first & ~(page - 1);
	uint64_t last = table->last | (page - 1);

	if (table->last >= size)
		return -EBADMSG;
	if (first > 0) {
		out->piece[out->n].first = 0;
		out->piece[out->n++].last = first - 1;
	}
	if (last < size - 1) {
		out->piece[out->n].first = last + 1;
		out->piece[out->n++].last = size - 1;
	}
	return 0;
}

int
vfio_msi_bar_pieces(const struct vfio_region_info *info,
		const struct vfio_msi_bar_table *table, uint64_t page,
		struct vfio_msi_bar_pieces *out)
{
	long sparse, mappable;

	out->n = 0;
	if (info->size == 0 || (info->flags & VFIO_REGION_INFO_FLAG_MMAP) == 0)
		return 0;
	sparse = find_cap(info, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	mappable = find_cap(info, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE);
	if (sparse < 0 || mappable < 0)
		return -EBADMSG;
	if (sparse > 0)
		return take_areas(info, (size_t)sparse, page, out);
	if (mappable == 0 && table != NULL && table->bar == info->index)
		return map_around(info->size, &table->at, page, out);
	out->n = 1;
	out->piece[0].first = 0;
	out->piece[0].last = info->size - 1;
	return 0;
}
