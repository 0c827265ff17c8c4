/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi layout": the plan that the bus would make for these arguments.
 *
 * All arguments are parsed before any device is examined, so that wrong usage prints no
 * partial results.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>
#include <rte_common.h>

#include "test_msi.h"

struct layout_options {
	struct tool_given *given;
	size_t n;
	struct tool_root_options where;
	struct tool_root root;
	bool plot;
	const char *svg;
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi layout -a vfio_msi:BDF[,KEY=VALUE]... [OPTION]...\n"
		"Shows which I/O virtual addresses the given devices may use together, and\n"
		"where each hole comes from. Arguments are those of a DPDK application.\n\n"
		"  -a, --allow vfio_msi:BDF[,KEY=VALUE]...  a device, may be repeated\n"
		"  -a, --allow vfio_msi:all[,KEY=VALUE]...  all bound to a VFIO driver\n"
		"                  keys: backend=auto|type1|iommufd|spapr|noiommu,\n"
		"                  msi=auto|require|off, iova=auto|va|assigned,\n"
		"                  hole=FIRST-LAST, dma_bits=N, vf_token=UUID,\n"
		"                  virtio_dma=auto|iommu, irq_affinity=auto|none|CPUS,\n"
		"                  device=FD, iommufd=FD, group=FD, container=FD\n"
		"  -P, --plot      draw the addresses in the terminal too\n"
		"  -S, --svg FILE  write a picture\n"
		TOOL_JSON_USAGE
		TOOL_ROOT_USAGE
		"  -h, --help      this text\n", f);
}

static void
free_given(struct layout_options *opt)
{
	size_t i;

	for (i = 0; i < opt->n; i++)
		tool_given_free(&opt->given[i]);
	free(opt->given);
}

static int
take_device(const char *value, void *arg)
{
	struct layout_options *opt = arg;
	int ret = tool_given_parse(value, &opt->given[opt->n]);

	if (ret < 0)
		return ret == -EINVAL ? STATUS_USAGE : STATUS_FAULT;
	opt->n++;
	return -1;
}

/* @return a STATUS_*, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct layout_options *opt)
{
	const struct tool_option options[] = {
		{ "allow", 'a', .take = take_device, .arg = opt },
		{ "plot", 'P', .flag = &opt->plot },
		{ "svg", 'S', .text = &opt->svg },
		TOOL_JSON_OPTION,
		TOOL_ROOT_OPTIONS(&opt->where),
	};
	int ret = tool_options_read(argc, argv, options, RTE_DIM(options), usage);

	if (ret >= 0)
		return ret;
	if (optind == argc && opt->n > 0)
		return -1;
	if (optind < argc)
		tool_error(argv[optind], "is not an option");
	else
		tool_error("layout", "no device given");
	usage(stderr);
	return STATUS_USAGE;
}

/* Expand "all". @return 0 or more, or -errno after the fault was printed. */
static int
give_all(const struct layout_options *opt, const struct vfio_msi_conf *conf,
		struct tool_plan *plan)
{
	struct topo_snapshot snap = { .root = opt->root.path };
	struct topo_set all;
	int ret = topology_snapshot_all(&snap, &all);

	if (ret < 0) {
		topology_snapshot_free(&snap);
		tool_error(VFIO_MSI_ALL, "PCI functions can't be listed: %s", strerror(-ret));
		return ret;
	}
	ret = tool_plan_give_all(plan, &all, opt->given, opt->n, conf);
	if (ret >= 0)
		tool_odd_report(&snap, &all);
	topology_snapshot_free(&snap);
	if (ret < 0) {
		tool_error(VFIO_MSI_ALL, "%s", strerror(-ret));
	} else if (ret == 0) {
		tool_error(VFIO_MSI_ALL, "no device is bound to a VFIO driver; choose one that this machine does not need, and bind it with the command that this prints for it: dpdk-test-msi list");
		ret = -ENODEV;
	}
	return ret;
}

static int
stop_at_first(const struct iova_range *range, void *arg)
{
	return 1;
}

/* Print every fault of the plan. @return whether there was one. */
static bool
report_faults(const struct tool_plan *plan)
{
	bool faulty = false;
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct tool_device *d = &plan->v[i];
		char name[sizeof(VFIO_MSI_PREFIX) + TOPO_BDF_LEN];

		if (!tool_device_faulty(d))
			continue;
		faulty = true;
		snprintf(name, sizeof(name), VFIO_MSI_PREFIX "%s", d->bdf);
		if (!d->used)
			tool_error(name, "not used: %s", d->why);
		else
			tool_error(name, "MSI can't arrive: %s; use msi=off (INTx or polling)",
				d->plan.msi_why);
	}
	if (plan->layout != NULL &&
	    iova_layout_foreach_free(plan->layout, stop_at_first, NULL) == 0) {
		tool_error("layout", "no address remains that all devices can use; give fewer devices or holes to one process");
		faulty = true;
	} else {
		faulty |= eal_memory_report_fault(plan);
	}
	return faulty;
}

static int
layout(struct layout_options *opt, struct tool_plan *plan)
{
	bool faulty = false;
	int ret = 0, status = tool_root_find(&opt->where, &opt->root);
	size_t i;

	if (status >= 0)
		return status;
	for (i = 0; i < opt->n; i++)
		if (opt->given[i].all)
			faulty |= give_all(opt, &opt->given[i].conf, plan) < 0;
	for (i = 0; ret == 0 && i < opt->n; i++)
		if (!opt->given[i].all)
			ret = tool_plan_give(plan, &opt->given[i].addr, &opt->given[i].conf);
	if (ret == 0)
		ret = tool_plan_make(plan, &opt->root);
	if (ret < 0) {
		tool_error("layout", "%s", strerror(-ret));
		return STATUS_FAULT;
	}
	if (tool_json)
		json_plan(plan);
	else
		print_plan(plan, &opt->root);
	/* The file of the picture can be a pipe without a reader. */
	tool_root_discard(&opt->root);
	if (opt->plot || opt->svg != NULL)
		faulty |= !layout_draw(plan, &opt->root, opt->plot, opt->svg);
	faulty |= report_faults(plan);
	if (faulty)
		tool_root_caution(&opt->root);
	return faulty ? STATUS_FAULT : STATUS_GOOD;
}

int
cmd_layout(int argc, char **argv)
{
	struct layout_options opt = { 0 };
	struct tool_plan plan = { 0 };
	int status;

	/* There are at most as many devices as words. */
	opt.given = calloc((size_t)argc, sizeof(*opt.given));
	if (opt.given == NULL) {
		tool_error("layout", "%s", strerror(ENOMEM));
		return STATUS_FAULT;
	}
	status = parse_options(argc, argv, &opt);
	if (status < 0)
		status = layout(&opt, &plan);
	tool_plan_free(&plan);
	free_given(&opt);
	tool_root_close(&opt.root);
	return status;
}
