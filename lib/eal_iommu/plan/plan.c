/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan.h"

#define DRIVES " drives"
#define NAME_LEN (IOVA_DETAIL_LEN + 40)

/* Holes that overlap a range: the most important ones, of equal ones the lowest. */
struct meeting {
	enum iova_enforcer least;
	bool own_too;			/* include the reservation for EAL's memory */
	const struct iova_hole *first[PLAN_HOLES_NAMED];
	size_t n;
};

static int
rank(const struct iova_hole *h)
{
	if (h->origin == IOVA_ORIGIN_EAL)
		return 0;
	return 1 + (int)h->by + (h->hardness == IOVA_HARD ? IOVA_BY_KERNEL + 1 : 0);
}

static int
meet(const struct iova_hole *h, void *arg)
{
	struct meeting *m = arg;
	size_t at = m->n < PLAN_HOLES_NAMED ? m->n : PLAN_HOLES_NAMED, i;

	if (h->by < m->least || (h->origin == IOVA_ORIGIN_EAL && !m->own_too))
		return 0;
	m->n++;
	while (at > 0 && rank(h) > rank(m->first[at - 1]))
		at--;
	if (at == PLAN_HOLES_NAMED)
		return 0;
	for (i = PLAN_HOLES_NAMED - 1; i > at; i--)
		m->first[i] = m->first[i - 1];
	m->first[at] = h;
	return 0;
}

static struct meeting
meet_all(const struct iova_layout *layout, struct iova_range range, enum iova_enforcer least)
{
	struct meeting m = { .least = least };

	iova_layout_foreach_hole_in(layout, range, meet, &m);
	if (m.n == 0 && least == IOVA_BY_NOBODY) {
		m.own_too = true;
		iova_layout_foreach_hole_in(layout, range, meet, &m);
	}
	return m;
}

/* Format e.g. "estimated host bridge 0000:00". */
static void
hole_name(const struct iova_hole *h, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s%s", iova_hole_estimated(h) ? "estimated " : "",
		iova_origin_name(h->origin), h->detail[0] != '\0' ? " " : "", h->detail);
}

static void
say_meeting(const struct meeting *m, char *out, size_t size)
{
	char name[NAME_LEN];
	size_t at = (size_t)snprintf(out, size, "meets "), i;

	for (i = 0; i < m->n && i < PLAN_HOLES_NAMED && at < size; i++) {
		const struct iova_hole *h = m->first[i];

		hole_name(h, name, sizeof(name));
		at += (size_t)snprintf(out + at, size - at, "%s0x%" PRIx64 "-0x%" PRIx64
			" (%s%s%s)", i > 0 ? " and " : "", h->range.first, h->range.last, name,
			h->owner[0] != '\0' ? ", from " : "", h->owner);
	}
	if (m->n > PLAN_HOLES_NAMED && at < size)
		snprintf(out + at, size - at, " and %zu more", m->n - PLAN_HOLES_NAMED);
}

bool
plan_meets_hole(const struct iova_layout *layout, struct iova_range range)
{
	struct meeting m = { .least = IOVA_BY_NOBODY };

	iova_layout_foreach_hole_in(layout, range, meet, &m);
	return m.n > 0;
}

/* Part of a gap may be reserved by the kernel; the rest is outside of the aperture. */
static void
say_gap(const struct iova_layout *layout, struct iova_range range, const struct iova_conflict *c,
		char *out, size_t size)
{
	struct meeting m = meet_all(layout, iova_range_cut(range, c->with), IOVA_BY_KERNEL);

	if (m.n > 0)
		say_meeting(&m, out, size);
	else if (strstr(c->hole.owner, DRIVES) != NULL)
		snprintf(out, size, "is outside of what %s, which leaves out 0x%" PRIx64
			"-0x%" PRIx64, c->hole.owner, c->with.first, c->with.last);
	else
		snprintf(out, size, "is outside of the IOMMU aperture, which leaves out 0x%"
			PRIx64 "-0x%" PRIx64, c->with.first, c->with.last);
}

