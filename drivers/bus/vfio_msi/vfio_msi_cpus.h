/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Lists of processors, as the kernel writes them: "0-3,8".
 *
 * No I/O and no DPDK. Thread safe (no state).
 */

#ifndef VFIO_MSI_CPUS_H
#define VFIO_MSI_CPUS_H

#include <sched.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Room for any list with its end: each number has at most four digits, and a separator. */
#define VFIO_MSI_CPUS_LIST_LEN (5 * CPU_SETSIZE)

/**
 * Parse a list. It may be in brackets, which protect its commas in an argument of EAL.
 *
 * @return 0; -EINVAL: no list, or a number from CPU_SETSIZE on
 */
int vfio_msi_cpus_parse(const char *text, cpu_set_t *out);

/**
 * Write a list as the kernel reads it.
 *
 * @return 0; -ERANGE: it does not fit, or is empty, and @p out is ""
 */
int vfio_msi_cpus_print(const cpu_set_t *cpus, char *out, size_t size);

/** The processor with this index, counted round and round. @return -1: the set is empty. */
int vfio_msi_cpus_nth(const cpu_set_t *cpus, unsigned int index);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_MSI_CPUS_H */
