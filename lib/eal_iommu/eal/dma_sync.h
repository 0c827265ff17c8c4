/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Keeps an address space in step with EAL's memory.
 *
 * There is one of it in a process, for one address space: DPDK has one IOVA
 * per memory segment.
 */

#ifndef DMA_SYNC_H
#define DMA_SYNC_H

#include "ioas/ioas.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a start mapped. */
struct dma_sync_stats {
	uint64_t bytes;		/**< memory mapped */
	uint64_t pages;		/**< memory segments in it */
	uint64_t maps;		/**< calls it took */
	uint64_t usec;		/**< time the calls took */
};

/**
 * Map the memory EAL has and follow its memory events from now on.
 *
 * Preallocated memory is mapped in whole contiguous runs, memory that EAL may
 * give back one page at a time. Primary process only.
 *
 * @param ioas    at least one group is attached; must outlive the sync
 * @param layout  the layout of @p ioas, checked before anything is mapped
 * @param stats   filled on success; may be NULL
 * @param why     on failure a sentence for the user
 * @param size    room in @p why
 * @return 0; -EALREADY; -EADDRINUSE or -ERANGE if a page lies where DMA can't
 *   reach; -ENOSPC, -ENOMEM if a budget of the kernel is too small (told
 *   before the first map); else as ioas_map(). On an error nothing is mapped.
 */
int dma_sync_start(struct ioas *ioas, struct iova_layout *layout,
		struct dma_sync_stats *stats, char *why, size_t size);

/** Follow no more events and unmap everything. Cannot fail. */
void dma_sync_stop(void);

#ifdef __cplusplus
}
#endif

#endif /* DMA_SYNC_H */
