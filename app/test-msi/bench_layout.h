/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The engine beside two simple ways to keep used ranges: time to place and to release.
 *
 * Every side has N ranges of 3 MiB, aligned to 4 MiB, so that 1 MiB behind each is free. A
 * batch releases ranges at random and places as many again, each at the lowest address
 * where it fits. All sides do the same, and must choose the same addresses.
 */

#ifndef BENCH_LAYOUT_H
#define BENCH_LAYOUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_SIZES_MAX 5	/**< 10^2 to 10^6 ranges */
#define BENCH_SIDES 3

/** One way to keep the ranges. Ranges are given by their first address. */
struct bench_side {
	const char *name;
	/** @return NULL without memory */
	void *(*open)(void);
	/** Add a range above all others. @return 0, -errno */
	int (*append)(void *side, uint64_t first);
	/** Place a range at the lowest address. @return 0, -errno */
	int (*place)(void *side, uint64_t *first);
	int (*release)(void *side, uint64_t first);
	void (*close)(void *side);
};

#define BENCH_SPAN ((UINT64_C(3) << 20) - 1)	/**< length of a range - 1 */
#define BENCH_ALIGN (UINT64_C(4) << 20)	/**< alignment, and from one range to the next */

/* bench_sides.c */
extern const struct bench_side bench_sides[BENCH_SIDES];

/** Result of one side with one number of ranges. */
struct bench_result {
	size_t ranges;
	size_t operations;		/**< of each kind, in all rounds */
	double place_ns, release_ns;	/**< per operation, in the best round */
};

/** Results, by number of ranges and by side. */
struct bench_results {
	struct bench_result v[BENCH_SIZES_MAX][BENCH_SIDES];
	size_t n;			/**< numbers of ranges */
};

/**
 * Measure with 100, 1000, ... ranges.
 *
 * @param most  maximum number of ranges, at least 100
 * @return 0; -ENOMEM; -EBADE if two sides chose different addresses; errors of a side.
 */
int bench_layout_run(size_t most, struct bench_results *out);

/** Draw the results as SVG. @param results  struct bench_results of at least one size */
void bench_layout_draw(FILE *f, const void *results);

/** The same as text. */
void bench_layout_plot(FILE *f, const void *results);

#endif /* BENCH_LAYOUT_H */
