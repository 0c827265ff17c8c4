/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdio.h>

#include "bench_map.h"
#include "text_picture.h"

#define GROUPS 2	/* of each page size */

static uint64_t
map_ns(const struct bench_map_row *row)
{
	return row->pinned_ns;
}

static uint64_t
exit_ns(const struct bench_map_row *row)
{
	return row->best.teardown_ns;
}

static void
fill(struct svg_bars *group, const struct bench_page *page,
		uint64_t (*ns)(const struct bench_map_row *row))
{
	size_t i;

	for (i = 0; i < page->n; i++) {
		const struct bench_map_row *row = &page->rows[i];

		if (row->status != SIDE_GOOD)
			continue;
		group->v[group->n].name = row->name;
		group->v[group->n++].parts[0] = map_row_ms_per_gib(&row->best, ns(row));
	}
}

static void
picture_write(FILE *f, const void *arg, svg_bars_writer *writer)
{
	const struct bench_map *b = arg;
	struct svg_bars groups[GROUPS * BENCH_PAGES_MAX] = { 0 };
	char names[GROUPS * BENCH_PAGES_MAX][64], about[128];
	size_t i, n = 0;

	for (i = 0; i < b->n; i++) {
		const struct bench_page *page = &b->pages[i];

		if (page->n == 0)
			continue;
		snprintf(names[n], sizeof(*names), "pages of %s, to map: ms per GiB", page->name);
		groups[n].name = names[n];
		fill(&groups[n++], page, map_ns);
		snprintf(names[n], sizeof(*names), "pages of %s, at exit: ms per GiB", page->name);
		groups[n].name = names[n];
		fill(&groups[n++], page, exit_ns);
	}
	snprintf(about, sizeof(about), "Bars for each way to map %u MiB: milliseconds per GiB to map and at exit, best of %u rounds.",
		b->opt.megabytes, b->rounds);
	writer(f, "Time to map EAL's memory, and to release it at exit", about, NULL, 1,
		groups, n);
}

void
bench_map_draw(FILE *f, const void *arg)
{
	picture_write(f, arg, svg_bars_write);
}

void
bench_map_plot(FILE *f, const void *arg)
{
	picture_write(f, arg, text_bars_write);
}
