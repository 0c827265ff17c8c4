/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include "bench_layout.h"
#include "text_picture.h"

static const char *const names[BENCH_SIDES] = {
	"layout of vfio_msi", "sorted array", "red-black tree",
};

/* A time below the clock's resolution has no place on a logarithmic axis. */
static double
positive(double ns)
{
	return ns < 1 ? 1 : ns;
}

static void
picture_write(FILE *f, const void *arg, svg_plots_writer *writer)
{
	const struct bench_results *results = arg;
	const struct bench_result *last = results->v[results->n - 1];
	struct svg_plot plots[] = {
		{ .name = "place", .n = BENCH_SIDES }, { .name = "release", .n = BENCH_SIDES },
	};
	char about[512];
	size_t i, k;

	for (k = 0; k < BENCH_SIDES; k++) {
		plots[0].lines[k].name = plots[1].lines[k].name = names[k];
		plots[0].lines[k].n = plots[1].lines[k].n = results->n;
		for (i = 0; i < results->n; i++) {
			const struct bench_result *r = &results->v[i][k];

			plots[0].lines[k].x[i] = plots[1].lines[k].x[i] = (double)r->ranges;
			plots[0].lines[k].y[i] = positive(r->place_ns);
			plots[1].lines[k].y[i] = positive(r->release_ns);
		}
	}
	snprintf(about, sizeof(about),
		"Two plots with logarithmic axes: nanoseconds to place and to release a range, by"
		" number of ranges. With %zu ranges the layout needs %.0f ns to place and %.0f ns to"
		" release, the sorted array %.0f and %.0f ns, the tree %.0f and %.0f ns.",
		last[0].ranges, last[0].place_ns, last[0].release_ns, last[1].place_ns,
		last[1].release_ns, last[2].place_ns, last[2].release_ns);
	writer(f, "Processor time to place and to release a range", about,
		"ranges in use", "ns per operation", plots, 2);
}

void
bench_layout_draw(FILE *f, const void *arg)
{
	picture_write(f, arg, svg_plots_write);
}

void
bench_layout_plot(FILE *f, const void *arg)
{
	picture_write(f, arg, text_plots_write);
}
