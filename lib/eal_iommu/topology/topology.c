/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * PCI functions as sysfs shows them.
 *
 * /sys/bus/pci/devices holds one link per function. Its target is the place
 * of the function in the tree, and that path alone names the bridges above:
 *
 *   /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
 *                root bus   bridge       the function
 *
 * Rules:
 * - a device is returned completely or not at all;
 * - names from the kernel are kept whole or rejected, never truncated, as a truncated
 *   name could be the name of something else;
 * - a missing file means "unknown". A file that can't be understood makes the whole
 *   device -ENODATA only if it is essential: IDs, driver, group. Other such files are
 *   recorded in "unread". Only the IDs always exist. A function that disappears while it
 *   is read is -ENOENT.
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"

#define DEVICES TOPO_DEVICES
#define GROUPS "/sys/kernel/iommu_groups"

static int
id_read(const char *root, const char *bdf, const char *file, uint64_t max, uint64_t *out)
{
	int ret = sysfs_read_u64(root, out, DEVICES "/%s/%s", bdf, file);

	if (ret == -ENOENT || ret == -EINVAL || (ret == 0 && *out > max))
		return -ENODATA;
	return ret;
}

static int
ids_read(const char *root, struct topo_device *dev)
{
	const struct {
		const char *file;
		uint16_t *id;
	} ids[] = {
		{ "vendor", &dev->vendor },
		{ "device", &dev->device },
		{ "subsystem_vendor", &dev->subvendor },
		{ "subsystem_device", &dev->subdevice },
	};
	uint64_t v;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		ret = id_read(root, dev->bdf, ids[i].file, UINT16_MAX, &v);
		if (ret != 0)
			return ret;
		*ids[i].id = (uint16_t)v;
	}
	ret = id_read(root, dev->bdf, "class", 0xffffff, &v);
	if (ret != 0)
		return ret;
	dev->class_id = (uint32_t)v;
	dev->is_bridge = dev->class_id >> 16 == 0x06;
	return 0;
}

/* Read the last component of a link of the device and mask it; "" if there is no link. */
static int
name_read(const char *root, const struct topo_device *dev, const char *link, char *out)
{
	int ret = sysfs_read_link_name(root, out, TOPO_NAME_LEN, DEVICES "/%s/%s", dev->bdf, link);

	if (ret == -ENOENT) {
		*out = '\0';
		return 0;
	}
	if (ret == 0)
		sysfs_mask(out);
	return ret == -ENAMETOOLONG ? -ENODATA : ret;
}

static int
group_number(const char *s, int *out)
{
	char *end;
	long v;

	if (!isdigit((unsigned char)*s))
		return -ENODATA;
	errno = 0;
	v = strtol(s, &end, 10);
	if (errno != 0 || *end != '\0' || v > INT_MAX)
		return -ENODATA;
	*out = (int)v;
	return 0;
}

static int
group_read(const char *root, struct topo_device *dev)
{
	char name[TOPO_NAME_LEN], *text;
	int ret;

	ret = name_read(root, dev, "iommu_group", name);
	if (ret != 0)
		return ret;
	dev->group = -1;
	if (*name == '\0')
		return 0;
	ret = group_number(name, &dev->group);
	if (ret != 0)
		return ret;
	ret = sysfs_read_file(root, &text, NULL, GROUPS "/%d/name", dev->group);
	if (ret == -ENOENT || topology_error_is_ours(ret))
		return ret == -ENOENT ? 0 : ret;
	/* If the group can't be read, the name of its node shows the same. */
	if (ret != 0) {
		dev->group_noiommu = sysfs_exists(root, "/dev/vfio/noiommu-%d", dev->group) == 0;
		return 0;
	}
	dev->group_noiommu = strcmp(text, "vfio-noiommu\n") == 0;
	free(text);
	return 0;
}

/*
 * Only PCI Express functions have files about the link (Linux 4.13). Reading them would
 * read a register of the device and wake it up.
 */
bool
topology_is_pcie(const char *root, const char *bdf)
{
	return sysfs_exists(root, DEVICES "/%s/current_link_speed", bdf) != -ENOENT;
}

#define NOIOMMU "noiommu-"	/* before the name, without an IOMMU */

/* @return whether it is "vfio" and a number */
static bool
is_vfio_name(const char *name)
{
	return strncmp(name, "vfio", 4) == 0 && name[4] != '\0' &&
		strspn(name + 4, "0123456789") == strlen(name + 4);
}

/* Take the name of the character device; others are of later kernels. */
static int
cdev_take(struct topo_device *dev, const char *name)
{
	char *out = dev->cdev;
	bool known = is_vfio_name(name);

	if (strncmp(name, NOIOMMU, strlen(NOIOMMU)) == 0) {
		out = dev->cdev_noiommu;
		known = is_vfio_name(name + strlen(NOIOMMU));
	}
	if (!known || *out != '\0')
		return 0;
	return strlcpy(out, name, TOPO_NAME_LEN) < TOPO_NAME_LEN ? 0 : -ENODATA;
}

