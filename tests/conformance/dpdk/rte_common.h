/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests of the public API without DPDK. */

#ifndef FAKE_RTE_COMMON_H
#define FAKE_RTE_COMMON_H

#include <stdint.h>

typedef uint64_t rte_iova_t;

#define __rte_unused __attribute__((unused))
#define RTE_DIM(array) (sizeof(array) / sizeof((array)[0]))
#define RTE_MIN(a, b) ((a) < (b) ? (a) : (b))
#define RTE_MAX(a, b) ((a) > (b) ? (a) : (b))
#define RTE_ALIGN_CEIL(x, align) (((x) + (align) - 1) & ~((align) - 1))

static inline uint64_t
rte_align64pow2(uint64_t x)
{
	uint64_t power = 1;

	while (power < x)
		power *= 2;
	return power;
}

#endif /* FAKE_RTE_COMMON_H */
