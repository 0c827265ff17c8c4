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

#include "ioas/ioas.h"

/** A run of segments, contiguous in VA and IOVA. */
struct dma_run {
	uint64_t va;
	uint64_t iova;
	uint64_t len;		/* 0: empty */
	uint64_t pages;
	const struct rte_memseg_list *msl;	/* the list they are in */
	struct ioas_file file;	/* what all of them are in, one behind the other */
};

/**
 * Walk the memory EAL has, in ascending order; EAL's memory lock is held.
 *
 * @param coalesce_all  join all neighbours; else only those that are never given
 *   back one by one (RTE_MEMSEG_FLAG_DO_NOT_FREE, external memory)
 * @param by_file  do not join what is a file of 1 GiB and more to others
 * @param emit  called for every run; non-zero stops and is returned
 */
int dma_runs_foreach(bool coalesce_all, bool by_file,
		int (*emit)(const struct dma_run *run, void *arg), void *arg);

/**
 * Walk what a memory event is about: EAL's pages one by one, external memory in
 * runs. EAL's memory lock is held.
 *
 * @return as dma_runs_foreach(); -ENOENT for memory that EAL does not have
 */
int dma_runs_changed(const void *addr, size_t len,
		int (*emit)(const struct dma_run *run, void *arg), void *arg);

#endif /* DMA_RUNS_H */
