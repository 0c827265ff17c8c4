/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The allowed ranges of a layout: a small sorted array of ranges that neither overlap nor
 * touch. A gap lies between two of them, or before or after all of them.
 *
 * The set keeps each device's grant and computes the intersection again when a device
 * leaves. It also keeps room for the result, so leaving cannot fail.
 */

#ifndef IOVA_ALLOWED_H
#define IOVA_ALLOWED_H

#include <sys/queue.h>

#include "iova/iova_layout.h"

/** One allowed range, with the devices that set its ends ("": none). */
struct iova_bounds {
	struct iova_range range;
	char low[IOVA_OWNER_LEN];
	char high[IOVA_OWNER_LEN];
};

/** The ranges that one device can translate: sorted, neither overlapping nor touching. */
struct iova_grant {
	TAILQ_ENTRY(iova_grant) link;
	char owner[IOVA_OWNER_LEN];
	size_t n;
	struct iova_range v[];
};

TAILQ_HEAD(iova_grants, iova_grant);

struct iova_allowed {
	struct iova_bounds *v;
	size_t n;
	struct iova_bounds *scratch;	/**< as long as v; the next set is computed here */
	size_t room;			/**< capacity of both arrays */
	struct iova_grants grants;	/**< in order of arrival */
};

/** Allow the whole 64-bit space. @return 0; -ENOMEM. */
int iova_allowed_all(struct iova_allowed *out);

/**
 * Prepare the ranges of a device, given in any order, and make room for them.
 *
 * @return 0 and *out, for iova_allowed_enter() or iova_allowed_give_up(); -EINVAL if a
 *   range is not valid; -ENOMEM.
 */
int iova_allowed_prepare(struct iova_allowed *set, const struct iova_range *ranges,
		size_t n, const char *owner, struct iova_grant **out);

/**
 * Compute the set with a prepared grant: ranges only, in the scratch array of @p set,
 * valid until the set changes.
 */
struct iova_allowed iova_allowed_with(const struct iova_allowed *set,
		const struct iova_grant *grant);

/** Add a prepared grant to the set. */
void iova_allowed_enter(struct iova_allowed *set, struct iova_grant *grant);

/** Free a prepared grant and leave the set unchanged. */
void iova_allowed_give_up(struct iova_allowed *set, struct iova_grant *grant);

/** Remove all grants of a device. @return by how much the room shrank. */
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
