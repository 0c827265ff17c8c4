/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The allowed ranges of a layout: a small sorted array. Ranges in it neither
 * overlap nor touch. What lies between, before and after them is a gap.
 *
 * What each device granted is kept, so that the set can be computed again when
 * one leaves; room for the result is kept too, so that this cannot fail.
 */

#ifndef IOVA_ALLOWED_H
#define IOVA_ALLOWED_H

#include <sys/queue.h>

#include "iova/iova_layout.h"

/** One allowed range, with the devices that set its two ends ("": nobody). */
struct iova_bounds {
	struct iova_range range;
	char low[IOVA_OWNER_LEN];
	char high[IOVA_OWNER_LEN];
};

/** What one device can translate: sorted, neither overlapping nor touching. */
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
	struct iova_bounds *spare;	/**< as long as v, to compute the next set in */
	size_t room;			/**< most ranges there can be; both arrays have it */
	struct iova_grants grants;	/**< in the order of arrival */
};

/** The whole 64 bit space. @return 0; -ENOMEM. */
int iova_allowed_all(struct iova_allowed *out);

/**
 * Make room for the ranges of a device, which come in any order.
 *
 * @return 0 and *out, for iova_allowed_enter() or iova_allowed_give_up(); -EINVAL
 *   if one is not valid; -ENOMEM.
 */
int iova_allowed_prepare(struct iova_allowed *set, const struct iova_range *ranges,
		size_t n, const char *owner, struct iova_grant **out);

/**
 * The set as it would be with a grant that was prepared: ranges only, in the spare
 * room of @p set, valid until that changes.
 */
struct iova_allowed iova_allowed_with(const struct iova_allowed *set,
		const struct iova_grant *grant);

/** Enter a grant that was prepared. */
void iova_allowed_enter(struct iova_allowed *set, struct iova_grant *grant);

/** Or leave the set as it is, and free the grant. */
void iova_allowed_give_up(struct iova_allowed *set, struct iova_grant *grant);

/** Forget all grants of a device. @return by how much the room became less. */
size_t iova_allowed_drop(struct iova_allowed *set, const char *owner);

/** Free all that the set holds. */
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
