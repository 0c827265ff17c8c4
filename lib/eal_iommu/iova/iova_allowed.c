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
	struct iova_bounds **arrays[] = { &set->v, &set->scratch, &set->was }, *v;
	size_t i;

	for (i = 0; i < sizeof(arrays) / sizeof(*arrays); i++) {
		v = realloc(*arrays[i], room * sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
		*arrays[i] = v;
	}
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
		iova_grant_free(grant);
	}
	free(set->v);
	free(set->scratch);
	free(set->was);
	*set = (struct iova_allowed){ 0 };
}

/* Append the intersection of two ranges. Each end keeps the grant that set it first. */
static void
append_cut(struct iova_allowed *out, const struct iova_bounds *a, struct iova_range b,
		const struct iova_grant *grant)
{
	struct iova_bounds *piece = &out->v[out->n];

	if (!iova_range_overlap(a->range, b))
		return;
	*piece = *a;
	piece->range = iova_range_cut(a->range, b);
	if (piece->range.first != a->range.first)
		piece->low = grant;
	if (piece->range.last != a->range.last)
		piece->high = grant;
	out->n++;
}

int
iova_allowed_prepare(struct iova_allowed *set, const struct iova_range *ranges, size_t n,
		const char *owner, struct iova_grant **out)
{
	struct iova_grant *grant, *same;
	size_t i;

	for (i = 0; i < n; i++)
		if (!iova_range_valid(ranges[i]))
			return -EINVAL;
	grant = iova_grant_new(ranges, n, owner, set->arrivals);
	if (grant == NULL)
		return -ENOMEM;
	same = iova_grants_same(&set->grants, grant);
	if (same != NULL) {
		set->arrivals++;
		iova_grant_share(same, grant);
		*out = NULL;
		return 0;
	}
	if (make_room(set, set->room + grant->n) < 0) {
		iova_grant_free(grant);
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
		append_cut(&out, &set->v[i], grant->v[j], grant);
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

static void
remember(struct iova_allowed *set)
{
	memcpy(set->was, set->v, set->n * sizeof(*set->v));
	set->n_was = set->n;
}

struct iova_allowed
iova_allowed_was(const struct iova_allowed *set)
{
	return (struct iova_allowed){ .v = set->was, .n = set->n_was };
}

void
iova_allowed_enter(struct iova_allowed *set, struct iova_grant *grant)
{
	remember(set);
	apply(set, grant);
	TAILQ_INSERT_TAIL(&set->grants, grant, link);
	set->arrivals++;
}

void
iova_allowed_give_up(struct iova_allowed *set, struct iova_grant *grant)
{
	set->room -= grant->n;
	iova_grant_free(grant);
}

size_t
iova_allowed_drop(struct iova_allowed *set, const char *owner)
{
	size_t room = set->room;
	struct iova_grant *grant, *next;
	uint64_t first;
	bool changed = false, owned;

	remember(set);
	for (grant = TAILQ_FIRST(&set->grants); grant != NULL; grant = next) {
		next = TAILQ_NEXT(grant, link);
		first = iova_grant_arrival(grant);
		owned = iova_grant_leave(grant, owner);
		if (owned && iova_grant_arrival(grant) == first)
			continue;
		changed = true;
		TAILQ_REMOVE(&set->grants, grant, link);
		if (!owned)
			iova_allowed_give_up(set, grant);
		else
			iova_grants_insert(&set->grants, grant);
	}
	if (!changed)
		return 0;
	/* The order decides which grant set an end, so compute it also if none left. */
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

bool
iova_allowed_gap_beyond(const struct iova_allowed *set, const struct iova_allowed *other,
		size_t *next, struct iova_range *gap)
{
	struct iova_range theirs;

	while (*next <= set->n) {
		if (!iova_allowed_gap(set, (*next)++, gap))
			continue;
		if (!iova_allowed_gap(other, iova_allowed_from(other, gap->last), &theirs) ||
				theirs.first != gap->first || theirs.last != gap->last)
			return true;
	}
	return false;
}

size_t
iova_allowed_from(const struct iova_allowed *set, uint64_t addr)
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
	size_t i = iova_allowed_from(set, addr);

	/* An allowed range contains addr: the next gap follows it. */
	if (i < set->n && set->v[i].range.first <= addr)
		i++;
	iova_allowed_gap(set, i, gap);
	return i;
}

bool
iova_allowed_covers(const struct iova_allowed *set, struct iova_range range)
{
	size_t i = iova_allowed_from(set, range.first);

	return i < set->n && iova_range_covers(set->v[i].range, range);
}

const char *
iova_allowed_gap_owner(const struct iova_allowed *set, size_t i)
{
	const struct iova_grant *grant = NULL;

	if (i > 0)
		grant = set->v[i - 1].high;
	else if (set->n > 0)
		grant = set->v[0].low;
	return grant != NULL ? iova_grant_owner(grant) : "";
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
