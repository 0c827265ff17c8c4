/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The bus above a node, as DMA sees it. A node may name another than its parent:
 *
 *   interconnects = <phandle ARGUMENT...  phandle ARGUMENT...>
 *   interconnect-names = "dma-mem", "write"
 *
 * The entry named "dma-mem" is it; a node has as many arguments as its
 * #interconnect-cells says, and phandle 0 is an entry of its own that names none. The kernel takes the parent where any of this is
 * missing or odd, so this does too. Tegra's PCIe goes to the memory controller so.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "holes_internal.h"
#include "sysfs.h"

#define DMA_MEM "dma-mem"
#define DEPTH_MAX 16u		/* of nodes; the deepest trees have 8 */
#define NODES_MAX 32768u	/* ten times as many as the largest trees have */
#define CELLS_MAX 256u
#define ARGUMENTS_MAX 16u	/* as many as the kernel takes */

/* Search of the tree for the node that has a phandle. */
struct search {
	const char *root;
	uint32_t phandle;
	char *path;		/* of the node that is looked at */
	size_t size;
	unsigned int left;	/* nodes that may still be looked at */
};

static bool
has_phandle(const struct search *s)
{
	uint32_t phandle;

	return holes_dt_cell(s->root, s->path, "phandle", 0, &phandle) == 0 &&
		phandle == s->phandle;
}

/* Properties are files; a list of labels is no node of hardware. */
static bool
may_be_node(const char *name)
{
	return name[0] != '#' && strncmp(name, "__", 2) != 0 && strcmp(name, "name") != 0 &&
		strcmp(name, "phandle") != 0 && strcmp(name, "compatible") != 0 &&
		strcmp(name, "reg") != 0 && strcmp(name, "status") != 0;
}

/* Found: the path stays there. Else it is as it was. */
static bool
find_below(struct search *s, unsigned int depth)
{
	size_t len = strlen(s->path), n, i;
	bool found = false;
	char **names;

	if (depth == DEPTH_MAX || s->left == 0 ||
			sysfs_list(s->root, &names, &n, "%s", s->path) != 0)
		return false;
	s->left--;
	found = has_phandle(s);
	for (i = 0; i < n && !found; i++) {
		if (!may_be_node(names[i]) ||
				strlcat(s->path, "/", s->size) >= s->size ||
				strlcat(s->path, names[i], s->size) >= s->size) {
			s->path[len] = '\0';
			continue;
		}
		found = find_below(s, depth + 1);
		if (!found)
			s->path[len] = '\0';
	}
	sysfs_free_names(names, n);
	return found;
}

static bool
find_node(const char *root, uint32_t phandle, char *path, size_t size)
{
	struct search s = { .root = root, .phandle = phandle, .path = path, .size = size,
		.left = NODES_MAX };

	strlcpy(path, HOLES_DT_BASE, size);
	return find_below(&s, 0);
}

/* Number of a string in a property that is a list of strings; -1: it is not there. */
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
 * Path of the node that entry @p index of "interconnects" names. An entry of phandle 0
 * stands for none and has no arguments. All others must be whole up to that one.
 */
static bool
entry_node(const char *root, const uint8_t *cells, size_t n, int index, char *path, size_t size)
{
	uint32_t phandle, arguments;
	size_t at = 0;

	for (; at < n; index--) {
		phandle = holes_dt_cell_at(cells + at++ * sizeof(uint32_t));
		if (phandle == 0) {
			if (index == 0)
				return false;
			continue;
		}
		if (!find_node(root, phandle, path, size) ||
				holes_dt_cell(root, path, "#interconnect-cells", ARGUMENTS_MAX + 1,
					&arguments) != 0 ||
				arguments > ARGUMENTS_MAX || arguments > n - at)
			return false;
		if (index == 0)
			return true;
		at += arguments;
	}
	return false;
}

void
holes_dt_dma_parent(const char *root, char *node, size_t size)
{
	int index = string_index(root, node, "interconnect-names", DMA_MEM);
	char path[SYSFS_PATH_MAX], *cells;
	bool found;
	size_t len;

	if (index < 0 || sysfs_read_file(root, &cells, &len, "%s/interconnects", node) != 0) {
		holes_path_up(node);
		return;
	}
	len = len > CELLS_MAX * sizeof(uint32_t) ? CELLS_MAX : len / sizeof(uint32_t);
	found = entry_node(root, (const uint8_t *)cells, len, index, path, sizeof(path));
	free(cells);
	if (!found || strlcpy(node, path, size) >= size)
		holes_path_up(node);
}
