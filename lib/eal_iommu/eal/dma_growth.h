/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Whether EAL's memory may grow: an allocation that fails is better than memory that devices
 * can't reach.
 *
 * EAL calls validators with its memory lock held for writing, before it takes a page. It
 * passes the size that the node's heap would have, and not the page size. It tries one size
 * after the other: from the smallest on, or first what the allocation requests (1 GiB for a
 * mempool). So there must be room for each size that divides the growth, except sizes of which
 * EAL can't take enough pages. If no size has room, the number of hugepages does not matter, as
 * the administrator can add some at any time.
 */

#ifndef DMA_GROWTH_H
#define DMA_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_memory.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Room for growth in one list of EAL. */
enum dma_growth_room {
	DMA_GROWTH_FULL,	/**< EAL takes the next list of this page size */
	DMA_GROWTH_LACKING,	/**< devices could not reach the pages */
	DMA_GROWTH_FITS,
};

typedef enum dma_growth_room (*dma_growth_room_t)(const struct rte_memseg_list *msl,
		uint64_t bytes);

/** A request of EAL. */
struct dma_growth {
	int node;
	uint64_t held;		/**< bytes of the node's heap */
	uint64_t bytes;		/**< by which it grows; 0: it does not */
	bool whole_pages;	/**< a whole number of pages of some list */
	uint64_t lacking;	/**< a page size without room; 0: none */
};

/**
 * In a validator: check a request. The memory of heaps of the application is not EAL's.
 *
 * @param new_len  as EAL passes it
 * @param room     called for the lists of the node whose pages divide the growth
 * @param out      filled in either case
 * @return false: reject the request, because of the page size in out->lacking
 */
bool dma_growth_check(int node, uint64_t new_len, dma_growth_room_t room, struct dma_growth *out);

#ifdef __cplusplus
}
#endif

#endif /* DMA_GROWTH_H */