/* The mapping may be gone by now. */
static void
say_used(const struct iova_layout *layout, const struct iova_conflict *c, char *out, size_t size)
{
	const struct iova_used *used = iova_layout_used_in(layout, c->with);

	snprintf(out, size, "overlaps 0x%" PRIx64 "-0x%" PRIx64 ", which is mapped already%s%s%s",
		c->with.first, c->with.last, used != NULL ? " (" : "",
		used != NULL ? used->what : "", used != NULL ? ")" : "");
}

void
plan_explain(const struct iova_layout *layout, struct iova_range range, int ret,
		const struct iova_conflict *c, char *out, size_t size)
{
	struct meeting m;

	if (ret == -ERANGE) {
		say_gap(layout, range, c, out, size);
		return;
	}
	m = meet_all(layout, range, IOVA_BY_NOBODY);
	if (c->is_hole && m.n > 0)
		say_meeting(&m, out, size);
	else if (ret == -EEXIST)
		say_used(layout, c, out, size);
	else
		snprintf(out, size, "%s", strerror(-ret));
}

bool
plan_explain_soft(const struct iova_layout *layout, struct iova_range range,
		const struct iova_conflict *c, char *out, size_t size)
{
	const bool meets = plan_meets_hole(layout, range);
	char text[PLAN_EXPLAIN];

	plan_explain(layout, range, 0, c, text, sizeof(text));
	snprintf(out, size, "%s: %s", text, meets ? "DMA there may not reach memory" :
		"if EAL's memory grows there, it can't be mapped");
	return meets;
}

const char *
plan_hint(const struct ioas *ioas, int ret, const struct iova_conflict *c)
{
	if (ret == -EADDRINUSE && c->hole.origin == IOVA_ORIGIN_USER &&
	    ioas_traits_of(ioas)->no_translation)
		return "; hole= or dma_bits= excludes these hugepages: drop that key if the device reaches them, else use others, reserve fewer, or earlier (hugepages= on the kernel command line), or use another device";
	return ioas_hint(ioas, ret);
}

/* What to do about a new device that can't reach what is in use. */
static const char *
remedy(const struct plan_device *pd)
{
	return pd->topo.group_noiommu ?
		"use this device in another process, whose hugepages may lie elsewhere" :
		"give this device at start-up, so that the layout can avoid it";
}

/* A hole overlaps what is in use. */
static void
say_overlap(const struct plan_device *pd, const struct iova_hole *h, const struct iova_conflict *c,
		char *why, size_t size)
{
	char name[NAME_LEN];

	hole_name(h, name, sizeof(name));
	snprintf(why, size,
		"%s 0x%" PRIx64 "-0x%" PRIx64 " overlaps 0x%" PRIx64 "-0x%" PRIx64
		", which is in use; %s",
		name, h->range.first, h->range.last, c->with.first, c->with.last, remedy(pd));
}

static int
add_holes(struct iova_layout *layout, const struct plan_device *pd,
		char *why, size_t size)
{
	struct iova_conflict c;
	size_t i;
	int ret;

	for (i = 0; i < pd->holes.n; i++) {
		ret = iova_layout_add_hole(layout, &pd->holes.v[i], NULL);
		if (ret == 0)
			continue;
		if (ret == -EADDRINUSE) {
			/* Again, for the conflict: to clear it for each hole takes long. */
			(void)iova_layout_add_hole(layout, &pd->holes.v[i], &c);
			say_overlap(pd, &pd->holes.v[i], &c, why, size);
		} else {
			snprintf(why, size, "its holes can't be added: %s", strerror(-ret));
		}
		return ret;
	}
	return 0;
}

/*
 * The kernel's ranges exclude reserved regions, so look for a hole first. Otherwise show
 * the aperture by its ends.
 */
