/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <string.h>
#include <unistd.h>

#include "va/va_place.h"

#define LOWEST (UINT64_C(1) << 32)	/* leave 32-bit addresses to callers that need them */
#define PLAIN_USUAL (UINT64_C(1) << 30)	/* typical memory request without hugepages */

struct search {
	const struct iova_layout *layout;
	const struct va_need *need;
	const struct va_limits *limits;
	const struct va_space *space;
	struct va_choice *best;
	uint64_t best_bytes;	/* good bytes at that place */
};

struct prefix {
	struct iova_range range;
	uint64_t bytes;
};

static int
prefix_step(const struct iova_range *r, void *arg)
{
	struct prefix *p = arg;

	if (r->last < p->range.first)
		return 0;
	if (r->first <= p->range.first)
		p->bytes = iova_range_size(iova_range_cut(*r, p->range));
	return 1;
}

uint64_t
va_good_bytes(const struct iova_layout *layout, struct iova_range range)
{
	struct prefix p = { .range = range };

	iova_layout_foreach_free(layout, prefix_step, &p);
	return p.bytes;
}

/* Does this hole end the reach of memory? Estimates and EAL's own reservation do not. */
static int
reach_step(const struct iova_hole *hole, void *arg)
{
	struct prefix *p = arg;

	if (iova_hole_estimated(hole) || hole->origin == IOVA_ORIGIN_EAL)
		return 0;
	p->bytes = hole->range.first > p->range.first ?
		hole->range.first - p->range.first : 0;
	return 1;
}

uint64_t
va_reach_bytes(const struct iova_layout *layout, struct iova_range range, uint64_t page,
		bool soft_too)
{
	uint64_t good = 0, bad = iova_range_size(range) / page + 1;
	struct prefix p = { .range = range };

	while (bad - good > 1) {
		uint64_t mid = good + (bad - good) / 2;

		p.range.last = range.first + mid * page - 1;
		if (iova_layout_test(layout, p.range, false, NULL) == 0)
			good = mid;
		else
			bad = mid;
	}
	p.bytes = good * page;
	p.range.last = range.first + p.bytes - 1;
	if (soft_too && good > 0)
		iova_layout_foreach_hole_in(layout, p.range, reach_step, &p);
	return p.bytes / page * page;
}

/*
 * Rate these lists, and count their good bytes. When a list is full EAL goes on to the
 * next one of the same kind, so memory behind bad addresses is never used.
 */
static enum va_quality
rate(const struct iova_layout *layout, const struct va_lists *lists, uint64_t *bytes)
{
	enum va_quality quality = VA_WHOLE;
	bool reached = true;
	size_t i;

	*bytes = 0;
	for (i = 0; i < lists->n; i++) {
		const struct va_list_at *l = &lists->v[i];
		uint64_t good = va_good_bytes(layout, l->range);
		bool whole = good > iova_range_span(l->range);

		reached |= l->first;
		*bytes += reached ? good : 0;
		reached &= whole;
		if (l->first && good < l->page)
			quality = VA_BAD;
		else if (!whole && quality == VA_WHOLE)
			quality = VA_SHORT;
	}
	return quality;
}

static int
consider(struct search *s, uint64_t start, bool moved)
{
	struct va_choice c = { .moved = moved, .start = start };
	uint64_t bytes;
	int ret = va_lists_try(s->need, s->limits, start, &c.lists);

	if (ret < 0)	/* the lists do not fit at this place */
		return moved ? 0 : ret;
	c.quality = rate(s->layout, &c.lists, &bytes);
	if (moved && (c.quality < s->best->quality ||
			(c.quality == s->best->quality && bytes <= s->best_bytes))) {
		va_choice_free(&c);
		return 0;
	}
	va_choice_free(s->best);
	*s->best = c;
	s->best_bytes = bytes;
	return 0;
}

/* The first page that lies in the piece. */
static bool
holds_page(struct iova_range piece, uint64_t page, uint64_t *first)
{
	return iova_align_up(piece.first, page, first) && *first <= piece.last &&
		piece.last - *first >= page - 1;
}

/*
 * Consider the good addresses within one gap of the process. The first list begins there
 * if what EAL maps before it fits below. The page before the start is free, too.
 */
