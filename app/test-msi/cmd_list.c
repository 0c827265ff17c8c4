/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi list": one line per PCI function, and below it every reason why the bus
 * can't use it. Reads files and opens no node.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "test_msi.h"
#include "tool_colour.h"
#include "uapi/vfio_uapi.h"

struct list_options {
	bool all;
	struct tool_root_options where;
};

enum usable {
	USABLE_NO,
	USABLE_YES,
	USABLE_MAYBE,	/**< the kernel decides; use layout to ask it */
};

static const char *const usable_names[] = {
	[USABLE_NO] = "no", [USABLE_YES] = "yes", [USABLE_MAYBE] = "maybe",
};

static const enum tool_colour usable_colours[] = {
	[USABLE_NO] = TOOL_BAD, [USABLE_YES] = TOOL_GOOD, [USABLE_MAYBE] = TOOL_DOUBT,
};

/** One device and the verdict. */
struct row {
	const struct topo_device *dev;
	char node[VFIO_UAPI_NODE_LEN];
	char cdev[PLAN_NODE_LEN];
	char id[10];
	char group[12];
	char numa[12];
	enum usable usable;
	struct plan_reasons reasons;
};

/** Widths of columns with variable content. */
struct widths {
	int driver, node, iommu;
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi list [--all] [--json] [--root DIR|FILE.tar]\n"
		"Lists PCI functions and says whether the bus vfio_msi can use them.\n\n"
		"  -A, --all       bridges too\n"
		TOOL_JSON_USAGE
		"  -r, --root DIR|FILE.tar  another machine: its sys, proc and dev, or what\n"
		"                  \"dpdk-test-msi capture\" wrote there\n"
		"  -h, --help      this text\n", f);
}

static enum usable
judge(const struct plan_reasons *reasons)
{
	size_t i;

	if (reasons->n == 0)
		return USABLE_YES;
	for (i = 0; i < reasons->n; i++)
		if (plan_reason_stands(&reasons->v[i]))
			return USABLE_NO;
	return USABLE_MAYBE;
}

static void
fill_row(struct topo_snapshot *snap, uint64_t page_size, const struct topo_device *dev,
		struct row *row)
{
	struct plan_device plan;

	row->dev = dev;
	tool_node(dev, row->node);
	snprintf(row->id, sizeof(row->id), "%04x:%04x", dev->vendor, dev->device);
	snprintf(row->group, sizeof(row->group), "%d", dev->group);
	snprintf(row->numa, sizeof(row->numa), "%d", dev->numa_node);
	plan_look(snap, dev, IOAS_BACKEND_AUTO, page_size, &plan);
	plan_look_for_holder(snap, &plan);
	snprintf(row->cdev, sizeof(row->cdev), "%s", plan.cdev);
	row->reasons = plan.reasons;
	row->usable = judge(&row->reasons);
	plan_device_free(&plan);
}

static const char *
or_dash(const char *s)
{
	return *s != '\0' && strcmp(s, "-1") != 0 ? s : "-";
}

static void
print_line(const struct widths *w, const char *bdf, const char *id, const char *driver,
		const char *group, const char *node, const char *iommu, const char *numa,
		enum tool_colour colour, const char *usable)
{
	printf("%-12s  %-9s  %-*s  %5s  %-*s  %-*s  %4s  %s%s%s\n", bdf, id, w->driver,
		or_dash(driver), or_dash(group), w->node, or_dash(node), w->iommu,
		or_dash(iommu), or_dash(numa), tool_colour(stdout, colour), usable,
		tool_colour_end(stdout, colour));
}

static void
widen(int *width, const char *text)
{
	if ((int)strlen(text) > *width)
		*width = (int)strlen(text);
}

