/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The list of faults. */

#include <string.h>

#include "explain.h"

static bool
is_equal(const struct explain_fault *a, const struct explain_fault *b)
{
	return a->iommu == b->iommu && a->reason == b->reason && a->access == b->access &&
		a->has_iova == b->has_iova && a->iova == b->iova && a->has_addr == b->has_addr &&
		a->any_domain == b->any_domain && topology_addr_cmp(&a->addr, &b->addr) == 0 &&
		a->has_stream == b->has_stream && a->stream == b->stream &&
		strcmp(a->client, b->client) == 0 && strcmp(a->code, b->code) == 0;
}

/* A fault is complete only when the next one begins. */
void
explain_end(struct explain_log *log)
{
	size_t i, j;

	for (i = log->kept; i < log->n; i++) {
		for (j = 0; j < log->kept && !is_equal(&log->v[j], &log->v[i]); j++)
			;
		if (j < log->kept)
			log->v[j].times += log->v[i].times;
		else if (log->kept < EXPLAIN_FAULTS)
			log->v[log->kept++] = log->v[i];
		else
			log->dropped += log->v[i].times;
	}
	log->n = log->kept;
	log->last = log->half = log->gfsr = log->global = log->queue.fault = log->eeh.fault = NULL;
	log->queue.status = 0;
}

void
explain_boot(struct explain_log *log)
{
	explain_end(log);
	memset(&log->queue, 0, sizeof(log->queue));
	memset(&log->eeh, 0, sizeof(log->eeh));
	log->service = log->evtq = log->raw = log->undecoded = false;
	log->skip = 0;
}

struct explain_fault *
explain_begin(struct explain_log *log, enum explain_iommu iommu)
{
	if (log->n > EXPLAIN_FAULTS)
		explain_end(log);
	log->last = &log->v[log->n++];
	*log->last = (struct explain_fault){ .iommu = iommu, .times = 1 };
	return log->last;
}
