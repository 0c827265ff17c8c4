/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Use of a function by the machine. Disks and network interfaces are below the function
 * in the device tree of sysfs:
 *
 *   /sys/class/block/sda2 -> .../0000:00:17.0/ata1/.../block/sda/sda2
 *   /sys/class/net/eth0   -> .../0000:01:00.0/net/eth0
 */

#include <stdio.h>

#include "topology/topology_use_private.h"

void
topology_use(struct topo_snapshot *snap, const struct topo_device *dev, struct topo_use *out)
{
	struct topo_search s = { .root = snap->root, .users = topology_users(snap), .out = out };

	*out = (struct topo_use){ .kind = s.users == NULL ? TOPO_USE_UNSEEN : TOPO_USE_NONE };
	if (s.users == NULL)
		return;
	snprintf(s.below, sizeof(s.below), "/%s/", dev->bdf);
	topology_disks_look(&s, dev);
	topology_interfaces_look(&s, dev);
	if (dev->max_vfs > 0)
		topology_use_note(&s, TOPO_USE_FUNCTIONS, "", 0);
	if ((dev->unread & TOPO_UNREAD_VFS) != 0)
		topology_use_note(&s, TOPO_USE_UNSEEN, "", 0);
}
