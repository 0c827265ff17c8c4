/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"

void
plan_explain(const struct iova_layout *layout, struct iova_range range, int ret,
		const struct iova_conflict *c, char *out, size_t size)
{
	const struct iova_hole *h = c->is_hole ? &c->hole : NULL;

	if (h == NULL && ret == -ERANGE)
		h = iova_layout_hole_in(layout, range);
	if (h != NULL)
		snprintf(out, size, "meets 0x%" PRIx64 "-0x%" PRIx64 " (%s%s%s%s%s)",
			h->range.first, h->range.last, iova_origin_name(h->origin),
			h->detail[0] != '\0' ? " " : "", h->detail,
			h->owner[0] != '\0' ? ", from " : "", h->owner);
	else if (ret == -ERANGE)
		snprintf(out, size, "is outside of the IOMMU aperture, which leaves out 0x%"
			PRIx64 "-0x%" PRIx64, c->with.first, c->with.last);
	else if (ret == -EEXIST)
		snprintf(out, size, "overlaps 0x%" PRIx64 "-0x%" PRIx64
			", which is mapped already", c->with.first, c->with.last);
	else
		snprintf(out, size, "%s", strerror(-ret));
}

/* What is in use stands in the way of a hole. */
static void
say_overlap(const struct iova_hole *h, const struct iova_conflict *c, char *why,
		size_t size)
{
	snprintf(why, size,
		"%s 0x%" PRIx64 "-0x%" PRIx64 " overlaps 0x%" PRIx64 "-0x%" PRIx64
		", which is in use; give this device at start-up, so that the layout can avoid it",
		iova_origin_name(h->origin), h->range.first, h->range.last,
		c->with.first, c->with.last);
}

static int
add_holes(struct iova_layout *layout, const struct plan_device *pd,
		char *why, size_t size)
{
	struct iova_conflict c;
	size_t i;
	int ret;

	for (i = 0; i < pd->holes.n; i++) {
		ret = iova_layout_add_hole(layout, &pd->holes.v[i], &c);
		if (ret == 0)
			continue;
		if (ret == -EADDRINUSE)
			say_overlap(&pd->holes.v[i], &c, why, size);
		else
			snprintf(why, size, "its holes can't be added: %s",
				strerror(-ret));
		return ret;
	}
	return 0;
}

/*
 * The kernel leaves reserved regions out of its ranges, so a hole is looked
 * for first; the aperture is told by its ends.
 */
static void
say_outside(const struct plan_device *pd, const struct iova_conflict *c, char *why,
		size_t size)
{
	struct iova_range hull = pd->info.ranges[0];
	size_t i;

	for (i = 0; i < pd->holes.n; i++) {
		const struct iova_hole *h = &pd->holes.v[i];

		if (h->hardness == IOVA_HARD && iova_range_overlap(h->range, c->with)) {
			say_overlap(h, c, why, size);
			return;
		}
	}
	for (i = 1; i < pd->info.n_ranges; i++) {
		if (pd->info.ranges[i].first < hull.first)
			hull.first = pd->info.ranges[i].first;
		if (pd->info.ranges[i].last > hull.last)
			hull.last = pd->info.ranges[i].last;
	}
	snprintf(why, size,
		"0x%" PRIx64 "-0x%" PRIx64
		" is in use but outside of this device's IOMMU aperture, 0x%" PRIx64
		"-0x%" PRIx64 "; give this device at start-up, so that the layout can avoid it",
		c->with.first, c->with.last, hull.first, hull.last);
}

int
plan_add(struct iova_layout *layout, const struct plan_device *pd,
		char *why, size_t size)
{
	struct iova_conflict c;
	int ret;

	if (pd->info.n_ranges > 0) {
		ret = iova_layout_allow(layout, pd->info.ranges,
				pd->info.n_ranges, pd->topo.bdf, &c);
		if (ret == -ERANGE) {
			say_outside(pd, &c, why, size);
			return ret;
		}
		if (ret < 0) {
			snprintf(why, size, "its IOVA ranges can't be added: %s",
				strerror(-ret));
			return ret;
		}
	}
	ret = add_holes(layout, pd, why, size);
	if (ret < 0)
		plan_remove(layout, pd);
	return ret;
}

void
plan_remove(struct iova_layout *layout, const struct plan_device *pd)
{
	iova_layout_forget(layout, pd->topo.bdf);
}

struct window_search {
	struct iova_range within;
	uint64_t need;
	struct iova_range best;
	bool found;
};

static int
window_step(const struct iova_range *range, void *arg)
{
	struct window_search *s = arg;
	struct iova_range r = iova_range_cut(*range, s->within);

	if (!iova_range_valid(r))
		return 0;
	if (!iova_range_valid(s->best) ||
	    iova_range_span(r) > iova_range_span(s->best))
		s->best = r;
	if (iova_range_span(r) >= s->need - 1) {
		s->best = r;
		s->found = true;
		return 1;
	}
	return 0;
}

int
plan_window(const struct iova_layout *layout, struct iova_range within,
		uint64_t need, struct iova_range *out)
{
	struct window_search s = {
		.within = within,
		.need = need > 0 ? need : 1,
		.best = { .first = 1, .last = 0 },
	};

	iova_layout_foreach_free(layout, window_step, &s);
	*out = s.best;
	return s.found ? 0 : -ENOSPC;
}
