/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi map": calls and time to map EAL's memory for a device, by this bus, by
 * the pci bus, and in a single call without EAL, which is the kernel's limit. Each
 * measurement ("side") is a process of its own.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "map_side.h"
#include "tool_progress.h"

#define MEGABYTES 4096
#define MEGABYTES_MAX (1u << 24)

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi map [OPTION]... DEVICE [-- EAL_ARG...]\n"
		"Maps hugepages for a device and unmaps them, as EAL does at start and at the\n"
		"end, and shows calls and time in the kernel: for each backend in one call\n"
		"without an EAL, and by this bus. \"tables\" is how much the IOMMU's page tables\n"
		"grew; small ones mean large pages. DEVICE is vfio_msi:BDF or BDF.\n\n"
		"  -b, --bench        by the pci bus of DPDK as well\n"
		"  -m, --megabytes N  amount of memory (default: 4096)\n"
		TOOL_QUIET_USAGE
		TOOL_JSON_USAGE
		"  -h, --help         this text\n", f);
}

/* @return a STATUS_*, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct map_options *opt)
{
	const struct tool_option options[] = {
		{ "bench", 'b', .flag = &opt->bench },
		{ "megabytes", 'm', .number = &opt->megabytes, .max = MEGABYTES_MAX },
		TOOL_QUIET_OPTION,
		TOOL_JSON_OPTION,
	};
	int n = tool_eal_split(argc, argv, &opt->eal);
	int ret = tool_options_read(n, argv, options, RTE_DIM(options), usage);

	if (ret >= 0)
		return ret;
	if (opt->megabytes % 2 != 0 || n - optind != 1) {
		tool_error("map", opt->megabytes % 2 != 0 ?
			"the number of megabytes must be even" : "needs one device");
		usage(stderr);
		return STATUS_USAGE;
	}
	return tool_given_bare(argv[optind], "map", opt->given);
}

/* @return SIDE_*. */
static int
show_side(struct side *side)
{
	struct map_meter m;
	char who[64];
	int status;

	map_side_name(side, who, sizeof(who));
	tool_progress_step("%u MiB, %s", side->opt->megabytes, who);
	status = map_side_run(side, &m);
	if (tool_json)
		tool_report_add("measurements", map_row_json(side, status, &m));
	if (status == SIDE_FAULT)
		printf("%-27s  failed\n", who);
	if (status == SIDE_GOOD)
		map_row_print(who, &m);
	if (status == SIDE_GOOD && side->by == SIDE_STOCK && map_side_over_iommufd())
		map_row_print_open(&m);
	return status;
}

/* Show this bus and the single call. @return SIDE_*. */
static int
show_backend(enum ioas_backend backend, const struct map_options *opt)
{
	struct side side = { .opt = opt, .by = SIDE_ONE_CALL, .backend = backend };
	int status = show_side(&side);

	if (status != SIDE_GOOD)
		return status;
	side.by = SIDE_OURS;
	return show_side(&side);
}

/* @return a STATUS_*. */
static int
show(const struct map_options *opt)
{
	struct side stock = { .opt = opt, .by = SIDE_STOCK, .backend = IOAS_BACKEND_AUTO };
	enum ioas_backend backend;
	int status = SIDE_GOOD, ret;
	unsigned int n = 0;
	size_t i;
	char bdf[TOPO_BDF_LEN];

	topology_format_bdf(&opt->given->addr, bdf, sizeof(bdf));
	tool_report_put("device", json_string(bdf));
	tool_report_put("type1_over_iommufd", json_boolean(map_side_over_iommufd()));
	tool_report_put("measurements", json_array());
	map_row_heads();
	tool_progress_begin("map", 0);
	if (opt->bench)
		status = show_side(&stock);
	for (i = 0; (backend = ioas_backend_at(i)) != IOAS_BACKEND_COUNT; i++) {
		/* It maps nothing. */
		if (ioas_backend_traits(backend)->no_translation)
			continue;
		ret = show_backend(backend, opt);
		n += ret == SIDE_GOOD;
		if (ret == SIDE_FAULT)
			status = ret;
	}
	tool_progress_end();
	if (map_side_over_iommufd())
		printf("type1 is %s: an iommufd provides /dev/vfio/vfio\n",
			ioas_backend_name(IOAS_BACKEND_COMPAT));
	return status == SIDE_GOOD && n > 0 ? STATUS_GOOD : STATUS_FAULT;
}

int
cmd_map(int argc, char **argv)
{
	struct tool_given given = { 0 };
	struct map_options opt = { .megabytes = MEGABYTES, .given = &given };
	int status = parse_options(argc, argv, &opt);

	if (status >= 0)
		return status;
	status = map_side_translates(&opt) ? show(&opt) : STATUS_FAULT;
	tool_given_free(&given);
	return status;
}
