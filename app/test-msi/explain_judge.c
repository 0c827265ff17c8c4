/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What an address is. doc/reference/explain.rst has the same table. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"

#define BESIDE (UINT64_C(2) << 20)	/* so far a buffer is overrun at most */

const struct explain_kind explain_kinds[EXPLAIN_IDS] = {
	[EXPLAIN_IS_FROZEN] = { "frozen",
		"the device accessed an address outside of its DMA windows, or PCI reported an error; the firmware stopped the device, and reads of its registers return ones",
		"see the lines of dmesg before it; end the application, which gets the device back after a reset when it is started again" },
	[EXPLAIN_IS_DISABLED] = { "disabled",
		"the device failed too often in an hour, or did not recover from a reset: often the card is not seated well, or broken",
		"see the lines of dmesg before it; end the application; switch the machine off, seat the card again or replace it, and start the machine" },
	[EXPLAIN_IS_DEAD] = { "dead-bridge",
		"PCI hardware failed for good, or the firmware could not recover it",
		"see the lines of dmesg before it; end the applications that use devices behind it, and restart the machine; if it happens again, report it to the vendor of the machine, with dmesg" },
	[EXPLAIN_IS_INTERRUPT] = { "interrupt",
		"an interrupt of the device arrived when its vector was not set up or no longer, or the device sent another message than the kernel gave it",
		"test the interrupts of the device while no application uses it: dpdk-test-msi irq BDF; a single one while an application ends is harmless" },
	[EXPLAIN_IS_TIMEOUT] = { "timeout",
		"the device hung, was reset or removed, or lost its link, or its address translation service (ATS) is broken",
		"look for messages about the device and its link before it in dmesg; end the application and reset the device; if it happens again while the device works, boot with pci=noats" },
	[EXPLAIN_IS_STUCK] = { "stuck",
		"a device behind the IOMMU hung, was reset or removed, or lost its link, so it did not answer the IOMMU (ATS); or the IOMMU itself hangs",
		"look for messages about devices and their links before it in dmesg; end the application that uses such a device and reset the device; if it happens again while all devices work, boot with pci=noats and report it to the kernel's maintainers, with dmesg" },
	[EXPLAIN_IS_COMMAND] = { "command",
		"the kernel's driver wrote a wrong command, or the IOMMU could not read it: a fault of the driver or of the hardware",
		"report it to the kernel's maintainers, with dmesg; memory may be faulty" },
	[EXPLAIN_IS_FAILED] = { "iommu-failed",
		"a fault of the IOMMU, or of what connects it to the processors; it may no longer translate or block DMA",
		"end the applications that use devices, and restart the machine; if it happens again, report it to the vendor of the machine and to the kernel's maintainers, with dmesg" },
	[EXPLAIN_IS_GUEST_PAGE] = { "guest-page",
		"the device accessed a page that belongs to a confidential guest or to the firmware of the processor (SEV-SNP)",
		"give the device and its memory to one user only, the host or one guest; if they have only one, report it to the kernel's maintainers, with dmesg" },
	[EXPLAIN_IS_UNKNOWN] = { "no-address",
		"the kernel's message has no address that the device accessed, or it is of an event that explain does not know",
		"look for other messages about this device in dmesg" },
	[EXPLAIN_IS_BEFORE_DRIVER] = { "before-driver",
		"the firmware, or a program that ended, left the device running until the driver or program of now took it",
		"nothing; if a message of this kind is newer than that, report it to the kernel's maintainers, with dmesg" },
	[EXPLAIN_IS_UNATTACHED] = { "unattached",
		"the firmware, or a program that ended, left the device running, or its requests have the ID of another function",
		"nothing, if it is from the boot or from the end of a program; if it happens again and again, end the programs that use devices and restart the machine, which resets the device; if that does not help, report it to the kernel's maintainers, with dmesg" },
	[EXPLAIN_IS_MSI] = { "msi-window",
		"the device wrote an interrupt message to a doorbell that the kernel has not mapped or has unmapped, or memory was placed there",
		"test the interrupts of the device while no application uses it: dpdk-test-msi irq BDF" },
	[EXPLAIN_IS_READ_ONLY] = { "read-only",
		"the memory was mapped for reading by devices only, and a descriptor asks the device to write to it",
		"map the memory without the flag for read-only, or correct the driver or application that gives it to the device for receiving" },
	[EXPLAIN_IS_MAPPED] = { "mapped",
		"the memory was mapped after the fault, or the fault is from an earlier process that used the same addresses",
		"compare the time of the message with the start of the process; if the fault is newer, report it, with a capture" },
	[EXPLAIN_IS_FIRMWARE] = { "firmware",
		"the firmware uses the device for itself (remote console, shared memory, USB keyboard), and nobody maps its memory while a program has the device",
		"leave the device to its kernel driver, or switch off the firmware's feature that uses it, unless you administer the machine through it" },
	[EXPLAIN_IS_ZERO] = { "zero",
		"a register or a descriptor of the device has no address: a queue was started before it was set up, or was cleared while the device ran",
		"look for the driver's messages about this queue; stop a port before its queues are set up again" },
	[EXPLAIN_IS_RESERVED] = { "reserved",
		"the IOMMU or the platform reserves these addresses, and memory was placed there by something that did not read the reserved regions",
		"use the bus vfio_msi, which avoids them: dpdk-test-msi layout -a vfio_msi:BDF lists them" },
	[EXPLAIN_IS_WINDOW] = { "bridge-window",
		"these are addresses of PCI devices: memory was placed there by something that does not read the windows, or the driver gave the device an address of another device",
		"use the bus vfio_msi, which avoids the windows: dpdk-test-msi layout -a vfio_msi:BDF lists them" },
	[EXPLAIN_IS_DMA_RANGES] = { "dma-ranges",
		"the host bridge does not pass these addresses to memory, and memory was placed there by something that does not read the device tree",
		"use the bus vfio_msi, which avoids them: dpdk-test-msi layout -a vfio_msi:BDF lists them" },
	[EXPLAIN_IS_TOO_HIGH] = { "too-high",
		"an address that was not made for this IOMMU: a virtual or physical address in place of an IOVA, or a descriptor with wrong bytes",
		"check that every address in descriptors comes from rte_mbuf_data_iova(), rte_malloc_virt2iova(), rte_mempool_virt2iova(), rte_eal_iommu_virt2iova() or a memzone; rte_mem_virt2iova() returns a physical address where the bus assigns IOVAs" },
	[EXPLAIN_IS_FREED] = { "freed",
		"memory was freed while the device still used it: a mempool, a ring or memory of the application was freed before the queue was stopped",
		"compare the time of the message with that of the unmap; stop the port before memory that it uses is freed or unmapped" },
	[EXPLAIN_IS_BEHIND] = { "behind",
		"a buffer was overrun: a length in a descriptor is too large, or a buffer is at the end of the memory and shorter than the length in the descriptor",
		"compare the sizes of buffers (mempool, --mbuf-size) and of frames (MTU) with what the driver sets; memory of an application can be too short for the last buffer" },
	[EXPLAIN_IS_OTHERS] = { "other-process",
		"the device got an address of another process: two applications share a ring or a mempool without being primary and secondary, or the device still runs with the queues of the other one",
		"give the device and the memory to one process and its secondaries" },
	[EXPLAIN_IS_BROKEN] = { "broken-table",
		"the IOMMU could not read or write its own data in memory: a fault of the kernel's driver or of the hardware",
		"report it to the kernel's maintainers, with dmesg; memory may be faulty" },
	[EXPLAIN_IS_NO_DEVICE] = { "no-device",
		"the message or the command names no PCI device of this machine: the device is not on PCI, it was removed, or the log is of another machine",
		"if it is a PCI device of this machine, find its address, and give it: dpdk-test-msi explain ADDRESS BDF; explain knows no holes of other devices" },
	[EXPLAIN_IS_UNMAPPED] = { "unmapped",
		"memory was freed while the device still used it, a buffer was given to the device that the bus never mapped, or a process ended while its device ran",
		"if it happened while the application ran: map memory of its own with rte_eal_iommu_dma_map() or rte_dev_dma_map(), and free buffers after the port is stopped; a fault while a process ends or the device is reset is harmless" },
};

