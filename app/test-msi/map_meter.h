/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What this process asks the kernel to map for DMA, whoever in it asks.
 */

#ifndef MAP_METER_H
#define MAP_METER_H

#include <stdint.h>

/** Calls that succeeded, and the time spent in them. */
struct map_calls {
	uint64_t n;
	uint64_t bytes;
	uint64_t ns;
};

struct map_meter {
	struct map_calls map, unmap;
	struct map_calls open;	/**< devices by their groups; may pin what is mapped */
};

/** Counted since the process began. Not to be read while others map. */
extern struct map_meter map_meter;

#endif /* MAP_METER_H */