static void
print_table(struct row *rows, size_t n)
{
	struct widths w = { .driver = 6, .node = 4, .iommu = 5 };
	char unread[TOPO_UNREAD_LEN];
	size_t i, j;

	for (i = 0; i < n; i++) {
		widen(&w.driver, rows[i].dev->driver);
		widen(&w.node, rows[i].node);
		widen(&w.iommu, rows[i].dev->iommu);
	}
	print_line(&w, "DEVICE", "ID", "DRIVER", "GROUP", "NODE", "IOMMU", "NUMA", TOOL_PLAIN,
		"USABLE");
	for (i = 0; i < n; i++) {
		const struct topo_device *d = rows[i].dev;

		print_line(&w, d->bdf, rows[i].id, d->driver, rows[i].group, rows[i].node,
			d->iommu, rows[i].numa, usable_colours[rows[i].usable],
			usable_names[rows[i].usable]);
		for (j = 0; j < rows[i].reasons.n; j++)
			printf("    %s\n", rows[i].reasons.v[j].text);
		topology_unread_names(d, unread, sizeof(unread));
		if (unread[0] != '\0')
			printf("    unknown, as the files can't be read: %s\n", unread);
		if (rows[i].cdev[0] != '\0')
			printf("    also %s\n", rows[i].cdev);
	}
}

static json_t *
row_json(const struct row *row)
{
	json_t *o = json_device(row->dev);
	char why[PLAN_WHY];

	if (o == NULL)
		return NULL;
	plan_reasons_text(&row->reasons, why, sizeof(why));
	if (json_put(o, "usable", row->usable == USABLE_MAYBE ? json_null() :
			json_boolean(row->usable == USABLE_YES)) < 0 ||
	    json_put(o, "why", row->reasons.n == 0 ? json_null() : json_text(why)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* Functions that can't be read. */
static json_t *
odd_json(struct topo_snapshot *snap, const struct topo_set *all)
{
	json_t *list = json_array(), *o;
	char why[PLAN_ODD];
	int bad = 0;
	size_t i;

	for (i = all->n; i < all->n + all->n_odd; i++) {
		plan_odd_text(snap, all->v[i], why, sizeof(why));
		o = json_object();
		bad |= json_put(o, "bdf", json_string(all->v[i]->bdf));
		bad |= json_put(o, "why", json_text(why));
		bad |= json_array_append_new(list, o);
	}
	if (bad == 0)
		return list;
	json_decref(list);
	return NULL;
}

static void
report_rows(struct topo_snapshot *snap, const struct topo_set *all, const struct row *rows,
		size_t n)
{
	size_t i;

	tool_report_put("devices", json_array());
	for (i = 0; i < n; i++)
		tool_report_add("devices", row_json(&rows[i]));
	tool_report_put("odd", odd_json(snap, all));
}

static int
list(const struct list_options *opt, const struct tool_root *root)
{
	struct topo_snapshot snap = { .root = root->path };
	const uint64_t page_size = tool_root_page_size(root);
	struct topo_set all;
	struct row *rows = NULL;
	size_t n_rows = 0, i;
	int ret = topology_snapshot_all(&snap, &all);

	if (ret < 0) {
		topology_snapshot_free(&snap);
		tool_error("list", "PCI functions can't be read from %s/sys/bus/pci: %s",
			root->path, strerror(-ret));
		return STATUS_FAULT;
	}
	rows = calloc(all.n + 1, sizeof(*rows));
	if (rows == NULL)
		ret = -ENOMEM;
	for (i = 0; ret == 0 && i < all.n; i++)
		if (opt->all || !all.v[i]->is_bridge)
			fill_row(&snap, page_size, all.v[i], &rows[n_rows++]);
	if (ret == 0 && tool_json)
		report_rows(&snap, &all, rows, n_rows);
	else if (ret == 0)
		print_table(rows, n_rows);
	if (ret < 0) {
		tool_error("list", "%s", strerror(-ret));
	} else {
		tool_odd_report(&snap, &all);
		tool_root_caution(root);
	}
	free(rows);
	topology_snapshot_free(&snap);
	return ret < 0 ? STATUS_FAULT : STATUS_GOOD;
}

int
cmd_list(int argc, char **argv)
{
	struct list_options opt = { 0 };
	struct tool_root root = { 0 };
	const struct tool_option options[] = {
		{ "all", 'A', .flag = &opt.all },
		TOOL_JSON_OPTION,
		{ "root", 'r', .text = &opt.where.root },
	};
	int status = tool_options_read(argc, argv, options, RTE_DIM(options), usage);

	if (status >= 0)
		return status;
	if (optind < argc) {
		tool_error(argv[optind], "is not an option");
		usage(stderr);
		return STATUS_USAGE;
	}
	status = tool_root_find(&opt.where, &root);
	if (status < 0)
		status = list(&opt, &root);
	tool_root_close(&root);
	return status;
}
