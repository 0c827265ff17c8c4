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

#include "doctor_live.h"
#include "doctor_plugin.h"
#include "doctor_print.h"
#include "doctor_try.h"
#include "dpdk_limits.h"
#include "test_msi.h"
#include "tool_progress.h"

#define MEGABYTES_MAX (16u << 20)	/* 16 TiB */
#define CONFIG_BYTES 0x10000	/* approximate size of EAL's configuration */

struct doctor_options {
	const char *user;
	const char *unit;
	bool try;
	unsigned int megabytes;
	struct tool_root_options where;
	struct tool_given *given;
	struct doctor_given *keys;	/* of each */
	size_t n;
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi doctor [OPTION]... [DEVICE]...\n"
		"Examines the machine, its VFIO, memory, limits and devices, and prints what keeps\n"
		"the bus from working, why that matters and what to do. DEVICE is BDF,\n"
		"vfio_msi:BDF[,KEY=VALUE]... or vfio_msi:all[,KEY=VALUE]..., with the keys of the\n"
		"application; see dpdk-test-msi layout --help. Without DEVICE it examines all\n"
		"devices that are bound to a VFIO driver. Without --try it opens no device and\n"
		"changes nothing.\n"
		"Exit status: 0 at most notes, 3 warnings, 1 a fault or the command failed, 2 usage.\n\n"
		"  -u, --user NAME  the user who will run the application\n"
		"  -U, --unit NAME  the systemd unit that will run it\n"
		"  -t, --try       open and reset each device that no process uses, ask the kernel\n"
		"                  for the layout, and test its interrupts\n"
		"  -m, --megabytes N  hugepages that the application uses, in MiB: its -m\n"
		TOOL_QUIET_USAGE
		TOOL_JSON_USAGE
		TOOL_ROOT_USAGE
		"  -h, --help      this text\n", f);
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
live_read(const struct doctor_options *opt, struct tool_root *root, struct doctor_facts *f)
{
	const struct va_limits limits = dpdk_va_limits(CONFIG_BYTES);
	enum va_assign assign = dpdk_assign();
	bool is_self;
	int ret;

	ret = doctor_plugin_read(&f->dpdk);
	if (ret < 0)
		return ret;
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
		ret = doctor_devices_tried("", tool_root_answers(root), f);
	}
	if (ret < 0) {
		tool_error("doctor", "devices can't be examined again after the trial: %s", strerror(-ret));
		return ret;
	}
	ret = doctor_eal_place("", rte_eal_get_baseaddr(), &limits, assign, f);
	if (ret < 0)
		tool_error("doctor", "the place of EAL's memory can't be found: %s", strerror(-ret));
	return ret;
}

static int
facts_read(const struct doctor_options *opt, struct tool_root *root, struct doctor_facts *f)
{
	int ret = doctor_read(root->path, root->other, f);

	f->user.maps = (uint64_t)opt->megabytes << 20;

	if (ret == 0)
		ret = doctor_devices(root->path, opt->keys, opt->n, tool_root_answers(root), f);
	/* A machine without PCI has no device. */
	if (ret == -ENOENT)
		ret = 0;
	if (ret < 0) {
		tool_error("doctor", "PCI functions can't be read from %s/sys/bus/pci: %s", root->path,
			strerror(-ret));
		return ret;
	}
	captured_read(root, f);
	return root->other ? 0 : live_read(opt, root, f);
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

/* The keys that doctor considers. */
static void
keys_take(const char *argument, struct tool_given *given, struct doctor_given *out)
{
	struct vfio_msi_conf *conf = &given->conf;

	*out = (struct doctor_given){
		.all = given->all,
		.addr = given->addr,
		.keys = {
			.text = strchr(argument, ','),
			.backend = conf->backend,
			.no_msi = conf->msi == VFIO_MSI_OFF,
			.token = conf->vf_token[0] != '\0',
			.fds = vfio_msi_conf_fds(conf) != NULL,
			.iova = conf->iova,
			.windows = conf->holes.n > 0,
			.holes = &conf->holes,
		},
	};
}

/* @return a STATUS_* after printing the fault, or -1 to go on. */
static int
take_device(const char *argument, struct doctor_options *opt)
{
	struct tool_given *given = &opt->given[opt->n];
	int ret;

	ret = strncmp(argument, VFIO_MSI_ALL, strlen(VFIO_MSI_ALL)) == 0 ?
		tool_given_parse(argument, given) : tool_given_one(argument, given);
	if (ret == -ENOMEM)
		return STATUS_FAULT;
	if (ret == -EINVAL)
		return STATUS_USAGE;
	if (ret > 0)
		return ret;
	keys_take(argument, given, &opt->keys[opt->n++]);
	/* It has no owner yet: the device. */
	if (vfio_msi_conf_limit(&given->conf, "", &given->conf.holes) == 0)
		return -1;
	tool_error("doctor", "%s", strerror(ENOMEM));
	return STATUS_FAULT;
}

/* @return a STATUS_*, or -1 to go on. */
static int
take_devices(int argc, char **argv, struct doctor_options *opt)
{
	int i, status = -1;

	for (i = optind; status < 0 && i < argc; i++)
		status = take_device(argv[i], opt);
	if (status >= 0)
		return status;
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
		{ "megabytes", 'm', .number = &opt.megabytes, .max = MEGABYTES_MAX },
		TOOL_QUIET_OPTION,
		TOOL_JSON_OPTION,
		TOOL_ROOT_OPTIONS(&opt.where),
	};
	int status = tool_options_read(argc, argv, options, RTE_DIM(options), usage);
	size_t i;

	if (status >= 0)
		return status;
	/* There are at most as many devices as words. */
	opt.given = calloc((size_t)argc, sizeof(*opt.given));
	opt.keys = calloc((size_t)argc, sizeof(*opt.keys));
	if (opt.given == NULL || opt.keys == NULL) {
		tool_error("doctor", "%s", strerror(ENOMEM));
		status = STATUS_FAULT;
	}
	if (status < 0)
		status = take_devices(argc, argv, &opt);
	if (status < 0)
		status = tool_root_find(&opt.where, &root);
	if (status < 0)
		status = examine(&opt, &root);
	tool_root_close(&root);
	for (i = 0; i < opt.n; i++)
		tool_given_free(&opt.given[i]);
	free(opt.given);
	free(opt.keys);
	return status;
}
