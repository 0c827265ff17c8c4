/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Whether a device's MSI writes arrive. */

#include <inttypes.h>

#include "plan_internal.h"

#define X86_MSI UINT64_C(0xfee00000)	/* picked up before any translation */

/*
 * A window for MSI that the platform has, where doorbells are mapped (GIC), is
 * not served by every backend. What the kernel has to say comes out when a
 * vector is tried; this is for the words then.
 */
static void
doubt_msi(const struct ioas_traits *traits, struct plan_device *pd)
{
	size_t i;

	/* Of a kernel that nobody asked the backend is not known. */
	if (traits == NULL)
		return;
	for (i = 0; i < pd->holes.n; i++)
		if (pd->holes.v[i].origin == IOVA_ORIGIN_MSI &&
		    pd->holes.v[i].range.first != X86_MSI)
			pd->msi_doubtful = !traits->serves_msi_window;
}

/* Doorbells where this hole is can't be reached: say so. */
static void
msi_in_hole(struct plan_device *pd, const struct iova_hole *msi, const struct iova_hole *h)
{
	if (!iova_range_overlap(h->range, msi->range))
		return;
	if (h->origin == IOVA_ORIGIN_HOST_BRIDGE)
		say(0, pd->msi_why, sizeof(pd->msi_why),
			"SW_MSI 0x%" PRIx64 "-0x%" PRIx64
			" lies in the window 0x%" PRIx64 "-0x%" PRIx64
			" of host bridge %s, so MSI writes go to that bridge's devices",
			msi->range.first, msi->range.last,
			h->range.first, h->range.last, h->detail);
	else if (h->origin == IOVA_ORIGIN_DMA_RANGES)
		say(0, pd->msi_why, sizeof(pd->msi_why),
			"SW_MSI 0x%" PRIx64 "-0x%" PRIx64
			" lies in 0x%" PRIx64 "-0x%" PRIx64
			", outside of the dma-ranges of host bridge %s, which passes no MSI writes there",
			msi->range.first, msi->range.last,
			h->range.first, h->range.last, h->detail);
	else
		return;
	pd->msi_blocked = true;
}

/* MSI doorbells in such a hole or above the aperture are never reached. */
static void
judge_msi(struct plan_device *pd)
{
	uint64_t top = pd->info.n_ranges == 0 ? UINT64_MAX : 0;
	size_t i, j;

	for (i = 0; i < pd->info.n_ranges; i++)
		if (pd->info.ranges[i].last > top)
			top = pd->info.ranges[i].last;
	for (i = 0; i < pd->holes.n; i++) {
		const struct iova_hole *msi = &pd->holes.v[i];

		if (msi->origin != IOVA_ORIGIN_SW_MSI)
			continue;
		if (msi->range.last > top) {
			pd->msi_blocked = true;
			say(0, pd->msi_why, sizeof(pd->msi_why),
				"SW_MSI 0x%" PRIx64 "-0x%" PRIx64
				" lies above the IOMMU aperture, which ends at 0x%" PRIx64,
				msi->range.first, msi->range.last, top);
		}
		for (j = 0; j < pd->holes.n; j++)
			msi_in_hole(pd, msi, &pd->holes.v[j]);
	}
}

void
plan_judge_msi(const struct ioas_traits *traits, struct plan_device *pd)
{
	judge_msi(pd);
	doubt_msi(traits, pd);
}
