/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Functions on one conventional PCI bus should be one IOMMU group. Kernels
 * before 6.15 group them one by one when drivers bind in an unlucky order, and
 * the SMMUv3 driver takes the first and leaves the others without a group.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"

bool
plan_alias_lost(const char *root, const struct topo_device *t, char *why, size_t size)
{
	struct topo_device *v;
	bool lost = false;
	size_t n, i;

	if (t->group >= 0 || topology_aliases(root, t, &v, &n) != 0)
		return false;
	for (i = 0; i < n && !lost; i++) {
		lost = v[i].group >= 0;
		if (lost)
			snprintf(why, size,
				"is in no IOMMU group, as it shares a conventional PCI bus with %s of IOMMU group %d and this IOMMU can't tell them apart (see dmesg); put it into another slot",
				v[i].bdf, v[i].group);
	}
	free(v);
	return lost;
}

int
plan_alias_check(const char *root, struct plan_device *pd, char *why, size_t size)
{
	const struct topo_device *t = &pd->topo, *a;
	struct topo_device *v;
	size_t n, i;
	int ret = topology_aliases(root, t, &v, &n);

	if (ret != 0) {
		snprintf(why, size, "who shares its PCI bus can't be read: %s", strerror(-ret));
		return ret;
	}
	pd->aliased = n > 0;
	for (i = 0; i < n && ret == 0; i++) {
		a = &v[i];
		if (a->group == t->group)
			continue;
		if (topology_blocks_group(a)) {
			ret = -EPERM;
			snprintf(why, size,
				"the IOMMU can't tell its DMA from that of %s on the same conventional PCI bus, which is bound to %s, although the kernel does not have both in one group; bind that to vfio-pci too, or to no driver: dpdk-devbind.py -u %s",
				a->bdf, a->driver, a->bdf);
		} else if (pd->alias_why[0] == '\0') {
			snprintf(pd->alias_why, sizeof(pd->alias_why),
				"the IOMMU can't tell its DMA from that of %s on the same conventional PCI bus, although the kernel does not have both in one group; give both to this process, or the other to nobody",
				a->bdf);
		}
	}
	free(v);
	return ret;
}
