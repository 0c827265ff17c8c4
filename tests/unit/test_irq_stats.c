/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Percentiles and histograms of "dpdk-test-msi irq --bench". */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "irq_stats.h"

#define ROUNDS 5
#define PER_ROUND 2000
#define N (ROUNDS * PER_ROUND)

static size_t
sum(const struct irq_stats *s)
{
	size_t i, n = 0;

	for (i = 0; i < IRQ_STATS_BINS; i++)
		n += s->bins[i];
	return n;
}

/* Round r has the times r * 2000 + 1 to (r + 1) * 2000, backwards. */
static void
percentiles_are_those_of_all_rounds(void **state)
{
	uint32_t *ns = calloc(N, sizeof(*ns));
	struct irq_stats s;
	size_t i;

	assert_non_null(ns);
	for (i = 0; i < N; i++)
		ns[i] = (uint32_t)(i / PER_ROUND * PER_ROUND + PER_ROUND - i % PER_ROUND);
	irq_stats_make(ns, ROUNDS, PER_ROUND, &s);
	assert_int_equal(s.n, N);
	assert_int_equal(s.p50, 5000);
	assert_int_equal(s.p99, 9900);
	assert_int_equal(s.p999, 9990);
	assert_int_equal(s.max, N);
	assert_int_equal(s.p50_low, 1000);
	assert_int_equal(s.p50_high, 9000);
	assert_int_equal(sum(&s), N);
	free(ns);
}

static void
one_sample_is_every_percentile(void **state)
{
	uint32_t ns = 7;
	struct irq_stats s;

	irq_stats_make(&ns, 1, 1, &s);
	assert_int_equal(s.p50, 7);
	assert_int_equal(s.p999, 7);
	assert_int_equal(s.max, 7);
	assert_int_equal(s.p50_low, 7);
	assert_int_equal(s.p50_high, 7);
}

/* The slowest of 1000 is not above the 99.9th percentile, the slowest of 1001 is. */
static void
an_outlier_is_the_maximum(void **state)
{
	uint32_t ns[1001];
	struct irq_stats s;
	size_t i;

	for (i = 0; i < 1001; i++)
		ns[i] = i == 500 ? UINT32_MAX : 100;
	irq_stats_make(ns, 1, 1001, &s);
	assert_int_equal(s.p999, 100);
	assert_int_equal(s.max, UINT32_MAX);
	assert_int_equal(s.bins[IRQ_STATS_BINS - 1], 1);
	assert_int_equal(sum(&s), 1001);
}

static void
every_time_has_a_bin_around_it(void **state)
{
	static const uint32_t times[] = { 1, 2, 99, 101, 1500, 999999, 1000001, 90000000 };
	struct irq_stats s;
	size_t i, bin;

	for (i = 0; i < sizeof(times) / sizeof(*times); i++) {
		uint32_t ns = times[i];

		irq_stats_make(&ns, 1, 1, &s);
		for (bin = 0; s.bins[bin] == 0; bin++)
			assert_true(bin < IRQ_STATS_BINS);
		/* A bin reaches from its middle to a factor of 10^0.1 in both directions. */
		assert_true(irq_stats_bin(bin) / 1.26 < ns && ns < irq_stats_bin(bin) * 1.26);
	}
	irq_stats_make(&(uint32_t){ 0 }, 1, 1, &s);
	assert_int_equal(s.bins[0], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_those_of_all_rounds),
		cmocka_unit_test(one_sample_is_every_percentile),
		cmocka_unit_test(an_outlier_is_the_maximum),
		cmocka_unit_test(every_time_has_a_bin_around_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
