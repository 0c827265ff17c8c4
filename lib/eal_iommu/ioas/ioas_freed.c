/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What was unmapped lately. A device that still uses memory which is freed makes the IOMMU
 * fault, and the fault is explained by this record.
 */

#include <time.h>

#include "ioas/ioas_private.h"

#define TOGETHER 1	/* seconds; EAL frees memory page by page */

static uint64_t
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

/* Extend a range by one that adjoins it. @return whether it does. */
static bool
extend(struct iova_range *range, struct iova_range by)
{
	if (by.first != 0 && range->last == by.first - 1)
		range->last = by.last;
	else if (range->first != 0 && by.last == range->first - 1)
		range->first = by.first;
	else
		return false;
	return true;
}

void
ioas_freed_add(struct ioas *ioas, const struct iova_used *m)
{
	const uint64_t now = seconds_now();
	struct ioas_freed *last;

	if (ioas->n_freed > 0) {
		last = &ioas->freed[(ioas->n_freed - 1) % IOAS_FREED];
		if (last->owner == (enum ioas_owner)m->owner && now - last->seconds <= TOGETHER &&
				extend(&last->iova, m->range)) {
			last->seconds = now;
			return;
		}
	}
	ioas->freed[ioas->n_freed++ % IOAS_FREED] = (struct ioas_freed) {
		.iova = m->range, .owner = (enum ioas_owner)m->owner, .seconds = now,
	};
}

size_t
ioas_freed_get(struct ioas *ioas, struct ioas_freed out[IOAS_FREED])
{
	const uint64_t now = seconds_now();
	size_t n, i;

	pthread_mutex_lock(&ioas->lock);
	n = ioas->n_freed < IOAS_FREED ? ioas->n_freed : IOAS_FREED;
	for (i = 0; i < n; i++) {
		out[i] = ioas->freed[(ioas->n_freed - 1 - i) % IOAS_FREED];
		out[i].seconds = now - out[i].seconds;
	}
	pthread_mutex_unlock(&ioas->lock);
	return n;
}
