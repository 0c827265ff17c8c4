/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi bench": the benchmarks, each named by a word.
 */

#include <string.h>

#include <rte_common.h>

#include "bench.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} benchmarks[] = {
	{ "layout", cmd_bench_layout },
	{ "map", cmd_bench_map },
	{ "startup", cmd_bench_startup },
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi bench WORD [OPTION]...\n"
		"Measures this bus beside others. WORD is one of\n\n"
		"  layout   time to place and to release a range, in the layout and in simpler\n"
		"           structures\n"
		"  map      time to map and unmap EAL's memory, by this bus and by the pci bus\n"
		"  startup  time from the start of EAL to the first packet, on both buses\n\n"
		"\"dpdk-test-msi bench WORD --help\" prints the options.\n", f);
}

int
cmd_bench(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	char title[64];
	size_t i;

	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		usage(stdout);
		return STATUS_GOOD;
	}
	for (i = 0; i < RTE_DIM(benchmarks); i++)
		if (strcmp(word, benchmarks[i].name) == 0) {
			snprintf(title, sizeof(title), "%s %s", argv[0], word);
			argv[1] = title;
			return benchmarks[i].run(argc - 1, argv + 1);
		}
	tool_error("bench", "needs one word: layout, map or startup");
	usage(stderr);
	return STATUS_USAGE;
}
