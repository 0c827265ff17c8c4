/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * From CPU addresses to bus addresses. A host bridge may show a window to the CPU at
 * other addresses than devices use on the bus, with another offset for each window. The
 * kernel's files show CPU addresses; the devices' BARs and bridge windows show bus
 * addresses, which IOVAs are too.
 */

#include <errno.h>
#include <stdlib.h>

#include "holes/holes_internal.h"

/* Maximum number of different offsets within one window */
#define OFFSETS_MAX 8u

static int
pair_add(struct holes_pairs *pairs, struct iova_range cpu, uint64_t bus)
{
	struct holes_pair *more;

	if (bus > UINT64_MAX - iova_range_span(cpu))
		return 0;
	more = reallocarray(pairs->v, pairs->n + 1, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	pairs->v = more;
	pairs->v[pairs->n++] = (struct holes_pair){ cpu, cpu.first - bus };
	return 0;
}

int
holes_pairs_add(struct holes_pairs *pairs, const struct topo_memory *memory,
		struct holes_view *view)
{
	struct holes_look *look = &view->in[HOLES_IN_CONFIG];
	struct iova_range cpu;
	size_t i;
	int ret = 0;

	/* One readable function is sufficient. One that sleeps is not hidden. */
	if (memory->n > 0 && memory->config != -EAGAIN && look->sight != HOLES_SEEN)
		look->sight = holes_sight_of(memory->config);

	for (i = 0; i < memory->n && ret == 0; i++)
		if (memory->bus[i] != TOPO_NO_ADDRESS && holes_row_range(&memory->rows[i], &cpu))
			ret = pair_add(pairs, cpu, memory->bus[i]);
	return ret;
}

int
holes_pairs_read(const struct holes_bridge *bridge, struct holes_pairs *pairs)
{
	struct topo_memory memory;
	size_t next = 0;
	int ret, err = 0;

	while (err == 0 &&
			(ret = topology_snapshot_memory(bridge->snap, bridge->bus, &next, &memory)) > 0)
		err = holes_pairs_add(pairs, &memory, bridge->view);
	if (err == 0 && ret == -ENOMEM)
		err = ret;
	if (err != 0)
		holes_pairs_free(pairs);
	return err;
}

void
holes_pairs_free(struct holes_pairs *pairs)
{
	free(pairs->v);
	*pairs = (struct holes_pairs){ 0 };
}

/* Distance of a pair from a CPU range; 0 if it contains the whole range. */
static uint64_t
pair_distance(const struct holes_pair *p, struct iova_range cpu)
{
	if (iova_range_covers(p->cpu, cpu))
		return 0;
	if (p->cpu.first > cpu.first)
		return p->cpu.first - cpu.first;
	return cpu.last - p->cpu.last;
}

/* Translate a range. Not valid if it would wrap. */
static struct iova_range
shift(struct iova_range cpu, uint64_t offset)
{
	return (struct iova_range){ cpu.first - offset, cpu.last - offset };
}

struct iova_range
holes_pairs_shift(const struct holes_pairs *pairs, struct iova_range cpu, struct holes_view *view)
{
	const struct holes_pair *best = NULL;
	struct iova_range bus;
	size_t i;

	for (i = 0; i < pairs->n; i++)
		if (best == NULL || pair_distance(&pairs->v[i], cpu) < pair_distance(best, cpu))
			best = &pairs->v[i];
	bus = best != NULL ? shift(cpu, best->offset) : cpu;
	if (best == NULL || !iova_range_valid(bus)) {
		view->offset_assumed = true;
		return cpu;
	}
	view->shifted |= best->offset != 0;
	return bus;
}

/* Collect the offsets of devices inside a window. @return their number. */
static size_t
window_offsets(const struct holes_pairs *pairs, struct iova_range window, uint64_t *offsets)
{
	size_t i, j, n = 0;

	for (i = 0; i < pairs->n && n < OFFSETS_MAX; i++) {
		if (!iova_range_covers(window, pairs->v[i].cpu) ||
				!iova_range_valid(shift(window, pairs->v[i].offset)))
			continue;
		for (j = 0; j < n && offsets[j] != pairs->v[i].offset; j++)
			;
		if (j == n)
			offsets[n++] = pairs->v[i].offset;
	}
	return n;
}

/* Is the offset of some window unknown, and not plausibly 0 like all known ones? */
static bool
windows_assumed(const struct holes_bridge *bridge, size_t from, const struct holes_pairs *pairs,
		struct holes_view *view)
{
	uint64_t offsets[OFFSETS_MAX];
	bool untold = false;
	size_t i, j, n;

	for (i = from; i < bridge->list->n; i++) {
		n = window_offsets(pairs, bridge->list->v[i].range, offsets);
		untold |= n == 0;
		for (j = 0; j < n; j++)
			view->shifted |= offsets[j] != 0;
	}
	return untold && (pairs->n == 0 || view->shifted);
}

/* At most one of several offsets is right, so each makes an estimate. */
static int
window_shift(const struct holes_bridge *bridge, size_t at, const struct holes_pairs *pairs,
		bool assumed)
{
	const struct iova_range window = bridge->list->v[at].range;
	struct holes_bridge other = *bridge;
	uint64_t offsets[OFFSETS_MAX];
	size_t i, n = window_offsets(pairs, window, offsets);
	int ret = 0;

	other.hole.by = n > 1 || (n == 0 && assumed) ? IOVA_BY_NOBODY : IOVA_BY_BUS;
	bridge->list->v[at].by = other.hole.by;
	if (n > 0)
		bridge->list->v[at].range = shift(window, offsets[0]);
	for (i = 1; ret == 0 && i < n; i++)
		ret = holes_bridge_window(&other, shift(window, offsets[i]));
	return ret;
}

int
holes_windows_shift(const struct holes_bridge *bridge, size_t from, struct holes_view *view)
{
	const size_t end = bridge->list->n;
	struct holes_pairs pairs = { 0 };
	size_t i;
	int ret = holes_pairs_read(bridge, &pairs);

	if (ret != 0)
		return ret;
	view->offset_assumed = windows_assumed(bridge, from, &pairs, view);
	for (i = from; ret == 0 && i < end; i++)
		ret = window_shift(bridge, i, &pairs, view->offset_assumed);
	holes_pairs_free(&pairs);
	return ret;
}
