/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "bench_startup.h"
#include "text_picture.h"
#include "tool_progress.h"

const char *const startup_phases[STARTUP_PHASES] = {
	[STARTUP_BEFORE] = "before EAL's memory is mapped",
	[STARTUP_MAP] = "map memory",
	[STARTUP_REST] = "rest of rte_eal_init()",
	[STARTUP_PORTS] = "start of both ports",
	[STARTUP_PACKET] = "link and first packet",
};

static int
by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

struct startup_spread
startup_spread(const struct startup *b, size_t row, enum startup_phase first,
		enum startup_phase last)
{
	double ms[BENCH_ROUNDS_MAX] = { 0 };
	unsigned int r;
	size_t p;

	for (r = 0; r < b->rounds; r++)
		for (p = first; p <= last; p++)
			ms[r] += (double)b->rows[row].times[r].ns[p] / 1e6;
	qsort(ms, b->rounds, sizeof(*ms), by_value);
	return (struct startup_spread){ .low = ms[0], .median = ms[b->rounds / 2],
		.high = ms[b->rounds - 1] };
}

/* @return SIDE_*. */
static int
survey(void *arg, void *result)
{
	const struct map_options *opt = arg;
	struct tool_plan plan = { 0 };
	int status = map_side_survey(opt, opt->given->conf.backend, &plan);

	*(char *)result = 0;
	tool_plan_free(&plan);
	return status;
}

static void
add(struct startup *b, enum ioas_backend backend)
{
	struct startup_row *row = &b->rows[b->n++];
	const struct side side = { .by = backend == IOAS_BACKEND_AUTO ? SIDE_STOCK : SIDE_OURS,
		.backend = backend };
	int i;

	map_side_name(&side, row->name, sizeof(row->name));
	row->side.stock = backend == IOAS_BACKEND_AUTO;
	row->side.megabytes = b->megabytes;
	row->side.eal = b->eal;
	for (i = 0; i < 2; i++) {
		if (row->side.stock)
			snprintf(row->device[i], sizeof(row->device[i]), "%s", b->bdf[i]);
		else
			snprintf(row->device[i], sizeof(row->device[i]),
				VFIO_MSI_PREFIX "%s,backend=%s", b->bdf[i],
				ioas_backend_name(backend));
		row->side.devices[i] = row->device[i];
	}
}

/* @return SIDE_*. */
static int
add_all(struct startup *b)
{
	struct map_options opt = { .given = &b->given[0] };
	enum ioas_backend backend;
	char unused;
	size_t i;
	int ret;

	add(b, IOAS_BACKEND_AUTO);
	for (i = 0; (backend = ioas_backend_at(i)) != IOAS_BACKEND_COUNT &&
			b->n < STARTUP_ROWS_MAX; i++) {
		/* It maps nothing, so there are no phases. */
		if (ioas_backend_traits(backend)->no_translation)
			continue;
		opt.given->conf.backend = backend;
		ret = tool_child_run(b->bdf[0], survey, &opt, &unused, sizeof(unused));
		if (ret != SIDE_GOOD && ret != SIDE_ABSENT)
			return SIDE_FAULT;
		if (ret == SIDE_GOOD)
			add(b, backend);
	}
	if (b->n > 1)
		return SIDE_GOOD;
	tool_error(b->bdf[0], "no backend of this bus that maps memory can use it; see \"dpdk-test-msi layout\"");
	return SIDE_FAULT;
}

int
startup_measure(struct startup *b)
{
	int status = SIDE_GOOD;
	unsigned int round;
	size_t i;

	if (add_all(b) != SIDE_GOOD)
		return STATUS_FAULT;
	tool_progress_begin("bench startup", b->rounds * (unsigned int)b->n);
	for (round = 0; round < b->rounds; round++)
		for (i = 0; status == SIDE_GOOD && i < b->n; i++) {
			tool_progress_step("round %u of %u, %s", round + 1, b->rounds, b->rows[i].name);
			status = startup_side_run(&b->rows[i].side, &b->rows[i].times[round]);
		}
	tool_progress_end();
	return status == SIDE_GOOD ? STATUS_GOOD : STATUS_FAULT;
}

static void
picture_write(FILE *f, const void *arg, svg_bars_writer *writer)
{
	const struct startup *b = arg;
	struct svg_bars group = { .name = "ms, median of all rounds; the lines below the bars are from the lowest to the highest" };
	char about[160];
	size_t i, p;

	for (i = 0; i < b->n; i++) {
		const struct startup_spread all = startup_spread(b, i, 0, STARTUP_PHASES - 1);
		struct svg_bar *bar = &group.v[group.n++];

		bar->name = b->rows[i].name;
		for (p = 0; p < STARTUP_PHASES; p++)
			bar->parts[p] = startup_spread(b, i, p, p).median;
		bar->low = all.low;
		bar->high = all.high;
	}
	snprintf(about, sizeof(about), "A bar for each bus and backend: milliseconds from the start of EAL to the first packet, by phases, with %u MiB of memory.",
		b->megabytes);
	writer(f, "Time from the start of EAL to the first packet", about, startup_phases,
		STARTUP_PHASES, &group, 1);
}

void
startup_draw(FILE *f, const void *arg)
{
	picture_write(f, arg, svg_bars_write);
}

void
startup_plot(FILE *f, const void *arg)
{
	picture_write(f, arg, text_bars_write);
}
