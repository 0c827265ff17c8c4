/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * External memory of a heap (rte_malloc_heap_memory_add()).
 *
 * EAL reads the IOVA of such memory in its segments, also with IOVA mode VA, and applications
 * pass the VA there. EAL sends its memory event before the call returns, so IOVAs that are set
 * in the event are there before the memory is used: memory whose VAs are no good IOVAs gets
 * others. IOVAs that the application chose itself stay, unless all IOVAs are assigned: then the
 * memory gets others in any case. Memory that another process has added and this one attaches is
 * in use already, with copies of its IOVAs in buffers: it is mapped at these or not at all. Memory
 * without IOVAs is not for DMA, and gets none. The memory is mapped as a whole or not at all; if
 * it is not, its IOVAs become DMA_ASSIGN_NOWHERE and above, so that devices reach nothing there.
 * If EAL has a DMA mask, which the pci bus sets for VT-d, EAL's own memory can't grow until such
 * memory is removed: EAL compares all IOVAs with the mask.
 *
 * While no device is attached, the memory gets IOVAs by the rules of the devices that left,
 * outside of the addresses that EAL has reserved for its own memory.
 *
 * The caller holds EAL's memory lock, for reading at least, and serialises.
 */

#ifndef DMA_EXTERNAL_H
#define DMA_EXTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eal/dma_runs.h"
#include "ioas/ioas.h"

/** Where external memory is mapped. */
struct dma_external {
	struct ioas *ioas;		/**< NULL: no device is attached */
	struct iova_layout *layout;	/**< of the ioas; without: the rules of the devices that
					 * left, or NULL
					 */
	bool choose;			/**< the segments' IOVAs may be changed */
	bool assigned;			/**< all IOVAs are assigned */
};

/**
 * In a memory event: external memory was added. A failure is logged.
 *
 * @return 0, also for memory without IOVAs, which is not for DMA; 1: its IOVAs were chosen here;
 *   -errno: it is not mapped
 */
int dma_external_added(const struct dma_external *to, const void *addr, size_t len);

/* dma_external_left.c: no device is attached; the rules of the devices that left may be NULL */

/** In a memory event: external memory is removed, or memory with assigned IOVAs is freed. */
void dma_external_removed(struct iova_layout *rules, const void *addr, size_t len);

/** Release the IOVAs of a run in the rules, for dma_runs_changed(). @return 0 */
int dma_external_release(const struct dma_run *run, void *rules);

/** Mark the IOVAs of all external memory as used in the rules. */
void dma_external_mark(struct iova_layout *rules);

/** The rules, unless all IOVAs are assigned. */
struct iova_layout *dma_external_left(void);

/** No device is attached from now on: keep the rules of the layout. */
void dma_external_leave(struct ioas *ioas, const struct iova_layout *layout);

/**
 * A device is attached again, or the process ends.
 *
 * @param layout  locked by the caller, EAL's memory is mapped there: gets dma_place_keep_copied()
 *   of the IOVAs of the application; NULL: the process ends
 * @param choose  also keep dma_place() out of the addresses that EAL has reserved
 */
void dma_external_return(struct iova_layout *layout, bool choose);

#endif /* DMA_EXTERNAL_H */
