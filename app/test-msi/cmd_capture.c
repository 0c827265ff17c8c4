/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi capture": write what layout needs to know about this machine into a file
 * for others.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "capture.h"
#include "test_msi.h"
#include "tool_progress.h"

/* Devices to ask about; given owns their arguments. */
struct chosen {
	struct capture_device *v;
	size_t n;
	struct tool_given *given;
	size_t n_given;
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi capture [OPTION]... FILE.tar [DEVICE]...\n"
		"Writes the data that list and layout need about this machine into a new tar file, for\n"
		"\"layout --root FILE.tar\" elsewhere: sysfs and device tree about PCI, IOMMUs and\n"
		"buses, /proc/iomem, and what the kernel allows the devices. No serial numbers, no\n"
		"MAC addresses. The file MANIFEST in it lists the contents, and what is missing.\n\n"
		"  FILE.tar        must not exist; \"-\" is stdout\n"
		"  DEVICE          BDF, vfio_msi:BDF[,vf_token=UUID] or all: ask the kernel about these\n"
		"                  devices. As with layout this wakes and may reset them. Without\n"
		"                  DEVICE the kernel is asked about all devices that are bound to a\n"
		"                  VFIO driver, unless that would wake one\n"
		TOOL_QUIET_USAGE
		TOOL_JSON_USAGE
		"                  (not with \"-\")\n"
		"  -h, --help      this text\n", f);
}

static int
choose(struct chosen *chosen, const struct topo_addr *addr, const char *vf_token, bool named)
{
	struct capture_device *v;
	size_t i;

	for (i = 0; i < chosen->n; i++)
		if (topology_addr_cmp(&chosen->v[i].addr, addr) == 0)
			return 0;
	v = reallocarray(chosen->v, chosen->n + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	chosen->v = v;
	v[chosen->n++] = (struct capture_device){ *addr, vf_token, named };
	return 0;
}

static int
choose_all(struct chosen *chosen, bool named)
{
	struct topo_snapshot snap = { .root = "" };
	struct topo_set all;
	size_t i;
	int ret = topology_snapshot_all(&snap, &all);

	for (i = 0; ret == 0 && i < all.n; i++)
		if (topology_is_vfio(all.v[i]) && !all.v[i]->is_bridge)
			ret = choose(chosen, &all.v[i]->addr, NULL, named);
	if (ret == 0)
		tool_odd_report(&snap, &all);
	topology_snapshot_free(&snap);
	return ret;
}

/* @return a STATUS_*, or -1 to go on. */
static int
take_device(const char *word, struct chosen *chosen)
{
	struct tool_given *given = &chosen->given[chosen->n_given];
	struct topo_device dev;
	struct topo_addr addr;
	char name[sizeof(VFIO_MSI_PREFIX) + TOPO_BDF_LEN];
	int ret;

	if (strcmp(word, "all") == 0)
		word = VFIO_MSI_ALL;
	if (topology_parse_bdf(word, &addr) == 0) {
		snprintf(name, sizeof(name), VFIO_MSI_PREFIX "%s", word);
		word = name;
	}
	ret = tool_given_parse(word, given);
	if (ret < 0)
		return ret == -EINVAL ? STATUS_USAGE : STATUS_FAULT;
	chosen->n_given++;
	if (!given->all) {
		ret = topology_read("", &given->addr, &dev);
		if (ret < 0) {
			tool_error(word, "%s", ret == -ENOENT ?
				"there is no such PCI device; see: dpdk-test-msi list" :
				strerror(-ret));
			return STATUS_FAULT;
		}
	}
	ret = given->all ? choose_all(chosen, true) :
		choose(chosen, &given->addr, given->conf.vf_token[0] != '\0' ?
			given->conf.vf_token : NULL, true);
	if (ret == 0)
		return -1;
	tool_error(word, "%s", strerror(-ret));
	return STATUS_FAULT;
}

/* Print what is missing, as few people unpack the file to read its list. */
static void
report(const char *path, const struct capture *c)
{
	FILE *f = strcmp(path, "-") == 0 ? stderr : stdout;

	tool_report_put("file", json_text(path));
	tool_report_put("entries", json_integer((json_int_t)c->n_taken));
	tool_report_put("missing", json_text(c->missing_text != NULL ? c->missing_text : ""));
	fprintf(f, "%s: %zu files, folders and links, listed in MANIFEST\n", path, c->n_taken);
	if (c->n_missing > 0)
		fprintf(f, "missing:\n%s", c->missing_text);
}

static int
capture(const char *path, const struct chosen *chosen)
{
	struct capture c = { .root = "" };
	int ret = tar_out_open(path, &c.tar), closed;

	if (ret == -EEXIST)
		tool_error(path, "exists already; remove it, or give another name");
	else if (ret < 0)
		tool_error(path, "can't be created: %s", strerror(-ret));
	if (ret < 0)
		return STATUS_FAULT;
	ret = capture_make(&c, chosen->v, chosen->n);
	closed = tar_out_close(c.tar, ret == 0);
	if (ret == 0)
		ret = closed;
	if (ret < 0)
		tool_error(path, "can't be written: %s", strerror(-ret));
	else
		report(path, &c);
	capture_end(&c);
	return ret < 0 ? STATUS_FAULT : STATUS_GOOD;
}

static int
run(int argc, char **argv, struct chosen *chosen)
{
	int status = -1, i, ret;

	if (optind == argc) {
		tool_error("capture", "no file given");
		usage(stderr);
		return STATUS_USAGE;
	}
	if (tool_json && strcmp(argv[optind], "-") == 0) {
		tool_error("-", "stdout can't be both the file and the JSON object; name a file");
		return STATUS_USAGE;
	}
	if (!tar_available()) {
		tool_error("capture", "this dpdk-test-msi was built without libarchive: install libarchive-dev and build it again");
		return STATUS_FAULT;
	}
	for (i = optind + 1; status < 0 && i < argc; i++)
		status = take_device(argv[i], chosen);
	if (status >= 0)
		return status;
	ret = optind + 1 == argc ? choose_all(chosen, false) : 0;
	/* A machine without PCI can be captured. */
	if (ret < 0 && ret != -ENOENT) {
		tool_error("capture", "PCI functions can't be listed: %s", strerror(-ret));
		return STATUS_FAULT;
	}
	return capture(argv[optind], chosen);
}

int
cmd_capture(int argc, char **argv)
{
	struct chosen chosen = { 0 };
	size_t i;
	const struct tool_option options[] = { TOOL_QUIET_OPTION, TOOL_JSON_OPTION };
	int status = tool_options_read(argc, argv, options, RTE_DIM(options), usage);

	if (status >= 0)
		return status;
	chosen.given = calloc((size_t)argc, sizeof(*chosen.given));
	if (chosen.given == NULL) {
		tool_error("capture", "%s", strerror(ENOMEM));
		return STATUS_FAULT;
	}
	status = run(argc, argv, &chosen);
	for (i = 0; i < chosen.n_given; i++)
		tool_given_free(&chosen.given[i]);
	free(chosen.given);
	free(chosen.v);
	return status;
}
