/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. A test sees whether EAL's memory lock is held. */

#ifndef FAKE_RTE_EAL_MEMCONFIG_H
#define FAKE_RTE_EAL_MEMCONFIG_H

/** How often it is held for reading, by this thread. */
extern __thread int fake_mem_locked;

static inline void
rte_mcfg_mem_read_lock(void)
{
	fake_mem_locked++;
}

static inline void
rte_mcfg_mem_read_unlock(void)
{
	fake_mem_locked--;
}

#endif /* FAKE_RTE_EAL_MEMCONFIG_H */
