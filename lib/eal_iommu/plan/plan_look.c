/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Collect from sysfs all reasons why a device can't be used. Reasons that only the kernel
 * can decide are marked as doubtful: kernels 6.0 to 6.5 allow devices with 1:1 mappings
 * of firmware, except on Intel, and kernels before 5.19 allow every driver of a bridge in a
 * group. Other members on kernel drivers are expected to be refused: the kernel is asked all
 * the same, as sysfs may hide a part of the machine.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan_internal.h"
#include "uapi/vfio_uapi.h"

#define CLASS_OTHER_BRIDGE 0x80	/* these are endpoints, e.g. non-transparent bridges */
#define CLASS_PCI_BRIDGE 0x04
#define CLASS_PCI_BRIDGE_SEMI 0x09
#define MEMBERS_NAMED 3
#define REQUIRES_DIRECT 6006	/* since then, no kernel drops a 1:1 mapping for VFIO */

/* The device has no group. The remedy depends on the machine below the root. */
static void
no_group(struct plan_device *pd, const struct topo_machine *m)
{
	const struct topo_device *t = &pd->topo;
	char off[PLAN_OFF];
	const char *cure;

	/* Binding a driver may create the group, so the missing driver is the reason. */
	if (m->iommu == TOPO_IOMMU_LATE && t->driver[0] == '\0')
		return;
	if (m->iommu == TOPO_IOMMU_UNWIRED)
		cure = "the device tree connects no IOMMU to its host bridge (no iommu-map), so this board has none for it, or its firmware hides it";
	else if (m->iommu != TOPO_IOMMU_UNSEEN)
		cure = "this machine has an IOMMU, but its firmware does not put the device behind it; update the firmware, or use another slot";
	else if (plan_off_cure(&m->off, off, sizeof(off)))
		cure = off;
	else if (m->arch == TOPO_ARCH_X86)
		cure = "the IOMMU is off or does not cover it; switch it on in the firmware (VT-d, AMD-Vi) and on the kernel command line (Intel: intel_iommu=on; AMD: remove amd_iommu=off)";
	else if (m->arch == TOPO_ARCH_ARM)
		cure = "the kernel found no SMMU for it; switch the SMMU on in the firmware, or describe it there (ACPI: IORT, device tree: iommu-map)";
	else if (m->arch == TOPO_ARCH_POWER)
		cure = "the kernel has no DMA window (sPAPR) for its host bridge; see dmesg";
	else
		cure = "the kernel shows no IOMMU; if the machine has one, switch it on in the firmware and the kernel";
	plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENOTSUP,
		"is in no IOMMU group: %s", cure);
}

/* Does a hypervisor deliver MSI through this 1:1 mapping? It meets SW_MSI then. */
static const struct iova_hole *
doorbells_in(const struct hole_list *holes, const struct iova_hole *direct)
{
	size_t i;

	for (i = 0; i < holes->n; i++)
		if (holes->v[i].origin == IOVA_ORIGIN_SW_MSI &&
				iova_range_overlap(holes->v[i].range, direct->range))
			return &holes->v[i];
	return NULL;
}

/* Firmware requests 1:1 mappings: kernels since 6.6, and Intel's driver, refuse the device. */
static void
add_direct(const char *root, struct plan_device *pd)
{
	const bool is_intel = strncmp(pd->topo.iommu, "dmar", strlen("dmar")) == 0;
	const struct iova_hole *first = NULL, *msi = NULL;
	char more[32] = "";
	size_t i, n = 0;
	bool refused;

	for (i = 0; i < pd->holes.n; i++) {
		const struct iova_hole *h = &pd->holes.v[i];

		if (h->origin != IOVA_ORIGIN_DIRECT)
			continue;
		if (n++ == 0 || (msi == NULL && doorbells_in(&pd->holes, h) != NULL)) {
			first = h;
			msi = doorbells_in(&pd->holes, h);
		}
	}
	if (first == NULL)
		return;
	refused = topology_kernel_version(root) >= REQUIRES_DIRECT;
	if (n > 1)
		snprintf(more, sizeof(more), " and %zu more", n - 1);
	if (msi != NULL)
		plan_reason_add(&pd->reasons, PLAN_REASON_LASTING,
			refused ? PLAN_EXPECTED : PLAN_DOUBTFUL, -EINVAL,
			"firmware asks for a 1:1 mapping of 0x%" PRIx64 "-0x%" PRIx64
			"%s (RMR), which meets SW_MSI 0x%" PRIx64 "-0x%" PRIx64
			": a hypervisor that nests the SMMU of this guest in its own (QEMU: arm-smmuv3,accel=on) delivers MSI through it, and kernels since 6.6 refuse such a device to user space; on the host give this guest virtio-iommu, which needs no such mapping, or leave the device to its kernel driver",
			first->range.first, first->range.last, more, msi->range.first,
			msi->range.last);
	else
		plan_reason_add(&pd->reasons, PLAN_REASON_LASTING,
			refused || is_intel ? PLAN_EXPECTED : PLAN_DOUBTFUL, -EINVAL,
			"firmware asks for a 1:1 mapping of 0x%" PRIx64 "-0x%" PRIx64
			"%s (RMRR or RMR), and kernels since 6.6 (on Intel all) refuse such a device to user space; put it into another slot, or switch off for this slot the firmware feature that owns this memory (remote console, shared memory), unless you administer the machine through it",
			first->range.first, first->range.last, more);
}

