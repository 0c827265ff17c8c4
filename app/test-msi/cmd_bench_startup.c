/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi bench startup": time from the start of EAL to the first packet, on the pci
 * bus and on this bus, which take turns.
 */

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "bench_startup.h"
#include "tool_progress.h"

#define INIT_AIM 1.0

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi bench startup [OPTION]... DEVICE DEVICE [-- EAL_ARG...]\n"
		"Starts an application with two ports on one wire on the pci bus of DPDK and on\n"
		"this bus, in turn, and shows the time until the first packet has come across, by\n"
		"phases. A DEVICE is vfio_msi:BDF or BDF.\n\n"
		"  -m, --megabytes N  amount of memory of EAL (default: 4096)\n"
		"  -n, --rounds N     number of rounds (default: 5)\n"
		"  -P, --plot         draw the picture in the terminal too\n"
		"  -s, --svg FILE     write a picture\n"
		TOOL_QUIET_USAGE
		TOOL_JSON_USAGE
		"  -h, --help         this text\n", f);
}

/* @return a STATUS_*, or -1 to go on. */
static int
parse_devices(int n, char **v, struct startup *b)
{
	int i, status = -1;

	if (n != 2) {
		tool_error("bench startup", "needs two devices, not %d", n);
		usage(stderr);
		return STATUS_USAGE;
	}
	for (i = 0; status < 0 && i < 2; i++) {
		status = tool_given_bare(v[i], "bench startup", &b->given[i]);
		topology_format_bdf(&b->given[i].addr, b->bdf[i], sizeof(b->bdf[i]));
	}
	if (status >= 0 || strcmp(b->bdf[0], b->bdf[1]) != 0)
		return status;
	tool_error(v[0], "can't be both ends of the wire");
	return STATUS_USAGE;
}

/* @return a STATUS_*, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct startup *b)
{
	const struct tool_option options[] = {
		{ "megabytes", 'm', .number = &b->megabytes, .max = BENCH_MEGABYTES_MAX },
		{ "rounds", 'n', .number = &b->rounds, .max = BENCH_ROUNDS_MAX },
		{ "plot", 'P', .flag = &b->plot },
		{ "svg", 's', .text = &b->svg },
		TOOL_QUIET_OPTION,
		TOOL_JSON_OPTION,
	};
	int n = tool_eal_split(argc, argv, &b->eal);
	int ret = tool_options_read(n, argv, options, RTE_DIM(options), usage);

	return ret >= 0 ? ret : parse_devices(n - optind, argv + optind, b);
}

static void
print_row(const struct startup *b, const char *name, enum startup_phase first,
		enum startup_phase last)
{
	size_t i;

	printf("%-28s", name);
	for (i = 0; i < b->n; i++) {
		const struct startup_spread s = startup_spread(b, i, first, last);
		char text[40];

		snprintf(text, sizeof(text), "%.1f (%.1f-%.1f)", s.median, s.low, s.high);
		printf("  %24s", text);
	}
	putchar('\n');
}

static void
print(const struct startup *b)
{
	size_t i;

	printf("ms, median of %u rounds (lowest-highest)\n%-28s", b->rounds, "");
	for (i = 0; i < b->n; i++)
		printf("  %24s", b->rows[i].name);
	putchar('\n');
	print_row(b, "rte_eal_init()", STARTUP_BEFORE, STARTUP_REST);
	for (i = 0; i < STARTUP_PHASES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s%s", i <= STARTUP_REST ? "  " : "",
			startup_phases[i]);
		print_row(b, name, i, i);
	}
	print_row(b, "until the first packet", 0, STARTUP_PHASES - 1);
	putchar('\n');
}

static json_t *
phase_json(const struct startup_row *row, unsigned int rounds, enum startup_phase phase)
{
	json_t *list = json_array();
	unsigned int r;
	int bad = 0;

	for (r = 0; r < rounds; r++)
		bad |= json_array_append_new(list,
			json_integer((json_int_t)row->times[r].ns[phase]));
	if (bad == 0)
		return json_pack("{s:s, s:o}", "name", startup_phases[phase], "nanoseconds", list);
	json_decref(list);
	return NULL;
}

static void
report(const struct startup *b)
{
	size_t i, p;

	for (i = 0; tool_json && i < b->n; i++) {
		json_t *phases = json_array();
		int bad = 0;

		for (p = 0; p < STARTUP_PHASES; p++)
			bad |= json_array_append_new(phases, phase_json(&b->rows[i], b->rounds, p));
		if (bad != 0) {
			json_decref(phases);
			phases = NULL;
		}
		tool_report_add("results", json_pack("{s:s, s:o}", "by", b->rows[i].name,
			"phases", phases));
	}
}

/* The first row is the pci bus. */
static void
compare(const struct startup *b)
{
	const struct startup_spread stock = startup_spread(b, 0, 0, STARTUP_REST);
	const struct startup_spread stock_all = startup_spread(b, 0, 0, STARTUP_PHASES - 1);
	size_t i;

	for (i = 1; i < b->n; i++) {
		const struct bench_comparison init = { .what = "rte_eal_init()",
			.who = b->rows[i].name, .aim = INIT_AIM, .stock = stock.low,
			.ours = startup_spread(b, i, 0, STARTUP_REST).low };
		const struct bench_comparison all = { .what = "until the first packet",
			.who = b->rows[i].name, .stock = stock_all.low,
			.ours = startup_spread(b, i, 0, STARTUP_PHASES - 1).low };

		bench_compare(NULL, &init);
		bench_compare(NULL, &all);
	}
}

int
cmd_bench_startup(int argc, char **argv)
{
	struct startup b = { .megabytes = BENCH_MEGABYTES, .rounds = BENCH_ROUNDS };
	int status = parse_options(argc, argv, &b);

	if (status >= 0)
		return status;
	tool_report_put("bench", json_string("startup"));
	tool_report_put("devices", json_pack("[s, s]", b.bdf[0], b.bdf[1]));
	tool_report_put("megabytes", json_integer(b.megabytes));
	tool_report_put("rounds", json_integer(b.rounds));
	tool_report_put("results", json_array());
	tool_report_put("comparisons", json_array());
	status = startup_measure(&b);
	if (status == STATUS_GOOD) {
		print(&b);
		report(&b);
		compare(&b);
	}
	if (status == STATUS_GOOD && b.plot)
		startup_plot(stdout, &b);
	if (status == STATUS_GOOD && b.svg != NULL)
		status = tool_picture_save(b.svg, startup_draw, &b);
	tool_given_free(&b.given[0]);
	tool_given_free(&b.given[1]);
	return status;
}