/* An address of the user without a device: it is judged by all processes. */
static bool
of_anyone(const struct explain_fault *f)
{
	return f->iommu == EXPLAIN_NO_IOMMU && !f->has_addr;
}

static bool
holds(struct iova_range range, uint64_t iova)
{
	return range.first <= iova && iova <= range.last;
}

static enum explain_id
hole_id(enum iova_origin origin)
{
	switch (origin) {
	case IOVA_ORIGIN_SW_MSI:
	case IOVA_ORIGIN_SW_MSI_GUARD:
	case IOVA_ORIGIN_MSI:
		return EXPLAIN_IS_MSI;
	case IOVA_ORIGIN_DIRECT:
	case IOVA_ORIGIN_DIRECT_RELAXABLE:
		return EXPLAIN_IS_FIRMWARE;
	case IOVA_ORIGIN_ZERO_PAGE:
		return EXPLAIN_IS_ZERO;
	case IOVA_ORIGIN_HOST_BRIDGE:
		return EXPLAIN_IS_WINDOW;
	case IOVA_ORIGIN_DMA_RANGES:
		return EXPLAIN_IS_DMA_RANGES;
	default:
		return EXPLAIN_IS_RESERVED;
	}
}

/* The hole that says most: in the order of the table. */
static bool
judge_holes(uint64_t iova, const struct explain_facts *facts, struct explain_verdict *out)
{
	const struct iova_hole *best = NULL;
	bool whose;
	size_t i;

	for (i = 0; i < facts->n_holes; i++) {
		const struct iova_hole *h = &facts->hole[i];

		if (holds(h->range, iova) && (best == NULL || hole_id(h->origin) < hole_id(best->origin)))
			best = h;
	}
	if (best == NULL)
		return false;
	out->id = hole_id(best->origin);
	whose = facts->several && best->owner[0] != '\0';
	snprintf(out->what, sizeof(out->what), "is in the hole 0x%" PRIx64 "-0x%" PRIx64 ": %s%s%s%s%s%s",
		best->range.first, best->range.last, iova_hole_estimated(best) ? "estimated " : "",
		iova_origin_name(best->origin), best->detail[0] != '\0' ? " " : "", best->detail,
		whose ? ", for " : "", whose ? best->owner : "");
	return true;
}

