/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK; fake_eal.c has the functions. */

#ifndef FAKE_RTE_LCORE_H
#define FAKE_RTE_LCORE_H

#define RTE_MAX_NUMA_NODES 4

static inline unsigned int
rte_socket_count(void)
{
	return 1;
}

static inline int
rte_socket_id_by_idx(unsigned int i)
{
	return (int)i;
}

#endif /* FAKE_RTE_LCORE_H */
