/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Declarations shared by the files of the holes room: sources of a bridge's windows.
 *
 * A source appends to the list, records the result of reading in the view, and returns 0
 * (even without a window) or -ENOMEM. On error the caller removes the appended holes.
 */

#ifndef HOLES_INTERNAL_H
#define HOLES_INTERNAL_H

#include "holes/holes.h"
#include "topology/topology_snapshot.h"

#define HOLES_DT_BASE "/sys/firmware/devicetree/base"

/** The host bridge that is examined. */
struct holes_bridge {
	const char *root;
	struct topo_snapshot *snap;
	char bus[IOVA_DETAIL_LEN];	/**< canonical DDDD:BB */
	struct iova_hole hole;		/**< template of its windows, without range */
	struct hole_list *list;
	struct holes_view *view;	/**< output: what is known about the windows */
	struct holes_phandles **phandles;	/**< of the scan; for holes_dt_dma_parent() */
};

/** Is it a possible page size: a power of two up to 1 GiB? */
bool holes_page_ok(uint64_t page_size);

/** Set the name of the bridge: its bus, canonical DDDD:BB. */
void holes_bridge_name(struct holes_bridge *bridge, const char *bus);

/**
 * Read the windows that holes_host_bridge() caches: soft and without owner.
 *
 * @param bus  canonical DDDD:BB
 * @return 0; -ENOMEM. On error the list is unchanged.
 */
int holes_windows_read(struct topo_snapshot *snap, const char *bus, struct hole_list *list,
		struct holes_view *view);

/** The same for holes_dma_ranges(). */
int holes_gaps_read(struct holes_bridges *bridges, const char *bus, struct hole_list *list,
		struct holes_look *look);

/**
 * Prepare a text for sysfs_lines_start(): drop and count a truncated last line, replace
 * each NUL by '?'. @return the new length.
 */
size_t holes_text_mend(char *text, size_t len, unsigned int *odd);

/** Append one window or gap. @return as holes_add(). */
int holes_bridge_window(const struct holes_bridge *bridge, struct iova_range range);

/** Remove the last component of a path. */
void holes_path_up(char *path);

/**
 * Get the path of the bridge's device tree node.
 *
 * @return 0; -ENOENT without a node; -ENOLINK if it has one, but the tree is hidden;
 *   errors of reading.
 */
int holes_dt_node(const struct holes_bridge *bridge, char *out, size_t size);

/** Get the name of the node, which is known even if the tree is hidden; "" without one. */
void holes_dt_node_name(const struct holes_bridge *bridge, char *out, size_t size);

/** Classify the result of holes_dt_node(). */
enum holes_sight holes_dt_sight(int ret);

/** Read a cell of a property: 32 bits, big-endian. */
uint32_t holes_dt_cell_at(const uint8_t *p);

/**
 * Read a property of one cell, or return @p missing if the node lacks it.
 *
 * @return 0; -EBADMSG if its length differs; errors of reading.
 */
int holes_dt_cell(const char *root, const char *node, const char *name, uint32_t missing,
		uint32_t *out);

/** Nodes of the device tree by phandle. */
struct holes_phandles;

/**
 * Find the path of the first node with a phandle.
 *
 * @param phandles  *phandles begins as NULL and is filled at first use
 * @param path      valid as long as *phandles
 * @return 0; -ENOENT; -ENOMEM.
 */
int holes_phandles_find(const char *root, struct holes_phandles **phandles, uint32_t phandle,
		const char **path);

/** NULL is allowed. */
void holes_phandles_free(struct holes_phandles *phandles);

/**
 * Replace a node by the one whose bus its DMA uses: the node named "dma-mem" in
 * "interconnects", or the parent.
 *
 * @param node  path, replaced
 * @param size  room in @p node
 * @return 0; -ENOMEM.
 */
int holes_dt_dma_parent(const struct holes_bridge *bridge, char *node, size_t size);

/** One entry of "ranges" or "dma-ranges". */
struct holes_dt_entry {
	bool memory;		/**< of a PCI node: memory, not I/O or config space */
	uint64_t child;		/**< address on the node's own bus */
	uint64_t parent;	/**< the same address on the bus above */
	uint64_t size;
};

/**
 * Read the entries of a node's property.
 *
 * @param pci  the node is a PCI host bridge: addresses have 3 cells, sizes 2
 * @param out  the caller frees it; not NULL on success
 * @param n    0 if the property is empty
 * @param odd  increased by what follows the last complete entry, or the 256th
 * @return 0; -ENOENT without the property; -EBADMSG if the numbers of cells are
 *   impossible; -ENOMEM; errors of reading.
 */
int holes_dt_entries(const char *root, const char *node, const char *property,
		bool pci, struct holes_dt_entry **out, size_t *n, unsigned int *odd);

/** Get the CPU range of an assigned memory row. @return false for any other row. */
bool holes_row_range(const struct topo_bar *row, struct iova_range *cpu);

/** CPU range of memory, and its offset from the bus address (modulo 2^64). */
struct holes_pair {
	struct iova_range cpu;
	uint64_t offset;
};

/** Start with all zero, end with holes_pairs_free(). */
struct holes_pairs {
	struct holes_pair *v;
	size_t n;
};

/** Add the pairs of one function. @return 0, -ENOMEM. */
int holes_pairs_add(struct holes_pairs *pairs, const struct topo_memory *memory,
		struct holes_view *view);

/** Add the pairs of all functions below the bridge. @return 0; -ENOMEM with an empty list. */
int holes_pairs_read(const struct holes_bridge *bridge, struct holes_pairs *pairs);

void holes_pairs_free(struct holes_pairs *pairs);

/**
 * Translate a CPU range by the pair that contains it, or the nearest one. Without pairs
 * it is unchanged.
 */
struct iova_range holes_pairs_shift(const struct holes_pairs *pairs, struct iova_range cpu,
		struct holes_view *view);

/**
 * Translate the windows from number @p from on to bus addresses. If the devices of a
 * window disagree, the window is added once per offset, as an estimate.
 *
 * @return 0, -ENOMEM.
 */
int holes_windows_shift(const struct holes_bridge *bridge, size_t from,
		struct holes_view *view);

int holes_dt(const struct holes_bridge *bridge);
int holes_iomem(const struct holes_bridge *bridge);
int holes_resources(const struct holes_bridge *bridge);

#endif /* HOLES_INTERNAL_H */