/* Mapped for this device. */
static bool
judge_maps(const struct explain_fault *f, const struct explain_facts *facts, struct explain_verdict *out)
{
	size_t i;

	for (i = 0; i < facts->n_maps; i++) {
		const struct explain_map *m = &facts->map[i];

		if (!holds(m->range, f->iova) || (!m->has_device && !of_anyone(f)))
			continue;
		out->id = m->read_only && f->access == EXPLAIN_WRITE ? EXPLAIN_IS_READ_ONLY : EXPLAIN_IS_MAPPED;
		snprintf(out->what, sizeof(out->what), "is mapped now%s, at 0x%" PRIx64 "-0x%" PRIx64
			" by process %d (%s)", m->read_only ? " for reading only" : "", m->range.first,
			m->range.last, m->pid, m->owner);
		return true;
	}
	return false;
}

/* Of several unmaps the latest. */
static bool
judge_freed(const struct explain_fault *f, const struct explain_facts *facts, struct explain_verdict *out)
{
	const struct explain_freed *best = NULL;
	size_t i;

	for (i = 0; i < facts->n_freed; i++) {
		const struct explain_freed *v = &facts->freed[i];

		if (holds(v->range, f->iova) && (v->has_device || of_anyone(f)) &&
				(best == NULL || v->seconds < best->seconds))
			best = v;
	}
	if (best == NULL)
		return false;
	out->id = EXPLAIN_IS_FREED;
	snprintf(out->what, sizeof(out->what), "was mapped at 0x%" PRIx64 "-0x%" PRIx64
		" by process %d (%s), which unmapped it %" PRIu64 " s ago", best->range.first,
		best->range.last, best->pid, best->owner, best->seconds);
	return true;
}

