/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What the rows of "bench map" mean: ratios to the pci bus, beside those of a single call,
 * and the part of that call that only pins.
 */

#include <stdio.h>

#include <rte_common.h>

#include "bench_map.h"

#define CALLS_AIM (1 / 500.0)
#define CALLS_MANY 1000		/* the aim is for memory of many pages */
#define MAP_AIM 0.5
#define EXIT_AIM 0.75

/* A single call that was measured. @return NULL: none was. */
static const struct bench_map_row *
one_call(const struct bench_page *page, enum ioas_backend backend, bool by_file)
{
	size_t i;

	for (i = 0; i < page->n; i++) {
		const struct bench_map_row *row = &page->rows[i];

		if (row->status == SIDE_GOOD && row->side.by == SIDE_ONE_CALL &&
		    row->side.backend == backend && (row->best.by_file > 0) == by_file)
			return row;
	}
	return NULL;
}

/* Time in calls at exit for each byte that they unmap. @return 0: they unmap nothing */
static double
exit_calls(const struct map_meter *m)
{
	return m->unmap.bytes == 0 ? 0 : (double)m->teardown_calls_ns / (double)m->unmap.bytes;
}

static void
compare(const struct bench_page *page, const struct bench_map_row *row)
{
	const struct bench_map_row *stock = &page->rows[0];
	const struct bench_map_row *bound = one_call(page, row->side.backend,
			row->best.by_file > 0);
	const double stock_calls = (double)(stock->best.map.n + stock->best.unmap.n);
	const struct bench_comparison all[] = {
		{ .what = "calls to map and unmap",
			.ours = (double)(row->best.map.n + row->best.unmap.n), .stock = stock_calls,
			.aim = stock_calls >= CALLS_MANY ? CALLS_AIM : 0 },
		{ .what = "all calls to VFIO and iommufd", .ours = (double)row->best.vfio_calls,
			.stock = (double)stock->best.vfio_calls },
		{ .what = "time to map", .ours = (double)row->pinned_ns,
			.stock = (double)stock->pinned_ns,
			.one_call = bound != NULL ? (double)bound->pinned_ns : 0, .aim = MAP_AIM },
		{ .what = "time at exit", .ours = (double)row->best.teardown_ns,
			.stock = (double)stock->best.teardown_ns,
			.one_call = bound != NULL ? (double)bound->best.teardown_ns : 0,
			.aim = EXIT_AIM },
		{ .what = "time in calls at exit", .ours = exit_calls(&row->best),
			.stock = exit_calls(&stock->best),
			.one_call = bound != NULL ? exit_calls(&bound->best) : 0,
			.aim = EXIT_AIM },
	};
	size_t k;

	for (k = 0; k < RTE_DIM(all); k++) {
		struct bench_comparison c = all[k];

		c.who = row->name;
		if (c.stock > 0)
			bench_compare(page->name, &c);
	}
}

/*
 * By file the kernel pins a hugepage at a time, by address a base page at a time. The rest
 * of the call is the same.
 */
static void
show_pinning(const struct bench_page *page, const struct bench_map_row *row,
		const struct bench_map_row *by_file)
{
	double share = 1 - (double)by_file->best.map.ns / (double)row->best.map.ns;

	printf("%s, time to map: %.0f %% is to pin base pages one by one, which %s does not do\n",
		row->name, 100 * share, by_file->name);
	if (tool_json)
		tool_report_add("pinning", json_pack("{s:s, s:s, s:f}", "who", row->name,
			"page", page->name, "share", share));
}

void
bench_map_compare(const struct bench_page *page)
{
	const struct bench_map_row *by_file = one_call(page, IOAS_BACKEND_IOMMUFD, true), *row;
	enum ioas_backend backend;
	size_t i;

	for (i = 1; i < page->n; i++)
		if (page->rows[i].status == SIDE_GOOD && page->rows[i].side.by == SIDE_OURS)
			compare(page, &page->rows[i]);
	for (i = 0; by_file != NULL &&
			(backend = ioas_backend_at(i)) != IOAS_BACKEND_COUNT; i++) {
		row = one_call(page, backend, false);
		if (row != NULL)
			show_pinning(page, row, by_file);
	}
}
