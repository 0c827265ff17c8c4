/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * One measurement of "dpdk-test-msi map", in a process of its own: a process can start EAL
 * only once, and its end unmaps everything.
 */

#ifndef MAP_SIDE_H
#define MAP_SIDE_H

#include <stdbool.h>

#include "ioas/ioas.h"
#include "map_meter.h"
#include "test_msi.h"

#define MAP_NAME_LEN 96

struct map_options {
	unsigned int megabytes;
	bool bench;
	struct tool_given *given;
	struct tool_eal eal;
};

/** One way to map the memory. */
struct side {
	const struct map_options *opt;
	enum ioas_backend backend;
	char device[MAP_NAME_LEN];	/**< for EAL's -a; "" without EAL */
	int64_t tables;		/**< map_meter_tables() before anything is mapped */
};

/** Exit status of a side's process. */
enum {
	SIDE_GOOD = 0,
	SIDE_FAULT = 1,
	SIDE_ABSENT = 2,	/**< this backend can't use the device */
};

/** Measure. @return SIDE_*, after printing the fault or why the backend is absent. */
int map_side_run(struct side *side, struct map_meter *meter);

#endif /* MAP_SIDE_H */
