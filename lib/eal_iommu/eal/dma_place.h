/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Chooses IOVAs for memory whose addresses are no good IOVAs.
 *
 * A stretch of memory gets the lowest free range of the layout. If none is long enough, its
 * halves get one each, down to single pages. An IOVA equals its VA modulo the page size, and
 * modulo 2 MiB if such a range is free, so that IOMMUs can use large pages and that the
 * alignment of what is allocated there is that of its IOVA.
 *
 * The chosen ranges are reserved by soft holes, which placement of others avoids, until
 * dma_place_end(): by then the memory is mapped there. The caller serialises, and locks the
 * layout.
 */

#ifndef DMA_PLACE_H
#define DMA_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "ioas/ioas.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Memory at consecutive IOVAs. */
struct dma_piece {
	uint64_t va;
	uint64_t iova;
	uint64_t len;
};

/** Pieces by ascending VA. Starts as zero, ends with dma_pieces_free(). */
struct dma_pieces {
	struct dma_piece *v;
	size_t n, room;
};

/**
 * Choose IOVAs for a stretch of memory and append its pieces.
 *
 * @param len    a multiple of @p page
 * @param page   page size of the memory, a power of two
 * @return 0; -EINVAL; -ENOMEM; -ENOSPC if there are not enough free IOVAs. On an error some
 *   pieces may be there: the caller drops all with dma_pieces_free() and dma_place_end().
 */
int dma_place(struct iova_layout *layout, uint64_t va, uint64_t len, uint64_t page,
		struct dma_pieces *pieces);

/** End all reservations of dma_place(). */
void dma_place_end(struct iova_layout *layout);

/** Sort the pieces by VA. */
void dma_pieces_sort(struct dma_pieces *pieces);

/** Get the IOVA of an address. The pieces must be sorted. @return 0; -ENOENT. */
int dma_pieces_find(const struct dma_pieces *pieces, uint64_t va, uint64_t *iova);

void dma_pieces_free(struct dma_pieces *pieces);

/**
 * Copy what a layout allows and avoids, so that it remains known when the devices leave the
 * layout, and what the application has mapped, so that no other memory gets these IOVAs until
 * devices return. EAL's memory is not copied.
 *
 * @return 0 and *out; -ENOMEM; -EINVAL if nothing is allowed
 */
int dma_place_copy(const struct iova_layout *layout, struct iova_layout **out);

/** Keep dma_place() out of a range until dma_place_keep_end(): a soft hole. */
void dma_place_keep(struct iova_layout *layout, struct iova_range range);

/**
 * Devices return to the layout. Keep what the copy has in use and the layout has not: what the
 * application had mapped, and the bus has not restored yet.
 */
void dma_place_keep_copied(struct iova_layout *layout, const struct iova_layout *copy);

/** Does the range overlap one that is kept? */
bool dma_place_keeps(const struct iova_layout *layout, struct iova_range range);

/** End of dma_place_keep() and dma_place_keep_copied(). */
void dma_place_keep_end(struct iova_layout *layout);

#ifdef __cplusplus
}
#endif

#endif /* DMA_PLACE_H */
