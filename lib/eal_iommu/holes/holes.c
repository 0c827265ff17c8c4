/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "holes/holes_internal.h"
#include "topology/topology.h"

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

const char *
holes_source_name(enum holes_source source)
{
	switch (source) {
	case HOLES_SOURCE_NONE:
		return "none";
	case HOLES_SOURCE_IOMEM:
		return "iomem";
	case HOLES_SOURCE_DEVICE_TREE:
		return "device tree";
	case HOLES_SOURCE_RESOURCES:
		return "resources";
	}
	return "unknown";
}

int
holes_bridge_window(const struct holes_bridge *bridge, struct iova_range range)
{
	struct iova_hole hole = bridge->hole;

	hole.range = range;
	return holes_add(bridge->list, &hole);
}

void
holes_bridge_name(struct holes_bridge *bridge, const char *bus)
{
	strlcpy(bridge->bus, bus, sizeof(bridge->bus));
	strlcpy(bridge->hole.detail, bus, sizeof(bridge->hole.detail));
}

int
holes_windows_read(struct topo_snapshot *snap, const char *bus, struct hole_list *list,
		struct holes_view *view)
{
	static const struct {
		enum holes_source source;
		int (*read)(const struct holes_bridge *bridge);
	} sources[] = {
		{ HOLES_SOURCE_DEVICE_TREE, holes_dt },
		{ HOLES_SOURCE_IOMEM, holes_iomem },
		{ HOLES_SOURCE_RESOURCES, holes_resources },
	};
	struct holes_view seen = { .source = HOLES_SOURCE_NONE };
	struct holes_bridge bridge = {
		.root = snap->root,
		.snap = snap,
		.view = &seen,
		.hole = {
			.origin = IOVA_ORIGIN_HOST_BRIDGE,
			.hardness = IOVA_SOFT,
			.by = IOVA_BY_BUS,
		},
		.list = list,
	};
	size_t i, before = list->n;
	int ret;

	holes_bridge_name(&bridge, bus);
	for (i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		ret = sources[i].read(&bridge);
		if (ret != 0) {
			list->n = before;
			return ret;
		}
		if (list->n > before) {
			seen.source = sources[i].source;
			break;
		}
		seen.shifted = seen.offset_assumed = false;
	}
	*view = seen;
	return 0;
}
