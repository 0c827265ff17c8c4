/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Counters of all DMA mapping calls of this process, including those of libraries, the
 * time of its teardown, and the size of the IOMMUs' page tables.
 *
 * The teardown begins with the first call that unmaps memory, detaches a device or closes
 * a descriptor of VFIO or iommufd, and ends when the last of these descriptors is closed.
 * So it has the work that the kernel does in calls of unmap and the work it does in close().
 * It does not have the time to close a device, in which the kernel resets it: the pci bus of
 * DPDK leaves the device's registers mapped, so there the reset comes when the process ends.
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
	uint64_t by_file;	/**< of the calls to map, those that name a file */
	struct map_calls open;	/**< opening a device through its group, which may pin
				 *   mapped memory */
	struct map_calls close;	/**< closing devices in the teardown */
	uint64_t vfio_calls;	/**< successful calls of ioctl() of any kind to VFIO and
				 *   iommufd */
	uint64_t first_map, last_map;	/**< CLOCK_MONOTONIC, ns: begin of the first mapping,
					 *   end of the last one; 0: none */
	uint64_t teardown_ns;	/**< duration of the teardown, after map_meter_finish() */
	uint64_t teardown_calls_ns;	/**< of it, time in its calls: EAL may erase the pages
					 *   that it frees in between. They unmap what unmap
					 *   counts; the kernel unmaps the rest when the
					 *   process ends */
	int64_t tables;		/**< bytes that the page tables of all IOMMUs grew by, with
				 *   all memory mapped; -1: the kernel does not count them */
};

/** Counts since the start of the process. Don't read during mapping calls. */
extern struct map_meter map_meter;

/** CLOCK_MONOTONIC, ns. */
uint64_t map_meter_now(void);

/** Calls from now on belong to the teardown. */
void map_meter_teardown(void);

/** Close the descriptors of VFIO and iommufd that are still open. The teardown is over. */
void map_meter_finish(void);

/**
 * The page tables of all IOMMUs of the machine, bytes; -1: the kernel does not count them
 * (before Linux 6.11). Without root the count may lag by a second and some pages.
 */
int64_t map_meter_tables(void);

#endif /* MAP_METER_H */
