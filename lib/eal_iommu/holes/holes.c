/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>

#include "holes/holes_internal.h"

#define PAGE_SIZE_MAX (UINT64_C(1) << 30)

void
holes_free(struct hole_list *list)
{
	free(list->v);
	*list = (struct hole_list){ 0 };
}

int
holes_add(struct hole_list *list, const struct iova_hole *hole)
{
	size_t cap = list->cap == 0 ? 16 : list->cap * 2;
	struct iova_hole *more;

	if (!iova_range_valid(hole->range))
		return -EINVAL;
	if (list->n == list->cap) {
		more = reallocarray(list->v, cap, sizeof(*more));
		if (more == NULL)
			return -ENOMEM;
		list->v = more;
		list->cap = cap;
	}
	list->v[list->n++] = *hole;
	return 0;
}

bool
holes_page_ok(uint64_t page_size)
{
	return page_size != 0 && page_size <= PAGE_SIZE_MAX && (page_size & (page_size - 1)) == 0;
}

int
holes_builtin(struct hole_list *list, uint64_t page_size)
{
	const struct iova_hole zero = {
		.range = { 0, page_size - 1 },
		.origin = IOVA_ORIGIN_ZERO_PAGE,
		.hardness = IOVA_SOFT,
	};
	const struct iova_hole top = {
		.range = { UINT64_MAX - (page_size - 1), UINT64_MAX },
		.origin = IOVA_ORIGIN_TOP_PAGE,
		.hardness = IOVA_SOFT,
	};
	size_t before = list->n;
	int ret;

	if (!holes_page_ok(page_size))
		return -EINVAL;
	ret = holes_add(list, &zero);
	if (ret == 0)
		ret = holes_add(list, &top);
	if (ret != 0)
		list->n = before;
	return ret;
}

enum holes_sight
holes_sight_of(int ret)
{
	if (ret == 0)
		return HOLES_SEEN;
	return ret == -EACCES || ret == -EPERM ? HOLES_DENIED : HOLES_HIDDEN;
}

size_t
holes_text_mend(char *text, size_t len, unsigned int *odd)
{
	size_t i, end = len;

	while (end > 0 && text[end - 1] != '\n')
		end--;
	*odd += end < len;
	for (i = 0; i < end; i++)
		if (text[i] == '\0')
			text[i] = '?';
	return end;
}

int
holes_bridge_window(const struct holes_bridge *bridge, struct iova_range range)
{
	struct iova_hole hole = bridge->hole;

	hole.range = range;
	return holes_add(bridge->list, &hole);
}

bool
holes_row_range(const struct topo_bar *row, struct iova_range *cpu)
{
	return (row->flags & TOPO_ROW_MEM) != 0 && row->phys != 0 &&
			(row->flags & (TOPO_ROW_DISABLED | TOPO_ROW_UNSET)) == 0 &&
			iova_range_make(row->phys, row->len, cpu);
}
