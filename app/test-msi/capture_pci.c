/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * PCI as sysfs shows it. The capture wakes no device: it does not read config space of a
 * device in D3cold or below a sleeping bridge.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "sysfs/sysfs.h"
#include "topology/topology.h"

#define DEVICES "/sys/bus/pci/devices"
#define GROUPS "/sys/kernel/iommu_groups"
#define IOMMUS "/sys/class/iommu"
#define CONFIG_LEN 64	/* bytes that every user may read */
#define N(table) (sizeof(table) / sizeof(*(table)))

static void
take_config(struct capture *c, const struct topo_addr *addr, const char *dir)
{
	const enum topo_wakes wakes = topology_config_wakes(c->root, addr);
	char path[SYSFS_PATH_MAX];
	uint8_t config[CONFIG_LEN];
	size_t len;
	int ret;

	if (wakes != TOPO_WAKES_NONE) {
		capture_miss(c, "%s/config: %s, and is not woken", dir,
			wakes == TOPO_WAKES_DEVICE ? "it sleeps" : "a bridge above it sleeps");
		return;
	}
	ret = sysfs_read_start(c->root, config, sizeof(config), &len, "%s/config", dir);
	if (ret != 0 && ret != -ENOENT)
		capture_miss(c, "%s/config: %s", dir, strerror(-ret));
	if (ret == 0 && (size_t)snprintf(path, sizeof(path), "%s/config", dir) < sizeof(path))
		capture_put(c, path, config, len);
}

/* VFIO's name of the device, also the name of its character device. */
static void
take_cdev(struct capture *c, const char *dir)
{
	char **names;
	size_t n, i;

	if (sysfs_list(c->root, &names, &n, "%s/vfio-dev", dir) != 0)
		return;
	capture_folder(c, "%s/vfio-dev", dir);
	for (i = 0; i < n; i++) {
		if (strncmp(names[i], "vfio", 4) != 0 &&
		    strncmp(names[i], "noiommu-vfio", 12) != 0)
			continue;
		capture_folder(c, "%s/vfio-dev/%s", dir, names[i]);
		capture_file(c, "%s/vfio-dev/%s/dev", dir, names[i]);
	}
	sysfs_free_names(names, n);
}

static void
take_function(struct capture *c, const char *bdf)
{
	static const char *const files[] = {
		"vendor", "device", "subsystem_vendor", "subsystem_device", "class", "revision",
		"resource", "numa_node", "sriov_numvfs", "sriov_totalvfs",
		"power/runtime_status", "power_state",
	};
	/* Reading these files would read registers, so take only their names. */
	static const char *const names[] = { "current_link_speed", "max_link_speed" };
	static const char *const links[] = {
		"driver", "iommu", "iommu_group", "of_node", "physfn", "subsystem",
	};
	char dir[SYSFS_PATH_MAX];
	struct topo_addr addr;
	size_t i;
	int ret = sysfs_read_link_path(c->root, dir, sizeof(dir), DEVICES "/%s", bdf);

	capture_link(c, DEVICES "/%s", bdf);
	if (ret != 0) {
		capture_miss(c, DEVICES "/%s: %s", bdf, strerror(-ret));
		return;
	}
	capture_folder(c, "%s", dir);
	for (i = 0; i < N(files); i++)
		capture_file(c, "%s/%s", dir, files[i]);
	for (i = 0; i < N(names); i++)
		capture_name(c, "%s/%s", dir, names[i]);
	for (i = 0; i < N(links); i++)
		capture_link(c, "%s/%s", dir, links[i]);
	if (topology_parse_bdf(bdf, &addr) == 0)
		take_config(c, &addr, dir);
	take_cdev(c, dir);
}

/* Take a link in a folder of classes, its target, and attributes of the target. */
static void
take_linked(struct capture *c, const char *folder, const char *name, const char *const *links,
		size_t n)
{
	char dir[SYSFS_PATH_MAX];
	size_t i;

	capture_link(c, "%s/%s", folder, name);
	if (sysfs_read_link_path(c->root, dir, sizeof(dir), "%s/%s", folder, name) != 0)
		return;
	capture_folder(c, "%s", dir);
	for (i = 0; i < n; i++)
		capture_link(c, "%s/%s", dir, links[i]);
}

/* The link to the device tree node may be at the bus, the bridge, or the bridge's parent. */
static void
take_bus(struct capture *c, const char *bus)
{
	static const char *const links[] = { "of_node" };
	char dir[SYSFS_PATH_MAX], *slash;
	int i;

	take_linked(c, "/sys/class/pci_bus", bus, links, N(links));
	if (sysfs_read_link_path(c->root, dir, sizeof(dir), "/sys/class/pci_bus/%s", bus) != 0)
		return;
	for (i = 0; i < 3 && (slash = strrchr(dir, '/')) != NULL && slash != dir; i++) {
		*slash = '\0';
		if (i > 0)
			capture_link(c, "%s/of_node", dir);
	}
}

static void
take_group(struct capture *c, const char *group)
{
	static const char *const links[] = { "driver", "subsystem", "of_node" };
	char folder[SYSFS_PATH_MAX], **names;
	struct topo_addr addr;
	size_t n, i;

	capture_folder(c, GROUPS "/%s", group);
	capture_file(c, GROUPS "/%s/reserved_regions", group);
	capture_file(c, GROUPS "/%s/name", group);
	capture_file(c, GROUPS "/%s/type", group);
	snprintf(folder, sizeof(folder), GROUPS "/%.64s/devices", group);
	if (sysfs_list(c->root, &names, &n, "%s", folder) != 0)
		return;
	capture_folder(c, "%s", folder);
	for (i = 0; i < n; i++)
		if (topology_parse_bdf(names[i], &addr) == 0)
			capture_link(c, "%s/%s", folder, names[i]);
		else
			take_linked(c, folder, names[i], links, N(links));
	sysfs_free_names(names, n);
}

/* An IOMMU, and how many bits one of Intel translates. */
static void
take_iommu(struct capture *c, const char *name)
{
	static const char *const files[] = { "intel-iommu/cap", "intel-iommu/ecap" };
	char dir[SYSFS_PATH_MAX];
	size_t i;

	take_linked(c, IOMMUS, name, NULL, 0);
	if (sysfs_read_link_path(c->root, dir, sizeof(dir), IOMMUS "/%s", name) != 0)
		return;
	capture_folder(c, "%s/intel-iommu", dir);
	for (i = 0; i < N(files); i++)
		capture_file(c, "%s/%s", dir, files[i]);
}

/* Pass each name in a folder to @p take. The machine may lack the folder. */
static void
for_each(struct capture *c, const char *folder, void (*take)(struct capture *, const char *))
{
	char **names;
	size_t n, i;
	int ret = sysfs_list(c->root, &names, &n, "%s", folder);

	if (ret != 0) {
		if (ret != -ENOENT)
			capture_miss(c, "%s: %s", folder, strerror(-ret));
		return;
	}
	capture_folder(c, "%s", folder);
	for (i = 0; i < n; i++)
		take(c, names[i]);
	sysfs_free_names(names, n);
}

void
capture_pci(struct capture *c)
{
	for_each(c, DEVICES, take_function);
	for_each(c, "/sys/class/pci_bus", take_bus);
	for_each(c, IOMMUS, take_iommu);
	for_each(c, GROUPS, take_group);
}