static bool
judge_behind(uint64_t iova, const struct explain_facts *facts, struct explain_verdict *out)
{
	const struct explain_map *best = NULL;
	size_t i;

	for (i = 0; i < facts->n_maps; i++) {
		const struct explain_map *m = &facts->map[i];

		if (m->has_device && m->range.last < iova && iova - m->range.last <= BESIDE &&
				(best == NULL || m->range.last > best->range.last))
			best = m;
	}
	if (best == NULL)
		return false;
	out->id = EXPLAIN_IS_BEHIND;
	snprintf(out->what, sizeof(out->what), "%slies %" PRIu64
		" bytes behind 0x%" PRIx64 "-0x%" PRIx64 ", which process %d has mapped (%s)",
		facts->owners > 0 && !facts->uncertain ? "is not mapped now, and " : "", iova - best->range.last - 1,
		best->range.first, best->range.last, best->pid, best->owner);
	return true;
}

/* Only if a process has the device: another one, which does not answer, may have mapped it. */
static bool
judge_others(uint64_t iova, const struct explain_facts *facts, struct explain_verdict *out)
{
	size_t i;

	for (i = 0; facts->owners > 0 && i < facts->n_maps; i++) {
		const struct explain_map *m = &facts->map[i];

		if (m->has_device || !holds(m->range, iova))
			continue;
		out->id = EXPLAIN_IS_OTHERS;
		snprintf(out->what, sizeof(out->what), "is mapped at 0x%" PRIx64 "-0x%" PRIx64
			" by process %d (%s), which does not have this device", m->range.first,
			m->range.last, m->pid, m->owner);
		return true;
	}
	return false;
}

static void
set(struct explain_verdict *out, enum explain_id id, const char *what)
{
	out->id = id;
	snprintf(out->what, sizeof(out->what), "%s", what);
}

static bool
is_too_high(const struct explain_fault *f, const struct explain_facts *facts)
{
	return f->reason == EXPLAIN_TOO_HIGH ||
		(facts->iommu_bits != 0 && facts->iommu_bits < 64 && f->iova >> facts->iommu_bits != 0);
}

/* In no hole that is known. */
static void
judge_unmapped(const struct explain_fault *f, const struct explain_facts *facts, struct explain_verdict *out)
{
	const char *where = facts->all_vfio ? "is in no hole of a device with a VFIO driver" : "is in no hole";
	const bool anyone = of_anyone(f);
	const char *state;

	if (!facts->holes_known) {
		set(out, EXPLAIN_IS_NO_DEVICE, "whether it is in a hole, or mapped, is not known, as the device is not");
		return;
	}
	if (facts->owners > 0 && facts->uncertain)
		state = " and is not mapped now by a process that has the device: it was freed, or never mapped";
	else if (facts->owners > 0 || (anyone && facts->processes > 0))
		state = facts->all_freed ?
			", is not mapped now and was not unmapped lately: it was never mapped, or unmapped long ago" :
			" and is not mapped now: it was freed, or never mapped";
	else
		state = anyone ?
			"; whether it is mapped now is not known, as no process answers: it was freed, or never mapped" :
			"; whether it is mapped now is not known, as no process that has the device answers: it was freed, or never mapped";
	out->id = EXPLAIN_IS_UNMAPPED;
	snprintf(out->what, sizeof(out->what), "%s%s", where, state);
}

static void
judge_address(const struct explain_fault *f, const struct explain_facts *facts, struct explain_verdict *out)
{
	size_t len;

	if (judge_maps(f, facts, out) || judge_holes(f->iova, facts, out))
		;
	else if (is_too_high(f, facts))
		set(out, EXPLAIN_IS_TOO_HIGH, "is an address that the IOMMU does not translate");
	else if (!judge_freed(f, facts, out) && !judge_behind(f->iova, facts, out) && !judge_others(f->iova, facts, out))
		judge_unmapped(f, facts, out);
	/* This is why no answer is stated as a fact. */
	if (!facts->uncertain || out->id == EXPLAIN_IS_NO_DEVICE)
		return;
	len = strlen(out->what);
	snprintf(out->what + len, sizeof(out->what) - len, "; the device is not certain");
}

