/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi list": one line per PCI function, and below it what is in the
 * way if the bus can't use it. Files are read, no node is opened.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "test_msi.h"

struct list_options {
	bool all;
	bool json;
	const char *root;
};

/** One device and the verdict. */
struct row {
	const struct topo_device *dev;
	char node[NODE_LEN];
	char cdev[NODE_LEN];
	char id[10];
	char group[12];
	char numa[12];
	bool usable;
	char why[PLAN_TEXT];
};

/** Widths of the columns that differ from machine to machine. */
struct widths {
	int driver, node, iommu;
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi list [--all] [--json] [--root DIR]\n"
		"Lists PCI functions and says whether the bus vfio_msi can use them.\n\n"
		"  -A, --all       bridges too\n"
		"  -j, --json      one JSON object\n"
		"  -r, --root DIR  read sys, proc and dev below DIR\n"
		"  -h, --help      this text\n", f);
}

static bool __attribute__((format(printf, 2, 3)))
unusable(struct row *row, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(row->why, sizeof(row->why), fmt, ap);
	va_end(ap);
	return false;
}

/* Memory that firmware wants mapped 1:1 keeps the device from user space. */
static bool
firmware_lets_go(const char *root, struct row *row)
{
	const struct topo_device *d = row->dev;
	struct hole_list holes = { 0 };
	bool good = true;
	size_t i;
	int ret;

	ret = holes_reserved_regions(root, d->group, d->iommu, (uint64_t)sysconf(_SC_PAGESIZE),
			d->bdf, &holes);
	if (ret < 0)
		return unusable(row, "reserved_regions of group %d can't be read: %s", d->group,
				strerror(-ret));
	for (i = 0; good && i < holes.n; i++)
		if (holes.v[i].origin == IOVA_ORIGIN_DIRECT)
			good = unusable(row, "firmware wants 0x%" PRIx64 "-0x%" PRIx64
					" mapped 1:1 (RMRR, RMR); switch off what needs it there",
					holes.v[i].range.first, holes.v[i].range.last);
	holes_free(&holes);
	return good;
}

static bool
siblings_let_go(struct topo_snapshot *snap, struct row *row)
{
	const struct topo_device *d = row->dev, *v;
	struct topo_set set;
	bool good = true;
	size_t i;
	int ret = topology_snapshot_group(snap, d->group, &set);

	if (ret < 0)
		return unusable(row, "members of group %d can't be read: %s", d->group,
				strerror(-ret));
	for (i = 0; good && i < set.n; i++) {
		v = set.v[i];
		if (topology_blocks_group(v) && v->is_bridge)
			good = unusable(row, "bridge %s is bound to %s: echo %s > /sys/bus/pci/devices/%s/driver/unbind",
					v->bdf, v->driver, v->bdf, v->bdf);
		else if (v != d && topology_blocks_group(v))
			good = unusable(row, "sibling %s is bound to %s: dpdk-devbind.py -b vfio-pci %s",
					v->bdf, v->driver, v->bdf);
	}
	return good;
}

static bool
nobody_holds(struct topo_snapshot *snap, struct row *row)
{
	struct topo_holder holder;

	if (row->node[0] == '\0' || topology_snapshot_holder(snap, row->node, &holder) != 0)
		return true;
	return unusable(row, "held by process %d (%s)", holder.pid, holder.comm);
}

/* What can't be cured by binding is told first. */
static bool
judge(struct topo_snapshot *snap, struct row *row)
{
	const struct topo_device *d = row->dev;
	char why[PLAN_TEXT];

	if (d->is_bridge)
		return unusable(row, "a bridge belongs to the kernel");
	if (plan_alias_lost(snap, d, why, sizeof(why)))
		return unusable(row, "%s", why);
	if (d->group < 0)
		return unusable(row, "no IOMMU group: switch the IOMMU on (x86: intel_iommu=on or amd_iommu=on)");
	if (d->group_noiommu)
		return unusable(row, "its group has no IOMMU behind it: switch the IOMMU on");
	if (!firmware_lets_go(snap->root, row))
		return false;
	if (d->driver[0] == '\0')
		return unusable(row, "bound to no driver: dpdk-devbind.py -b vfio-pci %s", d->bdf);
	if (!topology_is_vfio(d))
		return unusable(row, "bound to kernel driver %s: dpdk-devbind.py -b vfio-pci %s",
				d->driver, d->bdf);
	return siblings_let_go(snap, row) && nobody_holds(snap, row);
}

