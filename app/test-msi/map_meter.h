/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Counters of all DMA mapping calls of this process, including those of libraries, and the
 * size of the IOMMUs' page tables.
 */

#ifndef MAP_METER_H
#define MAP_METER_H

#include <stdint.h>

/** Successful calls and their time. */
struct map_calls {
	uint64_t n;
	uint64_t bytes;
	uint64_t ns;
};

struct map_meter {
	struct map_calls map, unmap;
	struct map_calls open;	/**< opening a device through its group, which may pin
				 *   mapped memory */
	int64_t tables;		/**< bytes that the page tables of all IOMMUs grew by, with
				 *   all memory mapped; -1: the kernel does not count them */
};

/** Counts since the start of the process. Don't read during mapping calls. */
extern struct map_meter map_meter;

/**
 * The page tables of all IOMMUs of the machine, bytes; -1: the kernel does not count them
 * (before Linux 6.11). Without root the count may lag by a second and some pages.
 */
int64_t map_meter_tables(void);

#endif /* MAP_METER_H */