/* What is known of a fault that is no access of a device. @return NULL: of an access */
static const char *
judge_own(const struct explain_fault *f, enum explain_id *id)
{
	switch (f->reason) {
	case EXPLAIN_TIMEOUT:
		*id = EXPLAIN_IS_TIMEOUT;
		return f->has_addr ? "the device did not confirm in time that it dropped translations from its cache (ATS)" :
			"a device that the message does not name did not confirm in time that it dropped translations from its cache (ATS)";
	case EXPLAIN_COMPLETION:
		*id = EXPLAIN_IS_TIMEOUT;
		return f->has_addr ? "the device confirmed too late, or wrongly, that it dropped translations from its cache (ATS)" :
			"a device that the message does not name confirmed too late, or wrongly, that it dropped translations from its cache (ATS)";
	case EXPLAIN_STUCK:
		*id = EXPLAIN_IS_STUCK;
		return "the IOMMU did not complete commands of the kernel in time";
	case EXPLAIN_COMMAND:
		*id = EXPLAIN_IS_COMMAND;
		return "the IOMMU could not execute a command of the kernel";
	case EXPLAIN_ABORTED:
		*id = EXPLAIN_IS_BROKEN;
		return "the IOMMU could not write a message for the kernel";
	case EXPLAIN_FAILED:
		*id = EXPLAIN_IS_FAILED;
		return f->iommu == EXPLAIN_SMMUV3 ? "the IOMMU has stopped its service" :
			"the registers of the IOMMU read as ones";
	default:
		return NULL;
	}
}

/*
 * The device had no table when it happened. What has it now gave it one. A driver of VFIO does
 * not: the program that opens the device does.
 */
static void
judge_no_table(const struct explain_facts *facts, struct explain_verdict *out)
{
	set(out, EXPLAIN_IS_UNATTACHED, "the IOMMU had no addresses for this device");
	if (facts->uncertain)
		return;
	if (facts->owners > 0)
		set(out, EXPLAIN_IS_BEFORE_DRIVER, "the IOMMU had no addresses for this device, which a process has now");
	else if (facts->driver != NULL && !facts->vfio) {
		out->id = EXPLAIN_IS_BEFORE_DRIVER;
		snprintf(out->what, sizeof(out->what),
			"the IOMMU had no addresses for this device, which is bound to %s now", facts->driver);
	}
}

static void
judge_eeh(const struct explain_fault *f, struct explain_verdict *out)
{
	if (f->reason == EXPLAIN_FAILED)
		set(out, EXPLAIN_IS_DEAD, "the host bridge is dead, and so are all devices behind it");
	else if (f->reason == EXPLAIN_DISABLED)
		set(out, EXPLAIN_IS_DISABLED, "the kernel has disabled the device, and does not reset it any more");
	else
		set(out, EXPLAIN_IS_FROZEN, f->reason == EXPLAIN_BRIDGE ?
			"all devices behind the host bridge are frozen" : "the device is frozen");
}

void
explain_judge(const struct explain_fault *f, const struct explain_facts *facts, struct explain_verdict *out)
{
	enum explain_id id = EXPLAIN_IS_UNKNOWN;
	const char *own = judge_own(f, &id);

	*out = (struct explain_verdict){ 0 };
	if (f->iommu == EXPLAIN_EEH)
		judge_eeh(f, out);
	else if (own != NULL)
		set(out, id, own);
	else if (f->reason == EXPLAIN_INTERRUPT)
		set(out, EXPLAIN_IS_INTERRUPT, "the message of an interrupt was blocked");
	else if (f->reason == EXPLAIN_PROTECTED)
		set(out, EXPLAIN_IS_GUEST_PAGE, "the device may not access the page");
	else if (f->reason == EXPLAIN_NO_TABLE)
		judge_no_table(facts, out);
	else if (f->reason == EXPLAIN_BROKEN)
		set(out, EXPLAIN_IS_BROKEN, "a table of the IOMMU is wrong");
	else if (f->reason == EXPLAIN_SIZE && !is_too_high(f, facts))
		set(out, EXPLAIN_IS_BROKEN,
			"an address is too large: one in a table of the IOMMU, or, if the SMMU has no stage 1, the one that the device accessed");
	else if (!f->has_iova)
		set(out, EXPLAIN_IS_UNKNOWN, "the address is not known");
	else
		judge_address(f, facts, out);
}
