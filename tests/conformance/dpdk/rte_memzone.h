/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK; fake_eal.c has the functions. */

#ifndef FAKE_RTE_MEMZONE_H
#define FAKE_RTE_MEMZONE_H

#include "rte_memory.h"

struct rte_memzone {
	rte_iova_t iova;
	void *addr;
	uint64_t addr_64;
};

void rte_memzone_walk(void (*cb)(const struct rte_memzone *mz, void *arg), void *arg);

#endif /* FAKE_RTE_MEMZONE_H */