static void
say_outside(const struct plan_device *pd, const struct iova_conflict *c, char *why,
		size_t size)
{
	const struct iova_range hull = iova_range_hull(pd->info.ranges, pd->info.n_ranges);
	size_t i;

	for (i = 0; i < pd->holes.n; i++) {
		const struct iova_hole *h = &pd->holes.v[i];

		if (h->by == IOVA_BY_KERNEL && iova_range_overlap(h->range, c->with)) {
			say_overlap(pd, h, c, why, size);
			return;
		}
	}
	snprintf(why, size,
		"0x%" PRIx64 "-0x%" PRIx64
		" is in use but outside of this device's IOMMU aperture, 0x%" PRIx64
		"-0x%" PRIx64 "; %s",
		c->with.first, c->with.last, hull.first, hull.last, remedy(pd));
}

/* A soft hole of the new device covers what is in use: its DMA there may not reach memory. */
static void
say_covered(const struct iova_layout *layout, const struct plan_device *pd, char *why, size_t size)
{
	const struct iova_hole *h = NULL;
	const struct iova_used *used;
	char name[NAME_LEN];
	size_t i;

	if (iova_layout_used_in(layout, (struct iova_range){ 0, UINT64_MAX }) == NULL)
		return;
	for (i = 0; i < pd->holes.n; i++)
		if ((h == NULL || rank(&pd->holes.v[i]) > rank(h)) &&
				iova_layout_used_in(layout, pd->holes.v[i].range) != NULL)
			h = &pd->holes.v[i];
	if (h == NULL)
		return;
	used = iova_layout_used_in(layout, h->range);
	hole_name(h, name, sizeof(name));
	snprintf(why, size,
		"%s 0x%" PRIx64 "-0x%" PRIx64 " covers 0x%" PRIx64 "-0x%" PRIx64
		", which is in use: this device's DMA there may not reach memory; %s",
		name, h->range.first, h->range.last, used->range.first, used->range.last,
		pd->topo.group_noiommu ? PLAN_SOFT_PHYSICAL : remedy(pd));
}

/* The owner of the range that a device drives; what its IOMMU translates has its name only. */
struct driven_owner {
	char v[IOVA_OWNER_LEN];
};

static struct driven_owner
driven_owner(const struct plan_device *pd)
{
	struct driven_owner owner;

	snprintf(owner.v, sizeof(owner.v), "%s" DRIVES, pd->topo.bdf);
	return owner;
}

/* What the device drives and its IOMMU translates. On error nothing has changed. */
static int
add_ranges(struct iova_layout *layout, const struct plan_device *pd, char *why, size_t size)
{
	const struct iova_range driven = { 0, pd->dma_last };
	struct iova_conflict c;
	int ret = 0;

	if (pd->dma_last != 0)
		ret = iova_layout_allow(layout, &driven, 1, driven_owner(pd).v, &c);
	if (ret == -ERANGE) {
		snprintf(why, size, "0x%" PRIx64 "-0x%" PRIx64
			" is in use, but this device drives addresses up to 0x%" PRIx64
			" only; %s",
			c.with.first, c.with.last, pd->dma_last, remedy(pd));
		return ret;
	}
	if (ret == 0 && pd->info.n_ranges > 0)
		ret = iova_layout_allow(layout, pd->info.ranges, pd->info.n_ranges,
				pd->topo.bdf, &c);
	if (ret == -ERANGE)
		say_outside(pd, &c, why, size);
	else if (ret < 0)
		snprintf(why, size, "its IOVA ranges can't be added: %s", strerror(-ret));
	if (ret < 0)
		plan_remove(layout, pd);
	return ret;
}

int
plan_add(struct iova_layout *layout, const struct plan_device *pd,
		char *why, size_t size)
{
	int ret = add_ranges(layout, pd, why, size);

	if (ret < 0)
		return ret;
	ret = add_holes(layout, pd, why, size);
	if (ret < 0)
		plan_remove(layout, pd);
	else
		say_covered(layout, pd, why, size);
	return ret;
}

void
plan_remove(struct iova_layout *layout, const struct plan_device *pd)
{
	iova_layout_forget(layout, pd->topo.bdf);
	iova_layout_forget(layout, driven_owner(pd).v);
}
