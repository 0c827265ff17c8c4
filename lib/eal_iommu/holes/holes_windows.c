/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The windows of a host bridge, from the first source that has one.
 */

#include <bsd/string.h>

#include "holes/holes_internal.h"

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
