/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the benchmarks share: rounds in which all sides take turns, and the comparison with
 * the pci bus of DPDK.
 */

#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>

#include "test_msi.h"

#define BENCH_ROUNDS 5
#define BENCH_ROUNDS_MAX 100
#define BENCH_MEGABYTES 4096
#define BENCH_MEGABYTES_MAX (1u << 24)

/** The commands; argv[0] is the program and the command. */
int cmd_bench_layout(int argc, char **argv);
int cmd_bench_map(int argc, char **argv);
int cmd_bench_startup(int argc, char **argv);

/** A value of this bus beside that of the pci bus, which is not 0. */
struct bench_comparison {
	const char *what;
	const char *who;	/**< the row of this bus */
	double ours, stock;
	double one_call;	/**< what a single call without an EAL takes; 0: not measured */
	double aim;		/**< the ratio is to be at most this; 0: no aim */
};

/**
 * Print the ratios and the aim, and add them to the list "comparisons" of the report.
 *
 * @param page  size of hugepages as text, or NULL
 */
void bench_compare(const char *page, const struct bench_comparison *c);

#endif /* BENCH_H */
