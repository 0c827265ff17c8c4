/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi irq": do interrupts of a device arrive, and if not, where are they lost?
 * Each kind passes three stages, and the failing one is reported: set-up (the kernel
 * allocates vectors), loopback (eventfd, EAL's interrupt thread), the device's own write
 * (IOMMU, doorbell, interrupt controller).
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "irq.h"

#define ROUNDS 16
#define ROUNDS_MAX 1000000

struct irq_options {
	unsigned int rounds;
	bool all;
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
		"  -A, --all       every kind the device has\n"
		"  -n, --rounds N  number of rounds (default: 16)\n"
		TOOL_JSON_USAGE
		"  -h, --help      this text\n\n"
		"exit status: 0 good, 1 set-up failed, 2 wrong usage, 3 lost between kernel and\n"
		"program, 4 lost between device and kernel\n", f);
}

/* @return a STATUS_*, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct irq_options *opt)
{
	const struct tool_option options[] = {
		{ "all", 'A', .flag = &opt->all },
		{ "rounds", 'n', .number = &opt->rounds, .max = ROUNDS_MAX },
		TOOL_JSON_OPTION,
	};
	int n = tool_eal_split(argc, argv, &opt->eal);
	int ret = tool_options_read(n, argv, options, RTE_DIM(options), usage);

	if (ret >= 0)
		return ret;
	if (n - optind == 1)
		return tool_given_one(argv[optind], &opt->given);
	tool_error("irq", "needs one device, not %d", n - optind);
	usage(stderr);
	return STATUS_USAGE;
}

static bool
wanted(enum irq_kind kind, enum vfio_msi_mode mode)
{
	if (mode == VFIO_MSI_REQUIRE)
		return kind != IRQ_INTX;
	return mode != VFIO_MSI_OFF || kind == IRQ_INTX;
}

static bool
lost(const struct irq_count *count)
{
	return count->arrived < count->raised;
}

/*
 * The loopback comes before the device's own writes, so that a loss has one cause. During
 * the loopback no cause in the device is enabled or pending, so no other interrupt may
 * come.
 */
static int
do_rounds(struct irq_vectors *vs, const struct irq_raiser *raiser, unsigned int rounds,
		struct irq_outcome *o)
{
	unsigned int i;
	int ret = irq_loopback(vs, &o->loopback);

	irq_vectors_quiet(vs, &o->loopback);
	if (ret == 0 && raiser != NULL && !lost(&o->loopback))
		ret = irq_raise_prepare(raiser, vs);
	for (i = 0; ret == 0 && i < rounds && !lost(&o->loopback) && !lost(&o->device); i++) {
		/* Unrequested interrupts of the device do not count for the loopback. */
		struct irq_count *count = raiser != NULL ? &o->device : &o->loopback;
		unsigned int surplus = o->loopback.surplus;

		ret = irq_loopback(vs, &o->loopback);
		if (raiser != NULL) {
			o->device.surplus += o->loopback.surplus - surplus;
			o->loopback.surplus = surplus;
		}
		if (ret == 0 && raiser != NULL && !lost(&o->loopback))
			ret = irq_raise(raiser, vs, &o->device);
		irq_vectors_quiet(vs, count);
	}
	return ret;
}

/* @return a STATUS_*. */
static int
judge(const struct irq_vectors *vs, const struct tool_device *td, const struct irq_outcome *o)
{
	const char *name = vs->dev->name, *kind = irq_kind_name(vs->kind);
	char why[PLAN_TEXT];

	if (o->loopback.surplus > 0)
		tool_error(name, "%s: %u callbacks came twice, or for a vector that the kernel did not signal",
			kind, o->loopback.surplus);
	if (lost(&o->loopback))
		tool_error(name, "%s: lost between kernel and program: the kernel accepted the request to signal vector %u, after %u that arrived, but EAL's interrupt thread did not wake; is the thread stuck, or does another reader empty the eventfd?",
			kind, o->loopback.first_lost, o->loopback.arrived);
	if (lost(&o->loopback) || o->loopback.surplus > 0)
		return STATUS_LOOPBACK_LOST;
	if (!lost(&o->device))
		return STATUS_GOOD;
	irq_look(vs, o->device.first_lost, &td->plan, why, sizeof(why));
	tool_error(name, "%s: lost between device and kernel: vector %u, after %u that arrived; the loopback works, so the program is not the cause: %s",
		kind, o->device.first_lost, o->device.arrived, why);
	return STATUS_DEVICE_LOST;
}

