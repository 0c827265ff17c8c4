/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * "ranges" of a host bridge's device tree node: big-endian cells, per entry
 *
 *   3 cells  address on the PCI bus; bits 25:24 of the first are the space
 *   n cells  address of the CPU; n is #address-cells of the parent node
 *   2 cells  size
 *
 * IOVAs are addresses of the bus, thus cells 2 and 3 are what counts here.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holes_internal.h"
#include "sysfs.h"

#define CELL sizeof(uint32_t)
#define PCI_ADDRESS_CELLS 3u
#define PCI_SIZE_CELLS 2u
#define PARENT_CELLS_MAX 4u
#define ENTRIES_MAX 256u

enum pci_space {
	SPACE_CONFIG,
	SPACE_IO,
	SPACE_MEM32,
	SPACE_MEM64,
};

static void
path_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash != NULL)
		*slash = '\0';
}

/*
 * The bus itself may have the link; else the bridge (pciDDDD:BB) above its
 * class folder, or the platform device that made the bridge. Not further up:
 * a "soc" node has ranges too, but not those of a bridge.
 */
int
holes_dt_node(const struct holes_bridge *bridge, char *out, size_t size)
{
	char dir[SYSFS_PATH_MAX];
	int ret, i;

	ret = sysfs_read_link_path(bridge->root, dir, sizeof(dir), "/sys/class/pci_bus/%s",
			bridge->bus);
	if (ret != 0)
		return ret;
	ret = sysfs_read_link_path(bridge->root, out, size, "%s/of_node", dir);
	path_up(dir);
	for (i = 0; i < 2 && ret == -ENOENT; i++) {
		path_up(dir);
		ret = sysfs_read_link_path(bridge->root, out, size, "%s/of_node", dir);
	}
	return ret;
}

static uint32_t
cell_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t
two_cells_at(const uint8_t *p)
{
	return (uint64_t)cell_at(p) << 32 | cell_at(p + CELL);
}

/* A property of one cell; @p missing where the node does not have it. */
static int
cell_read(const char *root, const char *node, const char *name, uint32_t missing, uint32_t *out)
{
	char *data;
	size_t len;
	int ret;

	ret = sysfs_read_file(root, &data, &len, "%s/%s", node, name);
	if (ret == -ENOENT) {
		*out = missing;
		return 0;
	}
	if (ret != 0)
		return ret;
	ret = len == CELL ? 0 : -EBADMSG;
	if (ret == 0)
		*out = cell_at((const uint8_t *)data);
	free(data);
	return ret;
}

/* Cells of one entry before the size. */
static int
entry_cells(const char *root, const char *node, uint32_t *before_size)
{
	uint32_t address, size, parent;
	char up[SYSFS_PATH_MAX];
	int ret;

	memcpy(up, node, strlen(node) + 1);
	path_up(up);
	ret = cell_read(root, node, "#address-cells", PCI_ADDRESS_CELLS, &address);
	if (ret == 0)
		ret = cell_read(root, node, "#size-cells", PCI_SIZE_CELLS, &size);
	if (ret == 0)
		ret = cell_read(root, up, "#address-cells", 2, &parent);
	if (ret != 0)
		return ret;
	if (address != PCI_ADDRESS_CELLS || size != PCI_SIZE_CELLS || parent == 0 ||
			parent > PARENT_CELLS_MAX)
		return -EBADMSG;
	*before_size = PCI_ADDRESS_CELLS + parent;
	return 0;
}

static int
entry_window(const struct holes_bridge *bridge, const uint8_t *entry, uint32_t before_size)
{
	enum pci_space space = cell_at(entry) >> 24 & 3;
	uint64_t size = two_cells_at(entry + before_size * CELL);
	struct iova_range r;

	if ((space != SPACE_MEM32 && space != SPACE_MEM64) || size == 0)
		return 0;
	if (!iova_range_make(two_cells_at(entry + CELL), size, &r))
		return -EBADMSG;
	return holes_bridge_window(bridge, r);
}

static int
ranges_parse(const struct holes_bridge *bridge, const uint8_t *data, size_t len,
		uint32_t before_size)
{
	size_t entry = (before_size + PCI_SIZE_CELLS) * CELL, i;
	int ret = 0;

	if (len % entry != 0 || len / entry > ENTRIES_MAX)
		return -EBADMSG;
	for (i = 0; i < len && ret == 0; i += entry)
		ret = entry_window(bridge, data + i, before_size);
	return ret;
}

int
holes_dt(const struct holes_bridge *bridge)
{
	char node[SYSFS_PATH_MAX], *data;
	uint32_t before_size;
	size_t len;
	int ret;

	ret = holes_dt_node(bridge, node, sizeof(node));
	if (ret == 0)
		ret = sysfs_read_file(bridge->root, &data, &len, "%s/ranges", node);
	if (ret != 0)
		return ret == -ENOMEM ? ret : -ENOENT;
	ret = entry_cells(bridge->root, node, &before_size);
	if (ret == 0)
		ret = ranges_parse(bridge, (const uint8_t *)data, len, before_size);
	free(data);
	return ret;
}
