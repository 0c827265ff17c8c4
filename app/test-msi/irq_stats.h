/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What many measured times are together. Independent of DPDK.
 */

#ifndef IRQ_STATS_H
#define IRQ_STATS_H

#include <stddef.h>
#include <stdint.h>

#define IRQ_STATS_BINS 40	/**< 5 for each power of 10: 1 ns to 0.1 s, and all above */

/** Nanoseconds. A percentile is the smallest time that at least so many are not above. */
struct irq_stats {
	size_t n;
	uint32_t p50, p99, p999, max;
	uint32_t p50_low, p50_high;	/**< the lowest and the highest p50 of a round */
	size_t bins[IRQ_STATS_BINS];	/**< number of times, by magnitude */
};

/**
 * Summarize times. Sorts them.
 *
 * @param ns  the times of all rounds, one round after another
 * @param rounds, per_round  at least 1
 */
void irq_stats_make(uint32_t *ns, size_t rounds, size_t per_round, struct irq_stats *out);

/** The middle of a bin, in nanoseconds. */
double irq_stats_bin(size_t bin);

#endif /* IRQ_STATS_H */
