/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Maps EAL's memory in an address space and follows its memory events.
 *
 * One instance per process, for one address space: DPDK has one IOVA per memory segment.
 */

#ifndef DMA_SYNC_H
#define DMA_SYNC_H

#include <stdbool.h>

#include "ioas/ioas.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Which IOVAs the layout chooses. */
enum dma_sync_choice {
	DMA_SYNC_NONE,		/**< none: they are in EAL's records */
	DMA_SYNC_EXTERNAL,	/**< of external memory that is added later, if its VAs are bad */
	DMA_SYNC_ALL,		/**< of all memory */
};

/** Result of dma_sync_start(). */
struct dma_sync_stats {
	uint64_t bytes;		/**< memory mapped */
	uint64_t pages;		/**< memory segments in it */
	uint64_t maps;		/**< calls it took */
	uint64_t usec;		/**< time the calls took */
};

/**
 * Map all memory of EAL and follow its memory events.
 *
 * Preallocated memory is mapped in contiguous runs, memory that EAL may free page by
 * page. Primary process only.
 *
 * @param ioas    at least one group is attached; must outlive the sync
 * @param layout  the layout of @p ioas, checked before anything is mapped
 * @param choice  DMA_SYNC_ALL: IOVA mode PA only, and not after a start without it.
 *   DMA_SYNC_EXTERNAL: IOVA mode VA only, and not if another bus has devices that do DMA
 * @param stats   filled on success; may be NULL
 * @param why     on failure the reason, for the user
 * @param size    room in @p why
 * @return 0; -EALREADY; -EADDRINUSE or -ERANGE: DMA can't reach a page; -ENOSPC, -ENOMEM:
 *   a limit of the kernel is too low (checked before the first map), or there are too few
 *   IOVAs to assign; else as ioas_map().
 *   On an error nothing is mapped or
 *   changed.
 */
int dma_sync_start(struct ioas *ioas, struct iova_layout *layout, enum dma_sync_choice choice,
		struct dma_sync_stats *stats, char *why, size_t size);

/**
 * After dma_sync_start(): the mappings of the application are restored, and the room for growth
 * of EAL's memory is reserved. Until then no IOVA is chosen where the application had mappings
 * before dma_sync_stop(), and none where EAL's memory may grow. Takes the address space's lock
 * only.
 */
void dma_sync_restored(void);

/** Unmap everything, and follow no events after a start with DMA_SYNC_NONE. Cannot fail. */
void dma_sync_stop(void);

/**
 * Whether external memory that is added from now on may get other IOVAs, after a start with
 * DMA_SYNC_EXTERNAL; else does nothing. Not if a device was added that takes VAs for IOVAs, or
 * that another bus drives. Memory that has got IOVAs keeps them. Takes EAL's memory lock.
 */
void dma_sync_may_choose(bool may);

/**
 * Whether external memory of a heap has IOVAs that are not its VAs, and the bus chose some.
 * Once false after dma_sync_may_choose(false), it remains so. Takes EAL's memory lock.
 */
bool dma_sync_has_chosen(void);

/** Are IOVAs assigned, by the first start, in this process? */
bool dma_sync_assigned(void);

/** Whether EAL's memory can grow: not with --legacy-mem or --no-huge. After dma_sync_start(). */
bool dma_sync_can_grow(void);

/** End of the process, after dma_sync_stop(): follow no more events. */
void dma_sync_forget(void);

/**
 * Memory that EAL or a heap got while devices were attached, and that was not mapped: the layout
 * rejected it, or the kernel did.
 */
struct dma_sync_refused {
	uint64_t times;		/**< since the process started */
	uint64_t bytes;		/**< that EAL still has: devices must not use them */
};

/** Can be called by any thread at any time. */
struct dma_sync_refused dma_sync_refused(void);

#ifdef __cplusplus
}
#endif

#endif /* DMA_SYNC_H */
