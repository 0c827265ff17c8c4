/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Domains that PCI functions create. The path of a device in such a domain has one root
 * bus per domain:
 *
 *   pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0
 *   outer bus  the function inner bus
 */

#include <errno.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"

/* Is this component of a path a root bus? */
static bool
bus_name(const char *name, char *bus)
{
	struct topo_addr addr;

	if (strncmp(name, "pci", 3) != 0 || topology_parse_bus(name + 3, &addr) != 0)
		return false;
	topology_format_bus(&addr, bus, TOPO_BDF_LEN);
	return true;
}

int
topology_outer(const char *root, const struct topo_device *dev, struct topo_outer *out, size_t *n)
{
	char path[SYSFS_PATH_MAX], via[TOPO_BDF_LEN] = "", bus[TOPO_BDF_LEN], *name;
	bool inside = false;	/* above the root bus of the device itself */
	struct topo_addr addr;
	int ret = sysfs_read_link_target(root, path, sizeof(path), TOPO_DEVICES "/%s", dev->bdf);

	*n = 0;
	while (ret == 0 && *n < TOPO_OUTER && (name = strrchr(path, '/')) != NULL) {
		*name++ = '\0';
		if (topology_parse_bdf(name, &addr) == 0) {
			if (inside && via[0] == '\0')
				topology_format_bdf(&addr, via, sizeof(via));
			continue;
		}
		if (!bus_name(name, bus))
			continue;
		if (inside && via[0] != '\0') {
			strlcpy(out[*n].via, via, sizeof(out[*n].via));
			strlcpy(out[*n].bus, bus, sizeof(out[*n].bus));
			(*n)++;
		}
		inside = true;
		via[0] = '\0';
	}
	return ret;
}
