/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdlib.h>

#include <rte_common.h>

#include "bench_map.h"
#include "tool_progress.h"

#define GIGABYTE (UINT64_C(1) << 30)

static void
add(const struct bench_map *b, struct bench_page *page, enum side_by by, enum ioas_backend backend,
		bool one_file)
{
	struct bench_map_row *row = &page->rows[page->n];

	if (page->n == BENCH_ROWS_MAX)
		return;
	row->side = (struct side){ .opt = &b->opt, .by = by, .backend = backend,
		.one_file = one_file, .folder = page->folder, .page = page->bytes };
	map_side_name(&row->side, row->name, sizeof(row->name));
	page->n++;
}

static void
add_all(const struct bench_map *b, struct bench_page *page)
{
	enum ioas_backend backend;
	size_t i;

	add(b, page, SIDE_STOCK, IOAS_BACKEND_AUTO, false);
	for (i = 0; (backend = ioas_backend_at(i)) != IOAS_BACKEND_COUNT; i++) {
		/* It maps nothing. */
		if (ioas_backend_traits(backend)->no_translation)
			continue;
		add(b, page, SIDE_ONE_CALL, backend, false);
		if (backend == IOAS_BACKEND_IOMMUFD)
			add(b, page, SIDE_ONE_CALL, backend, true);
		add(b, page, SIDE_OURS, backend, false);
		/* Pages of 1 GiB are mapped by file anyway. */
		if (backend == IOAS_BACKEND_IOMMUFD && page->bytes < GIGABYTE)
			add(b, page, SIDE_OURS, backend, true);
	}
}

static void
keep_lower(uint64_t *best, uint64_t value)
{
	*best = RTE_MIN(*best, value);
}

static void
keep_best(struct bench_map_row *row, const struct map_meter *m, bool over_iommufd)
{
	uint64_t pinned = m->map.ns + (over_iommufd ? m->open.ns : 0);

	if (row->best.map.n == 0) {
		row->best = *m;
		row->pinned_ns = pinned;
	}
	keep_lower(&row->best.map.ns, m->map.ns);
	keep_lower(&row->best.unmap.ns, m->unmap.ns);
	keep_lower(&row->best.open.ns, m->open.ns);
	keep_lower(&row->best.close.ns, m->close.ns);
	keep_lower(&row->best.teardown_ns, m->teardown_ns);
	keep_lower(&row->best.teardown_calls_ns, m->teardown_calls_ns);
	keep_lower(&row->pinned_ns, pinned);
}

/* A backend that can't use the device is absent in all rows and rounds. */
static bool
is_absent(const struct bench_page *page, enum ioas_backend backend)
{
	size_t i;

	for (i = 0; i < page->n; i++)
		if (page->rows[i].status == SIDE_ABSENT && page->rows[i].side.backend == backend)
			return true;
	return false;
}

/* All sides take turns. @return SIDE_*. */
static int
one_round(const struct bench_map *b, struct bench_page *page, unsigned int round)
{
	struct map_meter m;
	size_t i;

	for (i = 0; i < page->n; i++) {
		struct bench_map_row *row = &page->rows[i];

		tool_progress_step("pages of %s, round %u of %u, %s", page->name, round + 1, b->rounds,
			row->name);
		row->status = is_absent(page, row->side.backend) ? SIDE_ABSENT :
			map_side_run(&row->side, &m);
		if (row->status == SIDE_GOOD)
			keep_best(row, &m, b->over_iommufd);
		if (row->status == SIDE_FAULT)
			return SIDE_FAULT;
	}
	return SIDE_GOOD;
}

int
bench_map_measure(const struct bench_map *b, struct bench_page *page)
{
	int status = SIDE_GOOD;
	unsigned int round;

	add_all(b, page);
	tool_progress_begin("bench map", b->rounds * (unsigned int)page->n);
	for (round = 0; status == SIDE_GOOD && round < b->rounds; round++)
		status = one_round(b, page, round);
	tool_progress_end();
	return status == SIDE_GOOD ? STATUS_GOOD : STATUS_FAULT;
}
