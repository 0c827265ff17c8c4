/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The allowed ranges of a layout: a small sorted array. Ranges in it neither
 * overlap nor touch. What lies between, before and after them is a gap.
 */

#ifndef IOVA_ALLOWED_H
#define IOVA_ALLOWED_H

#include "iova_layout.h"

/** One allowed range, with the devices that set its two ends ("": nobody). */
struct iova_bounds {
	struct iova_range range;
	char low[IOVA_OWNER_LEN];
	char high[IOVA_OWNER_LEN];
};

struct iova_allowed {
	struct iova_bounds *v;
	size_t n;
};

/** The whole 64 bit space. @return 0; -ENOMEM. */
int iova_allowed_all(struct iova_allowed *out);

/**
 * Intersect with the ranges of a device, in any order, into a new set.
 *
 * @return 0; -EINVAL if one is not valid; -ENOMEM.
 */
int iova_allowed_intersect(const struct iova_allowed *set,
		const struct iova_range *ranges, size_t n, const char *owner,
		struct iova_allowed *out);

/** Free the array. */
void iova_allowed_clear(struct iova_allowed *set);

/**
 * Gap number @p i, the one before range number @p i (the last gap is number
 * set->n).
 *
 * @return true and *gap filled; false if nothing is there.
 */
bool iova_allowed_gap(const struct iova_allowed *set, size_t i, struct iova_range *gap);

/**
 * The lowest gap with an address at @p addr or above; there must be one.
 *
 * @return its number, *gap is filled.
 */
size_t iova_allowed_first_gap(const struct iova_allowed *set, uint64_t addr,
		struct iova_range *gap);

/** True if one allowed range covers @p range. */
bool iova_allowed_covers(const struct iova_allowed *set, struct iova_range range);

/** A device that set an end of gap number @p i, or "". */
const char *iova_allowed_gap_owner(const struct iova_allowed *set, size_t i);

/** @return NULL if all invariants of the set hold, else what is wrong. */
const char *iova_allowed_check(const struct iova_allowed *set);

#endif /* IOVA_ALLOWED_H */
