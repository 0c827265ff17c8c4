/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Allowed ranges in a sorted array. There are only a few, and they change only when a
 * device comes or goes. Each change makes a new array, so it is atomic.
 *
 * Ranges neither overlap nor touch. The intersection of two such sets has the same
 * property: two pieces that touch would lie in the same range of both sets.
 *
 * The intersection of sets with a and b ranges has at most a + b - 1 ranges. So an array
 * with room for one range plus the ranges of every grant holds the intersection of any
 * subset of the grants.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "iova/iova_allowed.h"

static void
allow_all(struct iova_allowed *set)
{
	memset(&set->v[0], 0, sizeof(set->v[0]));
	set->v[0].range.last = UINT64_MAX;
	set->n = 1;
}

static int
make_room(struct iova_allowed *set, size_t room)
{
	struct iova_bounds *v = realloc(set->v, room * sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	set->v = v;
	v = realloc(set->scratch, room * sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	set->scratch = v;
	set->room = room;
	return 0;
}

int
iova_allowed_all(struct iova_allowed *out)
{
	memset(out, 0, sizeof(*out));
	TAILQ_INIT(&out->grants);
	if (make_room(out, 1) < 0) {
		iova_allowed_clear(out);
		return -ENOMEM;
	}
	allow_all(out);
	return 0;
}

void
iova_allowed_clear(struct iova_allowed *set)
{
	struct iova_grant *grant;

	while ((grant = TAILQ_FIRST(&set->grants)) != NULL) {
		TAILQ_REMOVE(&set->grants, grant, link);
		free(grant);
	}
	free(set->v);
	free(set->scratch);
	set->v = NULL;
	set->scratch = NULL;
	set->n = 0;
	set->room = 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct iova_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Sort, and join what overlaps or touches. Returns the number of remaining ranges. */
static size_t
normalize(struct iova_range *v, size_t n)
{
	size_t i, out = 0;

	qsort(v, n, sizeof(*v), by_first);
	for (i = 1; i < n; i++) {
		if (v[i].first > v[out].last && v[i].first - v[out].last > 1)
			v[++out] = v[i];
		else if (v[i].last > v[out].last)
			v[out].last = v[i].last;
	}
	return out + 1;
}

/* Append the intersection of two ranges. Each end keeps the owner that set it first. */
static void
append_cut(struct iova_allowed *out, const struct iova_bounds *a, struct iova_range b,
		const char *owner)
{
	struct iova_bounds *piece = &out->v[out->n];

	if (!iova_range_overlap(a->range, b))
		return;
	*piece = *a;
	piece->range = iova_range_cut(a->range, b);
	if (piece->range.first != a->range.first)
		strlcpy(piece->low, owner, sizeof(piece->low));
	if (piece->range.last != a->range.last)
		strlcpy(piece->high, owner, sizeof(piece->high));
	out->n++;
}

int
iova_allowed_prepare(struct iova_allowed *set, const struct iova_range *ranges, size_t n,
		const char *owner, struct iova_grant **out)
{
	struct iova_grant *grant;
	size_t i;

	for (i = 0; i < n; i++)
		if (!iova_range_valid(ranges[i]))
			return -EINVAL;
	grant = malloc(sizeof(*grant) + n * sizeof(*ranges));
	if (grant == NULL)
		return -ENOMEM;
	strlcpy(grant->owner, owner, sizeof(grant->owner));
	memcpy(grant->v, ranges, n * sizeof(*ranges));
	grant->n = normalize(grant->v, n);
	if (make_room(set, set->room + grant->n) < 0) {
		free(grant);
		return -ENOMEM;
	}
	*out = grant;
	return 0;
}

struct iova_allowed
iova_allowed_with(const struct iova_allowed *set, const struct iova_grant *grant)
{
	struct iova_allowed out = { .v = set->scratch };
	size_t i, j = 0;

	for (i = 0; i < set->n && j < grant->n; ) {
		append_cut(&out, &set->v[i], grant->v[j], grant->owner);
		if (set->v[i].range.last < grant->v[j].last)
			i++;
		else
			j++;
	}
	return out;
}

static void
apply(struct iova_allowed *set, const struct iova_grant *grant)
{
	struct iova_allowed cut = iova_allowed_with(set, grant);

	set->scratch = set->v;
	set->v = cut.v;
	set->n = cut.n;
}

void
iova_allowed_enter(struct iova_allowed *set, struct iova_grant *grant)
{
	apply(set, grant);
	TAILQ_INSERT_TAIL(&set->grants, grant, link);
}

void
iova_allowed_give_up(struct iova_allowed *set, struct iova_grant *grant)
{
	set->room -= grant->n;
	free(grant);
}

size_t
iova_allowed_drop(struct iova_allowed *set, const char *owner)
{
	size_t room = set->room;
	struct iova_grant *grant, *next;

	for (grant = TAILQ_FIRST(&set->grants); grant != NULL; grant = next) {
		next = TAILQ_NEXT(grant, link);
		if (strcmp(grant->owner, owner) != 0)
			continue;
		TAILQ_REMOVE(&set->grants, grant, link);
		iova_allowed_give_up(set, grant);
	}
	allow_all(set);
	TAILQ_FOREACH(grant, &set->grants, link)
		apply(set, grant);
	return room - set->room;
}

bool
iova_allowed_gap(const struct iova_allowed *set, size_t i, struct iova_range *gap)
{
	uint64_t below = i > 0 ? set->v[i - 1].range.last : 0;
	uint64_t above = i < set->n ? set->v[i].range.first : UINT64_MAX;

	if ((i > 0 && below == UINT64_MAX) || (i < set->n && above == 0))
		return false;
	gap->first = i > 0 ? below + 1 : 0;
	gap->last = i < set->n ? above - 1 : UINT64_MAX;
	return true;
}

/* Index of the lowest allowed range that ends at addr or above, or set->n. */
static size_t
ends_at_or_above(const struct iova_allowed *set, uint64_t addr)
{
	size_t low = 0, high = set->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (set->v[mid].range.last >= addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

size_t
iova_allowed_first_gap(const struct iova_allowed *set, uint64_t addr, struct iova_range *gap)
{
	size_t i = ends_at_or_above(set, addr);

	/* An allowed range contains addr: the next gap follows it. */
	if (i < set->n && set->v[i].range.first <= addr)
		i++;
	iova_allowed_gap(set, i, gap);
	return i;
}

bool
iova_allowed_covers(const struct iova_allowed *set, struct iova_range range)
{
	size_t i = ends_at_or_above(set, range.first);

	return i < set->n && iova_range_covers(set->v[i].range, range);
}

const char *
iova_allowed_gap_owner(const struct iova_allowed *set, size_t i)
{
	if (i > 0)
		return set->v[i - 1].high;
	return set->n > 0 ? set->v[0].low : "";
}

/* Does the room match the grants? */
static bool
room_right(const struct iova_allowed *set)
{
	const struct iova_grant *grant;
	size_t room = 1;

	TAILQ_FOREACH(grant, &set->grants, link)
		room += grant->n;
	return set->room == room && set->n <= room;
}

const char *
iova_allowed_check(const struct iova_allowed *set)
{
	struct iova_range gap;
	size_t i;

	if (!room_right(set))
		return "the room for allowed ranges does not fit the devices";
	for (i = 0; i < set->n; i++) {
		if (!iova_range_valid(set->v[i].range))
			return "an allowed range is not valid";
		if (i > 0 && (!iova_allowed_gap(set, i, &gap) || !iova_range_valid(gap)))
			return "two allowed ranges touch or are out of order";
	}
	return NULL;
}
