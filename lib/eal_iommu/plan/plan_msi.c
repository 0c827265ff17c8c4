/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Whether a device's MSI writes arrive. A device writes to a window that the kernel names:
 * SW_MSI, where the kernel maps doorbells, or a window of the hardware with doorbells.
 *
 * Only certain facts may switch MSI off: the IOMMU's aperture, the ranges that the bridge
 * passes, a backend that maps no doorbell, and a window of the bridge if the device is not
 * isolated from others. An isolated device's write to such a window may pass. An estimate
 * causes only a note.
 */

#include <inttypes.h>
#include <string.h>

#include "plan/plan_internal.h"

#define X86_MSI UINT64_C(0xfee00000)	/* received by the processor's side, not translated */
#define MAPS_OR_REFUSES 6015		/* since then, no vector without a mapped doorbell */

static bool
starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/*
 * Does the window have doorbells beyond the bridge? Writes to some windows of the hardware
 * are answered before: by the processor on x86, by the port itself on Apple's machines.
 */
static bool
has_doorbells(const struct plan_device *pd, const struct iova_hole *h)
{
	if (h->origin != IOVA_ORIGIN_MSI)
		return h->origin == IOVA_ORIGIN_SW_MSI;
	return h->range.first != X86_MSI && !starts_with(pd->topo.iommu, "apple-dart");
}

static const char *
window_name(const struct iova_hole *msi)
{
	return msi->origin == IOVA_ORIGIN_SW_MSI ? "SW_MSI" : "MSI window";
}

/* Keep the worst verdict, of equal ones the first. @return whether it is this one */
static bool __attribute__((format(printf, 3, 4)))
worsen(struct plan_device *pd, enum plan_msi msi, const char *fmt, ...)
{
	va_list ap;

	if (msi <= pd->msi)
		return false;
	pd->msi = msi;
	va_start(ap, fmt);
	vsnprintf(pd->msi_why, sizeof(pd->msi_why), fmt, ap);
	va_end(ap);
	return true;
}

/*
 * Judge doorbells if writes to @p gap are lost. The kernel maps doorbell pages from the
 * start of SW_MSI upwards. If the gap contains the start, the first one is lost. A gap
 * further up matters only on a machine with that many doorbells. In a window of the
 * hardware the position of doorbells is unknown.
 */
static enum plan_msi
lost_in(const struct iova_hole *msi, struct iova_range gap)
{
	if (iova_range_covers(gap, msi->range))
		return PLAN_MSI_LOST;
	return msi->origin == IOVA_ORIGIN_SW_MSI && gap.first <= msi->range.first ?
		PLAN_MSI_LIKELY_LOST : PLAN_MSI_UNSURE;
}

/* Verb for the position of a window relative to such a gap. */
static const char *
lies(enum plan_msi msi)
{
	switch (msi) {
	case PLAN_MSI_LOST:
		return "lies";
	case PLAN_MSI_LIKELY_LOST:
		return "begins";
	default:
		return "may reach";
	}
}

/*
 * The bridge may route the writes to its own devices, before the IOMMU translates them. It
 * does if the path to it is not isolated. Functions of one card reach only each other.
 */
static void
judge_window(struct plan_device *pd, const struct iova_hole *msi, const struct iova_hole *h)
{
	bool estimated = iova_hole_estimated(h), alone = estimated || !pd->diverted;
	enum plan_msi verdict = lost_in(msi, h->range);
	char other[128];

	if (estimated)
		verdict = PLAN_MSI_UNSURE;
	else if (alone && verdict == PLAN_MSI_LOST)
		verdict = PLAN_MSI_LIKELY_LOST;
	snprintf(other, sizeof(other), alone ? "which may route MSI writes to its own devices" :
		"which routes MSI writes to its own devices, as IOMMU group %d does not isolate the device from others",
		pd->topo.group);
	worsen(pd, verdict, "%s 0x%" PRIx64 "-0x%" PRIx64 " %s the %swindow 0x%" PRIx64 "-0x%"
		PRIx64 " of host bridge %s, %s", window_name(msi), msi->range.first,
		msi->range.last, h->range.first <= msi->range.first ? "lies in" : "reaches into",
		estimated ? "estimated " : "", h->range.first, h->range.last, h->detail, other);
}

