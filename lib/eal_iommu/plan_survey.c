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
check_siblings(const char *root, const struct topo_device *t, char *why,
		size_t size)
{
	struct topo_device *v = NULL;
	size_t n = 0, i;
	int ret = topology_group(root, t->group, &v, &n);

	if (ret < 0)
		return say(ret, why, size, "members of IOMMU group %d can't be read: %s",
			t->group, strerror(-ret));
	for (i = 0; i < n; i++) {
		if (!topology_blocks_group(&v[i]))
			continue;
		if (v[i].is_bridge)
			ret = say(-EPERM, why, size,
				"IOMMU group %d is not viable: its bridge %s is bound to %s; unbind it: echo %s > /sys/bus/pci/devices/%s/driver/unbind",
				t->group, v[i].bdf, v[i].driver, v[i].bdf, v[i].bdf);
		else
			ret = say(-EPERM, why, size,
				"IOMMU group %d is not viable: its member %s is bound to %s; bind it to vfio-pci too, or to no driver: dpdk-devbind.py -b vfio-pci %s",
				t->group, v[i].bdf, v[i].driver, v[i].bdf);
		break;
	}
	free(v);
	return ret;
}

/* Groups of several functions can do peer-to-peer below the IOMMU. */
static int
group_is_shared(const char *root, int group)
{
	struct topo_device *v = NULL;
	size_t n = 0, i, functions = 0;
	int ret = topology_group(root, group, &v, &n);

	if (ret < 0)
		return ret;
	for (i = 0; i < n; i++)
		functions += !v[i].is_bridge;
	free(v);
	return functions > 1;
}

/* Where devices live on the host bridge's bus, and what it passes up to memory. */
static int
collect_bridge(const char *root, struct plan_device *pd, char *why, size_t size)
{
	const struct topo_device *t = &pd->topo;
	int shared = group_is_shared(root, t->group), ret;

	ret = shared < 0 ? shared :
		holes_host_bridge(root, t->root_bus, shared > 0 || pd->aliased, t->bdf,
				&pd->holes, &pd->bridge);
	if (ret < 0)
		return say(ret, why, size,
			"windows of host bridge %s can't be read: %s",
			t->root_bus, strerror(-ret));
	ret = holes_dma_ranges(root, t->root_bus, t->bdf, &pd->holes);
	if (ret < 0)
		return say(ret, why, size,
			"dma-ranges of host bridge %s in the device tree can't be read: %s",
			t->root_bus, strerror(-ret));
	return 0;
}

static int
collect_holes(const char *root, uint64_t page, struct plan_device *pd, char *why, size_t size)
{
	const struct topo_device *t = &pd->topo;
	size_t i;
	int ret;

	ret = holes_builtin(&pd->holes, page);
	if (ret == 0)
		ret = holes_reserved_regions(root, t->group, t->iommu, page,
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
	return collect_bridge(root, pd, why, size);
}

int
plan_survey(const struct plan_wish *wish, struct ioas **space,
		struct plan_device *out, char *why, size_t size)
{
	const char *root = wish->root;
	char bdf[TOPO_BDF_LEN];
	int ret;

	memset(out, 0, sizeof(*out));
	topology_format_bdf(&wish->addr, bdf, sizeof(bdf));
	ret = topology_read(root, &wish->addr, &out->topo);
	if (ret == -ENOENT)
		return say(-ENODEV, why, size,
			"there is no such PCI device; see: dpdk-test-msi list");
	if (ret < 0)
		return say(ret, why, size, "sysfs of %s can't be read: %s", bdf,
			strerror(-ret));
	if (plan_alias_lost(root, &out->topo, why, size))
		return -ENOTSUP;
	/* Without one there are groups yet. */
	(void)topology_cdev_node(root, &out->topo, out->cdev, sizeof(out->cdev));
	ret = check_driver(&out->topo, why, size);
	if (ret == 0)
		ret = check_group(&out->topo, why, size);
	if (ret == 0)
		ret = check_siblings(root, &out->topo, why, size);
	if (ret == 0)
		ret = plan_alias_check(root, out, why, size);
	if (ret == 0)
		ret = collect_holes(root, plan_page_size(wish), out, why, size);
	if (ret == 0)
		ret = wish->answers != NULL ? plan_ask_answers(wish, out, why, size) :
			plan_ask_kernel(wish, space, out, why, size);
	if (ret == 0)
		plan_judge_msi(ioas_backend_traits(out->backend), out);
	return ret;
}

void
plan_device_free(struct plan_device *pd)
{
	holes_free(&pd->holes);
	ioas_info_free(&pd->info);
}
