/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Where SW_MSI would be reachable. A window that the user could move would begin at a
 * multiple of 1 MiB, and its size would be in MiB. Free ranges of a layout are inside of
 * every aperture and outside of every hole, so any of them will do. The lowest one is best:
 * MSI without 64-bit addresses reaches it too.
 */

#include <errno.h>

#include "plan/plan.h"

#define MIB (UINT64_C(1) << 20)
#define DOORBELLS 64		/* the most pages that iommufd maps */

struct place_search {
	uint64_t size;
	struct iova_range found;
};

static int
place_step(const struct iova_range *range, void *arg)
{
	struct place_search *s = arg;
	uint64_t first;

	if (!iova_align_up(range->first, MIB, &first))
		return 0;
	if (first > range->last || range->last - first < s->size - 1)
		return 0;
	s->found = (struct iova_range){ first, first + (s->size - 1) };
	return 1;
}

static const struct iova_hole *
find_sw_msi(const struct plan_device *pd)
{
	size_t i;

	for (i = 0; i < pd->holes.n; i++)
		if (pd->holes.v[i].origin == IOVA_ORIGIN_SW_MSI)
			return &pd->holes.v[i];
	return NULL;
}

int
plan_msi_place(const struct iova_layout *layout, const struct plan_device *pd, uint64_t page,
		struct iova_range *out)
{
	struct place_search s = { .size = DOORBELLS * page };

	if (pd->msi < PLAN_MSI_LIKELY_LOST || pd->msi_doubtful || find_sw_msi(pd) == NULL)
		return -ENOENT;
	s.size = (s.size + MIB - 1) & ~(MIB - 1);
	if (iova_layout_foreach_free(layout, place_step, &s) != 1)
		return -ENOSPC;
	*out = s.found;
	return 0;
}
