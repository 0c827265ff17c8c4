/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK; fake_eal.c has the functions. */

#ifndef FAKE_RTE_EAL_MEMCONFIG_H
#define FAKE_RTE_EAL_MEMCONFIG_H

static inline void
rte_mcfg_mem_read_lock(void)
{
}

static inline void
rte_mcfg_mem_read_unlock(void)
{
}

#endif /* FAKE_RTE_EAL_MEMCONFIG_H */
