/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi irq": do interrupts of a device arrive, and if not, where are they lost?
 * irq_try.c has the stages.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "irq_bench.h"
#include "map_meter.h"
#include "tool_progress.h"

#define ROUNDS 16
#define ROUNDS_MAX 1000000
#define ENDURANCE_MAX 1000000000
#define SAMPLES 100000
#define SAMPLES_MAX 10000000

struct irq_options {
	struct irq_request request;
	bool all, bench, plot;
	unsigned int samples;
	const char *svg, *device;
	struct tool_given given;
	struct tool_eal eal;
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi irq [OPTION]... DEVICE [-- EAL_ARG...]\n"
		"Lets the kernel raise every vector of a device, then the device itself, and\n"
		"counts what arrives. DEVICE is vfio_msi:BDF[,KEY=VALUE]... or BDF; no driver of\n"
		"DPDK is used. Tries MSI-X, MSI and INTx, as msi= allows, until one can be set up.\n\n"
		"  -A, --all          every kind the device has\n"
		"  -n, --rounds N     number of rounds (default: 16)\n"
		"  -S, --self-test    the device also sends itself frames (82576, 82574), which\n"
		"                     tests DMA in both directions without a wire\n"
		"  -e, --endurance N  N more interrupts in each way, and as many in a storm\n"
		"  -b, --bench        instead: time from an interrupt to its handling, by several\n"
		"                     receivers, on this bus and on the pci bus of DPDK\n"
		"  -c, --samples N    with --bench: of each receiver, at least 100 (default: 100000)\n"
		"  -P, --plot         with --bench: draw histograms in the terminal too\n"
		"  -s, --svg FILE     with --bench: write histograms\n"
		TOOL_QUIET_USAGE
		TOOL_JSON_USAGE
		"  -h, --help         this text\n\n"
		"exit status: 0 good, 1 set-up failed, 2 wrong usage, 3 lost between kernel and\n"
		"program, 4 lost between device and kernel, 5 a frame was lost or damaged\n", f);
}

/* @return a STATUS_*, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct irq_options *opt)
{
	const struct tool_option options[] = {
		{ "all", 'A', .flag = &opt->all },
		{ "rounds", 'n', .number = &opt->request.rounds, .max = ROUNDS_MAX },
		{ "self-test", 'S', .flag = &opt->request.self_test },
		{ "endurance", 'e', .number = &opt->request.endurance, .max = ENDURANCE_MAX },
		{ "bench", 'b', .flag = &opt->bench },
		{ "samples", 'c', .number = &opt->samples, .max = SAMPLES_MAX },
		{ "plot", 'P', .flag = &opt->plot },
		{ "svg", 's', .text = &opt->svg },
		TOOL_QUIET_OPTION,
		TOOL_JSON_OPTION,
	};
	int n = tool_eal_split(argc, argv, &opt->eal);
	int ret = tool_options_read(n, argv, options, RTE_DIM(options), usage);

	if (ret >= 0)
		return ret;
	opt->device = argv[optind];
	if (n - optind == 1 && opt->samples >= IRQ_BENCH_SAMPLES_MIN)
		return tool_given_one(opt->device, &opt->given);
	if (n - optind != 1)
		tool_error("irq", "needs one device, not %d", n - optind);
	else
		tool_error("--samples", "needs a number from %d to %d", IRQ_BENCH_SAMPLES_MIN,
			SAMPLES_MAX);
	usage(stderr);
	return STATUS_USAGE;
}

/* A kind that failed at a later stage says more. */
static int
worse(int a, int b)
{
	return a > b ? a : b;
}

/* @return a STATUS_*. */
static int
try_kinds(const struct irq_device *dev, const struct tool_device *td,
		const struct irq_options *opt)
{
	int status = STATUS_GOOD;
	unsigned int tried = 0;
	enum irq_kind kind;

	printf("%s  %04x:%04x, %s group %d, backend %s\n", td->bdf, td->plan.topo.vendor,
		td->plan.topo.device, td->plan.topo.group_noiommu ? "no-IOMMU" : "IOMMU",
		td->plan.topo.group, ioas_backend_name(td->plan.backend));
	for (kind = IRQ_MSIX; kind < IRQ_KINDS; kind++) {
		int ret = irq_kind_allowed(kind, td->conf->msi) ? irq_try_kind(dev, kind, td, &opt->request) : -1;

		if (ret < 0)
			continue;
		tried++;
		status = worse(status, ret);
		if (ret != STATUS_FAULT && !opt->all)
			break;
	}
	if (tried > 0)
		return status;
	tool_error(dev->name, "set-up failed: the device or the platform has no interrupt that msi= allows");
	return STATUS_FAULT;
}

