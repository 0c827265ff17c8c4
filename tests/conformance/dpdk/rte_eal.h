/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests of the public API without DPDK. */

#ifndef FAKE_RTE_EAL_H
#define FAKE_RTE_EAL_H

enum rte_iova_mode { RTE_IOVA_DC, RTE_IOVA_PA, RTE_IOVA_VA };
enum rte_proc_type_t { RTE_PROC_PRIMARY, RTE_PROC_SECONDARY };

/** Chosen by the test. */
extern enum rte_proc_type_t fake_process_type;

int rte_eal_has_hugepages(void);

/** Chosen by the test; fake_eal.c has it. */
extern enum rte_iova_mode fake_iova_mode;

static inline enum rte_iova_mode
rte_eal_iova_mode(void)
{
	return fake_iova_mode;
}

static inline enum rte_proc_type_t
rte_eal_process_type(void)
{
	return fake_process_type;
}

#endif /* FAKE_RTE_EAL_H */
