/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The table of findings: doc/reference/doctor.rst has the same, devtools/check-findings.py compares. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "doctor_findings.h"

const struct doctor_kind doctor_kinds[DOCTOR_KINDS] = {
	[DOCTOR_IOMMU_OFF] = { "iommu-off", DOCTOR_FAULT,
		"without an IOMMU VFIO gives no device to a program, except in its no-IOMMU mode" },
	[DOCTOR_INTERRUPTS_UNISOLATED] = { "interrupts-unisolated", DOCTOR_FAULT,
		"a device could raise every interrupt of the machine, so the kernel refuses devices to programs, with EPERM" },
	[DOCTOR_VFIO_DRIVER] = { "vfio-driver", DOCTOR_FAULT,
		"no device can be bound to vfio-pci" },
	[DOCTOR_VFIO_NODE] = { "vfio-node", DOCTOR_FAULT,
		"programs reach devices through these nodes only" },
	[DOCTOR_PLUGIN_MISSING] = { "plugin-missing", DOCTOR_FAULT,
		"DPDK loads the bus from this folder; without it, -a vfio_msi:BDF is an unknown device" },
	[DOCTOR_PLUGIN_BROKEN] = { "plugin-broken", DOCTOR_FAULT,
		"DPDK loads each file of this folder when it starts, so no application with this DPDK starts, or none has the bus" },
	[DOCTOR_HUGEPAGES_NONE] = { "hugepages-none", DOCTOR_FAULT,
		"EAL does not start without hugepages, except with --no-huge" },
	[DOCTOR_HUGEPAGES_LIMITED] = { "hugepages-limited", DOCTOR_FAULT,
		"the kernel gives a process only the hugepages that its control groups allow, and EAL does not start without those that it requests, except with --no-huge" },
	[DOCTOR_HUGEPAGES_UNREACHED] = { "hugepages-unreached", DOCTOR_FAULT,
		"EAL does not start without a mounted hugetlbfs that has pages, except with --in-memory or --no-huge" },
	[DOCTOR_HUGEPAGES_DENIED] = { "hugepages-denied", DOCTOR_FAULT,
		"EAL creates a file for each hugepage there, except with --in-memory or --no-huge" },
	[DOCTOR_RUNTIME_DENIED] = { "runtime-denied", DOCTOR_FAULT,
		"EAL makes a folder for its files when it starts, and ends if it can't, except with --in-memory or --no-shconf, and then it has no telemetry" },
	[DOCTOR_UNIT_UNKNOWN] = { "unit-unknown", DOCTOR_FAULT,
		"nothing is known about the limits and permissions of its processes" },
	[DOCTOR_UNIT_DEVICES] = { "unit-devices", DOCTOR_FAULT,
		"processes of the unit can't open the nodes of VFIO" },
	[DOCTOR_MEMLOCK_SMALL] = { "memlock-small", DOCTOR_FAULT,
		"the kernel counts all memory that devices can reach as locked; above the limit it does not map it, and no device comes up" },
	[DOCTOR_NODE_FORBIDDEN] = { "node-forbidden", DOCTOR_FAULT,
		"the device cgroup of a container or unit forbids all devices that it was not given, even if their nodes are in /dev" },
	[DOCTOR_NODE_ABSENT] = { "node-absent", DOCTOR_FAULT,
		"a process reaches the device through its nodes only, or through open descriptors of them" },
	[DOCTOR_NODE_DENIED] = { "node-denied", DOCTOR_FAULT,
		"the device comes up only if the process can open its nodes for reading and writing" },
	[DOCTOR_DEVICE_NONE] = { "device-none", DOCTOR_FAULT,
		"the bus uses only devices that are bound to vfio-pci or to a variant of it" },
	[DOCTOR_DEVICE_UNUSABLE] = { "device-unusable", DOCTOR_FAULT,
		"the bus skips the device" },
	[DOCTOR_MSI_LOST] = { "msi-lost", DOCTOR_FAULT,
		"the device's interrupts can't arrive as MSI or MSI-X, so the bus uses INTx or none" },
	[DOCTOR_TRY_REFUSED] = { "try-refused", DOCTOR_FAULT,
		"the bus can't open the device either" },
	[DOCTOR_TRY_LOST] = { "try-lost", DOCTOR_FAULT,
		"drivers that wait for interrupts see no packets and no change of the link" },
	[DOCTOR_LAYOUT_NONE] = { "layout-none", DOCTOR_FAULT,
		"these devices can't share memory" },
	[DOCTOR_EAL_BAD] = { "eal-memory-bad", DOCTOR_FAULT,
		"DMA to such addresses fails or reaches something else, so devices are rejected" },
	[DOCTOR_KERNEL_OLD] = { "kernel-old", DOCTOR_WARNING,
		"the bus was tried on Linux 6.1, 6.12 and 7.2 only" },
	[DOCTOR_ACS_OVERRIDE] = { "acs-override", DOCTOR_WARNING,
		"groups are split that the hardware does not isolate: a device can write to registers of another one, and bridges may carry DMA there instead of to memory" },
	[DOCTOR_UNSAFE_INTERRUPTS] = { "unsafe-interrupts", DOCTOR_WARNING,
		"where the hardware does not isolate interrupts, a device given to a program can raise every interrupt of the machine" },
	[DOCTOR_NOIOMMU_MODE] = { "noiommu-mode", DOCTOR_WARNING,
		"a device without an IOMMU that is given to a program can read and write all memory" },
	[DOCTOR_USER_NAMESPACE] = { "user-namespace", DOCTOR_WARNING,
		"the kernel ignores capabilities of a user namespace here: CAP_IPC_LOCK does not lift the limit of locked memory, and physical addresses are hidden" },
	[DOCTOR_HUGEPAGES_UNMOUNTED] = { "hugepages-unmounted", DOCTOR_WARNING,
		"EAL uses these pages with --in-memory only, and then there are no secondary processes" },
	[DOCTOR_HUGEPAGES_USED] = { "hugepages-used", DOCTOR_WARNING,
		"an application that starts now gets no memory" },
	[DOCTOR_HUGEPAGES_FEW] = { "hugepages-few", DOCTOR_WARNING,
		"EAL and one small port need at least 64 MiB, and testpmd's packet buffers about 360 MiB" },
	[DOCTOR_HUGEPAGES_LEFT] = { "hugepages-left", DOCTOR_WARNING,
		"an application with the default prefix can't remove them, and ends with: Cannot init memory" },
	[DOCTOR_HUGEPAGES_NODE] = { "hugepages-node", DOCTOR_WARNING,
		"the device's DMA and its packets cross from one processor to another, which costs throughput" },
	[DOCTOR_HUGEPAGES_UNREAD] = { "hugepages-unread", DOCTOR_WARNING,
		"nothing is known about the memory that EAL can use" },
	[DOCTOR_ENTRY_LIMIT] = { "entry-limit", DOCTOR_WARNING,
		"memory that EAL adds later takes a mapping for each page; when the limit is reached the kernel refuses more" },
	[DOCTOR_MEMLOCK_SHORT] = { "memlock-short", DOCTOR_WARNING,
		"an application can't use all hugepages: the kernel refuses to map what exceeds the limit; iommufd counts the memory of all processes of a user together" },
	[DOCTOR_DEVICE_DOUBTFUL] = { "device-doubtful", DOCTOR_WARNING,
		"some kernels reject the device" },
	[DOCTOR_DEVICE_HELD] = { "device-held", DOCTOR_WARNING,
		"a device can be used by one process and its secondaries only" },
	[DOCTOR_VF_TOKEN] = { "vf-token", DOCTOR_WARNING,
		"without the token the kernel does not open the device, and the bus skips it" },
	[DOCTOR_DEVICE_UNREAD] = { "device-unread", DOCTOR_WARNING,
		"the bus can't use a function that it can't read" },
	[DOCTOR_WINDOWS_UNREAD] = { "windows-unread", DOCTOR_WARNING,
		"memory may lie at addresses that the host bridge does not carry to memory" },
	[DOCTOR_MSI_LIKELY_LOST] = { "msi-likely-lost", DOCTOR_WARNING,
		"interrupts of the device may not arrive; its driver then sees no packets if it waits for them" },
	[DOCTOR_TRY_FEWER] = { "try-fewer", DOCTOR_WARNING,
		"INTx is one interrupt for all queues, and without any the driver must poll" },
	[DOCTOR_EAL_SHORT] = { "eal-memory-short", DOCTOR_WARNING,
		"EAL's memory can't grow to its usual size: the bus rejects what lies beyond" },
	[DOCTOR_DPDK_UNTRIED] = { "dpdk-untried", DOCTOR_WARNING,
		"the bus was tried with DPDK 22.11, 24.11 and 25.11, and this release is older or later" },
	[DOCTOR_DPDK_BETWEEN] = { "dpdk-between", DOCTOR_NOTE,
		"the bus was tried with DPDK 22.11, 24.11 and 25.11, and not with this release between them" },
	[DOCTOR_DPDK_OTHER] = { "dpdk-other", DOCTOR_NOTE,
		"doctor examines its own DPDK only; an application with the other one does not know vfio_msi:BDF" },
	[DOCTOR_VFIO_COMPAT] = { "vfio-compat", DOCTOR_NOTE,
		"for DPDK's pci bus, which requests version 1 of type1, such a container uses only small pages in the IOMMU; this bus keeps large pages" },
	[DOCTOR_IOMMU_NARROW] = { "iommu-narrow", DOCTOR_NOTE,
		"most virtual addresses of a process are no valid I/O virtual addresses; the bus makes EAL use those that are" },
	[DOCTOR_LA57] = { "la57", DOCTOR_NOTE,
		"an application that requests virtual addresses above 47 bits, for example with --base-virtaddr, can get ones that the IOMMU does not translate" },
	[DOCTOR_CONTAINER] = { "container", DOCTOR_NOTE,
		"a container hides how the host uses its devices, often also /proc/iomem and nodes" },
	[DOCTOR_HUGEPAGES_CAPPED] = { "hugepages-capped", DOCTOR_NOTE,
		"EAL counts the unused hugepages of the machine and not this limit; what exceeds it fails" },
	[DOCTOR_NODE_UNTESTED] = { "node-untested", DOCTOR_NOTE,
		"only root can find out what another user may open" },
	[DOCTOR_NODE_NOT_PASSED] = { "node-not-passed", DOCTOR_NOTE,
		"a container sees all devices of the machine, and can use those whose nodes it has" },
	[DOCTOR_DEVICE_RUNNING] = { "device-running", DOCTOR_NOTE,
		"the application runs, so its devices and hugepages are in use" },
	[DOCTOR_DEVICE_NOIOMMU] = { "device-noiommu", DOCTOR_NOTE,
		"the device, and who controls it, can read and write all memory of the machine" },
	[DOCTOR_DEVICE_UNASKED] = { "device-unasked", DOCTOR_NOTE,
		"the layout of the device is not known" },
	[DOCTOR_DEVICE_VMD] = { "device-vmd", DOCTOR_NOTE,
		"the device exists only as long as VMD keeps its driver, and its interrupts arrive through VMD" },
	[DOCTOR_DEVICE_ALIAS] = { "device-alias", DOCTOR_NOTE,
		"the IOMMU can't distinguish this device from others, so one address space must suit all of them" },
	[DOCTOR_MSI_UNSURE] = { "msi-unsure", DOCTOR_NOTE,
		"whether interrupts arrive can't be seen from here" },
	[DOCTOR_TRY_SKIPPED] = { "try-skipped", DOCTOR_NOTE,
		"what is predicted of its interrupts was not checked" },
	[DOCTOR_TRY_GOOD] = { "try-good", DOCTOR_NOTE,
		"the bus can use these interrupts" },
	[DOCTOR_EAL_MOVED] = { "eal-memory-moved", DOCTOR_NOTE,
		"stock DPDK would use its own place, where DMA fails or reaches something else" },
	[DOCTOR_LIMITS_ASSUMED] = { "limits-assumed", DOCTOR_NOTE,
		"the kernel was not asked what it allows, so the layout is a prediction, and nobody has checked it" },
};