/* Test enabled vectors. @return a STATUS_*. */
static int
try_vectors(struct irq_vectors *vs, const struct tool_device *td, unsigned int rounds)
{
	const struct irq_raiser *raiser = irq_raiser_find(&td->plan.topo);
	struct irq_outcome o = { 0 };
	int ret = do_rounds(vs, raiser, rounds, &o);

	irq_outcome_print(vs, raiser, td, &o);
	irq_outcome_report(vs, raiser, &o);
	return ret < 0 ? STATUS_FAULT : judge(vs, td, &o);
}

/* What the bus would do after a refusal. */
static const char *
cure(enum irq_kind kind, const struct tool_device *td)
{
	if (kind != IRQ_INTX && td->plan.msi_doubtful)
		return "; this backend can't map doorbells in the MSI window of this IOMMU; use backend=iommufd if the kernel has it, otherwise the bus uses INTx or polling";
	if (kind == IRQ_INTX)
		return "; only polling works";
	return td->conf->msi == VFIO_MSI_REQUIRE ? "; msi=auto would use INTx or polling" :
		"; with msi=auto the bus uses the next kind; or give msi=off";
}

/* @return a STATUS_*, or -1 if the device has none of that kind. */
static int
try_kind(const struct irq_device *dev, enum irq_kind kind, const struct tool_device *td,
		unsigned int rounds)
{
	struct irq_vectors vs;
	char why[PLAN_TEXT];
	int ret = irq_vectors_enable(&vs, dev, kind, why, sizeof(why));

	if (ret == 0) {
		printf("%-5s  not supported by the device or the platform\n", irq_kind_name(kind));
		irq_no_vectors_report(kind, "not supported");
		return -1;
	}
	if (ret < 0) {
		printf("%-5s  refused\n", irq_kind_name(kind));
		irq_no_vectors_report(kind, "refused");
		tool_error(dev->name, "%s: set-up failed: %s%s", irq_kind_name(kind), why,
			cure(kind, td));
		return STATUS_FAULT;
	}
	ret = try_vectors(&vs, td, rounds);
	irq_vectors_disable(&vs);
	return ret;
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

	printf("%s  %04x:%04x, IOMMU group %d, backend %s\n", td->bdf, td->plan.topo.vendor,
		td->plan.topo.device, td->plan.topo.group, ioas_backend_name(td->plan.backend));
	for (kind = IRQ_MSIX; kind < IRQ_KINDS; kind++) {
		int ret = wanted(kind, td->conf->msi) ? try_kind(dev, kind, td, opt->rounds) : -1;

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

/* @return a STATUS_*. */
static int
try(const struct tool_device *td, struct ioas *space, struct irq_options *opt)
{
	/* Only the interrupt thread is needed: no memory, no devices. */
	static const char *const ours[] = { "--no-shconf", "--no-huge", "-m", "16", "--no-pci",
		"--no-telemetry", "--log-level=lib.eal:warning" };
	char name[sizeof(VFIO_MSI_PREFIX) + TOPO_BDF_LEN];
	struct irq_device dev = { .name = name, .fd = -1 };
	int status = STATUS_FAULT;

	snprintf(name, sizeof(name), VFIO_MSI_PREFIX "%s", td->bdf);
	if (!td->used) {
		tool_error(name, "set-up failed: %s", td->why);
		return STATUS_FAULT;
	}
	if (tool_eal_start(&opt->eal, ours, sizeof(ours) / sizeof(*ours)) < 0)
		return STATUS_FAULT;
	if (irq_device_open(&dev, td, space) == 0)
		status = try_kinds(&dev, td, opt);
	irq_device_close(&dev);
	return tool_eal_stop(&opt->eal) < 0 ? worse(status, STATUS_FAULT) : status;
}

int
cmd_irq(int argc, char **argv)
{
	struct irq_options opt = { .rounds = ROUNDS };
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
		status = try(&plan.v[0], plan.space, &opt);
	} else {
		tool_error("irq", "%s", strerror(-ret));
		status = STATUS_FAULT;
	}
	tool_plan_free(&plan);
	tool_given_free(&opt.given);
	return status;
}