static void
consider_piece(struct search *s, struct iova_range gap, struct iova_range piece)
{
	uint64_t system = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t page = s->need->plain ? system : s->need->page[0];
	uint64_t lead = va_lists_lead(s->need, s->limits), first;

	if (!holds_page(piece, page, &first))
		return;
	consider(s, first - gap.first >= lead + system ? first - lead : gap.first + system,
		true);
}

/* The part of a gap that is not below LOWEST, and the part of that which is in a range. */
static bool
cut_gap(const struct iova_range *range, struct iova_range *gap, struct iova_range *piece)
{
	if (gap->last < LOWEST || gap->first > range->last || gap->last < range->first)
		return false;
	if (gap->first < LOWEST)
		gap->first = LOWEST;
	*piece = iova_range_cut(*gap, *range);
	return iova_range_valid(*piece);
}

static int
free_step(const struct iova_range *range, void *arg)
{
	struct search *s = arg;
	size_t i;

	for (i = 0; i < s->space->n && s->best->quality != VA_WHOLE; i++) {
		struct iova_range gap = s->space->gap[i], piece;

		if (cut_gap(range, &gap, &piece))
			consider_piece(s, gap, piece);
	}
	return s->best->quality == VA_WHOLE;
}

/*
 * Without hugepages the length of the list is unknown. EAL is not moved on account of
 * lengths that are rarely requested.
 */
static int
consider_own(struct search *s)
{
	const struct va_limits *all = s->limits;
	struct va_limits usual = *all;
	int ret;

	if (s->need->plain && usual.type_bytes > PLAIN_USUAL)
		usual.type_bytes = PLAIN_USUAL;
	s->limits = &usual;
	ret = consider(s, s->space->next, false);
	s->limits = all;
	return ret;
}

static enum va_shortage
shortage_of(const struct search *s)
{
	const struct va_lists *lists = &s->best->lists;
	struct va_begin begin = { 0 };
	size_t i;

	for (i = 0; i < lists->n; i++)
		va_begin_add(&begin, lists->v[i].page, lists->v[i].first &&
			va_good_bytes(s->layout, lists->v[i].range) >= lists->v[i].page);
	return va_shortage(s->layout, s->space, &begin);
}

int
va_place(const struct iova_layout *layout, const struct va_need *need,
		const struct va_limits *limits, const struct va_space *space,
		struct va_choice *out)
{
	struct search s = {
		.layout = layout,
		.need = need,
		.limits = limits,
		.space = space,
		.best = out,
	};
	int ret;

	memset(out, 0, sizeof(*out));
	ret = consider_own(&s);
	if (ret == 0 && out->lists.n > 0 && out->quality != VA_WHOLE)
		iova_layout_foreach_free(layout, free_step, &s);
	if (ret == 0 && out->lists.n > 0 && out->quality == VA_BAD)
		out->shortage = shortage_of(&s);
	return ret;
}

void
va_begin_add(struct va_begin *begin, uint64_t page, bool good)
{
	begin->several |= begin->page != 0 && page != begin->page;
	begin->some |= good;
	if (begin->page == 0 || page < begin->page)
		begin->page = page;
}

struct fit {
	const struct va_space *space;
	uint64_t page;
};

/* 1: a page fits into the range. */
static int
fit_step(const struct iova_range *range, void *arg)
{
	const struct fit *f = arg;
	uint64_t first;
	size_t i;

	for (i = 0; i < f->space->n; i++) {
		struct iova_range gap = f->space->gap[i], piece;

		if (cut_gap(range, &gap, &piece) && holds_page(piece, f->page, &first))
			return 1;
	}
	return 0;
}

/* Whether a process can have addresses that the IOMMU of some device translates. */
static bool
is_reachable(const struct iova_layout *layout, const struct va_space *space)
{
	const struct iova_range user = { LOWEST, space->top };

	return !iova_range_valid(user) || iova_layout_some_allow(layout, user);
}

enum va_shortage
va_shortage(const struct iova_layout *layout, const struct va_space *space,
		const struct va_begin *begin)
{
	struct fit f = { .space = space, .page = begin->page };

	if (!begin->some && (!begin->several || iova_layout_foreach_free(layout, fit_step, &f) == 0))
		return is_reachable(layout, space) ? VA_SHORT_OF_ALL : VA_SHORT_OF_APERTURE;
	return begin->several ? VA_SHORT_OF_PAGES : VA_SHORT_OF_NODES;
}

void
va_choice_free(struct va_choice *choice)
{
	va_lists_free(&choice->lists);
	memset(choice, 0, sizeof(*choice));
}
