/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Counters of all DMA mapping calls of this process, including those of libraries.
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
};

/** Counts since the start of the process. Don't read during mapping calls. */
extern struct map_meter map_meter;

#endif /* MAP_METER_H */
