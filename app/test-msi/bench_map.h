/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi bench map": rounds of the measurements of "dpdk-test-msi map", for each
 * size of hugepages.
 */

#ifndef BENCH_MAP_H
#define BENCH_MAP_H

#include "bench.h"
#include "map_side.h"

#define BENCH_PAGES_MAX 4
#define BENCH_PAGE_NAME 24
#define BENCH_ROWS_MAX 16

/** One side and its best values. */
struct bench_map_row {
	struct side side;
	char name[64];
	int status;		/**< SIDE_* */
	struct map_meter best;	/**< the lowest of each time in all rounds */
	uint64_t pinned_ns;	/**< the lowest time to map and, where the kernel pins then, to
				 *   open the device */
};

/** Hugepages of one size, and the measurements with them. */
struct bench_page {
	uint64_t bytes, unused;
	char name[BENCH_PAGE_NAME];	/**< 2M, 1G, ... */
	char *folder;			/**< a mount of hugetlbfs */
	struct bench_map_row rows[BENCH_ROWS_MAX];
	size_t n;
};

struct bench_map {
	struct map_options opt;
	unsigned int rounds;
	const char *page;		/**< the only size to measure, or NULL */
	const char *svg;
	bool plot;
	bool over_iommufd;		/**< map_side_over_iommufd() */
	struct bench_page pages[BENCH_PAGES_MAX];
	size_t n;
};

/**
 * Find the sizes of hugepages that are mounted and wanted, largest number of bytes last.
 *
 * @return 0, -ENOMEM, errors of reading /proc/mounts, after printing the fault.
 */
int bench_map_find_pages(struct bench_map *b);
void bench_map_free_pages(struct bench_map *b);

/** Measure all rounds with one page size. @return a STATUS_*, after printing the fault */
int bench_map_measure(const struct bench_map *b, struct bench_page *page);

/**
 * Print and report what the measurements mean: the ratios to the pci bus, and how much of
 * a single call is to pin the memory.
 */
void bench_map_compare(const struct bench_page *page);

/** Draw the results as SVG. @param arg  struct bench_map with measured pages */
void bench_map_draw(FILE *f, const void *arg);

/** The same as text. */
void bench_map_plot(FILE *f, const void *arg);

#endif /* BENCH_MAP_H */