/* vfio-dev/ has one folder with the name of the character device. */
static int
cdev_read(const char *root, struct topo_device *dev)
{
	char **names;
	size_t n, i;
	int ret;

	ret = sysfs_list(root, &names, &n, DEVICES "/%s/vfio-dev", dev->bdf);
	if (ret == -ENOENT)
		return 0;
	if (ret != 0)
		return ret;
	for (i = 0; i < n && ret == 0; i++)
		ret = cdev_take(dev, names[i]);
	sysfs_free_names(names, n);
	return ret;
}

static int
numbers_read(const char *root, struct topo_device *dev)
{
	uint64_t vfs;
	int64_t node;
	int ret;

	dev->numa_node = -1;
	ret = sysfs_read_s64(root, &node, DEVICES "/%s/numa_node", dev->bdf);
	if (topology_error_is_ours(ret))
		return ret;
	if (ret == 0 && node >= -1 && node <= INT_MAX)
		dev->numa_node = (int)node;
	else if (ret != -ENOENT)
		dev->unread |= TOPO_UNREAD_NUMA_NODE;
	ret = sysfs_read_u64(root, &vfs, DEVICES "/%s/sriov_numvfs", dev->bdf);
	if (topology_error_is_ours(ret))
		return ret;
	if (ret == 0 && vfs <= UINT16_MAX)
		dev->max_vfs = (uint16_t)vfs;
	else if (ret != -ENOENT)
		dev->unread |= TOPO_UNREAD_VFS;
	return 0;
}

void
topology_unread_names(const struct topo_device *dev, char *out, size_t size)
{
	static const char *const names[] = { "numa_node", "sriov_numvfs", "resource" };
	size_t i;

	*out = '\0';
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if ((dev->unread >> i & 1) == 0)
			continue;
		if (*out != '\0')
			strlcat(out, ", ", size);
		strlcat(out, names[i], size);
	}
}

/*
 * Parse a function's path from its end: the function itself, bridges, "pciDDDD:BB". Fills
 * root_bus and the bridges, and truncates the path.
 */
static int
path_walk(char *path, struct topo_device *dev)
{
	struct topo_addr a;
	char *name;
	bool self = true;

	while ((name = strrchr(path, '/')) != NULL) {
		*name++ = '\0';
		if (topology_parse_bdf(name, &a) == 0) {
			if (self && topology_addr_cmp(&a, &dev->addr) != 0)
				return -ENODATA;
			if (!self && dev->n_up < TOPO_DEPTH)
				topology_format_bdf(&a, dev->up[dev->n_up++], TOPO_BDF_LEN);
			self = false;
			continue;
		}
		if (self || strncmp(name, "pci", 3) != 0 || topology_parse_bus(name + 3, &a) != 0)
			return -ENODATA;
		topology_format_bus(&a, dev->root_bus, sizeof(dev->root_bus));
		return 0;
	}
	return -ENODATA;
}

int
topology_fill(const char *root, struct topo_device *dev)
{
	int ret = ids_read(root, dev);

	dev->pcie = topology_is_pcie(root, dev->bdf);
	if (ret == 0)
		ret = name_read(root, dev, "driver", dev->driver);
	if (ret == 0)
		ret = name_read(root, dev, "iommu", dev->iommu);
	if (ret == 0)
		ret = group_read(root, dev);
	if (ret == 0)
		ret = cdev_read(root, dev);
	if (ret == 0)
		ret = numbers_read(root, dev);
	return ret;
}

/* The text of the link already has the path; resolving it would cost more system calls. */
int
topology_place(const char *root, struct topo_device *dev)
{
	char path[SYSFS_PATH_MAX];
	int ret = sysfs_read_link_target(root, path, sizeof(path), DEVICES "/%s", dev->bdf);

	return ret == 0 ? path_walk(path, dev) : ret;
}

int
topology_gone(const char *root, const struct topo_device *dev, int ret)
{
	return ret != 0 && sysfs_exists(root, DEVICES "/%s", dev->bdf) == -ENOENT ? -ENOENT : ret;
}

int
topology_read(const char *root, const struct topo_addr *addr, struct topo_device *out)
{
	struct topo_device dev = { .addr = *addr };
	struct topo_bar rows[TOPO_ROWS];
	size_t n = 0;
	int ret;

	topology_format_bdf(addr, dev.bdf, sizeof(dev.bdf));
	ret = topology_place(root, &dev);
	if (ret == 0)
		ret = topology_fill(root, &dev);
	if (ret == 0) {
		ret = topology_resource_rows(root, addr, rows, &n);
		ret = topology_bars(&dev, ret, rows, n);
	}
	if (ret == 0)
		*out = dev;
	return topology_gone(root, &dev, ret);
}

int
topology_cdev_node(const char *root, const struct topo_device *dev, char *out,
		size_t size)
{
	char *number;
	int ret;

	out[0] = '\0';
	if (dev->cdev[0] == '\0')
		return -ENOENT;
	ret = sysfs_read_file(root, &number, NULL, DEVICES "/%s/vfio-dev/%s/dev",
			dev->bdf, dev->cdev);
	if (ret < 0)
		return ret;
	free(number);
	snprintf(out, size, "/dev/vfio/devices/%s", dev->cdev);
	return 0;
}
