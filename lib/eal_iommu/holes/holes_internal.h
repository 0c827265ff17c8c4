/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of the holes room share: the sources of a bridge's windows.
 *
 * A source appends to the list, notes in the view what became of reading, and
 * returns 0 (maybe without a window) or -ENOMEM. On an error the caller takes
 * back what was appended.
 */

#ifndef HOLES_INTERNAL_H
#define HOLES_INTERNAL_H

#include "holes/holes.h"
#include "topology/topology_snapshot.h"

#define HOLES_DT_BASE "/sys/firmware/devicetree/base"

/** The host bridge whose windows are looked for. */
struct holes_bridge {
	const char *root;
	struct topo_snapshot *snap;
	char bus[IOVA_DETAIL_LEN];	/**< canonical DDDD:BB */
	struct iova_hole hole;		/**< what all its windows share; no range */
	struct hole_list *list;
	struct holes_view *view;	/**< what the source says about itself */
	struct holes_phandles **phandles;	/**< of the scan; for holes_dt_dma_parent() */
};

/** A page size that can be: a power of two up to 1 GiB. */
bool holes_page_ok(uint64_t page_size);

/** Name the bridge by its bus, canonical DDDD:BB. */
void holes_bridge_name(struct holes_bridge *bridge, const char *bus);

/**
 * What holes_host_bridge() keeps: the windows, soft and of no owner.
 *
 * @param bus  canonical DDDD:BB
 * @return 0; -ENOMEM. On an error the list is as it was.
 */
int holes_windows_read(struct topo_snapshot *snap, const char *bus, struct hole_list *list,
		struct holes_view *view);

/** The same for holes_dma_ranges(). */
int holes_gaps_read(struct holes_bridges *bridges, const char *bus, struct hole_list *list,
		struct holes_look *look);

/**
 * Make a text fit for sysfs_lines_start(): a last line that is cut is dropped and
 * counted, a NUL becomes a '?'. @return the new length.
 */
size_t holes_text_mend(char *text, size_t len, unsigned int *odd);

/** Append one window, or one gap. @return as holes_add(). */
int holes_bridge_window(const struct holes_bridge *bridge, struct iova_range range);

/** Cut the last component of a path. */
void holes_path_up(char *path);

/**
 * Path of the bridge's device tree node.
 *
 * @return 0; -ENOENT without a node; -ENOLINK if it has one and the tree is not
 *   visible here; what reading gives.
 */
int holes_dt_node(const struct holes_bridge *bridge, char *out, size_t size);

/** Name of the node, which is known of a hidden tree as well; "" without one. */
void holes_dt_node_name(const struct holes_bridge *bridge, char *out, size_t size);

/** What the result of holes_dt_node() means. */
enum holes_sight holes_dt_sight(int ret);

/** A cell of a property: 32 bits, big-endian. */
uint32_t holes_dt_cell_at(const uint8_t *p);

/**
 * A property of one cell; @p missing where the node does not have it.
 *
 * @return 0; -EBADMSG if it is longer or shorter; what reading gives.
 */
int holes_dt_cell(const char *root, const char *node, const char *name, uint32_t missing,
		uint32_t *out);

/** Nodes of the device tree by phandle. */
struct holes_phandles;

/**
 * Path of the first node with a phandle.
 *
 * @param phandles  *phandles begins as NULL, and is read at first use
 * @param path      lives as long as *phandles
 * @return 0; -ENOENT; -ENOMEM.
 */
int holes_phandles_find(const char *root, struct holes_phandles **phandles, uint32_t phandle,
		const char **path);

/** NULL is allowed. */
void holes_phandles_free(struct holes_phandles *phandles);

/**
 * Go from a node to the one whose bus its DMA is on: the one that "interconnects"
 * names "dma-mem", else the parent.
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
	uint64_t parent;	/**< the same on the bus above */
	uint64_t size;
};

/**
 * The entries of a node's property.
 *
 * @param pci  the node is a PCI host bridge: 3 cells of address, 2 of size
 * @param out  to be freed; not NULL on success
 * @param n    0 where the property is empty
 * @param odd  grows by what is behind the last whole entry, or the 256th
 * @return 0; -ENOENT without the property; -EBADMSG if the numbers of cells
 *   can't be; -ENOMEM; what reading gives.
 */
int holes_dt_entries(const char *root, const char *node, const char *property,
		bool pci, struct holes_dt_entry **out, size_t *n, unsigned int *odd);

/** Where a placed row of memory is for the CPU. @return false: it is no such row. */
bool holes_row_range(const struct topo_bar *row, struct iova_range *cpu);

/** Memory as the CPU sees it, and how much higher that is than on the bus (modulo 2^64). */
struct holes_pair {
	struct iova_range cpu;
	uint64_t offset;
};

/** Start with all zero, end with holes_pairs_free(). */
struct holes_pairs {
	struct holes_pair *v;
	size_t n;
};

/** What one function tells of its rows. @return 0, -ENOMEM. */
int holes_pairs_add(struct holes_pairs *pairs, const struct topo_memory *memory,
		struct holes_view *view);

/** What all functions below the bridge tell. @return 0; -ENOMEM, the list is empty then. */
int holes_pairs_read(const struct holes_bridge *bridge, struct holes_pairs *pairs);

void holes_pairs_free(struct holes_pairs *pairs);

/** A range on the bus, by the pair that holds it or the nearest; with none as it is. */
struct iova_range holes_pairs_shift(const struct holes_pairs *pairs, struct iova_range cpu,
		struct holes_view *view);

/**
 * Make addresses of the bus out of the windows from number @p from on. A window
 * whose devices tell several offsets is there once for each, as an estimate.
 *
 * @return 0, -ENOMEM.
 */
int holes_windows_shift(const struct holes_bridge *bridge, size_t from,
		struct holes_view *view);

int holes_dt(const struct holes_bridge *bridge);
int holes_iomem(const struct holes_bridge *bridge);
int holes_resources(const struct holes_bridge *bridge);

#endif /* HOLES_INTERNAL_H */
