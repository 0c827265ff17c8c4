/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What an address is. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"

#define OF_USER 24
#define BESIDE (UINT64_C(2) << 20)	/* so far a buffer is overrun at most */

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

/* Where a read is allowed, what was forbidden is a write. */
static bool
is_write(const struct explain_fault *f)
{
	return f->access == EXPLAIN_WRITE || (f->access == EXPLAIN_ACCESS_UNKNOWN && f->reason == EXPLAIN_FORBIDDEN);
}

/* The user of a process that may say anything, so that it is not taken for a fact. */
static const char *
of_user(bool foreign, unsigned int uid, char out[OF_USER])
{
	snprintf(out, OF_USER, " of user %u", uid);
	return foreign ? out : "";
}

/* Mapped for this device. */
static bool
judge_maps(const struct explain_fault *f, const struct explain_facts *facts, struct explain_verdict *out)
{
	char user[OF_USER];
	size_t i;

	for (i = 0; i < facts->n_maps; i++) {
		const struct explain_map *m = &facts->map[i];

		if (!holds(m->range, f->iova) || (!m->has_device && !of_anyone(f)))
			continue;
		out->id = m->read_only && is_write(f) ? EXPLAIN_IS_READ_ONLY :
			f->reason == EXPLAIN_FORBIDDEN ? EXPLAIN_IS_FORBIDDEN : EXPLAIN_IS_MAPPED;
		snprintf(out->what, sizeof(out->what), "is mapped now%s, at 0x%" PRIx64 "-0x%" PRIx64
			" by process %d%s (%s)%s", m->read_only ? " for reading only" : "", m->range.first,
			m->range.last, m->pid, of_user(m->foreign, m->uid, user), m->owner, out->id == EXPLAIN_IS_FORBIDDEN ?
			", but was not for this access then" : "");
		return true;
	}
	return false;
}

/* The IOMMU found a page, so it was neither freed nor never mapped, whatever is there now. */
static bool
judge_forbidden(const struct explain_fault *f, const struct explain_facts *facts, struct explain_verdict *out)
{
	struct explain_verdict hole;

	if (f->reason != EXPLAIN_FORBIDDEN)
		return false;
	out->id = EXPLAIN_IS_FORBIDDEN;
	if (judge_holes(f->iova, facts, &hole))
		snprintf(out->what, sizeof(out->what), "was mapped, but not for this access, and %.300s", hole.what);
	else
		snprintf(out->what, sizeof(out->what), "was mapped, but not for this access");
	return true;
}

/* Of several unmaps the latest. */
static bool
judge_freed(const struct explain_fault *f, const struct explain_facts *facts, struct explain_verdict *out)
{
	const struct explain_freed *best = NULL;
	char user[OF_USER];
	size_t i;

	for (i = 0; i < facts->n_freed; i++) {
		const struct explain_freed *v = &facts->freed[i];

		if (holds(v->range, f->iova) && (v->has_device || of_anyone(f)) &&
				(best == NULL || v->foreign < best->foreign ||
				(v->foreign == best->foreign && v->seconds < best->seconds)))
			best = v;
	}
	if (best == NULL)
		return false;
	out->id = EXPLAIN_IS_FREED;
	snprintf(out->what, sizeof(out->what), "was mapped at 0x%" PRIx64 "-0x%" PRIx64
		" by process %d%s (%s), which unmapped it %" PRIu64 " s ago", best->range.first,
		best->range.last, best->pid, of_user(best->foreign, best->uid, user), best->owner, best->seconds);
	return true;
}

static bool
judge_behind(uint64_t iova, const struct explain_facts *facts, struct explain_verdict *out)
{
	const struct explain_map *best = NULL;
	char user[OF_USER];
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
		" bytes behind 0x%" PRIx64 "-0x%" PRIx64 ", which process %d%s has mapped (%s)",
		facts->owners > 0 && !facts->uncertain ? "is not mapped now, and " : "", iova - best->range.last - 1,
		best->range.first, best->range.last, best->pid, of_user(best->foreign, best->uid, user), best->owner);
	return true;
}

/* Only if a process has the device: another one, which does not answer, may have mapped it. */
static bool
judge_others(uint64_t iova, const struct explain_facts *facts, struct explain_verdict *out)
{
	char user[OF_USER];
	size_t i;

	for (i = 0; facts->owners > 0 && i < facts->n_maps; i++) {
		const struct explain_map *m = &facts->map[i];

		if (m->has_device || !holds(m->range, iova))
			continue;
		out->id = EXPLAIN_IS_OTHERS;
		snprintf(out->what, sizeof(out->what), "is mapped at 0x%" PRIx64 "-0x%" PRIx64
			" by process %d%s (%s), which does not have this device", m->range.first,
			m->range.last, m->pid, of_user(m->foreign, m->uid, user), m->owner);
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
	if (facts->foreign)
		snprintf(out->what, sizeof(out->what), "%s%s; so says a process of user %u", where, state, facts->uid);
	else
		snprintf(out->what, sizeof(out->what), "%s%s", where, state);
}

static void
judge_address(const struct explain_fault *f, const struct explain_facts *facts, struct explain_verdict *out)
{
	size_t len;

	if (judge_maps(f, facts, out) || judge_forbidden(f, facts, out) || judge_holes(f->iova, facts, out))
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
	char user[OF_USER];

	set(out, EXPLAIN_IS_UNATTACHED, "the IOMMU had no addresses for this device");
	if (facts->uncertain)
		return;
	if (facts->owners > 0) {
		out->id = EXPLAIN_IS_BEFORE_DRIVER;
		snprintf(out->what, sizeof(out->what),
			"the IOMMU had no addresses for this device, which a process%s has now",
			of_user(facts->foreign, facts->uid, user));
	} else if (facts->driver != NULL && !facts->vfio) {
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
