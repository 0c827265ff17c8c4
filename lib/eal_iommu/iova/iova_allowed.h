/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The allowed ranges of a layout: a small sorted array of ranges that neither overlap nor
 * touch. A gap lies between two of them, or before or after all of them.
 *
 * The set keeps each device's grant and computes the intersection again when a device
 * leaves. It also keeps room for the result, so leaving cannot fail. Devices with the same
 * ranges, e.g. those behind one IOMMU, share one grant.
 */

#ifndef IOVA_ALLOWED_H
#define IOVA_ALLOWED_H

#include "iova/iova_grant.h"

/** One allowed range, with the grants that set its ends (NULL: none). */
struct iova_bounds {
	struct iova_range range;
	const struct iova_grant *low;
	const struct iova_grant *high;
};

struct iova_allowed {
	struct iova_bounds *v;
	size_t n;
	struct iova_bounds *scratch;	/**< the next set is computed here */
	struct iova_bounds *was;	/**< the set before its last change, ranges only */
	size_t n_was;
	size_t room;			/**< capacity of each array */
	struct iova_grants grants;	/**< in order of arrival of their first devices */
	uint64_t arrivals;
};

/** Allow the whole 64-bit space. @return 0; -ENOMEM. */
int iova_allowed_all(struct iova_allowed *out);

/**
 * Prepare the ranges of a device, given in any order, and make room for them.
 *
 * @return 0 and *out, for iova_allowed_enter() or iova_allowed_give_up(). *out is NULL if
 *   another device has the same ranges: the device shares its grant now, and the allowed
 *   ranges remain. -EINVAL if a range is not valid; -ENOMEM.
 */
int iova_allowed_prepare(struct iova_allowed *set, const struct iova_range *ranges,
		size_t n, const char *owner, struct iova_grant **out);

/**
 * Compute the set with a prepared grant: ranges only, in the scratch array of @p set,
 * valid until the set changes.
 */
struct iova_allowed iova_allowed_with(const struct iova_allowed *set,
		const struct iova_grant *grant);

/** Add a prepared grant to the set. Fills was. */
void iova_allowed_enter(struct iova_allowed *set, struct iova_grant *grant);

/** Free a prepared grant and leave the set unchanged. */
void iova_allowed_give_up(struct iova_allowed *set, struct iova_grant *grant);

/**
 * Remove a device from all grants. Fills was.
 *
 * @return by how much the room shrank; 0: the allowed ranges remain.
 */
size_t iova_allowed_drop(struct iova_allowed *set, const char *owner);

/** Free all that the set holds. */
void iova_allowed_clear(struct iova_allowed *set);

/**
 * Get gap number @p i, which lies before range number @p i (the last gap is number
 * set->n).
 *
 * @return true and *gap; false if that gap is empty.
 */
bool iova_allowed_gap(const struct iova_allowed *set, size_t i, struct iova_range *gap);

/**
 * Find the next gap that another set does not have with the same bounds.
 *
 * @param next   position: the number of the next gap to examine; begins as 0
 * @param other  another set, ranges only
 * @return true and *gap; false at the end.
 */
bool iova_allowed_gap_beyond(const struct iova_allowed *set, const struct iova_allowed *other,
		size_t *next, struct iova_range *gap);

/** The set before its last change, ranges only; valid until the next change. */
struct iova_allowed iova_allowed_was(const struct iova_allowed *set);

/** Index of the lowest allowed range that ends at @p addr or above, or set->n. */
size_t iova_allowed_from(const struct iova_allowed *set, uint64_t addr);

/**
 * Find the lowest gap that ends at @p addr or above; it must exist.
 *
 * @return the number of the gap, and *gap.
 */
size_t iova_allowed_first_gap(const struct iova_allowed *set, uint64_t addr,
		struct iova_range *gap);

/** True if one allowed range covers @p range. */
bool iova_allowed_covers(const struct iova_allowed *set, struct iova_range range);

/** Name a device that set an end of gap number @p i, or "". */
const char *iova_allowed_gap_owner(const struct iova_allowed *set, size_t i);

/** @return NULL if all invariants hold, otherwise the fault. */
const char *iova_allowed_check(const struct iova_allowed *set);

#endif /* IOVA_ALLOWED_H */
