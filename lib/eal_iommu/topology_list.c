/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs.h"
#include "topology.h"

static int
device_cmp(const void *a, const void *b)
{
	const struct topo_device *x = a, *y = b;

	return topology_addr_cmp(&x->addr, &y->addr);
}

/* The functions among @p names, which may go away while they are read. */
static int
devices_read(const char *root, char **names, size_t n, struct topo_device **out, size_t *n_out)
{
	struct topo_device *v = NULL;
	struct topo_addr addr;
	size_t i, count = 0;
	int ret;

	if (n > 0) {
		v = calloc(n, sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
	}
	for (i = 0; i < n; i++) {
		if (topology_parse_bdf(names[i], &addr) != 0)
			continue;
		ret = topology_read(root, &addr, &v[count]);
		if (ret == 0) {
			count++;
		} else if (ret != -ENOENT) {
			free(v);
			return ret;
		}
	}
	if (count > 1)
		qsort(v, count, sizeof(*v), device_cmp);
	*out = v;
	*n_out = count;
	return 0;
}

static int
folder_read(const char *root, const char *folder, struct topo_device **out, size_t *n)
{
	char **names;
	size_t count;
	int ret;

	ret = sysfs_list(root, &names, &count, "%s", folder);
	if (ret != 0)
		return ret;
	ret = devices_read(root, names, count, out, n);
	sysfs_free_names(names, count);
	return ret;
}

int
topology_list(const char *root, struct topo_device **out, size_t *n)
{
	return folder_read(root, "/sys/bus/pci/devices", out, n);
}

int
topology_group(const char *root, int group, struct topo_device **out, size_t *n)
{
	char folder[64];

	snprintf(folder, sizeof(folder), "/sys/kernel/iommu_groups/%d/devices", group);
	return folder_read(root, folder, out, n);
}

bool
topology_is_vfio(const struct topo_device *dev)
{
	return dev->cdev[0] != '\0' || strstr(dev->driver, "vfio") != NULL;
}

bool
topology_blocks_group(const struct topo_device *dev)
{
	if (dev->driver[0] == '\0' || topology_is_vfio(dev))
		return false;
	if (strcmp(dev->driver, "pci-stub") == 0)
		return false;
	return !dev->is_bridge || strcmp(dev->driver, "pcieport") != 0;
}