/*
 * The bridge does not pass the writes. This is not certain if ignored entries could cover
 * the gap.
 */
static void
judge_gap(struct plan_device *pd, const struct iova_hole *msi, const struct iova_hole *h)
{
	enum plan_msi verdict = lost_in(msi, h->range);
	bool odd = pd->bridge.in[HOLES_IN_DMA_RANGES].odd > 0;

	worsen(pd, odd && verdict == PLAN_MSI_LOST ? PLAN_MSI_LIKELY_LOST : verdict,
		"%s 0x%" PRIx64 "-0x%" PRIx64
		" %s outside of the dma-ranges of host bridge %s, which passes no MSI writes to 0x%"
		PRIx64 "-0x%" PRIx64, window_name(msi), msi->range.first, msi->range.last,
		lies(verdict), h->detail, h->range.first, h->range.last);
}

/*
 * A hypervisor that nests the guest's SMMU in its own lets the device write to the doorbells
 * of the host, and asks the guest for a 1:1 mapping of them. VFIO does not make it, and the
 * guest's kernel maps its own doorbells there.
 */
static void
judge_direct(struct plan_device *pd, const struct iova_hole *msi, const struct iova_hole *h)
{
	worsen(pd, PLAN_MSI_LIKELY_LOST, "%s 0x%" PRIx64 "-0x%" PRIx64
		" meets the 1:1 mapping 0x%" PRIx64 "-0x%" PRIx64
		" of firmware, through which a hypervisor delivers MSI, but VFIO does not make this mapping",
		window_name(msi), msi->range.first, msi->range.last, h->range.first, h->range.last);
}

static void
judge_hole(struct plan_device *pd, const struct iova_hole *msi, const struct iova_hole *h)
{
	if (!iova_range_overlap(h->range, msi->range))
		return;
	switch (h->origin) {
	case IOVA_ORIGIN_HOST_BRIDGE:
		judge_window(pd, msi, h);
		break;
	case IOVA_ORIGIN_DMA_RANGES:
		judge_gap(pd, msi, h);
		break;
	case IOVA_ORIGIN_DIRECT:
	case IOVA_ORIGIN_DIRECT_RELAXABLE:
		judge_direct(pd, msi, h);
		break;
	default:
		break;
	}
}

/*
 * The kernel can't map doorbells above or below the aperture. Its ranges exclude the
 * window itself: a window next to them may be inside of the aperture or not.
 */
static void
judge_aperture(struct plan_device *pd, const struct iova_hole *h)
{
	const struct iova_range msi = h->range;
	enum plan_msi verdict;
	struct iova_range hull;
	const char *side;

	if (pd->info.n_ranges == 0)
		return;
	hull = iova_range_hull(pd->info.ranges, pd->info.n_ranges);
	if (msi.last > hull.last) {
		side = "above";
		verdict = msi.first == hull.last + 1 ? PLAN_MSI_UNSURE :
			lost_in(h, (struct iova_range){ hull.last + 1, UINT64_MAX });
	} else if (msi.first < hull.first) {
		side = "below";
		verdict = msi.last == hull.first - 1 ? PLAN_MSI_UNSURE :
			lost_in(h, (struct iova_range){ 0, hull.first - 1 });
	} else {
		return;
	}
	worsen(pd, verdict, "SW_MSI 0x%" PRIx64 "-0x%" PRIx64
		" %s %s the IOMMU aperture 0x%" PRIx64 "-0x%" PRIx64,
		msi.first, msi.last, lies(verdict), side, hull.first, hull.last);
}

/* An ignored entry may contain the doorbells. */
static void
judge_odd(struct plan_device *pd, enum holes_input input)
{
	unsigned int odd = pd->bridge.in[input].odd;

	if (odd > 0)
		worsen(pd, PLAN_MSI_UNSURE,
			"%u lines or entries of %s can't be understood, and one of them may contain MSI doorbells",
			odd, holes_input_name(input));
}