static void
look_at_firmware(const char *root, uint64_t page, struct plan_device *pd)
{
	const struct topo_device *t = &pd->topo;
	int ret = holes_builtin(&pd->holes, page);

	if (ret == 0)
		ret = holes_reserved_regions(root, t->group, t->iommu, page, t->bdf, &pd->holes,
				&pd->bridge.in[HOLES_IN_REGIONS]);
	if (ret < 0)
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, ret,
			"/sys/kernel/iommu_groups/%d/reserved_regions can't be read: %s", t->group,
			strerror(-ret));
	else
		add_direct(root, pd);
}

/*
 * Is it a bridge between PCI buses? vfio-pci does not take those. Bridges to ISA are
 * endpoints.
 */
static bool
is_pci_bridge(const struct topo_device *m)
{
	const unsigned int sub = m->class_id >> 8 & 0xff;

	return m->is_bridge && (sub == CLASS_PCI_BRIDGE || sub == CLASS_PCI_BRIDGE_SEMI);
}

/* Kernels before 5.19 allow every driver of a bridge in the group. */
static enum plan_doubt
member_doubt(const struct topo_device *m)
{
	return is_pci_bridge(m) ? PLAN_DOUBTFUL : PLAN_EXPECTED;
}

/* The device exists only with the driver of this member. */
static void
add_needed(struct plan_device *pd, const struct topo_device *m)
{
	const struct topo_device *t = &pd->topo;

	if (strcmp(m->driver, "vmd") == 0)
		plan_reason_add(&pd->reasons, PLAN_REASON_LASTING, member_doubt(m), -EPERM,
			"is behind VMD %s of the same IOMMU group %d, and disappears without VMD's driver; switch VMD off in the firmware for this slot",
			m->bdf, t->group);
	else
		plan_reason_add(&pd->reasons, PLAN_REASON_LASTING, member_doubt(m), -EPERM,
			"IOMMU group %d is not viable: %s is bound to %s, and the device disappears without that driver; put it into a slot that isolates it",
			t->group, m->bdf, m->driver);
}

static void
add_member(struct topo_snapshot *snap, struct plan_device *pd, const struct topo_device *m)
{
	const struct topo_device *t = &pd->topo;
	char cure[PLAN_CURE];

	/* Only a bridge's hotplug driver can be unbound without losing the devices below. */
	if (is_pci_bridge(m) && strcmp(m->driver, "shpchp") == 0) {
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, member_doubt(m), -EPERM,
			"IOMMU group %d is not viable: its bridge %s is bound to %s; unbind it: echo %s > /sys/bus/pci/devices/%s/driver/unbind",
			t->group, m->bdf, m->driver, m->bdf, m->bdf);
	} else if (topology_depends(snap->root, t, m)) {
		add_needed(pd, m);
	} else if (is_pci_bridge(m)) {
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, member_doubt(m), -EPERM,
			"IOMMU group %d is not viable: its bridge %s is bound to %s; leave it there, and put the device into another slot",
			t->group, m->bdf, m->driver);
	} else {
		plan_member_cure(snap, t, m, cure, sizeof(cure));
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, member_doubt(m), -EPERM,
			"IOMMU group %d is not viable: its member %s is bound to %s; %s", t->group,
			m->bdf, m->driver, cure);
	}
}

/* strerror() has no words for a missing link or ID. */
static const char *
odd_error(struct topo_snapshot *snap, const struct topo_device *odd)
{
	const struct topo_device *dev;
	const int ret = topology_snapshot_device(snap, &odd->addr, &dev);

	return ret == -ENODATA ? "an ID, a number or a link is missing or invalid" :
		strerror(-ret);
}

void
plan_odd_text(struct topo_snapshot *snap, const struct topo_device *odd, char *out, size_t size)
{
	snprintf(out, size,
		"can't be used: /sys/bus/pci/devices/%s can't be read: %s; compare it with that of another device, as root: ls -l, and vendor, device, class",
		odd->bdf, odd_error(snap, odd));
}

