/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Devices without an IOMMU, in VFIO's no-IOMMU mode. The user must ask for it, as such a
 * device reaches all memory. Its IOVAs are physical addresses, so EAL's memory can't be
 * moved out of a hole: what the bus does not pass is rejected when memory lies there.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "plan/plan_internal.h"
#include "sysfs/sysfs.h"

#define MODE "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

/*
 * Nothing restricts the device, so it must reach the memory that it is given at physical
 * addresses. A bridge of which nobody knows what it passes would lead its DMA to memory of
 * somebody else. A machine without a device tree says nothing about it.
 *
 * @return whether it may not be used, with a sentence
 */
static bool
is_unreached(const char *bus, const struct holes_look *look, char *out, size_t size)
{
	const char *advice = holes_input_advice(HOLES_IN_DMA_RANGES, look->sight);

	if (look->n_moved > HOLES_MOVED || (look->n_moved > 0 && !look->same))
		snprintf(out, size,
			"host bridge %s passes its addresses 0x%" PRIx64 "-0x%" PRIx64
			" to memory at 0x%" PRIx64 " (dma-ranges), so without an IOMMU the device would reach other memory than it is given; use an IOMMU; a device tree that moves nothing helps only if the vendor of the board provides it, as it hides a translation that firmware or hardware makes",
			bus, look->moved[0].first, look->moved[0].last, look->memory);
	else if (advice != NULL)
		snprintf(out, size, "reaches memory through host bridge %s without an IOMMU, but %s",
			bus, advice);
	else if (look->odd > 0)
		snprintf(out, size,
			"reaches memory through host bridge %s without an IOMMU, but the dma-ranges of the bridge can't be understood, so it is not known which addresses it passes; use an IOMMU",
			bus);
	else
		return false;
	return true;
}

/* Would a device that has no IOMMU be rejected with that backend, too? */
static bool
is_hopeless(struct topo_snapshot *snap, const struct topo_device *t, char *out, size_t size)
{
	struct holes_bridges bridges = { .snap = snap };
	struct hole_list holes = { 0 };
	struct holes_look look = { 0 };
	const int ret = holes_dma_ranges(&bridges, t->root_bus, t->bdf, &holes, &look);

	holes_free(&holes);
	holes_bridges_free(&bridges);
	return ret == 0 && is_unreached(t->root_bus, &look, out, size);
}

/* The device has a no-IOMMU group, but nobody asked for that backend. */
static void
not_asked(struct topo_snapshot *snap, struct plan_device *pd, const struct topo_machine *m)
{
	char off[PLAN_OFF], hopeless[PLAN_TEXT];
	const char *cure;

	if (m->iommu == TOPO_IOMMU_UNWIRED || (m->iommu == TOPO_IOMMU_UNSEEN &&
			m->arch != TOPO_ARCH_X86))
		cure = "no IOMMU for it is visible here";
	else if (plan_off_cure(&m->off, off, sizeof(off)))
		cure = off;
	else if (m->iommu == TOPO_IOMMU_UNSEEN)
		cure = "if the machine has an IOMMU, switch it on in the firmware (VT-d, AMD-Vi) and on the kernel command line (Intel: intel_iommu=on; AMD: remove amd_iommu=off)";
	else
		cure = "this machine has an IOMMU, but its firmware does not put the device behind it; update the firmware, or use another slot";
	if (is_hopeless(snap, &pd->topo, hopeless, sizeof(hopeless)))
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENOTSUP,
			"is in a no-IOMMU group; %s; backend=noiommu does not help here: %s", cure,
			hopeless);
	else
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENOTSUP,
			"is in a no-IOMMU group; %s; only if the device and the application may read and write all memory of this machine, give backend=noiommu, as root",
			cure);
}

