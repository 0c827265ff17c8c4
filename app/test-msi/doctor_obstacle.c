/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Which devices can't be tried now, though nothing may be wrong with them, and what a trial brings. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "doctor.h"

/* The kernel decides about doubtful reasons. */
static const char *
reason_against(const struct doctor_device *d)
{
	const struct plan_reasons *r = &d->plan.reasons;
	bool doubtful = r->n > 0;
	size_t i;

	for (i = 0; i < r->n; i++) {
		if (r->v[i].error == -EBUSY)
			return r->v[i].text;
		doubtful &= r->v[i].doubtful;
	}
	return d->used || doubtful ? NULL : "the bus would skip it, see its other findings";
}

bool
doctor_obstacle(const struct doctor_device *d, char *out, size_t size)
{
	const char *why = reason_against(d);
	const struct doctor_node *missing = doctor_node_missing(d);

	if (why != NULL)
		snprintf(out, size, "%.*s", (int)strcspn(why, ";"), why);
	else if (missing != NULL)
		snprintf(out, size, "%s does not exist here", missing->path);
	return why != NULL || missing != NULL;
}

bool
doctor_can_wait(const struct doctor_device *d, int error)
{
	return error == -EBUSY || (error == -EKEYREJECTED && !d->keys.token);
}

void
doctor_answer_keep(enum ioas_backend backend, const struct ioas_info *info, struct doctor_trial *out)
{
	if (info->n_ranges > DOCTOR_RANGES)
		return;
	out->asked = true;
	out->backend = backend;
	out->page_sizes = info->page_sizes;
	out->dma_avail = info->dma_avail;
	out->n_ranges = info->n_ranges;
	if (info->n_ranges > 0)
		memcpy(out->range, info->ranges, info->n_ranges * sizeof(*info->ranges));
}
