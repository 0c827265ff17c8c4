/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi bench map": calls and time to map EAL's memory and to release it, by this
 * bus and by the pci bus, with each size of hugepages.
 */

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include <rte_common.h>

#include "bench_map.h"
#include "tool_progress.h"

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi bench map [OPTION]... DEVICE [-- EAL_ARG...]\n"
		"Measures as \"dpdk-test-msi map --bench\" does, in rounds in which all take turns,\n"
		"with each mounted size of hugepages, and compares the best times with those of\n"
		"the pci bus. \"One call\" has no EAL: no bus can be faster. \"At exit\" is the time\n"
		"from the first call that tears down to the last close of a descriptor. DEVICE is\n"
		"vfio_msi:BDF or BDF.\n\n"
		"  -m, --megabytes N  amount of memory (default: 4096)\n"
		"  -p, --page SIZE    only pages of this size: 2M, 1G, ...\n"
		"  -n, --rounds N     number of rounds (default: 5)\n"
		"  -P, --plot         draw the picture in the terminal too\n"
		"  -s, --svg FILE     write a picture\n"
		TOOL_QUIET_USAGE
		TOOL_JSON_USAGE
		"  -h, --help         this text\n", f);
}

/* @return a STATUS_*, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct bench_map *b)
{
	const struct tool_option options[] = {
		{ "megabytes", 'm', .number = &b->opt.megabytes, .max = BENCH_MEGABYTES_MAX },
		{ "page", 'p', .text = &b->page },
		{ "rounds", 'n', .number = &b->rounds, .max = BENCH_ROUNDS_MAX },
		{ "plot", 'P', .flag = &b->plot },
		{ "svg", 's', .text = &b->svg },
		TOOL_QUIET_OPTION,
		TOOL_JSON_OPTION,
	};
	int n = tool_eal_split(argc, argv, &b->opt.eal);
	int ret = tool_options_read(n, argv, options, RTE_DIM(options), usage);

	if (ret >= 0)
		return ret;
	if (n - optind == 1)
		return tool_given_bare(argv[optind], "bench map", b->opt.given);
	tool_error("bench map", "needs one device");
	usage(stderr);
	return STATUS_USAGE;
}

static void
show(const struct bench_map *b, const struct bench_page *page)
{
	size_t i;

	printf("\npages of %s, best of %u rounds\n", page->name, b->rounds);
	map_row_heads();
	for (i = 0; i < page->n; i++) {
		const struct bench_map_row *row = &page->rows[i];
		json_t *o;

		if (row->status == SIDE_GOOD)
			map_row_print(row->name, &row->best);
		if (i == 0 && b->over_iommufd)
			map_row_print_open(&row->best);
		if (!tool_json)
			continue;
		o = map_row_json(&row->side, row->status, &row->best);
		if (json_put(o, "page_bytes", json_integer((json_int_t)page->bytes)) != 0) {
			json_decref(o);
			o = NULL;
		}
		tool_report_add("results", o);
	}
	putchar('\n');
	bench_map_compare(page);
}

/* Can this amount of memory be taken from these pages? */
static bool
has_enough(const struct bench_map *b, const struct bench_page *page)
{
	uint64_t bytes = (uint64_t)b->opt.megabytes << 20;

	if (bytes % page->bytes == 0 && page->unused >= bytes)
		return true;
	printf("pages of %s: skipped, as %u MiB are not a number of pages, or not unused (%" PRIu64 " MiB are)\n",
		page->name, b->opt.megabytes, page->unused >> 20);
	return false;
}

/* @return a STATUS_*. */
static int
run(struct bench_map *b)
{
	int status = STATUS_GOOD;
	size_t i, n = 0;

	for (i = 0; status == STATUS_GOOD && i < b->n; i++) {
		if (!has_enough(b, &b->pages[i]))
			continue;
		status = bench_map_measure(b, &b->pages[i]);
		if (status == STATUS_GOOD)
			show(b, &b->pages[i]);
		n++;
	}
	if (n == 0) {
		tool_error("bench map", "%u MiB can't be taken from hugepages of %s; reserve more, mount hugetlbfs with pagesize=, or give less with -m",
			b->opt.megabytes, b->page != NULL ? b->page : "mounted sizes");
		return STATUS_FAULT;
	}
	if (status == STATUS_GOOD && b->plot)
		bench_map_plot(stdout, b);
	if (status == STATUS_GOOD && b->svg != NULL)
		status = tool_picture_save(b->svg, bench_map_draw, b);
	return status;
}

int
cmd_bench_map(int argc, char **argv)
{
	struct tool_given given = { 0 };
	struct bench_map b = { .opt = { .megabytes = BENCH_MEGABYTES, .given = &given },
		.rounds = BENCH_ROUNDS };
	int status = parse_options(argc, argv, &b);
	char bdf[TOPO_BDF_LEN];

	if (status >= 0)
		return status;
	if (!map_side_translates(&b.opt)) {
		tool_given_free(&given);
		return STATUS_FAULT;
	}
	b.over_iommufd = map_side_over_iommufd();
	topology_format_bdf(&given.addr, bdf, sizeof(bdf));
	tool_report_put("bench", json_string("map"));
	tool_report_put("device", json_string(bdf));
	tool_report_put("type1_over_iommufd", json_boolean(b.over_iommufd));
	tool_report_put("megabytes", json_integer(b.opt.megabytes));
	tool_report_put("rounds", json_integer(b.rounds));
	tool_report_put("results", json_array());
	tool_report_put("comparisons", json_array());
	tool_report_put("pinning", json_array());
	status = bench_map_find_pages(&b) < 0 ? STATUS_FAULT : run(&b);
	bench_map_free_pages(&b);
	tool_given_free(&given);
	return status;
}
