/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Advice about drivers that does no harm: a PMD that works through its kernel driver
 * keeps it, and the user is warned of a loss before the command that causes it.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan_internal.h"
#include "sysfs/sysfs.h"

#define CLASS_NETWORK 0x02
#define CLASS_PROCESSOR 0x0b
#define CLASS_COPROCESSOR 0x0b40
#define CLASS_ENCRYPTION 0x10
#define CLASS_ACCELERATOR 0x12
#define VENDOR_INTEL 0x8086
#define DENYLIST_OFF "/sys/module/vfio_pci/parameters/disable_denylist"

/* A PMD that works through a kernel driver, and its devices. */
struct served {
	const char *driver;
	const char *pmd;
	uint16_t vendor, first, last;
};

static const struct served served[] = {
	{ "mlx4_core", "net_mlx4", 0x15b3, 0x1003, 0x1007 },
	{ "mlx5_core", "net_mlx5", 0x15b3, 0x1011, 0x10ff },
	{ "mlx5_core", "net_mlx5", 0x15b3, 0xa2d0, 0xa2ff },
	{ "mana", "net_mana", 0x1414, 0x00b9, 0x00ba },
	{ "nfb", "net_nfb", 0x1b26, 0, 0xffff },
	{ "nfb", "net_nfb", 0x18ec, 0, 0xffff },
	{ "nfb", "net_nfb", 0x1c2c, 0x00d0, 0x00d2 },
	{ "nfb", "net_nfb", 0x1c2c, 0xc240, 0xc240 },
};

/* Find by driver, or by ID for a network device. */
static const struct served *
served_find(const struct topo_device *t)
{
	const struct served *s;
	size_t i;

	for (i = 0; i < sizeof(served) / sizeof(*served); i++) {
		s = &served[i];
		if (strcmp(t->driver, s->driver) == 0 ||
				(t->class_id >> 16 == CLASS_NETWORK && t->vendor == s->vendor &&
				t->device >= s->first && t->device <= s->last))
			return s;
	}
	return NULL;
}

/* Describe the loss without the driver. */
static void
loss_text(const struct topo_use *use, char *loss, size_t size)
{
	switch (use->kind) {
	case TOPO_USE_DISK:
		snprintf(loss, size, "its disk %s would disappear", use->name);
		break;
	case TOPO_USE_FUNCTIONS:
		snprintf(loss, size, "its virtual functions would disappear");
		break;
	case TOPO_USE_UP:
		snprintf(loss, size, "its interface %s is up", use->name);
		break;
	case TOPO_USE_UNSEEN:
		snprintf(loss, size, "its use by the host is not visible here");
		break;
	case TOPO_USE_NET:
		snprintf(loss, size, "its interface %s is in use (%s)", use->name, use->at);
		break;
	case TOPO_USE_ROUTE:
		snprintf(loss, size, "its interface %s has the default route", use->name);
		break;
	case TOPO_USE_DATA:
		snprintf(loss, size, "its disk %s may be in use (%s)", use->name, use->at);
		break;
	case TOPO_USE_SWAP:
		snprintf(loss, size, "its disk %s is swap space", use->name);
		break;
	case TOPO_USE_MOUNTED:
	case TOPO_USE_ROOT:
		snprintf(loss, size, "its disk %s is mounted at %s", use->name, use->at);
		break;
	default:
		*loss = '\0';
	}
}

/* Another slot separates cards, not functions of one card. */
static const char *
part_text(const struct topo_device *t, const struct topo_device *member)
{
	const struct topo_addr *a = &t->addr, *b = &member->addr;

	return a->domain == b->domain && a->bus == b->bus && a->dev == b->dev ?
		"both are functions of one card, so use another card" :
		"put one of the two into another slot";
}

/*
 * Does sysfs show every use of this class? A USB controller has the keyboard and a VGA
 * controller the console, but neither has a disk or an interface.
 */
static bool
shows_use(const struct topo_device *t)
{
	const unsigned int base = t->class_id >> 16;

	return base == CLASS_NETWORK || base == CLASS_ENCRYPTION || base == CLASS_ACCELERATOR ||
		t->class_id >> 8 == CLASS_COPROCESSOR;
}

