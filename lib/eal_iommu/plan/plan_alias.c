/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Functions on one conventional PCI bus should be in one IOMMU group. Kernels before 6.15
 * split them if drivers bind in a certain order. The SMMUv3 driver accepts the first
 * function and leaves the others without a group.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan_internal.h"

/* Only the SMMUv3 driver refuses a second function with the same ID. */
static bool
took_id(const struct topo_device *a)
{
	return a->group >= 0 && !a->group_noiommu &&
		strncmp(a->iommu, "smmu3", strlen("smmu3")) == 0;
}

bool
plan_alias_lost(struct topo_snapshot *snap, struct plan_device *pd)
{
	const struct topo_device *t = &pd->topo;
	struct topo_set set;
	bool lost = false;
	size_t i;

	if (topology_snapshot_aliases(snap, t, &set) != 0)
		return false;
	for (i = 0; i < set.n && !lost; i++) {
		lost = took_id(set.v[i]);
		if (lost)
			plan_reason_add(&pd->reasons, PLAN_REASON_LASTING, PLAN_CERTAIN, -ENOTSUP,
				"is in no IOMMU group, as it shares a conventional PCI bus with %s of IOMMU group %d and this IOMMU can't distinguish them (see dmesg); put it into another slot",
				set.v[i]->bdf, set.v[i]->group);
	}
	return lost;
}

bool
plan_bridge_lost(struct topo_snapshot *snap, struct plan_device *pd)
{
	const struct topo_device *t = &pd->topo, *bridge;
	struct topo_addr addr;

	if (t->pcie || t->n_up == 0 || topology_parse_bdf(t->up[0], &addr) != 0 ||
	    topology_snapshot_device(snap, &addr, &bridge) != 0)
		return false;
	plan_reason_add(&pd->reasons, PLAN_REASON_LASTING, PLAN_CERTAIN, -ENOTSUP,
		"is in no IOMMU group: it is on the conventional PCI bus of bridge %s, and the IOMMU accepts no device there; put it into a slot that is not behind that bridge",
		bridge->bdf);
	return true;
}

/* Mappings of a kernel driver would use the same page table. */
static void
add_alias(struct topo_snapshot *snap, struct plan_device *pd, const struct topo_device *a)
{
	char cure[PLAN_CURE];

	plan_member_cure(snap, &pd->topo, a, cure, sizeof(cure));
	plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -EPERM,
		"the IOMMU can't distinguish its DMA from that of %s on the same conventional PCI bus, which is bound to %s, but the kernel has them in different groups; %s",
		a->bdf, a->driver, cure);
}

void
plan_alias_check(struct topo_snapshot *snap, struct plan_device *pd)
{
	const struct topo_device *t = &pd->topo, *a;
	struct topo_set set;
	size_t i;
	int ret = topology_snapshot_aliases(snap, t, &set);

	if (ret != 0) {
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, ret,
			"the functions on its PCI bus can't be read: %s", strerror(-ret));
		return;
	}
	pd->aliased = set.n + set.n_odd > 1;
	for (i = 0; i < set.n; i++) {
		a = set.v[i];
		if (a->group == t->group)
			continue;
		if (topology_blocks_group(a))
			add_alias(snap, pd, a);
		else if (pd->alias_why[0] == '\0')
			snprintf(pd->alias_why, sizeof(pd->alias_why),
				"the IOMMU can't distinguish its DMA from that of %s on the same conventional PCI bus, but the kernel has them in different groups; give both to this process, or leave the other one unbound",
				a->bdf);
	}
	if (set.n_odd > 0 && pd->alias_why[0] == '\0')
		snprintf(pd->alias_why, sizeof(pd->alias_why),
			"the IOMMU may not distinguish its DMA from that of %s, which can't be read, so its bus and its driver are unknown; see: ls -l /sys/bus/pci/devices/%s",
			set.v[set.n]->bdf, set.v[set.n]->bdf);
}
