/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests of the public API without DPDK. */

#ifndef FAKE_RTE_COMPAT_H
#define FAKE_RTE_COMPAT_H

#define __rte_experimental
#define __rte_internal

#endif /* FAKE_RTE_COMPAT_H */
