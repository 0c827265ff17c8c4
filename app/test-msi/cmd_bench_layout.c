/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi bench layout": time to place and to release a range in the engine, and in
 * two simpler structures. Needs no device, no root and no EAL.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "bench.h"
#include "bench_layout.h"
#include "tool_progress.h"

#define RANGES_LEAST 100
#define RANGES_MOST 1000000

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi bench layout [OPTION]...\n"
		"Measures the processor time to place and to release a range among 100, 1000, ...\n"
		"ranges: in the layout, and beside it in a sorted array and in a red-black tree\n"
		"that does not store the lengths of gaps. Needs no device and no root.\n\n"
		"  -n, --ranges N  most ranges, 100 to 1000000 (default: 1000000)\n"
		"  -P, --plot      draw the picture in the terminal too\n"
		"  -s, --svg FILE  write a picture\n"
		TOOL_QUIET_USAGE
		TOOL_JSON_USAGE
		"  -h, --help      this text\n", f);
}

struct bench_options {
	unsigned int ranges;
	const char *svg;
	bool plot;
};

/* @return a STATUS_*, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct bench_options *opt)
{
	const struct tool_option options[] = {
		{ "ranges", 'n', .number = &opt->ranges, .max = RANGES_MOST },
		{ "plot", 'P', .flag = &opt->plot },
		{ "svg", 's', .text = &opt->svg },
		TOOL_QUIET_OPTION,
		TOOL_JSON_OPTION,
	};
	int ret = tool_options_read(argc, argv, options, RTE_DIM(options), usage);

	if (ret >= 0)
		return ret;
	if (argc == optind && opt->ranges >= RANGES_LEAST)
		return -1;
	if (opt->ranges < RANGES_LEAST)
		tool_error("--ranges", "needs a number from %d to %d", RANGES_LEAST, RANGES_MOST);
	else
		tool_error("bench layout", "takes no arguments");
	usage(stderr);
	return STATUS_USAGE;
}

static void
print_results(const struct bench_results *results)
{
	size_t i, k;

	printf("                     place ns                         release ns\n"
		" ranges     layout      array       tree     layout      array       tree\n");
	for (i = 0; i < results->n; i++) {
		const struct bench_result *row = results->v[i];

		printf("%7zu", row->ranges);
		for (k = 0; k < BENCH_SIDES; k++)
			printf(" %10.0f", row[k].place_ns);
		for (k = 0; k < BENCH_SIDES; k++)
			printf(" %10.0f", row[k].release_ns);
		putchar('\n');
	}
}

static void
report_results(const struct bench_results *results)
{
	size_t i, k;

	tool_report_put("bench", json_string("layout"));
	tool_report_put("results", json_array());
	for (i = 0; tool_json && i < results->n; i++)
		for (k = 0; k < BENCH_SIDES; k++) {
			const struct bench_result *r = &results->v[i][k];

			tool_report_add("results", json_pack("{s:s, s:I, s:I, s:f, s:f}",
				"by", bench_sides[k].name, "ranges", (json_int_t)r->ranges,
				"operations", (json_int_t)r->operations,
				"place_ns", r->place_ns, "release_ns", r->release_ns));
		}
}

int
cmd_bench_layout(int argc, char **argv)
{
	struct bench_options opt = { .ranges = RANGES_MOST };
	struct bench_results results;
	int ret = parse_options(argc, argv, &opt);

	if (ret >= 0)
		return ret;
	ret = bench_layout_run(opt.ranges, &results);
	if (ret == -EBADE)
		tool_error("bench", "the structures chose different addresses; please report this bug");
	else if (ret < 0)
		tool_error("bench", "the ranges can't be placed: %s", strerror(-ret));
	if (ret < 0)
		return STATUS_FAULT;
	print_results(&results);
	report_results(&results);
	if (opt.plot)
		bench_layout_plot(stdout, &results);
	return opt.svg != NULL ? tool_picture_save(opt.svg, bench_layout_draw, &results) :
		STATUS_GOOD;
}
