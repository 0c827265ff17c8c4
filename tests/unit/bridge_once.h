/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Read a host bridge once, as a scan with a single device does.
 */

#ifndef BRIDGE_ONCE_H
#define BRIDGE_ONCE_H

#include "holes/holes.h"

static inline int
bridge_windows(const char *root, const char *root_bus, bool hard, const char *owner,
		struct hole_list *list, struct holes_view *view)
{
	struct topo_snapshot snap = { .root = root };
	struct holes_bridges bridges = { .snap = &snap };
	int ret = holes_host_bridge(&bridges, root_bus, hard, owner, list, view);

	holes_bridges_free(&bridges);
	topology_snapshot_free(&snap);
	return ret;
}

static inline int
bridge_gaps(const char *root, const char *root_bus, const char *owner, struct hole_list *list,
		struct holes_look *look)
{
	struct topo_snapshot snap = { .root = root };
	struct holes_bridges bridges = { .snap = &snap };
	int ret = holes_dma_ranges(&bridges, root_bus, owner, list, look);

	holes_bridges_free(&bridges);
	topology_snapshot_free(&snap);
	return ret;
}

#endif /* BRIDGE_ONCE_H */
