/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi doctor": what keeps the bus from working on this machine, and the cures.
 * Without --try it opens no device and changes nothing.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>
#include <rte_common.h>
#include <rte_eal.h>
#include <rte_version.h>

#include "doctor_live.h"
#include "doctor_print.h"
#include "doctor_try.h"
#include "dpdk_limits.h"
#include "test_msi.h"
#include "tool_progress.h"

#define CONFIG_BYTES 0x10000	/* approximate size of EAL's configuration */

struct doctor_options {
	const char *user;
	const char *unit;
	bool try;
	struct tool_root_options where;
	struct topo_addr *addr;
	size_t n;
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi doctor [OPTION]... [BDF]...\n"
		"Examines the machine, its VFIO, memory, limits and devices, and prints what keeps\n"
		"the bus from working, why that matters and what to do. Without BDF it examines all\n"
		"devices that are bound to a VFIO driver. Without --try it opens no device and\n"
		"changes nothing.\n"
		"Exit status: 0 at most notes, 3 warnings, 1 a fault or the command failed, 2 usage.\n\n"
		"  -u, --user NAME  the user who will run the application\n"
		"  -U, --unit NAME  the systemd unit that will run it\n"
		"  -t, --try       open and reset each device that no process uses, ask the kernel\n"
		"                  for the layout, and test its interrupts\n"
		TOOL_QUIET_USAGE
		TOOL_JSON_USAGE
		TOOL_ROOT_USAGE
		"  -h, --help      this text\n", f);
}

static void
dpdk_read(struct doctor_dpdk *d)
{
	strlcpy(d->version, rte_version(), sizeof(d->version));
	strlcpy(d->plugin, TOOL_PLUGIN, sizeof(d->plugin));
	d->installed = access(d->plugin, R_OK) == 0 ? DOCTOR_YES : DOCTOR_NO;
}

/* What the kernel of a capture answered. */
static void
captured_read(const struct tool_root *root, struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < root->answers.n; i++)
		if (root->answers.v[i].backend == IOAS_BACKEND_COMPAT)
			f->vfio.compat = DOCTOR_YES;
	if (root->captured && f->machine.kernel[0] == '\0')
		strlcpy(f->machine.kernel, root->machine.kernel, sizeof(f->machine.kernel));
}

/* Facts of this machine only. @return 0, or -errno after printing the fault. */
static int
live_read(const struct doctor_options *opt, struct doctor_facts *f)
{
	const struct va_limits limits = dpdk_va_limits(CONFIG_BYTES);
	enum va_assign assign = dpdk_assign();
	bool is_self;
	int ret;

	dpdk_read(&f->dpdk);
	doctor_live_vfio(&f->vfio);
	ret = doctor_live_user(opt->user, opt->unit, f);
	if (ret < 0)
		return ret;
	is_self = !f->user.namespaced && (f->user.name[0] == '\0' || strcmp(f->user.name, "root") == 0);
	if (!is_self && assign == VA_ASSIGN_POSSIBLE)
		assign = VA_ASSIGN_UNPRIVILEGED;
	if (opt->try) {
		ret = doctor_try(f);
		if (ret < 0)
			return ret;
		ret = doctor_devices_tried("", f);
	}
	if (ret == 0)
		ret = doctor_eal_place("", rte_eal_get_baseaddr(), &limits, assign, f);
	if (ret < 0)
		tool_error("doctor", "the place of EAL's memory can't be found: %s", strerror(-ret));
	return ret;
}

static int
facts_read(const struct doctor_options *opt, struct tool_root *root, struct doctor_facts *f)
{
	int ret = doctor_read(root->path, root->other, f);

	if (ret == 0)
		ret = doctor_devices(root->path, opt->n > 0 ? opt->addr : NULL, opt->n,
				tool_root_answers(root), f);
	/* A machine without PCI has no device. */
	if (ret == -ENOENT)
		ret = 0;
	if (ret < 0) {
		tool_error("doctor", "PCI functions can't be read from %s/sys/bus/pci: %s", root->path,
			strerror(-ret));
		return ret;
	}
	captured_read(root, f);
	return root->other ? 0 : live_read(opt, f);
}

static int
examine(const struct doctor_options *opt, struct tool_root *root)
{
	static const int statuses[] = {
		[DOCTOR_NOTE] = STATUS_GOOD,
		[DOCTOR_WARNING] = STATUS_WARNING,
		[DOCTOR_FAULT] = STATUS_FAULT,
	};
	struct doctor_findings list = { 0 };
	struct doctor_facts facts = { 0 };
	int status, ret = facts_read(opt, root, &facts);

	status = ret == -EINVAL ? STATUS_USAGE : STATUS_FAULT;
	if (ret == 0) {
		doctor_judge(&facts, &list);
		status = statuses[doctor_worst(&list)];
		if (list.incomplete) {
			tool_error("doctor", "%s", strerror(ENOMEM));
			status = STATUS_FAULT;
		}
		if (tool_json)
			doctor_report(&facts, &list);
		else
			doctor_print(&facts, &list);
		tool_root_caution(root);
	}
	doctor_findings_free(&list);
	doctor_facts_free(&facts);
	return status;
}

/* @return a STATUS_*, or -1 to go on. */
static int
take_devices(int argc, char **argv, struct doctor_options *opt)
{
	const char *bdf;
	int i;

	for (i = optind; i < argc; i++) {
		bdf = argv[i];
		if (strncmp(bdf, VFIO_MSI_PREFIX, strlen(VFIO_MSI_PREFIX)) == 0)
			bdf += strlen(VFIO_MSI_PREFIX);
		if (topology_parse_bdf(bdf, &opt->addr[opt->n++]) != 0) {
			tool_error(argv[i], "is no PCI address; write DDDD:BB:DD.F");
			return STATUS_USAGE;
		}
	}
	if (opt->where.root != NULL && opt->try) {
		tool_error("--try", "devices of another machine can't be tried here");
		return STATUS_USAGE;
	}
	if (opt->where.root != NULL && (opt->user != NULL || opt->unit != NULL)) {
		tool_error("--root", "users and units of another machine are not known here");
		return STATUS_USAGE;
	}
	return -1;
}

int
cmd_doctor(int argc, char **argv)
{
	struct doctor_options opt = { 0 };
	struct tool_root root = { 0 };
	const struct tool_option options[] = {
		{ "user", 'u', .text = &opt.user },
		{ "unit", 'U', .text = &opt.unit },
		{ "try", 't', .flag = &opt.try },
		TOOL_QUIET_OPTION,
		TOOL_JSON_OPTION,
		TOOL_ROOT_OPTIONS(&opt.where),
	};
	int status = tool_options_read(argc, argv, options, RTE_DIM(options), usage);

	if (status >= 0)
		return status;
	/* There are at most as many devices as words. */
	opt.addr = calloc((size_t)argc, sizeof(*opt.addr));
	if (opt.addr == NULL) {
		tool_error("doctor", "%s", strerror(ENOMEM));
		return STATUS_FAULT;
	}
	status = take_devices(argc, argv, &opt);
	if (status < 0)
		status = tool_root_find(&opt.where, &root);
	if (status < 0)
		status = examine(&opt, &root);
	tool_root_close(&root);
	free(opt.addr);
	return status;
}
