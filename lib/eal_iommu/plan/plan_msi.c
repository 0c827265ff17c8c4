/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Whether a device's MSI writes arrive. Only certain facts may switch MSI off: the
 * IOMMU's aperture and the ranges that the bridge passes. A bridge with a window there
 * may still pass the writes. An estimate causes only a note.
 */

#include <inttypes.h>
#include <string.h>

#include "plan/plan_internal.h"

#define X86_MSI UINT64_C(0xfee00000)	/* translated by the interrupt controller, not
					 * the IOMMU's page table */

/*
 * Not every backend can map doorbells in a hardware MSI window (GIC). The kernel reports
 * this when a vector is tried; this flag is for the message then.
 */
static void
doubt_msi(const struct ioas_traits *traits, struct plan_device *pd)
{
	size_t i;

	/* If no kernel was asked, the backend is unknown. */
	if (traits == NULL)
		return;
	for (i = 0; i < pd->holes.n; i++)
		if (pd->holes.v[i].origin == IOVA_ORIGIN_MSI &&
		    pd->holes.v[i].range.first != X86_MSI)
			pd->msi_doubtful = !traits->serves_msi_window;
}

/* Keep the worst verdict, of equal ones the first. */
static void __attribute__((format(printf, 3, 4)))
worsen(struct plan_device *pd, enum plan_msi msi, const char *fmt, ...)
{
	va_list ap;

	if (msi <= pd->msi)
		return;
	pd->msi = msi;
	va_start(ap, fmt);
	vsnprintf(pd->msi_why, sizeof(pd->msi_why), fmt, ap);
	va_end(ap);
}

/*
 * Judge doorbells if writes to @p gap are lost. The kernel maps doorbell pages from the
 * start of the window upwards. If the gap contains the start, the first one is lost. A
 * gap further up matters only on a machine with that many doorbells.
 */
static enum plan_msi
lost_in(struct iova_range msi, struct iova_range gap)
{
	if (iova_range_covers(gap, msi))
		return PLAN_MSI_LOST;
	return gap.first <= msi.first ? PLAN_MSI_LIKELY_LOST : PLAN_MSI_UNSURE;
}

/* Verb for the position of SW_MSI relative to such a gap. */
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

/* The bridge may route the writes to its own devices. */
static void
judge_window(struct plan_device *pd, const struct iova_hole *msi, const struct iova_hole *h)
{
	bool estimated = iova_hole_estimated(h), at_start = h->range.first <= msi->range.first;

	worsen(pd, estimated || !at_start ? PLAN_MSI_UNSURE : PLAN_MSI_LIKELY_LOST,
		"SW_MSI 0x%" PRIx64 "-0x%" PRIx64 " %s the %swindow 0x%" PRIx64 "-0x%" PRIx64
		" of host bridge %s, which may route MSI writes to its own devices",
		msi->range.first, msi->range.last, at_start ? "lies in" : "reaches into",
		estimated ? "estimated " : "", h->range.first, h->range.last, h->detail);
}

/*
 * The bridge does not pass the writes. This is not certain if ignored entries could cover
 * the gap.
 */
static void
judge_gap(struct plan_device *pd, const struct iova_hole *msi, const struct iova_hole *h)
{
	enum plan_msi verdict = lost_in(msi->range, h->range);
	bool odd = pd->bridge.in[HOLES_IN_DMA_RANGES].odd > 0;

	worsen(pd, odd && verdict == PLAN_MSI_LOST ? PLAN_MSI_LIKELY_LOST : verdict,
		"SW_MSI 0x%" PRIx64 "-0x%" PRIx64
		" %s outside of the dma-ranges of host bridge %s, which passes no MSI writes to 0x%"
		PRIx64 "-0x%" PRIx64, msi->range.first, msi->range.last, lies(verdict), h->detail,
		h->range.first, h->range.last);
}

