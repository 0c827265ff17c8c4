/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Nodes of the device tree: cells of 32 bits, big-endian. An entry of "ranges"
 * or "dma-ranges" is
 *
 *   n cells  address on the node's own bus; n is its #address-cells. On PCI
 *            bits 25:24 of the first cell are the space
 *   m cells  the same address on the bus above; m is #address-cells there
 *   s cells  size; s is the node's #size-cells
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holes/holes_internal.h"
#include "sysfs/sysfs.h"

#define CELL sizeof(uint32_t)
#define PCI_ADDRESS_CELLS 3u
#define PCI_SIZE_CELLS 2u
/* Default of the Devicetree Specification. */
#define ADDRESS_CELLS 2u
#define SIZE_CELLS 1u
#define ADDRESS_CELLS_MAX 4u
#define SIZE_CELLS_MAX 2u
#define ENTRIES_MAX 256u

enum pci_space {
	SPACE_CONFIG,
	SPACE_IO,
	SPACE_MEM32,
	SPACE_MEM64,
};

/* Numbers of cells of the three parts of an entry. */
struct shape {
	uint32_t child;
	uint32_t parent;
	uint32_t size;
};

void
holes_path_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash != NULL)
		*slash = '\0';
}

/*
 * Find the folder that has the link, and the name of the node. The link may be at the bus
 * itself, at the bridge (pciDDDD:BB) above its class folder, or at the platform device
 * that created the bridge. Higher folders are not tried: a "soc" node has ranges too, but
 * not those of a bridge.
 */
static int
link_folder(const struct holes_bridge *bridge, char *dir, size_t size, char *name,
		size_t name_size)
{
	int ret, i;

	ret = sysfs_read_link_path(bridge->root, dir, size, "/sys/class/pci_bus/%s", bridge->bus);
	if (ret != 0)
		return ret;
	ret = sysfs_read_link_name(bridge->root, name, name_size, "%s/of_node", dir);
	if (ret != -ENOENT)
		return ret;
	holes_path_up(dir);
	for (i = 0; i < 2 && ret == -ENOENT; i++) {
		holes_path_up(dir);
		ret = sysfs_read_link_name(bridge->root, name, name_size, "%s/of_node", dir);
	}
	return ret;
}

/* Containers mask /sys/firmware, so the link may lead nowhere. */
int
holes_dt_node(const struct holes_bridge *bridge, char *out, size_t size)
{
	char dir[SYSFS_PATH_MAX], name[SYSFS_PATH_MAX];
	int ret = link_folder(bridge, dir, sizeof(dir), name, sizeof(name));

	if (ret != 0)
		return ret;
	ret = sysfs_read_link_path(bridge->root, out, size, "%s/of_node", dir);
	if (ret == -ENOENT)
		return -ENOLINK;
	if (ret == 0 && strncmp(out, HOLES_DT_BASE "/", strlen(HOLES_DT_BASE "/")) != 0)
		return -ENOENT;
	return ret;
}

void
holes_dt_node_name(const struct holes_bridge *bridge, char *out, size_t size)
{
	char dir[SYSFS_PATH_MAX];

	if (link_folder(bridge, dir, sizeof(dir), out, size) != 0)
		out[0] = '\0';
}

enum holes_sight
holes_dt_sight(int ret)
{
	switch (ret) {
	case 0:
		return HOLES_SEEN;
	case -ENOLINK:
		return HOLES_HIDDEN;
	case -EACCES:
	case -EPERM:
		return HOLES_DENIED;
	default:
		return HOLES_ABSENT;
	}
}

uint32_t
holes_dt_cell_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Read a number of some cells; of longer ones the low 64 bits. */
static uint64_t
number_at(const uint8_t *p, uint32_t cells)
{
	uint64_t v = 0;

	for (; cells > 0; cells--, p += CELL)
		v = v << 32 | holes_dt_cell_at(p);
	return v;
}

int
holes_dt_cell(const char *root, const char *node, const char *name, uint32_t missing, uint32_t *out)
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
		*out = holes_dt_cell_at((const uint8_t *)data);
	free(data);
	return ret;
}

static int
shape_read(const char *root, const char *node, bool pci, struct shape *out)
{
	char up[SYSFS_PATH_MAX];
	int ret;

	memcpy(up, node, strlen(node) + 1);
	holes_path_up(up);
	ret = holes_dt_cell(root, node, "#address-cells", pci ? PCI_ADDRESS_CELLS : ADDRESS_CELLS,
			&out->child);
	if (ret == 0)
		ret = holes_dt_cell(root, node, "#size-cells", pci ? PCI_SIZE_CELLS : SIZE_CELLS,
				&out->size);
	if (ret == 0)
		ret = holes_dt_cell(root, up, "#address-cells", ADDRESS_CELLS, &out->parent);
	if (ret != 0)
		return ret;
	if (pci && (out->child != PCI_ADDRESS_CELLS || out->size != PCI_SIZE_CELLS))
		return -EBADMSG;
	if (out->child == 0 || out->child > ADDRESS_CELLS_MAX || out->parent == 0 ||
			out->parent > ADDRESS_CELLS_MAX || out->size == 0 ||
			out->size > SIZE_CELLS_MAX)
		return -EBADMSG;
	return 0;
}

static void
entry_at(const uint8_t *p, const struct shape *shape, bool pci, struct holes_dt_entry *out)
{
	enum pci_space space = holes_dt_cell_at(p) >> 24 & 3;

	out->memory = !pci || space == SPACE_MEM32 || space == SPACE_MEM64;
	out->child = number_at(p, shape->child);
	p += shape->child * CELL;
	out->parent = number_at(p, shape->parent);
	p += shape->parent * CELL;
	out->size = number_at(p, shape->size);
}

static int
entries_parse(const uint8_t *data, size_t len, const struct shape *shape, bool pci,
		struct holes_dt_entry **out, size_t *n, unsigned int *odd)
{
	size_t entry = (shape->child + shape->parent + shape->size) * CELL, count = len / entry, i;
	struct holes_dt_entry *v;

	*odd += len % entry != 0;
	if (count > ENTRIES_MAX) {
		*odd += (unsigned int)(count - ENTRIES_MAX);
		count = ENTRIES_MAX;
	}
	v = calloc(count + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		entry_at(data + i * entry, shape, pci, &v[i]);
	*out = v;
	*n = count;
	return 0;
}

int
holes_dt_entries(const char *root, const char *node, const char *property, bool pci,
		struct holes_dt_entry **out, size_t *n, unsigned int *odd)
{
	struct shape shape;
	char *data;
	size_t len;
	int ret;

	ret = sysfs_read_file(root, &data, &len, "%s/%s", node, property);
	if (ret != 0)
		return ret;
	ret = shape_read(root, node, pci, &shape);
	if (ret == 0)
		ret = entries_parse((const uint8_t *)data, len, &shape, pci, out, n, odd);
	free(data);
	return ret;
}
