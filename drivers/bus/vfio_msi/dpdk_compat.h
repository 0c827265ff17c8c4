/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The one place that knows DPDK versions.
 *
 * Below the public API a bus shares structures with librte_bus_pci: the device
 * object with the region table behind it, and the bus object with its lists.
 * They are not in any header, so they are mirrored here, and checked at run
 * time (vendor ID read back, release compared) before they are relied on.
 */

#ifndef VFIO_MSI_DPDK_COMPAT_H
#define VFIO_MSI_DPDK_COMPAT_H

#include <stdbool.h>

#include <rte_version.h>

#include <bus_driver.h>
#include <bus_pci_driver.h>
#include <dev_driver.h>
#include <rte_devargs.h>

#if RTE_VERSION < RTE_VERSION_NUM(24, 11, 0, 0) || \
	RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0)
#error "this release of DPDK has not been tried: see dpdk_compat.h"
#endif

/* Regions librte_bus_pci keeps of a device: six BARs, ROM, config, VGA. */
#define COMPAT_PCI_REGIONS 9

struct compat_pci_region {
	uint64_t size;
	uint64_t offset;
};

/** What librte_bus_pci takes a struct rte_pci_device for. */
struct compat_pci_object {
	struct rte_pci_device device;
	struct compat_pci_region region[COMPAT_PCI_REGIONS];
};

/** librte_bus_pci's bus object. */
struct compat_pci_bus {
	struct rte_bus bus;
	RTE_TAILQ_HEAD(, rte_pci_device) device_list;
	RTE_TAILQ_HEAD(, rte_pci_driver) driver_list;
};

#define COMPAT_FOREACH_PCI_DRIVER(drv, pci) \
	RTE_TAILQ_FOREACH(drv, &((struct compat_pci_bus *)(pci))->driver_list, next)

/** True if this process runs the release the plugin was built for. */
static inline bool
compat_release_matches(void)
{
	return rte_version_year() == RTE_VER_YEAR &&
		rte_version_month() == RTE_VER_MONTH;
}

#endif /* VFIO_MSI_DPDK_COMPAT_H */