static void
fill_row(struct topo_snapshot *snap, const struct topo_device *dev, struct row *row)
{
	row->dev = dev;
	tool_node(dev, row->node, sizeof(row->node));
	(void)topology_cdev_node(snap->root, dev, row->cdev, sizeof(row->cdev));
	snprintf(row->id, sizeof(row->id), "%04x:%04x", dev->vendor, dev->device);
	snprintf(row->group, sizeof(row->group), "%d", dev->group);
	snprintf(row->numa, sizeof(row->numa), "%d", dev->numa_node);
	row->usable = judge(snap, row);
}

static const char *
or_dash(const char *s)
{
	return *s != '\0' && strcmp(s, "-1") != 0 ? s : "-";
}

static void
print_line(const struct widths *w, const char *bdf, const char *id, const char *driver,
		const char *group, const char *node, const char *iommu, const char *numa,
		const char *usable)
{
	printf("%-12s  %-9s  %-*s  %5s  %-*s  %-*s  %4s  %s\n", bdf, id, w->driver,
		or_dash(driver), or_dash(group), w->node, or_dash(node), w->iommu,
		or_dash(iommu), or_dash(numa), usable);
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
	size_t i;

	for (i = 0; i < n; i++) {
		widen(&w.driver, rows[i].dev->driver);
		widen(&w.node, rows[i].node);
		widen(&w.iommu, rows[i].dev->iommu);
	}
	print_line(&w, "DEVICE", "ID", "DRIVER", "GROUP", "NODE", "IOMMU", "NUMA", "USABLE");
	for (i = 0; i < n; i++) {
		const struct topo_device *d = rows[i].dev;

		print_line(&w, d->bdf, rows[i].id, d->driver, rows[i].group, rows[i].node,
			d->iommu, rows[i].numa, rows[i].usable ? "yes" : "no");
		if (!rows[i].usable)
			printf("    %s\n", rows[i].why);
		if (rows[i].cdev[0] != '\0')
			printf("    also %s\n", rows[i].cdev);
	}
}

static json_t *
row_json(const struct row *row)
{
	json_t *o = json_device(row->dev);

	if (o == NULL)
		return NULL;
	if (json_put(o, "usable", json_boolean(row->usable)) < 0 ||
	    json_put(o, "why", row->usable ? json_null() : json_string(row->why)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int
print_json(const struct row *rows, size_t n)
{
	json_t *root = json_object(), *list = json_array();
	size_t i;
	int ret = json_put(root, "devices", list);

	for (i = 0; ret == 0 && i < n; i++)
		ret = json_array_append_new(list, row_json(&rows[i]));
	if (ret == 0)
		return json_print(root);
	json_decref(root);
	return -ENOMEM;
}

static int
list(const struct list_options *opt)
{
	struct topo_snapshot snap = { .root = opt->root };
	struct topo_set all;
	struct row *rows = NULL;
	size_t n_rows = 0, i;
	int ret = topology_snapshot_all(&snap, &all);

	if (ret < 0) {
		topology_snapshot_free(&snap);
		tool_error("list", "PCI functions can't be read from %s/sys/bus/pci: %s",
			opt->root, strerror(-ret));
		return STATUS_FAULT;
	}
	rows = calloc(all.n + 1, sizeof(*rows));
	if (rows == NULL)
		ret = -ENOMEM;
	for (i = 0; ret == 0 && i < all.n; i++)
		if (opt->all || !all.v[i]->is_bridge)
			fill_row(&snap, all.v[i], &rows[n_rows++]);
	if (ret == 0 && opt->json)
		ret = print_json(rows, n_rows);
	else if (ret == 0)
		print_table(rows, n_rows);
	if (ret < 0)
		tool_error("list", "%s", strerror(-ret));
	free(rows);
	topology_snapshot_free(&snap);
	return ret < 0 ? STATUS_FAULT : STATUS_GOOD;
}

int
cmd_list(int argc, char **argv)
{
	struct list_options opt = { .root = "" };
	const struct tool_option options[] = {
		{ "all", 'A', .flag = &opt.all },
		{ "json", 'j', .flag = &opt.json },
		{ "root", 'r', .text = &opt.root },
	};
	int ret = tool_options_read(argc, argv, options, RTE_DIM(options), usage);

	if (ret >= 0)
		return ret;
	if (optind < argc) {
		tool_error(argv[optind], "is no option");
		usage(stderr);
		return STATUS_USAGE;
	}
	return list(&opt);
}