/* Text between the loss and the command that causes it. */
static const char *
before_loss(const struct topo_device *t, const struct topo_use *use)
{
	const char *advice = ": if nothing needs that, ";

	if (use->kind == TOPO_USE_NONE)
		advice = shows_use(t) ? "" : "check that the machine does not need it, then ";
	else if (use->kind == TOPO_USE_UNSEEN)
		advice = ": check on the host, as root, that nothing needs it, before you ";
	else if (use->kind >= TOPO_USE_NET)
		advice = ": move this use to another device first, then ";
	return advice;
}

/*
 * Does dpdk-devbind.py bind it? The script has tables of devices, and these are the classes
 * in them. It stops with "Unknown device" at any other, except a few that it lists by ID.
 */
static bool
devbind_knows(const struct topo_device *t)
{
	const unsigned int base = t->class_id >> 16;

	return base == CLASS_NETWORK || base == CLASS_ENCRYPTION || base == CLASS_ACCELERATOR ||
		(base == CLASS_PROCESSOR && t->vendor == VENDOR_INTEL);
}

int
plan_bind_command(const struct topo_device *t, char *out, size_t size)
{
	const char *bdf = t->bdf;

	if (devbind_knows(t) && topology_is_vfio(t))
		return snprintf(out, size, "dpdk-devbind.py -u %s, then dpdk-devbind.py -b vfio-pci %s",
			bdf, bdf);
	if (devbind_knows(t))
		return snprintf(out, size, "dpdk-devbind.py -b vfio-pci %s", bdf);
	if (t->driver[0] == '\0')
		return snprintf(out, size, "echo vfio-pci > /sys/bus/pci/devices/%s/driver_override; echo %s > /sys/bus/pci/drivers_probe",
			bdf, bdf);
	return snprintf(out, size, "echo vfio-pci > /sys/bus/pci/devices/%s/driver_override; echo %s > /sys/bus/pci/devices/%s/driver/unbind; echo %s > /sys/bus/pci/drivers_probe",
		bdf, bdf, bdf, bdf);
}

/* Intel's devices in the denylist of vfio-pci, which its parameter disable_denylist disables. */
static const struct {
	uint16_t device;
	bool later;	/* added in Linux 6.9.1, 6.8.10, 6.6.31, 6.1.91, ... */
} denied[] = {
	{ 0x0435, false }, { 0x0443, false },	/* QAT DH895XCC and its VFs */
	{ 0x19e2, false }, { 0x19e3, false },	/* QAT C3XXX */
	{ 0x37c8, false }, { 0x37c9, false },	/* QAT C62X */
	{ 0x0b25, true }, { 0x0cfe, true },	/* DSA and IAX of Sapphire Rapids */
};

#define DENIED(kernels) "vfio-pci" kernels " refuses it by its denylist: known errata may let a program that uses the device attack or hang the machine; if you trust every program that can open it, add vfio-pci.disable_denylist=1 to the kernel's command line and reboot; "

/* Text before a command that vfio-pci does not obey yet. */
static const char *
before_refusal(struct topo_snapshot *snap, const struct topo_device *t)
{
	const size_t n = sizeof(denied) / sizeof(*denied);
	char *text;
	bool active;
	size_t i = 0;

	while (i < n && (t->vendor != VENDOR_INTEL || t->device != denied[i].device))
		i++;
	if (i == n || sysfs_read_file(snap->root, &text, NULL, DENYLIST_OFF) != 0)
		return "";
	active = text[0] == 'N';
	free(text);
	if (!active)
		return "";
	return denied[i].later ? DENIED(" of kernels since May 2024") : DENIED("");
}

void
plan_member_cure(struct topo_snapshot *snap, const struct topo_device *t,
		const struct topo_device *member, char *cure, size_t size)
{
	const struct served *s = served_find(member);
	char loss[PLAN_CURE], command[PLAN_COMMAND];
	struct topo_use use;

	if (s != NULL) {
		snprintf(cure, size,
			"leave it there, as %s works through %s; %s",
			s->pmd, s->driver, part_text(t, member));
		return;
	}
	topology_use(snap, member, &use);
	loss_text(&use, loss, sizeof(loss));
	plan_bind_command(member, command, sizeof(command));
	if (use.kind >= TOPO_USE_NET)
		snprintf(cure, size, "leave it there, as %s; %s", loss, part_text(t, member));
	else if (*before_refusal(snap, member) != '\0')
		snprintf(cure, size, "%s%sunbind it, as vfio-pci may refuse it by its denylist: echo %s > /sys/bus/pci/devices/%s/driver/unbind",
			loss, before_loss(member, &use), member->bdf, member->bdf);
	else if (devbind_knows(member))
		snprintf(cure, size, "%s%sbind it to vfio-pci too, or to no driver: %s, or dpdk-devbind.py -u %s",
			loss, before_loss(member, &use), command, member->bdf);
	else
		snprintf(cure, size, "%s%sbind it to vfio-pci too, or to no driver: %s, or only the second of these",
			loss, before_loss(member, &use), command);
}

