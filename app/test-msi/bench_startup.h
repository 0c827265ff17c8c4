/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi bench startup": one start of an application with two ports on one wire, in
 * a process of its own, by phases.
 */

#ifndef BENCH_STARTUP_H
#define BENCH_STARTUP_H

#include "bench.h"
#include "map_side.h"

/** What a start consists of, in this order. */
enum startup_phase {
	STARTUP_BEFORE,		/**< rte_eal_init() until the first mapping */
	STARTUP_MAP,		/**< until the end of the last mapping in rte_eal_init() */
	STARTUP_REST,		/**< the rest of rte_eal_init() */
	STARTUP_PORTS,		/**< buffers, queues, start of both ports */
	STARTUP_PACKET,		/**< until the first packet has come across */
	STARTUP_PHASES,
};

struct startup_times {
	uint64_t ns[STARTUP_PHASES];
};

/** One side. */
struct startup_side {
	const char *devices[2];	/**< for EAL's -a */
	bool stock;
	unsigned int megabytes;
	struct tool_eal eal;
};

#define STARTUP_ROWS_MAX 8

struct startup_row {
	char name[64];
	char device[2][MAP_NAME_LEN];
	struct startup_side side;
	struct startup_times times[BENCH_ROUNDS_MAX];
};

/** The benchmark and its results; the first row is the pci bus. */
struct startup {
	struct tool_given given[2];
	char bdf[2][TOPO_BDF_LEN];
	struct tool_eal eal;
	unsigned int megabytes, rounds;
	const char *svg;
	bool plot;
	struct startup_row rows[STARTUP_ROWS_MAX];
	size_t n;
};

/** Milliseconds of several rounds. */
struct startup_spread {
	double low, median, high;
};

/* bench_startup.c */

extern const char *const startup_phases[STARTUP_PHASES];

/** The time of phases together, in all rounds. */
struct startup_spread startup_spread(const struct startup *b, size_t row,
		enum startup_phase first, enum startup_phase last);

/** Measure all rounds, with each backend that the first device has. @return a STATUS_* */
int startup_measure(struct startup *b);

/** Draw the results as SVG. @param arg  measured struct startup */
void startup_draw(FILE *f, const void *arg);

/** The same as text. */
void startup_plot(FILE *f, const void *arg);

/* startup_side.c */

/** Start and end once. @return SIDE_GOOD or SIDE_FAULT, after printing the fault. */
int startup_side_run(struct startup_side *side, struct startup_times *out);

#endif /* BENCH_STARTUP_H */
