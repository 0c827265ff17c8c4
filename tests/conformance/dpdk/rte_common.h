/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests of the public API without DPDK. */

#ifndef FAKE_RTE_COMMON_H
#define FAKE_RTE_COMMON_H

#include <stdint.h>

typedef uint64_t rte_iova_t;

#define __rte_unused __attribute__((unused))
#define RTE_MIN(a, b) ((a) < (b) ? (a) : (b))

#endif /* FAKE_RTE_COMMON_H */
