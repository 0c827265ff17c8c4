/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Closed intervals of I/O virtual addresses.
 *
 * An interval is [first, last] with both ends included. So the whole 64-bit space [0,
 * UINT64_MAX] is a valid range and no sum overflows. For the same reason a length is
 * always stored as "length - 1" (a span). iova_range_size() is for system calls.
 */

#ifndef IOVA_RANGE_H
#define IOVA_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Closed interval [first, last]; first <= last in every valid range. */
struct iova_range {
	uint64_t first;
	uint64_t last;
};

static inline bool
iova_range_valid(struct iova_range r)
{
	return r.first <= r.last;
}

/** Length of the range minus one; cannot overflow. */
static inline uint64_t
iova_range_span(struct iova_range r)
{
	return r.last - r.first;
}

/** Length of the range. 0 for the whole 64-bit space; no memory is that long. */
static inline uint64_t
iova_range_size(struct iova_range r)
{
	return iova_range_span(r) + 1;
}

static inline bool
iova_range_overlap(struct iova_range a, struct iova_range b)
{
	return a.first <= b.last && b.first <= a.last;
}

/** True if @p inner lies inside @p outer. */
static inline bool
iova_range_covers(struct iova_range outer, struct iova_range inner)
{
	return outer.first <= inner.first && inner.last <= outer.last;
}

/** Intersection. The result is not valid if the two do not overlap. */
static inline struct iova_range
iova_range_cut(struct iova_range a, struct iova_range b)
{
	struct iova_range r = {
		.first = a.first > b.first ? a.first : b.first,
		.last = a.last < b.last ? a.last : b.last,
	};

	return r;
}

/**
 * Make a range from a start and a length in bytes.
 *
 * @return true and *r; false if len is 0 or the end exceeds 2^64 - 1.
 */
static inline bool
iova_range_make(uint64_t first, uint64_t len, struct iova_range *r)
{
	if (len == 0 || len - 1 > UINT64_MAX - first)
		return false;
	r->first = first;
	r->last = first + (len - 1);
	return true;
}

/** The smallest range that contains @p n ranges, at least one. */
static inline struct iova_range
iova_range_hull(const struct iova_range *v, size_t n)
{
	struct iova_range hull = v[0];
	size_t i;

	for (i = 1; i < n; i++) {
		if (v[i].first < hull.first)
			hull.first = v[i].first;
		if (v[i].last > hull.last)
			hull.last = v[i].last;
	}
	return hull;
}

/**
 * Round up to a power of two.
 *
 * @return true and *out; false if the result does not fit 64 bits.
 */
static inline bool
iova_align_up(uint64_t addr, uint64_t align, uint64_t *out)
{
	uint64_t mask = align - 1;

	if (addr > UINT64_MAX - mask)
		return false;
	*out = (addr + mask) & ~mask;
	return true;
}

#ifdef __cplusplus
}
#endif

#endif /* IOVA_RANGE_H */
