/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL's memory segments as the runs that one call can map.
 */

#ifndef DMA_RUNS_H
#define DMA_RUNS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_memory.h>

/** A run of segments, contiguous in VA and IOVA. */
struct dma_run {
	uint64_t va;
	uint64_t iova;
	uint64_t len;		/* 0: empty */
	uint64_t pages;
	const struct rte_memseg_list *msl;	/* the list they are in */
};

/**
 * Walk the memory EAL has, in ascending order; EAL's memory lock is held.
 *
 * @param coalesce_all  join all neighbours; else only those that EAL never
 *   gives back one by one (RTE_MEMSEG_FLAG_DO_NOT_FREE)
 * @param emit  called for every run; non-zero stops and is returned
 */
int dma_runs_foreach(bool coalesce_all,
		int (*emit)(const struct dma_run *run, void *arg), void *arg);

#endif /* DMA_RUNS_H */