/* No driver has made the group yet, and none will as things are. */
static void
no_group(const char *root, struct plan_device *pd)
{
	char *text = NULL;
	int ret = sysfs_read_file(root, &text, NULL, MODE);
	const bool on = ret == 0 && text[0] == 'Y';
	char command[PLAN_COMMAND];

	free(text);
	plan_bind_command(&pd->topo, command, sizeof(command));
	/* The group appears when a VFIO driver is bound. */
	if (on && !topology_is_vfio(&pd->topo))
		return;
	if (pd->topo.cdev_noiommu[0] != '\0')
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENOTSUP,
			"is in no IOMMU group: without an IOMMU this kernel has only /dev/vfio/devices/%s for it, which this release can't use; use a kernel with VFIO groups (CONFIG_VFIO_GROUP, CONFIG_VFIO_NOIOMMU), or a machine with an IOMMU",
			pd->topo.cdev_noiommu);
	else if (on)
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENOTSUP,
			"is in no IOMMU group, though VFIO's no-IOMMU mode is on; bind it again: %s",
			command);
	else if (ret == -ENOENT && sysfs_exists(root, "/sys/module/vfio") == 0)
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENOTSUP,
			"is in no IOMMU group, and this kernel lacks VFIO's no-IOMMU mode (CONFIG_VFIO_NOIOMMU); use a kernel with it, or a machine with an IOMMU");
	else if (ret == -ENOENT)
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENOTSUP,
			"is in no IOMMU group; load vfio with its no-IOMMU mode: modprobe vfio enable_unsafe_noiommu_mode=1");
	else if (ret == 0)
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENOTSUP,
			"is in no IOMMU group, and VFIO's no-IOMMU mode is off; switch it on, then bind the device to vfio-pci again: echo 1 > " MODE);
	else
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, ret,
			"is in no IOMMU group, and " MODE " can't be read: %s; check that /sys is mounted and readable",
			strerror(-ret));
}

bool
plan_noiommu_look(struct topo_snapshot *snap, struct plan_device *pd, const struct topo_machine *m,
		enum ioas_backend backend)
{
	const struct topo_device *t = &pd->topo;

	if (t->group >= 0 && t->group_noiommu) {
		if (backend != IOAS_BACKEND_NOIOMMU)
			not_asked(snap, pd, m);
		return true;
	}
	if (backend != IOAS_BACKEND_NOIOMMU)
		return false;
	if (t->group < 0) {
		no_group(snap->root, pd);
		return true;
	}
	plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -EINVAL,
		"has an IOMMU, and backend=noiommu is for devices without one; drop the key");
	return false;
}

void
plan_noiommu_reach(struct plan_device *pd)
{
	const struct holes_look *look = &pd->bridge.in[HOLES_IN_DMA_RANGES];
	struct iova_hole hole = { .origin = IOVA_ORIGIN_DMA_RANGES, .by = IOVA_BY_BUS };
	char text[PLAN_TEXT];
	size_t i;
	int ret = 0;

	strlcpy(hole.detail, pd->bridge_bus, sizeof(hole.detail));
	strlcpy(hole.owner, pd->topo.bdf, sizeof(hole.owner));
	for (i = 0; ret == 0 && look->same && i < look->n_moved && i < HOLES_MOVED; i++) {
		hole.range = look->moved[i];
		ret = holes_add(&pd->holes, &hole);
	}
	if (ret < 0)
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, ret,
			"no memory for the dma-ranges of host bridge %s; free memory or raise the limit (ulimit -v)",
			pd->bridge_bus);
	if (is_unreached(pd->bridge_bus, look, text, sizeof(text)))
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENOTSUP, "%s", text);
	/* Windows of the bridge stay soft: many bridges pass memory there. */
	for (i = 0; i < pd->holes.n; i++)
		if (pd->holes.v[i].origin == IOVA_ORIGIN_DMA_RANGES)
			pd->holes.v[i].hardness = IOVA_HARD;
}

int
plan_noiommu_explain(int ret, const char *node, char *why, size_t size)
{
	switch (ret) {
	case -ENOTSUP:
		return say(ret, why, size,
			"VFIO's no-IOMMU mode is off; switch it on: echo 1 > " MODE);
	case -EPERM:
		return say(ret, why, size,
			"the kernel refuses %s: VFIO's no-IOMMU mode needs CAP_SYS_RAWIO (and physical addresses need CAP_SYS_ADMIN); run the application as root",
			node);
	case -EACCES:
		return say(ret, why, size,
			"no permission to open %s; VFIO's no-IOMMU mode needs CAP_SYS_RAWIO (and physical addresses need CAP_SYS_ADMIN), so access to the node is not enough: run the application as root",
			node);
	default:
		return 0;
	}
}
