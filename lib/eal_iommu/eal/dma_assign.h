/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * IOVAs of EAL's memory that the engine assigns, while EAL's IOVA mode is PA.
 *
 * EAL stores the IOVA of each page in its memory segment and of each memzone in the memzone,
 * and with that mode everything reads it there. So the assigned IOVA replaces the physical
 * address: of present memory when all of it is mapped, of a new page in EAL's memory event,
 * before an allocation can use the page. Secondary processes share both records.
 *
 * Once assigned, an IOVA stays until EAL frees the page, as buffers have copies of it. While
 * no device is attached new pages still get IOVAs, by the rules of the devices that left.
 *
 * The caller holds EAL's memory lock, for reading at least, and serialises, except where noted.
 */

#ifndef DMA_ASSIGN_H
#define DMA_ASSIGN_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_memory.h>

#include "ioas/ioas.h"

/**
 * From here on an IOVA is none: the segment's memory is out of reach of all devices. It exceeds
 * every DMA mask of EAL, see dma_external.h. RTE_BAD_IOVA does not, but a mempool then takes
 * the result of rte_mem_virt2iova() instead.
 */
#define DMA_ASSIGN_NOWHERE (UINT64_C(1) << 63)

/** Bytes of memory that has none. */
uint64_t dma_assign_nowhere(void);

/** Set the IOVA in EAL's record of a page. */
void dma_assign_set_iova(const struct rte_memseg *ms, uint64_t iova);

/** The IOVA that a page of a list has, or gets by dma_assign_commit(). */
uint64_t dma_assign_iova(const struct rte_memseg_list *msl, const struct rte_memseg *ms);

/**
 * Choose IOVAs for all present memory, except external memory without IOVAs, which is not for
 * DMA. Nothing is changed before dma_assign_commit(); the
 * ranges are reserved until then or dma_assign_abort().
 *
 * @param whole  memory that is contiguous in VA gets contiguous IOVAs: EAL assumes that with
 *   --legacy-mem, and does not look at its records. External memory keeps its IOVAs then
 * @return 0; -ENOSPC or -ENOMEM with the reason
 */
int dma_assign_plan(struct ioas *ioas, struct iova_layout *layout, bool whole, char *why,
		size_t size);

/** All memory is mapped: set the IOVA of each segment. Cannot fail. */
void dma_assign_commit(struct ioas *ioas, struct iova_layout *layout);

/** Drop the plan; does nothing without a plan. */
void dma_assign_abort(struct ioas *ioas, struct iova_layout *layout);

/** After dma_assign_commit(), without EAL's memory lock: correct the IOVAs of memzones. */
void dma_assign_memzones(void);

/**
 * In a memory event, before new memory of EAL is mapped: assign its IOVAs. Those of memory for
 * which there is no room are at 1 << 63 and above, where a map fails or harms nothing.
 *
 * @param ioas  NULL: no device is attached
 */
void dma_assign_new(struct ioas *ioas, struct iova_layout *layout, const void *addr,
		size_t len);

/** End of the memory event: the memory is mapped, or failed to be. */
void dma_assign_new_end(struct ioas *ioas, struct iova_layout *layout);

/** Are there IOVAs for new memory? @param ioas  NULL: no device is attached */
bool dma_assign_has_room(struct ioas *ioas, struct iova_layout *layout, uint64_t bytes,
		uint64_t page);

/** Whether there are IOVAs for so many bytes of new memory in pages of this size. */
typedef bool (*dma_assign_room_t)(uint64_t bytes, uint64_t page);

/** Reject growth of EAL's memory without IOVAs for it, until dma_assign_unwatch(). */
void dma_assign_watch(dma_assign_room_t has_room);
void dma_assign_unwatch(void);

/** No device is attached: the rules of the devices that left, or NULL. */
struct iova_layout *dma_assign_left(void);

/** No device is attached from now on: keep the rules of the layout, and what EAL's memory has. */
void dma_assign_leave(struct ioas *ioas, struct iova_layout *layout);

/**
 * A device is attached again, or the process ends.
 *
 * @param layout  locked by the caller, EAL's memory is mapped there: gets dma_place_keep_copied()
 *   of the IOVAs of the application; NULL: the process ends
 */
void dma_assign_return(struct iova_layout *layout);

#endif /* DMA_ASSIGN_H */
