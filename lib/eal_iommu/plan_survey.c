/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The survey of one device.
 *
 * Order: what sysfs can tell without touching anything (driver, group,
 * siblings, firmware's 1:1 regions), so that the common mistakes get their own
 * words; then the kernel is asked.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"

static int
check_driver(const struct topo_device *t, char *why, size_t size)
{
	if (topology_is_vfio(t))
		return 0;
	if (t->driver[0] == '\0')
		return say(-ENXIO, why, size,
			"is bound to no driver; bind it with: dpdk-devbind.py -b vfio-pci %s",
			t->bdf);
	return say(-ENXIO, why, size,
		"is bound to %s, not to a VFIO driver; rebind it with: dpdk-devbind.py -b vfio-pci %s",
		t->driver, t->bdf);
}

static int
check_group(const struct topo_device *t, char *why, size_t size)
{
	if (t->group < 0)
		return say(-ENOTSUP, why, size,
			"is in no IOMMU group: the IOMMU is off or does not cover it; switch it on in the firmware and on the kernel command line (x86: intel_iommu=on or amd_iommu=on)");
	if (t->group_noiommu)
		return say(-ENOTSUP, why, size,
			"is in a no-IOMMU group, which this release can't use; switch the IOMMU on");
	return 0;
}

/* Name the sibling that keeps the group from us, if there is one. */
static int
check_siblings(struct topo_snapshot *snap, const struct topo_device *t, char *why,
		size_t size)
{
	const struct topo_device *v;
	struct topo_set set;
	size_t i;
	int ret = topology_snapshot_group(snap, t->group, &set);

	if (ret < 0)
		return say(ret, why, size, "members of IOMMU group %d can't be read: %s",
			t->group, strerror(-ret));
	for (i = 0; i < set.n; i++) {
		v = set.v[i];
		if (!topology_blocks_group(v))
			continue;
		if (v->is_bridge)
			ret = say(-EPERM, why, size,
				"IOMMU group %d is not viable: its bridge %s is bound to %s; unbind it: echo %s > /sys/bus/pci/devices/%s/driver/unbind",
				t->group, v->bdf, v->driver, v->bdf, v->bdf);
		else
			ret = say(-EPERM, why, size,
				"IOMMU group %d is not viable: its member %s is bound to %s; bind it to vfio-pci too, or to no driver: dpdk-devbind.py -b vfio-pci %s",
				t->group, v->bdf, v->driver, v->bdf);
		break;
	}
	return ret;
}

/* Groups of several functions can do peer-to-peer below the IOMMU. */
static int
group_is_shared(struct topo_snapshot *snap, int group)
{
	struct topo_set set;
	size_t i, functions = 0;
	int ret = topology_snapshot_group(snap, group, &set);

	if (ret < 0)
		return ret;
	for (i = 0; i < set.n; i++)
		functions += !set.v[i]->is_bridge;
	return functions > 1;
}

/* Where devices live on the host bridge's bus, and what it passes up to memory. */
static int
collect_bridge(struct plan_scan *scan, struct plan_device *pd, char *why, size_t size)
{
	const struct topo_device *t = &pd->topo;
	int shared = group_is_shared(&scan->topo, t->group), ret;

	ret = shared < 0 ? shared :
		holes_host_bridge(&scan->bridges, t->root_bus, shared > 0 || pd->aliased, t->bdf,
				&pd->holes, &pd->bridge);
	if (ret < 0)
		return say(ret, why, size,
			"windows of host bridge %s can't be read: %s",
			t->root_bus, strerror(-ret));
	ret = holes_dma_ranges(&scan->bridges, t->root_bus, t->bdf, &pd->holes);
	if (ret < 0)
		return say(ret, why, size,
			"dma-ranges of host bridge %s in the device tree can't be read: %s",
			t->root_bus, strerror(-ret));
	return 0;
}

static int
collect_holes(struct plan_scan *scan, uint64_t page, struct plan_device *pd, char *why,
		size_t size)
{
	const struct topo_device *t = &pd->topo;
	size_t i;
	int ret;

	ret = holes_builtin(&pd->holes, page);
	if (ret == 0)
		ret = holes_reserved_regions(scan->topo.root, t->group, t->iommu, page,
				t->bdf, &pd->holes);
	if (ret < 0)
		return say(ret, why, size,
			"/sys/kernel/iommu_groups/%d/reserved_regions can't be read: %s",
			t->group, strerror(-ret));
	for (i = 0; i < pd->holes.n; i++) {
		const struct iova_hole *h = &pd->holes.v[i];

		if (h->origin == IOVA_ORIGIN_DIRECT)
			return say(-EINVAL, why, size,
				"firmware asks for a 1:1 mapping of 0x%" PRIx64 "-0x%" PRIx64
				" (RMRR or RMR), and the kernel gives no such device to user space; switch off the firmware feature that owns this memory (remote console, shared memory) for this slot",
				h->range.first, h->range.last);
	}
	return collect_bridge(scan, pd, why, size);
}

static int
survey(const struct plan_wish *wish, struct plan_scan *scan, struct ioas **space,
		struct plan_device *out, char *why, size_t size)
{
	struct topo_snapshot *snap = &scan->topo;
	const struct topo_device *t;
	char bdf[TOPO_BDF_LEN];
	int ret;

	topology_format_bdf(&wish->addr, bdf, sizeof(bdf));
	ret = topology_snapshot_device(snap, &wish->addr, &t);
	if (ret == -ENOENT)
		return say(-ENODEV, why, size,
			"there is no such PCI device; see: dpdk-test-msi list");
	if (ret < 0)
		return say(ret, why, size, "sysfs of %s can't be read: %s", bdf,
			strerror(-ret));
	out->topo = *t;
	if (plan_alias_lost(snap, &out->topo, why, size))
		return -ENOTSUP;
	/* Without one there are groups yet. */
	(void)topology_cdev_node(snap->root, &out->topo, out->cdev, sizeof(out->cdev));
	ret = check_driver(&out->topo, why, size);
	if (ret == 0)
		ret = check_group(&out->topo, why, size);
	if (ret == 0)
		ret = check_siblings(snap, &out->topo, why, size);
	if (ret == 0)
		ret = plan_alias_check(snap, out, why, size);
	if (ret == 0)
		ret = collect_holes(scan, plan_page_size(wish), out, why, size);
	if (ret == 0)
		ret = wish->answers != NULL ? plan_ask_answers(wish, snap, out, why, size) :
			plan_ask_kernel(wish, snap, space, out, why, size);
	if (ret == 0)
		plan_judge_msi(ioas_backend_traits(out->backend), out);
	return ret;
}

int
plan_survey(const struct plan_wish *wish, struct ioas **space,
		struct plan_device *out, char *why, size_t size)
{
	struct plan_scan once, *scan = wish->scan;
	int ret;

	memset(out, 0, sizeof(*out));
	plan_scan_begin(&once, wish->root);
	ret = survey(wish, scan != NULL ? scan : &once, space, out, why, size);
	plan_scan_end(&once);
	return ret;
}

void
plan_scan_begin(struct plan_scan *scan, const char *root)
{
	*scan = (struct plan_scan){ .topo.root = root };
	scan->bridges.snap = &scan->topo;
}

void
plan_scan_end(struct plan_scan *scan)
{
	holes_bridges_free(&scan->bridges);
	topology_snapshot_free(&scan->topo);
}

void
plan_device_free(struct plan_device *pd)
{
	holes_free(&pd->holes);
	ioas_info_free(&pd->info);
}
