/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The bus above a node for DMA. A node may name another one than its parent:
 *
 *   interconnects = <phandle ARGUMENT...  phandle ARGUMENT...>
 *   interconnect-names = "dma-mem", "write"
 *
 * The entry named "dma-mem" counts. An entry has as many arguments as #interconnect-cells
 * of its node says. Phandle 0 is an entry without node and arguments. If any of this is
 * missing or odd, this code takes the parent, like the kernel. Tegra's PCIe uses this for
 * its memory controller.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "holes/holes_internal.h"
#include "sysfs/sysfs.h"

#define DMA_MEM "dma-mem"
#define CELLS_MAX 256u
#define ARGUMENTS_MAX 16u	/* the kernel's limit */

/* Index of a string in a property with a list of strings; -1 if it is missing. */
static int
string_index(const char *root, const char *node, const char *property, const char *string)
{
	char *text;
	size_t len, at = 0, room;
	int i, found = -1;

	if (sysfs_read_file(root, &text, &len, "%s/%s", node, property) != 0)
		return -1;
	for (i = 0; at < len && found < 0; i++) {
		room = strnlen(text + at, len - at);
		if (at + room < len && strcmp(text + at, string) == 0)
			found = i;
		at += room + 1;
	}
	free(text);
	return found;
}

/*
 * Find the node that entry @p index of "interconnects" names. An entry of phandle 0 names
 * no node and has no arguments. All entries up to that one must be complete.
 */
static int
entry_node(const struct holes_bridge *bridge, const uint8_t *cells, size_t n, int index,
		const char **path)
{
	uint32_t phandle, arguments;
	size_t at = 0;
	int ret;

	for (; at < n; index--) {
		phandle = holes_dt_cell_at(cells + at++ * sizeof(uint32_t));
		if (phandle == 0) {
			if (index == 0)
				return -ENOENT;
			continue;
		}
		ret = holes_phandles_find(bridge->root, bridge->phandles, phandle, path);
		if (ret == 0)
			ret = holes_dt_cell(bridge->root, *path, "#interconnect-cells",
					ARGUMENTS_MAX + 1, &arguments);
		if (ret != 0)
			return ret;
		if (arguments > ARGUMENTS_MAX || arguments > n - at)
			return -EBADMSG;
		if (index == 0)
			return 0;
		at += arguments;
	}
	return -ENOENT;
}

int
holes_dt_dma_parent(const struct holes_bridge *bridge, char *node, size_t size)
{
	int ret, index = string_index(bridge->root, node, "interconnect-names", DMA_MEM);
	const char *path;
	char *cells;
	size_t len;

	if (index < 0 || sysfs_read_file(bridge->root, &cells, &len, "%s/interconnects",
			node) != 0) {
		holes_path_up(node);
		return 0;
	}
	len = len > CELLS_MAX * sizeof(uint32_t) ? CELLS_MAX : len / sizeof(uint32_t);
	ret = entry_node(bridge, (const uint8_t *)cells, len, index, &path);
	free(cells);
	if (ret == -ENOMEM)
		return ret;
	if (ret != 0 || strlcpy(node, path, size) >= size)
		holes_path_up(node);
	return 0;
}
