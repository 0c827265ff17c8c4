/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of the holes room share: the sources of a bridge's windows.
 *
 * A source appends to the list and returns 0 (maybe without a window), or
 * -ENOENT if it can't be read here, -EBADMSG or -ENOMEM. On an error the
 * caller takes back what was appended.
 */

#ifndef HOLES_INTERNAL_H
#define HOLES_INTERNAL_H

#include "holes.h"

/** The host bridge whose windows are looked for. */
struct holes_bridge {
	const char *root;
	char bus[IOVA_DETAIL_LEN];	/**< canonical DDDD:BB */
	struct iova_hole hole;		/**< what all its windows share; no range */
	struct hole_list *list;
};

/** A page size that can be: a power of two up to 1 GiB. */
bool holes_page_ok(uint64_t page_size);

/** Append one window. @return as holes_add(). */
int holes_bridge_window(const struct holes_bridge *bridge, struct iova_range range);

/** Path of the bridge's device tree node. @return 0; -ENOENT without a node; ... */
int holes_dt_node(const struct holes_bridge *bridge, char *out, size_t size);

int holes_dt(const struct holes_bridge *bridge);
int holes_iomem(const struct holes_bridge *bridge);
int holes_resources(const struct holes_bridge *bridge);

#endif /* HOLES_INTERNAL_H */
