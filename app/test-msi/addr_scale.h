/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Where addresses lie in a picture of the 64-bit space: which part gets how many rows.
 *
 * The space is cut where a range begins or ends. The pieces are in ascending order, without
 * gaps and overlaps, and each has at least one row, so the smallest range is visible. Ranges
 * differ by a factor of up to 2^52, so no single scale shows them. Consecutive pieces that
 * share a scale are a stretch: there a piece has one row for each 2^shift bytes, rounded. A
 * piece that is too long for its stretch is shortened, one that is too short is enlarged.
 * Of all choices of scales this takes the one with the lowest cost: few pieces that are not
 * to scale, few stretches, few rows.
 *
 * Pure functions: no I/O, no DPDK. Thread safe for different results.
 */

#ifndef ADDR_SCALE_H
#define ADDR_SCALE_H

#include <stdbool.h>
#include <stddef.h>

#include "iova/iova_range.h"

#define ADDR_ROWS_MOST 8	/**< rows of a piece to scale, unless it needs more for labels */
#define ADDR_ROWS_BREAK 3	/**< rows of a shortened piece, likewise */
#define ADDR_SHIFT_LEAST 15	/**< smallest scale: 32 KiB per row */

/** How the rows of a piece correspond to its length. */
enum addr_fit {
	ADDR_TO_SCALE,
	ADDR_SHORTENED,		/**< it has fewer rows: there is a break in it */
	ADDR_ENLARGED,		/**< it has more rows */
};

/** A range that must be visible. */
struct addr_want {
	struct iova_range range;
	bool labelled;	/**< needs a row of its own where it begins */
	bool filler;	/**< where no other range is, it may be shortened at no cost */
};

/** A part of the address space between two cuts. */
struct addr_piece {
	struct iova_range range;
	size_t row, rows;	/**< first row, and number of rows */
	size_t labels;		/**< labelled ranges that begin here */
	enum addr_fit fit;
	unsigned int shift;	/**< scale of its stretch: bytes per row as a power of two */
	bool begins;		/**< first piece of its stretch: the row before it is free for
				 *   the scale */
	bool filler;		/**< only fillers or nothing is here */
};

/** The whole space from 0 to UINT64_MAX. */
struct addr_scale {
	struct addr_piece *v;
	size_t n;		/**< at least 1 */
	size_t rows;		/**< of all pieces and scales */
};

/**
 * Choose cuts, scales and rows.
 *
 * @param wants  in any order, may overlap
 * @param n      may be 0
 * @param out    free with addr_scale_free(); all zero on error
 * @return 0; -EINVAL if a range has first > last; -ENOMEM.
 */
int addr_scale_make(const struct addr_want *wants, size_t n, struct addr_scale *out);

/** Index of the piece that contains @p addr. @p scale is a result of addr_scale_make(). */
size_t addr_scale_find(const struct addr_scale *scale, uint64_t addr);

/** Free the result of addr_scale_make(); an all-zero struct is allowed. */
void addr_scale_free(struct addr_scale *scale);

#endif /* ADDR_SCALE_H */
