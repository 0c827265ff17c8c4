/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of libnuma's, for tests without it; the test has the functions. */

#ifndef FAKE_NUMA_H
#define FAKE_NUMA_H

int numa_available(void);
int numa_max_node(void);
int numa_distance(int a, int b);

#endif /* FAKE_NUMA_H */
