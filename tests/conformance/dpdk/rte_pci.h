/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. */

#ifndef FAKE_RTE_PCI_H
#define FAKE_RTE_PCI_H

#define RTE_PCI_VENDOR_ID 0

#endif /* FAKE_RTE_PCI_H */
