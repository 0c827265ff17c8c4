/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The ranges that devices can translate. Devices with the same ranges share one grant.
 */

#ifndef IOVA_GRANT_H
#define IOVA_GRANT_H

#include <sys/queue.h>

#include "iova/iova_layout.h"

/** A device that has a grant. */
struct iova_grantee {
	STAILQ_ENTRY(iova_grantee) link;
	uint64_t arrival;		/**< order of arrival among all devices */
	char owner[IOVA_OWNER_LEN];
};

STAILQ_HEAD(iova_grantees, iova_grantee);

/** The ranges: sorted, neither overlapping nor touching. */
struct iova_grant {
	TAILQ_ENTRY(iova_grant) link;
	struct iova_grantees owners;	/**< in order of arrival */
	size_t n;
	struct iova_range v[];
};

TAILQ_HEAD(iova_grants, iova_grant);

/** Create the grant of a device from valid ranges in any order. @return NULL without memory. */
struct iova_grant *iova_grant_new(const struct iova_range *ranges, size_t n, const char *owner,
		uint64_t arrival);

/** Free a grant that is in no list. */
void iova_grant_free(struct iova_grant *grant);

/** Add the devices of a grant with the same ranges, which is freed. */
void iova_grant_share(struct iova_grant *grant, struct iova_grant *same);

/** Remove a device. @return whether another one remains. */
bool iova_grant_leave(struct iova_grant *grant, const char *owner);

/** Name of the first device. */
const char *iova_grant_owner(const struct iova_grant *grant);

/** Arrival of the first device. */
uint64_t iova_grant_arrival(const struct iova_grant *grant);

/** Find a grant with the same ranges, or NULL. */
struct iova_grant *iova_grants_same(const struct iova_grants *grants,
		const struct iova_grant *as);

/** Insert in order of arrival. */
void iova_grants_insert(struct iova_grants *grants, struct iova_grant *grant);

#endif /* IOVA_GRANT_H */
