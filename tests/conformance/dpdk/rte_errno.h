/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests of the public API without DPDK. */

#ifndef FAKE_RTE_ERRNO_H
#define FAKE_RTE_ERRNO_H

extern __thread int rte_errno;

#endif /* FAKE_RTE_ERRNO_H */