void
doctor_add(struct doctor_findings *list, enum doctor_id id, const char *about, const char *fmt, ...)
{
	struct doctor_finding *v = reallocarray(list->v, list->n + 1, sizeof(*v));
	va_list ap;

	if (v == NULL) {
		list->incomplete = true;
		return;
	}
	list->v = v;
	v += list->n++;
	memset(v, 0, sizeof(*v));
	v->id = v->lead = id;
	if (about != NULL)
		strlcpy(v->about, about, sizeof(v->about));
	va_start(ap, fmt);
	vsnprintf(v->what, sizeof(v->what), fmt, ap);
	va_end(ap);
}

void
doctor_cure(struct doctor_findings *list, const char *fmt, ...)
{
	struct doctor_finding *last;
	va_list ap;

	/* Without memory the finding is missing, and the last one is another. */
	if (list->n == 0 || list->incomplete)
		return;
	last = &list->v[list->n - 1];
	va_start(ap, fmt);
	vsnprintf(last->cure, sizeof(last->cure), fmt, ap);
	va_end(ap);
}

static bool
before(enum doctor_id a, enum doctor_id b)
{
	const enum doctor_severity sa = doctor_kinds[a].severity;
	const enum doctor_severity sb = doctor_kinds[b].severity;

	return sa != sb ? sa > sb : a < b;
}