/* Only the kernel knows whether an unreadable member has a driver. */
static void
add_odd_members(struct topo_snapshot *snap, const struct topo_set *set, struct plan_device *pd)
{
	const struct topo_device *odd;
	char more[32] = "";

	if (set->n_odd == 0)
		return;
	odd = set->v[set->n];
	if (set->n_odd > 1)
		snprintf(more, sizeof(more), " and %zu more", set->n_odd - 1);
	plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_DOUBTFUL, -ENODATA,
		"IOMMU group %d may not be viable: its member %s%s can't be read (%s), and it may be bound to a kernel driver; see: ls -l /sys/bus/pci/devices/%s",
		pd->topo.group, odd->bdf, more, odd_error(snap, odd), odd->bdf);
}

void
plan_look_at_group(struct topo_snapshot *snap, struct plan_device *pd)
{
	const struct topo_device *t = &pd->topo;
	char name[TOPO_NAME_LEN], driver[TOPO_NAME_LEN];
	const struct topo_device *m;
	enum plan_doubt more = PLAN_DOUBTFUL;
	struct topo_set set;
	size_t i, blocking = 0;
	int ret = topology_snapshot_group(snap, t->group, &set);

	/* If groups are hidden, the kernel decides about viability. */
	if (ret == -ENOENT || ret == -EACCES || ret == -EPERM)
		return;
	if (ret < 0) {
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, ret,
			"members of IOMMU group %d can't be read: %s; check that /sys is mounted and readable", t->group, strerror(-ret));
		return;
	}
	if (topology_foreign_member(snap->root, t->group, name, driver))
		plan_reason_add(&pd->reasons, PLAN_REASON_LASTING, PLAN_EXPECTED, -EPERM,
			"IOMMU group %d is not viable: its member %s (%s) is not a PCI device and can't be bound to vfio-pci; give it an ID of its own in the firmware (device tree: its \"iommus\", the \"iommu-map\" of the host bridge)",
			t->group, name, driver);
	for (i = 0; i < set.n; i++) {
		m = set.v[i];
		if (topology_addr_cmp(&m->addr, &t->addr) == 0 || !topology_blocks_group(m))
			continue;
		if (blocking++ < MEMBERS_NAMED)
			add_member(snap, pd, m);
		else if (member_doubt(m) == PLAN_EXPECTED)
			more = PLAN_EXPECTED;
	}
	if (blocking > MEMBERS_NAMED)
		plan_reason_add(&pd->reasons, PLAN_REASON_PLATFORM, more, -EPERM,
			"IOMMU group %d has %zu more members on kernel drivers; list them: ls /sys/kernel/iommu_groups/%d/devices",
			t->group, blocking - MEMBERS_NAMED, t->group);
	add_odd_members(snap, &set, pd);
}

void
plan_look(struct topo_snapshot *snap, const struct topo_device *t, enum ioas_backend backend,
		uint64_t page, struct plan_device *out)
{
	struct topo_machine machine = { 0 };
	bool lost = false, without;

	memset(out, 0, sizeof(*out));
	out->topo = *t;
	/* Devices without a character device may have a group. */
	(void)topology_cdev_node(snap->root, t, out->cdev, sizeof(out->cdev));
	if (t->is_bridge && (t->class_id >> 8 & 0xff) != CLASS_OTHER_BRIDGE) {
		plan_reason_add(&out->reasons, PLAN_REASON_LASTING, PLAN_CERTAIN, -ENOTSUP,
			"is a bridge, which belongs to the kernel; give the devices behind it");
		return;
	}
	if (t->group < 0 || t->group_noiommu)
		topology_machine(snap->root, t, &machine);
	without = plan_noiommu_look(snap, out, &machine, backend);
	if (!without && t->group >= 0) {
		look_at_firmware(snap->root, page, out);
		plan_look_at_group(snap, out);
		plan_alias_check(snap, out);
	} else if (!without) {
		lost = plan_alias_lost(snap, out) ||
			(machine.iommu == TOPO_IOMMU_EARLY && plan_bridge_lost(snap, out));
		if (!lost)
			no_group(out, &machine);
	}
	/* No driver would create a group. */
	if (!lost)
		plan_look_at_driver(snap, out, &machine);
}

void
plan_look_for_holder(struct topo_snapshot *snap, struct plan_device *pd)
{
	char group[VFIO_UAPI_NODE_LEN];
	const char *nodes[] = { pd->cdev, group };
	struct topo_holder holder;
	size_t i;

	if (!topology_is_vfio(&pd->topo) || pd->topo.group < 0)
		return;
	vfio_uapi_group_node(pd->topo.group, pd->topo.group_noiommu, group);
	for (i = 0; i < 2; i++)
		if (nodes[i][0] != '\0' &&
				topology_snapshot_holder(snap, nodes[i], &holder) == 0) {
			plan_reason_add(&pd->reasons, PLAN_REASON_ACCESS, PLAN_CERTAIN, -EBUSY,
				"%s is held by process %d (%s); stop it if you don't need it, or use another device",
				nodes[i], holder.pid, holder.comm);
			return;
		}
}
