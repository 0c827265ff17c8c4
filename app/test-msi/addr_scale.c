/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr_scale.h"

#define SHIFTS (64 - ADDR_SHIFT_LEAST)

/* Costs, beside one for each row. A scale must fit two pieces to be worth a new stretch. */
#define COST_SHORTENED 24
#define COST_ENLARGED 20	/* and 1 for each factor of 4 by which it is too short */
#define COST_STRETCH 30

/* Rows of a piece in one scale. */
struct rows {
	enum addr_fit fit;
	size_t n;
	uint64_t cost;
};

static int
compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Write where pieces begin, in ascending order. @return their number. */
static size_t
cut(const struct addr_want *wants, size_t n, uint64_t *cuts)
{
	size_t i, all = 1, kept = 1;

	cuts[0] = 0;
	for (i = 0; i < n; i++) {
		cuts[all++] = wants[i].range.first;
		if (wants[i].range.last < UINT64_MAX)
			cuts[all++] = wants[i].range.last + 1;
	}
	qsort(cuts, all, sizeof(*cuts), compare);
	for (i = 1; i < all; i++)
		if (cuts[i] != cuts[kept - 1])
			cuts[kept++] = cuts[i];
	return kept;
}

size_t
addr_scale_find(const struct addr_scale *scale, uint64_t addr)
{
	size_t low = 0, high = scale->n - 1;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (scale->v[middle].range.first <= addr)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Note what lies in each piece. @p ends has a zero for each piece. */
static void
count(const struct addr_want *wants, size_t n, struct addr_scale *scale, size_t *ends)
{
	size_t i, open = 0;

	for (i = 0; i < scale->n; i++)
		scale->v[i].filler = true;
	for (i = 0; i < n; i++) {
		struct addr_piece *first = &scale->v[addr_scale_find(scale, wants[i].range.first)];

		first->labels += wants[i].labelled;
		if (wants[i].filler)
			continue;
		/* The rows are not used yet: count the ranges that begin here. */
		first->rows++;
		ends[addr_scale_find(scale, wants[i].range.last)]++;
	}
	for (i = 0; i < scale->n; i++) {
		open += scale->v[i].rows;
		scale->v[i].filler = open == 0;
		open -= ends[i];
	}
}

static unsigned int
bits(uint64_t v)
{
	return v == 0 ? 0 : 64 - (unsigned int)__builtin_clzll(v);
}

static struct rows
fit(const struct addr_piece *p, unsigned int shift)
{
	const size_t need = p->labels > 0 ? p->labels : 1;
	const size_t most = need > ADDR_ROWS_MOST ? need : ADDR_ROWS_MOST;
	const uint64_t span = iova_range_span(p->range), half = span >> (shift - 1);
	/* Rounded; a sum with a half row could overflow. */
	const uint64_t exact = (half >> 1) + (half & 1);
	struct rows r = { ADDR_TO_SCALE, need, 0 };

	if (exact > most) {
		r.fit = ADDR_SHORTENED;
		if (r.n < ADDR_ROWS_BREAK)
			r.n = ADDR_ROWS_BREAK;
		r.cost = p->filler ? 0 : COST_SHORTENED;
	} else if (exact < need) {
		r.fit = ADDR_ENLARGED;
		r.cost = COST_ENLARGED + (bits(span) < shift ? (shift - bits(span)) / 2 : 0);
	} else {
		r.n = (size_t)exact;
	}
	r.cost += r.n;
	return r;
}

static unsigned int
cheapest(const uint64_t *cost)
{
	unsigned int k, best = 0;

	for (k = 1; k < SHIFTS; k++)
		if (cost[k] < cost[best])
			best = k;
	return best;
}

/*
 * Choose the scale of each piece. cost[k] is the lowest cost of all pieces so far if the
 * last one has scale k; from[] has the scale of the piece before it then.
 */
static void
choose(struct addr_scale *scale, unsigned char (*from)[SHIFTS])
{
	uint64_t cost[SHIFTS];
	unsigned int k, best;
	size_t i;

	for (k = 0; k < SHIFTS; k++)
		cost[k] = fit(&scale->v[0], k + ADDR_SHIFT_LEAST).cost;
	for (i = 1; i < scale->n; i++) {
		const unsigned int low = cheapest(cost);
		const uint64_t changed = cost[low] + COST_STRETCH;

		for (k = 0; k < SHIFTS; k++) {
			from[i][k] = (unsigned char)(cost[k] <= changed ? k : low);
			if (cost[k] > changed)
				cost[k] = changed;
			cost[k] += fit(&scale->v[i], k + ADDR_SHIFT_LEAST).cost;
		}
	}
	best = cheapest(cost);
	for (i = scale->n; i-- > 0; best = from[i][best])
		scale->v[i].shift = best + ADDR_SHIFT_LEAST;
}

static void
place(struct addr_scale *scale)
{
	size_t i;

	for (i = 0; i < scale->n; i++) {
		struct addr_piece *p = &scale->v[i];
		const struct rows r = fit(p, p->shift);

		p->begins = i == 0 || p->shift != p[-1].shift;
		p->fit = r.fit;
		p->rows = r.n;
		p->row = scale->rows + p->begins;
		scale->rows = p->row + p->rows;
	}
}

int
addr_scale_make(const struct addr_want *wants, size_t n, struct addr_scale *out)
{
	unsigned char (*from)[SHIFTS] = NULL;
	uint64_t *cuts;
	size_t i, *ends = NULL;
	int ret = -ENOMEM;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < n; i++)
		if (!iova_range_valid(wants[i].range))
			return -EINVAL;
	cuts = calloc(2 * n + 1, sizeof(*cuts));
	if (cuts == NULL)
		return -ENOMEM;
	out->n = cut(wants, n, cuts);
	out->v = calloc(out->n, sizeof(*out->v));
	ends = calloc(out->n, sizeof(*ends));
	from = calloc(out->n, sizeof(*from));
	if (out->v != NULL && ends != NULL && from != NULL) {
		for (i = 0; i < out->n; i++)
			out->v[i].range = (struct iova_range){ cuts[i],
				i + 1 < out->n ? cuts[i + 1] - 1 : UINT64_MAX };
		count(wants, n, out, ends);
		choose(out, from);
		place(out);
		ret = 0;
	}
	free(cuts);
	free(ends);
	free(from);
	if (ret < 0)
		addr_scale_free(out);
	return ret;
}

void
addr_scale_free(struct addr_scale *scale)
{
	free(scale->v);
	memset(scale, 0, sizeof(*scale));
}