void
doctor_block(struct doctor_findings *list, size_t first)
{
	enum doctor_id lead;
	size_t i;

	if (first >= list->n)
		return;
	lead = list->v[first].id;
	for (i = first; i < list->n; i++)
		if (before(list->v[i].id, lead))
			lead = list->v[i].id;
	for (i = first; i < list->n; i++)
		list->v[i].lead = lead;
}

/* By insertion: it is stable, and lists are short. */
void
doctor_sort(struct doctor_findings *list)
{
	struct doctor_finding moving;
	size_t i, at;

	for (i = 1; i < list->n; i++) {
		moving = list->v[i];
		for (at = i; at > 0 && before(moving.lead, list->v[at - 1].lead); at--)
			list->v[at] = list->v[at - 1];
		list->v[at] = moving;
	}
}

enum doctor_severity
doctor_worst(const struct doctor_findings *list)
{
	enum doctor_severity worst = DOCTOR_NOTE;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (doctor_kinds[list->v[i].id].severity > worst)
			worst = doctor_kinds[list->v[i].id].severity;
	return worst;
}

const char *
doctor_severity_name(enum doctor_severity severity)
{
	static const char *const names[] = {
		[DOCTOR_NOTE] = "note", [DOCTOR_WARNING] = "warning", [DOCTOR_FAULT] = "fault",
	};

	return names[severity];
}

void
doctor_findings_free(struct doctor_findings *list)
{
	free(list->v);
	*list = (struct doctor_findings){ 0 };
}
