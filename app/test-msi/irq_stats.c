/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "irq_stats.h"

#define BINS_PER_POWER 5

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* In sorted times. */
static uint32_t
percentile(const uint32_t *ns, size_t n, unsigned int per_mille)
{
	size_t rank = (n * per_mille + 999) / 1000;

	return ns[rank > 0 ? rank - 1 : 0];
}

static size_t
bin_of(uint32_t ns)
{
	size_t bin = ns > 1 ? (size_t)(log10(ns) * BINS_PER_POWER) : 0;

	return bin < IRQ_STATS_BINS ? bin : IRQ_STATS_BINS - 1;
}

double
irq_stats_bin(size_t bin)
{
	return pow(10, ((double)bin + 0.5) / BINS_PER_POWER);
}

void
irq_stats_make(uint32_t *ns, size_t rounds, size_t per_round, struct irq_stats *out)
{
	size_t n = rounds * per_round, i;

	memset(out, 0, sizeof(*out));
	out->n = n;
	out->p50_low = UINT32_MAX;
	for (i = 0; i < rounds; i++) {
		uint32_t p50;

		qsort(ns + i * per_round, per_round, sizeof(*ns), compare);
		p50 = percentile(ns + i * per_round, per_round, 500);
		if (p50 < out->p50_low)
			out->p50_low = p50;
		if (p50 > out->p50_high)
			out->p50_high = p50;
	}
	qsort(ns, n, sizeof(*ns), compare);
	out->p50 = percentile(ns, n, 500);
	out->p99 = percentile(ns, n, 990);
	out->p999 = percentile(ns, n, 999);
	out->max = ns[n - 1];
	for (i = 0; i < n; i++)
		out->bins[bin_of(ns[i])]++;
}