static void
judge_hole(struct plan_device *pd, const struct iova_hole *msi, const struct iova_hole *h)
{
	if (!iova_range_overlap(h->range, msi->range))
		return;
	if (h->origin == IOVA_ORIGIN_HOST_BRIDGE)
		judge_window(pd, msi, h);
	else if (h->origin == IOVA_ORIGIN_DMA_RANGES)
		judge_gap(pd, msi, h);
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
	size_t i;

	if (pd->info.n_ranges == 0)
		return;
	hull = pd->info.ranges[0];
	for (i = 1; i < pd->info.n_ranges; i++) {
		if (pd->info.ranges[i].first < hull.first)
			hull.first = pd->info.ranges[i].first;
		if (pd->info.ranges[i].last > hull.last)
			hull.last = pd->info.ranges[i].last;
	}
	if (msi.last > hull.last) {
		verdict = msi.first == hull.last + 1 ? PLAN_MSI_UNSURE :
			lost_in(msi, (struct iova_range){ hull.last + 1, UINT64_MAX });
		worsen(pd, verdict, "SW_MSI 0x%" PRIx64 "-0x%" PRIx64
			" %s above the IOMMU aperture, which ends at 0x%" PRIx64,
			msi.first, msi.last, lies(verdict), hull.last);
	} else if (msi.first < hull.first) {
		verdict = msi.last == hull.first - 1 ? PLAN_MSI_UNSURE :
			lost_in(msi, (struct iova_range){ 0, hull.first - 1 });
		worsen(pd, verdict, "SW_MSI 0x%" PRIx64 "-0x%" PRIx64
			" %s below the IOMMU aperture, which begins at 0x%" PRIx64,
			msi.first, msi.last, lies(verdict), hull.first);
	}
}

/* An ignored entry may contain SW_MSI. */
static void
judge_odd(struct plan_device *pd, enum holes_input input)
{
	unsigned int odd = pd->bridge.in[input].odd;

	if (odd > 0)
		worsen(pd, PLAN_MSI_UNSURE,
			"%u lines or entries of %s can't be understood, and one of them may contain SW_MSI",
			odd, holes_input_name(input));
}

/* A hidden input may contain SW_MSI. */
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
	/* Of the other inputs only the source of the windows counts. */
	if (pd->bridge.source == HOLES_SOURCE_DEVICE_TREE)
		judge_odd(pd, HOLES_IN_RANGES);
	else if (pd->bridge.source == HOLES_SOURCE_IOMEM)
		judge_odd(pd, HOLES_IN_IOMEM);
	if (pd->bridge.source == HOLES_SOURCE_NONE || pd->bridge.source == HOLES_SOURCE_RESOURCES)
		worsen(pd, PLAN_MSI_UNSURE,
			"not all windows of host bridge %s are known, and one of them may contain SW_MSI",
			pd->bridge_bus);
}

static void
judge_msi(struct plan_device *pd)
{
	const struct holes_look *regions = &pd->bridge.in[HOLES_IN_REGIONS];
	bool sw = regions->sight != HOLES_SEEN || regions->odd > 0;
	size_t i, j;

	for (i = 0; i < pd->holes.n; i++) {
		const struct iova_hole *msi = &pd->holes.v[i];

		if (msi->origin != IOVA_ORIGIN_SW_MSI)
			continue;
		sw = true;
		judge_aperture(pd, msi);
		for (j = 0; j < pd->holes.n; j++)
			judge_hole(pd, msi, &pd->holes.v[j]);
	}
	/* Other IOMMUs do not translate MSI writes. */
	if (sw && strncmp(pd->topo.iommu, "dmar", 4) != 0 &&
			strncmp(pd->topo.iommu, "ivhd", 4) != 0)
		judge_inputs(pd);
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
plan_judge_msi(const struct ioas_traits *traits, struct plan_device *pd)
{
	judge_msi(pd);
	doubt_msi(traits, pd);
}
