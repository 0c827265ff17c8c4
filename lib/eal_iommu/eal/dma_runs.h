/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Joins EAL's memory segments to runs that one call can map.
 */

#ifndef DMA_RUNS_H
#define DMA_RUNS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_memory.h>

#include "ioas/ioas.h"

/** A run of segments, contiguous in VA and IOVA. */
struct dma_run {
	uint64_t va;
	uint64_t iova;
	uint64_t len;		/* 0: empty */
	uint64_t pages;
	const struct rte_memseg_list *msl;	/* the list they are in */
	struct ioas_file file;	/* that has all of them, contiguous */
};

/**
 * Walk all memory of EAL, in ascending order; the caller holds EAL's memory lock.
 *
 * @param coalesce_all  join all neighbours; else only those that EAL never frees one by
 *   one (RTE_MEMSEG_FLAG_DO_NOT_FREE, external memory)
 * @param by_file  do not join a run that is a file of 1 GiB or more to its neighbours
 * @param external  external memory of heaps too
 * @param emit  called for every run; a non-zero result stops the walk and is returned
 */
int dma_runs_foreach(bool coalesce_all, bool by_file, bool external,
		int (*emit)(const struct dma_run *run, void *arg), void *arg);

/**
 * Walk the memory of an event: EAL's pages one by one, external memory in runs. The
 * caller holds EAL's memory lock.
 *
 * @return as dma_runs_foreach(); -ENOENT: EAL does not have the memory
 */
int dma_runs_changed(const void *addr, size_t len,
		int (*emit)(const struct dma_run *run, void *arg), void *arg);

#endif /* DMA_RUNS_H */
