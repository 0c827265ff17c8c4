/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The list of faults, and what the lines of each SMMU leave open. */

#include <stdio.h>
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
	log->last = log->half = log->queue.fault = log->eeh.fault = NULL;
	log->eeh.n = 0;
	for (i = 0; i < log->n_smmus; i++)
		log->smmu[i].last = log->smmu[i].global = NULL;
	log->queue.status = 0;
}

void
explain_boot(struct explain_log *log)
{
	explain_end(log);
	memset(&log->queue, 0, sizeof(log->queue));
	memset(&log->eeh, 0, sizeof(log->eeh));
	log->n_smmus = log->next_smmu = 0;
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

const char *
explain_smmu_find(struct explain_log *log, const char *line, const char *driver, struct explain_smmu **smmu)
{
	const char *at = explain_behind(line, driver), *behind = NULL;
	char name[EXPLAIN_WORD];
	size_t i;

	if (at != NULL)
		behind = explain_behind(at, ": ");
	if (behind == NULL)
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)(behind - at), at);
	for (i = 0; i < log->n_smmus && strcmp(log->smmu[i].name, name) != 0; i++)
		;
	if (i == log->n_smmus) {
		if (i == EXPLAIN_SMMUS)
			i = log->next_smmu++ % EXPLAIN_SMMUS;
		else
			log->n_smmus++;
		log->smmu[i] = (struct explain_smmu){ 0 };
		memcpy(log->smmu[i].name, name, sizeof(name));
	}
	*smmu = &log->smmu[i];
	return behind;
}