/* Test an open device, and count what is left of many interrupts. @return a STATUS_*. */
static int
try_open(const struct irq_device *dev, const struct tool_device *td, const struct irq_options *opt,
		struct irq_left *used)
{
	struct irq_held before, after;
	int status;

	if (opt->request.endurance == 0)
		return try_kinds(dev, td, opt);
	if (irq_left_count(td->bdf, &before) < 0)
		return STATUS_FAULT;
	status = try_kinds(dev, td, opt);
	if (irq_left_count(td->bdf, &after) < 0)
		return worse(status, STATUS_FAULT);
	used->vectors = (int)after.vectors - (int)before.vectors;
	used->descriptors = (int)after.descriptors - (int)before.descriptors;
	return status;
}

/* @return a STATUS_*. */
static int
try(struct tool_plan *plan, struct irq_options *opt)
{
	const struct tool_device *td = &plan->v[0];
	char name[sizeof(VFIO_MSI_PREFIX) + TOPO_BDF_LEN];
	struct irq_device dev = { .name = name, .fd = -1 };
	struct irq_left left = { 0 };
	int64_t tables = map_meter_tables();
	int status = STATUS_FAULT;

	snprintf(name, sizeof(name), VFIO_MSI_PREFIX "%s", td->bdf);
	if (!td->used) {
		tool_error(name, "set-up failed: %s", td->why);
		return STATUS_FAULT;
	}
	if (irq_eal_start(&opt->eal) < 0)
		return STATUS_FAULT;
	if (irq_space_open(plan, name) == 0 && irq_device_open(&dev, td, plan->space) == 0)
		status = try_open(&dev, td, opt, &left);
	irq_device_close(&dev);
	left.tables = irq_left_tables(tables);
	if (opt->request.endurance > 0)
		status = worse(status, irq_left_judge(name, &left));
	return tool_eal_stop(&opt->eal) < 0 ? worse(status, STATUS_FAULT) : status;
}

/* The processes that measure open the device themselves. @return a STATUS_*. */
static int
bench(struct tool_plan *plan, const struct irq_options *opt)
{
	const struct tool_device *td = &plan->v[0];
	struct irq_bench b = { .topo = &td->plan.topo, .name = b.ours, .eal = opt->eal,
		.svg = opt->svg, .plot = opt->plot, .raiser = irq_raiser_find(&td->plan.topo) };
	bool prefixed = strncmp(opt->device, VFIO_MSI_PREFIX, strlen(VFIO_MSI_PREFIX)) == 0;

	ioas_close(plan->space);
	plan->space = NULL;
	if (snprintf(b.ours, sizeof(b.ours), "%s%s", prefixed ? "" : VFIO_MSI_PREFIX,
			opt->device) >= (int)sizeof(b.ours)) {
		tool_error("irq", "the argument of the device is too long");
		return STATUS_FAULT;
	}
	if (!td->used) {
		tool_error(b.name, "set-up failed: %s", td->why);
		return STATUS_FAULT;
	}
	return irq_bench_run(&b, opt->samples);
}

int
cmd_irq(int argc, char **argv)
{
	struct irq_options opt = { .request.rounds = ROUNDS, .samples = SAMPLES };
	struct tool_root here = { .path = "" };
	struct tool_plan plan = { 0 };
	int status = parse_options(argc, argv, &opt), ret;

	if (status >= 0)
		return status;
	ret = tool_plan_give(&plan, &opt.given.addr, &opt.given.conf);
	if (ret == 0)
		ret = tool_plan_make(&plan, &here);
	if (ret == 0) {
		tool_report_put("kinds", json_array());
		if (tool_json)
			tool_report_put("device", json_planned_device(&plan.v[0]));
		status = opt.bench ? bench(&plan, &opt) : try(&plan, &opt);
	} else {
		tool_error("irq", "%s", strerror(-ret));
		status = STATUS_FAULT;
	}
	tool_plan_free(&plan);
	tool_given_free(&opt.given);
	return status;
}
