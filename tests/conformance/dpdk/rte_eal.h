/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests of the public API without DPDK. */

#ifndef FAKE_RTE_EAL_H
#define FAKE_RTE_EAL_H

enum rte_proc_type_t { RTE_PROC_PRIMARY, RTE_PROC_SECONDARY };

/** Chosen by the test. */
extern enum rte_proc_type_t fake_process_type;

static inline enum rte_proc_type_t
rte_eal_process_type(void)
{
	return fake_process_type;
}

#endif /* FAKE_RTE_EAL_H */
