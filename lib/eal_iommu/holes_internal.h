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

/** Who the bridge and the owner of its holes are. @return 0; -EINVAL if it is no bus. */
int holes_bridge_name(struct holes_bridge *bridge, const char *root_bus, const char *owner);

/** Append one window, or one gap. @return as holes_add(). */
int holes_bridge_window(const struct holes_bridge *bridge, struct iova_range range);

/** Cut the last component of a path. */
void holes_path_up(char *path);

/** Path of the bridge's device tree node. @return 0; -ENOENT without a node; ... */
int holes_dt_node(const struct holes_bridge *bridge, char *out, size_t size);

/** One entry of "ranges" or "dma-ranges". */
struct holes_dt_entry {
	bool memory;		/**< of a PCI node: memory, not I/O or config space */
	uint64_t child;		/**< address on the node's own bus */
	uint64_t parent;	/**< the same on the bus above */
	uint64_t size;
};

/**
 * The entries of a node's property.
 *
 * @param pci  the node is a PCI host bridge: 3 cells of address, 2 of size
 * @param out  to be freed; not NULL on success
 * @param n    0 where the property is empty
 * @return 0; -ENOENT without the property; -EBADMSG if its length or the
 *   numbers of cells can't be; -ENOMEM; what reading gives.
 */
int holes_dt_entries(const char *root, const char *node, const char *property,
		bool pci, struct holes_dt_entry **out, size_t *n);

int holes_dt(const struct holes_bridge *bridge);
int holes_iomem(const struct holes_bridge *bridge);
int holes_resources(const struct holes_bridge *bridge);

#endif /* HOLES_INTERNAL_H */
