/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The device tree contains serial numbers, MAC addresses, random seeds and the command
 * line. The capture takes only properties about addresses, buses and IOMMUs. It takes
 * them from every node, as nodes refer to each other by phandle.
 */

#include <errno.h>
#include <string.h>

#include "capture.h"
#include "sysfs/sysfs.h"

#define BASE "/sys/firmware/devicetree/base"
#define TABLES "/sys/firmware/acpi/tables"
#define DEPTH_MAX 24
#define NODES_MAX 32768u
#define N(table) (sizeof(table) / sizeof(*(table)))

static const char *const properties[] = {
	"#address-cells", "#size-cells", "#interconnect-cells", "#iommu-cells", "#msi-cells",
	"bus-range", "compatible", "device_type", "dma-coherent", "dma-ranges",
	"interconnect-names", "interconnects", "iommu-addresses", "iommu-map",
	"iommu-map-mask", "iommus", "linux,pci-domain", "linux,phandle", "memory-region",
	"msi-map", "msi-map-mask", "msi-parent", "name", "phandle", "ranges", "reg", "status",
};

/* Nodes without buses. In a store of numbers "reg" is an address, not the number. */
static const char *const skipped[] = {
	"__fixups__", "__local_fixups__", "__symbols__", "aliases", "chosen", "firmware",
	"hypervisor", "options",
};

static bool
is_one_of(const char *name, const char *const *table, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(name, table[i]) == 0)
			return true;
	return false;
}

/* A node that can't be listed is skipped, as is a file. */
static void
take_node(struct capture *c, const char *path, unsigned int depth)
{
	char child[SYSFS_PATH_MAX], **names;
	size_t n, i;
	int ret = sysfs_list(c->root, &names, &n, "%s", path);

	if (ret != 0) {
		if (ret != -ENOTDIR && ret != -ENOENT)
			capture_miss(c, "%s: %s", path, strerror(-ret));
		return;
	}
	if (++c->nodes > NODES_MAX || depth > DEPTH_MAX) {
		if (c->nodes == NODES_MAX + 1 || depth > DEPTH_MAX)
			capture_miss(c, "%s and what follows: the device tree is too large", path);
		sysfs_free_names(names, n);
		return;
	}
	capture_folder(c, "%s", path);
	for (i = 0; i < n && c->error == 0; i++) {
		if (is_one_of(names[i], properties, N(properties)))
			capture_file(c, "%s/%s", path, names[i]);
		else if (!is_one_of(names[i], skipped, N(skipped)) &&
				(size_t)snprintf(child, sizeof(child), "%s/%s", path, names[i]) <
				sizeof(child))
			take_node(c, child, depth + 1);
	}
	sysfs_free_names(names, n);
}

/* Take the names of tables, not their contents. */
static void
take_tables(struct capture *c)
{
	char **names;
	size_t n, i;

	capture_folder(c, "/sys/firmware/acpi");
	if (sysfs_list(c->root, &names, &n, TABLES) != 0)
		return;
	capture_folder(c, TABLES);
	for (i = 0; i < n; i++)
		if (names[i][strspn(names[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0')
			capture_name(c, TABLES "/%s", names[i]);
	sysfs_free_names(names, n);
}

void
capture_firmware(struct capture *c)
{
	capture_folder(c, "/sys/firmware");
	take_tables(c);
	take_node(c, BASE, 0);
}
