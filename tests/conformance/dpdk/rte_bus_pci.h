/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. The test implements the function. */

#ifndef FAKE_RTE_BUS_PCI_H
#define FAKE_RTE_BUS_PCI_H

#include <sys/types.h>

#include "bus_pci_driver.h"

int rte_pci_read_config(const struct rte_pci_device *dev, void *buf, size_t len, off_t offset);

#endif /* FAKE_RTE_BUS_PCI_H */
