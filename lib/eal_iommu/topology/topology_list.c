/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"

/* Read the functions among @p names. Functions may disappear meanwhile. */
static int
members_read(struct topo_snapshot *snap, char **names, size_t n, struct topo_set *out)
{
	const struct topo_device *dev = NULL;
	struct topo_addr addr;
	size_t i;
	int ret = topology_set_make(out, n);

	if (ret != 0)
		return ret;
	for (i = 0; i < n && ret == 0; i++) {
		if (topology_parse_bdf(names[i], &addr) != 0)
			continue;
		ret = topology_function(snap, &addr, &dev);
		ret = topology_set_put(out, n, dev, ret);
	}
	topology_set_sort(out, n);
	return ret;
}

int
topology_snapshot_group(struct topo_snapshot *snap, int group, struct topo_set *out)
{
	char of[TOPO_NAME_LEN], **names;
	size_t n;
	int ret;

	snprintf(of, sizeof(of), "%d", group);
	*out = (struct topo_set){ 0 };
	if (topology_kept(snap, of, &ret, out))
		return ret;
	ret = sysfs_list(snap->root, &names, &n, "/sys/kernel/iommu_groups/%s/devices", of);
	if (ret == 0) {
		ret = members_read(snap, names, n, out);
		sysfs_free_names(names, n);
	}
	return topology_keep(snap, of, ret, out);
}

int
topology_snapshot_all(struct topo_snapshot *snap, struct topo_set *out)
{
	int ret;

	*out = (struct topo_set){ 0 };
	if (topology_kept(snap, "", &ret, out))
		return ret;
	ret = topology_functions(snap, NULL, out);
	return topology_keep(snap, "", ret, out);
}

bool
topology_is_vfio(const struct topo_device *dev)
{
	return dev->cdev[0] != '\0' || dev->cdev_noiommu[0] != '\0' ||
		strstr(dev->driver, "vfio") != NULL;
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
