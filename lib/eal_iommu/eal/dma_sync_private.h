/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Shared by dma_sync.c and dma_sync_events.c. */

#ifndef DMA_SYNC_PRIVATE_H
#define DMA_SYNC_PRIVATE_H

#include <pthread.h>

#include "eal/dma_runs.h"
#include "eal/dma_sync.h"

/*
 * The thread that starts and stops holds EAL's memory lock for reading and this lock, a memory
 * event EAL's lock for reading or writing and this lock. Only the former writes what is not
 * marked, and reads it without a lock.
 */
struct dma_sync_state {
	pthread_mutex_t lock;
	struct ioas *ioas;	/* NULL: not started */
	struct iova_layout *layout;
	bool events;		/* EAL sends memory events, also with ioas NULL */
	bool assigned;		/* IOVAs are assigned */
	bool external;		/* else external memory may get other IOVAs */
	bool may_choose;	/* now; see dma_sync_may_choose() */
	bool has_chosen;	/* it got some once; events write it */
	bool kept;		/* freed pages are still mapped: rte_eal_cleanup() runs; events write it */
	/* Events write it too; read without a lock. */
	struct dma_sync_refused refused;
};

extern struct dma_sync_state sync_state;

/** The reason why a run conflicts; the caller has locked the layout. */
void dma_sync_describe(const struct dma_run *run, int ret, const struct iova_conflict *c,
		char *out, size_t size);

/**
 * Without translation: add to that reason what to do, or replace it if the IOVAs are not the
 * memory's. The layout is not locked. @return as ioas_verify()
 */
int dma_sync_explain_physical(const struct dma_run *run, int ret, const struct iova_conflict *c,
		char *out, size_t size);

/** Add to the counters of memory that devices can't reach; negative bytes as a wrap. */
void dma_sync_count_refused(uint64_t times, uint64_t bytes);

/** The callback for EAL's memory events. */
void dma_sync_on_event(enum rte_mem_event type, const void *addr, size_t len, void *arg);

#endif /* DMA_SYNC_PRIVATE_H */
