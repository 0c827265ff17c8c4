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
	if (strchr(argv[optind], ',') != NULL) {
		tool_error(argv[optind], "map takes no keys: it tries each backend");
		return STATUS_USAGE;
	}
	return tool_given_one(argv[optind], opt->given);
}

static double
ms_per_gib(const struct map_calls *calls)
{
	return calls->bytes == 0 ? 0 :
		(double)calls->ns / 1e6 / ((double)calls->bytes / (1 << 30));
}

/* Does an iommufd provide the container's node? Opens the node briefly. */
static bool
type1_is_over_iommufd(void)
{
	struct ioas *ioas;
	bool over;

	if (ioas_open(IOAS_BACKEND_TYPE1, NULL, NULL, &ioas, NULL) < 0)
		return false;
	over = ioas_backend_of(ioas) == IOAS_BACKEND_COMPAT;
	ioas_close(ioas);
	return over;
}

static json_t *
calls_json(const struct map_calls *calls)
{
	return json_pack("{s:I, s:I, s:I}", "calls", (json_int_t)calls->n,
		"bytes", (json_int_t)calls->bytes, "nanoseconds", (json_int_t)calls->ns);
}

static void
report_side(const char *by, const struct side *side, int status, const struct map_meter *m)
{
	static const char *const results[] = {
		[SIDE_GOOD] = "measured", [SIDE_FAULT] = "failed", [SIDE_ABSENT] = "not available",
	};
	json_t *o;

	if (!tool_json)
		return;
	o = json_pack("{s:s, s:s?, s:s}", "by", by, "backend",
		side->backend == IOAS_BACKEND_AUTO ? NULL : ioas_backend_name(side->backend),
		"result", results[status]);
	if (status == SIDE_GOOD &&
	    (json_put(o, "map", calls_json(&m->map)) |
	     json_put(o, "unmap", calls_json(&m->unmap)) |
	     json_put(o, "open", calls_json(&m->open)) |
	     json_put(o, "iommu_page_tables", m->tables < 0 ? json_null() :
			json_integer(m->tables))) != 0) {
		json_decref(o);
		o = NULL;
	}
	tool_report_add("measurements", o);
}

/* @return SIDE_*. */
static int
show_side(const char *by, struct side *side)
{
	struct map_meter m;
	int status = map_side_run(side, &m);
	char who[32], tables[24];

	snprintf(who, sizeof(who), "%s%s%s", by, side->backend == IOAS_BACKEND_AUTO ? "" : ", ",
		side->backend == IOAS_BACKEND_AUTO ? "" : ioas_backend_name(side->backend));
	report_side(by, side, status, &m);
	if (status == SIDE_FAULT)
		printf("%-18s  failed\n", who);
	if (status == SIDE_GOOD) {
		snprintf(tables, sizeof(tables), "%" PRId64, m.tables / 1024);
		printf("%-18s  %6" PRIu64 "  %9" PRIu64 "  %8.2f  %11" PRIu64 "  %8.2f  %10s\n", who,
			m.map.bytes >> 20, m.map.n, ms_per_gib(&m.map), m.unmap.n,
			ms_per_gib(&m.unmap), m.tables < 0 ? "-" : tables);
	}
	/* The pci bus maps before the device is opened, so the kernel pins later. */
	if (status == SIDE_GOOD && side->backend == IOAS_BACKEND_AUTO && type1_is_over_iommufd())
		printf("%-18s  %6s  %9" PRIu64 "  %8.2f  to open the device, which resets it and pins the memory\n",
			"", "", m.open.n,
			(double)m.open.ns / 1e6 / ((double)m.map.bytes / (1 << 30)));
	return status;
}

/* Show this bus and the single call. @return SIDE_*. */
static int
show_backend(enum ioas_backend backend, const char *bdf, const struct map_options *opt)
{
	struct side side = { .opt = opt, .backend = backend };
	int status = show_side("one call", &side);

	if (status != SIDE_GOOD)
		return status;
	snprintf(side.device, sizeof(side.device), VFIO_MSI_PREFIX "%.*s,backend=%s",
		TOPO_BDF_LEN, bdf, ioas_backend_name(backend));
	return show_side("vfio_msi", &side);
}

/* @return a STATUS_*. */
static int
show(const struct map_options *opt)
{
	struct side stock = { .opt = opt };
	enum ioas_backend backend;
	int status = SIDE_GOOD, ret;
	unsigned int n = 0;
	size_t i;
	char bdf[TOPO_BDF_LEN];

	topology_format_bdf(&opt->given->addr, bdf, sizeof(bdf));
	snprintf(stock.device, sizeof(stock.device), "%s", bdf);
	tool_report_put("device", json_string(bdf));
	tool_report_put("type1_over_iommufd", json_boolean(type1_is_over_iommufd()));
	tool_report_put("measurements", json_array());
	printf("who                    MiB  map calls    ms/GiB  unmap calls    ms/GiB  tables KiB\n");
	if (opt->bench)
		status = show_side("pci bus of DPDK", &stock);
	for (i = 0; (backend = ioas_backend_at(i)) != IOAS_BACKEND_COUNT; i++) {
		ret = show_backend(backend, bdf, opt);
		n += ret == SIDE_GOOD;
		if (ret == SIDE_FAULT)
			status = ret;
	}
	if (type1_is_over_iommufd())
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
	status = show(&opt);
	tool_given_free(&given);
	return status;
}
