/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Allowed ranges in a sorted array: there are a handful, they only change when a
 * device arrives, and the change is atomic because it makes a new array.
 *
 * Ranges neither overlap nor touch. The intersection of two such sets is again
 * one: two pieces that touched would lie in the same range of both.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "iova_allowed.h"

int
iova_allowed_all(struct iova_allowed *out)
{
	out->v = calloc(1, sizeof(*out->v));
	if (out->v == NULL)
		return -ENOMEM;
	out->v[0].range.last = UINT64_MAX;
	out->n = 1;
	return 0;
}

void
iova_allowed_clear(struct iova_allowed *set)
{
	free(set->v);
	set->v = NULL;
	set->n = 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct iova_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Sort, and join what overlaps or touches. Returns how many are left. */
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

/* Append what two ranges have in common; each end keeps who set it first. */
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
iova_allowed_intersect(const struct iova_allowed *set, const struct iova_range *ranges,
		size_t n, const char *owner, struct iova_allowed *out)
{
	struct iova_range *in;
	size_t i, j = 0;

	for (i = 0; i < n; i++)
		if (!iova_range_valid(ranges[i]))
			return -EINVAL;
	in = calloc(n, sizeof(*in));
	if (in == NULL)
		return -ENOMEM;
	memcpy(in, ranges, n * sizeof(*in));
	n = normalize(in, n);

	out->n = 0;
	out->v = calloc(set->n + n, sizeof(*out->v));
	if (out->v == NULL) {
		free(in);
		return -ENOMEM;
	}
	for (i = 0; i < set->n && j < n; ) {
		append_cut(out, &set->v[i], in[j], owner);
		if (set->v[i].range.last < in[j].last)
			i++;
		else
			j++;
	}
	free(in);
	return 0;
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

/* Number of the lowest allowed range that ends at addr or above, or set->n. */
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

	/* An allowed range around addr: the gap comes after it. */
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

const char *
iova_allowed_check(const struct iova_allowed *set)
{
	struct iova_range gap;
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (!iova_range_valid(set->v[i].range))
			return "an allowed range is not valid";
		if (i > 0 && (!iova_allowed_gap(set, i, &gap) || !iova_range_valid(gap)))
			return "two allowed ranges touch or are out of order";
	}
	return NULL;
}