/*
 * Would a bound device be refused all the same? A doubtful reason without a remedy counts
 * if the kernel that decides about it is not known.
 */
static bool
is_refused(const char *root, const struct plan_reasons *reasons)
{
	const bool unknown = topology_kernel_version(root) == 0;
	size_t i;

	for (i = 0; i < reasons->n; i++)
		if (reasons->v[i].kind <= PLAN_REASON_PLATFORM && (plan_reason_stands(&reasons->v[i]) ||
				(unknown && reasons->v[i].kind == PLAN_REASON_LASTING)))
			return true;
	return false;
}

/* Bound to a kernel driver: name the loss before the command. */
static void
rebind(struct topo_snapshot *snap, struct plan_device *pd)
{
	const struct topo_device *t = &pd->topo;
	char loss[PLAN_CURE], command[PLAN_COMMAND];
	struct topo_use use;

	topology_use(snap, t, &use);
	loss_text(&use, loss, sizeof(loss));
	if (use.kind == TOPO_USE_ROOT) {
		plan_reason_add(&pd->reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENXIO,
			"is bound to %s, not to a VFIO driver, and must stay there: %s; use another device",
			t->driver, loss);
		return;
	}
	/* Without this use the disk may still have data of another. */
	if (use.kind >= TOPO_USE_DATA) {
		plan_reason_add(&pd->reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENXIO,
			"is bound to %s, not to a VFIO driver; %s: leave it there, or make sure as doc/howto/hardware.rst describes that nothing needs it",
			t->driver, loss);
		return;
	}
	if (is_refused(snap->root, &pd->reasons)) {
		plan_reason_add(&pd->reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENXIO,
			"is bound to %s, not to a VFIO driver; leave it there until the reasons before this one are solved",
			t->driver);
		return;
	}
	plan_bind_command(t, command, sizeof(command));
	plan_reason_add(&pd->reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENXIO,
		"is bound to %s, not to a VFIO driver; %s%s%srebind it with: %s",
		t->driver, before_refusal(snap, t), loss, before_loss(t, &use), command);
}

void
plan_look_at_driver(struct topo_snapshot *snap, struct plan_device *pd, const struct topo_machine *machine)
{
	const struct topo_device *t = &pd->topo;
	const struct served *s = served_find(t);
	char command[PLAN_COMMAND];

	plan_bind_command(t, command, sizeof(command));
	if (s != NULL && strcmp(t->driver, s->driver) == 0)
		plan_reason_add(&pd->reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENXIO,
			"is bound to %s, and %s works through that; leave it there, and give it to the pci bus: -a %s",
			s->driver, s->pmd, t->bdf);
	else if (s != NULL)
		plan_reason_add(&pd->reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENXIO,
			"no PMD can drive it here: %s works through %s; bind it with: dpdk-devbind.py -b %s %s, and give it to the pci bus: -a %s",
			s->pmd, s->driver, s->driver, t->bdf, t->bdf);
	else if (topology_is_vfio(t))
		return;
	else if (t->driver[0] != '\0')
		rebind(snap, pd);
	else if (is_refused(snap->root, &pd->reasons))
		plan_reason_add(&pd->reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENXIO,
			"is bound to no driver; bind it to vfio-pci when the reasons before this one are solved");
	else
		plan_reason_add(&pd->reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENXIO,
			"is bound to no driver; %sbind it with: %s%s", before_refusal(snap, t), command,
			t->group < 0 && machine->iommu == TOPO_IOMMU_LATE ?
			"; its IOMMU group appears then (before Linux 6.15 this IOMMU creates a group when a driver binds)" : "");
}