/* Unknown windows may contain the doorbells. Say so, and why they are unknown. */
static void
judge_source(struct plan_device *pd)
{
	const char *advice = holes_input_advice(HOLES_IN_IOMEM,
			pd->bridge.in[HOLES_IN_IOMEM].sight);

	switch (pd->bridge.source) {
	case HOLES_SOURCE_DEVICE_TREE:
		judge_odd(pd, HOLES_IN_RANGES);
		break;
	case HOLES_SOURCE_IOMEM:
		judge_odd(pd, HOLES_IN_IOMEM);
		break;
	default:
		worsen(pd, PLAN_MSI_UNSURE,
			"not all windows of host bridge %s are known, and one of them may contain MSI doorbells%s%s",
			pd->bridge_bus, advice != NULL ? ": " : "", advice != NULL ? advice : "");
		break;
	}
}

/* A hidden input may contain the doorbells. */
static void
judge_inputs(struct plan_device *pd)
{
	static const enum holes_input needed[] = { HOLES_IN_REGIONS, HOLES_IN_DMA_RANGES };
	const char *advice;
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		advice = holes_input_advice(needed[i], pd->bridge.in[needed[i]].sight);
		if (advice != NULL)
			worsen(pd, PLAN_MSI_UNSURE, "%s", advice);
		judge_odd(pd, needed[i]);
	}
	judge_source(pd);
}

/* @return whether there are doorbells, or may be */
static bool
judge_path(struct plan_device *pd)
{
	const struct holes_look *regions = &pd->bridge.in[HOLES_IN_REGIONS];
	bool found = regions->sight != HOLES_SEEN || regions->odd > 0;
	size_t i, j;

	for (i = 0; i < pd->holes.n; i++) {
		const struct iova_hole *msi = &pd->holes.v[i];

		if (!has_doorbells(pd, msi))
			continue;
		found = true;
		if (msi->origin == IOVA_ORIGIN_SW_MSI)
			judge_aperture(pd, msi);
		for (j = 0; j < pd->holes.n; j++)
			judge_hole(pd, msi, &pd->holes.v[j]);
	}
	/* These IOMMUs do not translate MSI writes. */
	return found && !starts_with(pd->topo.iommu, "dmar") &&
		!starts_with(pd->topo.iommu, "ivhd");
}

/*
 * A backend may map doorbells in SW_MSI only. Kernels before 6.15 then let the device write
 * to the doorbell's own address, later ones refuse all vectors.
 */
static void
judge_backend(const char *root, const struct ioas_traits *traits, struct plan_device *pd)
{
	const struct iova_hole *msi = NULL;
	unsigned int version;
	size_t i;

	/* If no kernel was asked, the backend is unknown. */
	if (traits == NULL || traits->serves_msi_window)
		return;
	for (i = 0; i < pd->holes.n && msi == NULL; i++)
		if (has_doorbells(pd, &pd->holes.v[i]) &&
		    pd->holes.v[i].origin != IOVA_ORIGIN_SW_MSI)
			msi = &pd->holes.v[i];
	if (msi == NULL)
		return;
	version = topology_kernel_version(root);
	if (version != 0 && version < MAPS_OR_REFUSES)
		return;
	pd->msi_doubtful = worsen(pd, version == 0 ? PLAN_MSI_UNSURE : PLAN_MSI_LOST,
		"backend %s maps no doorbells in the MSI window 0x%" PRIx64 "-0x%" PRIx64
		", so this kernel %s vectors; backend=iommufd maps them, if the kernel has it",
		ioas_backend_name(pd->backend), msi->range.first, msi->range.last,
		version == 0 ? "may refuse" : "refuses");
}

const char *
plan_msi_name(enum plan_msi msi)
{
	switch (msi) {
	case PLAN_MSI_CLEAR:
		return "clear";
	case PLAN_MSI_UNSURE:
		return "unsure";
	case PLAN_MSI_LIKELY_LOST:
		return "likely lost";
	case PLAN_MSI_LOST:
		return "lost";
	}
	return "unknown";
}

void
plan_judge_msi(const char *root, const struct ioas_traits *traits, struct plan_device *pd)
{
	bool doorbells = judge_path(pd);

	judge_backend(root, traits, pd);
	if (doorbells)
		judge_inputs(pd);
}
