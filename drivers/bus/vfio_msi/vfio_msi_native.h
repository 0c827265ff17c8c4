/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Drivers of bus_vfio_msi_driver.h. To the rest of the bus each of them is a PCI driver,
 * which comes before those of the pci bus.
 *
 * Written by vfio_msi_native.c before devices are probed, read like the pci bus's list.
 */

#ifndef VFIO_MSI_NATIVE_H
#define VFIO_MSI_NATIVE_H

#include "bus.h"
#include "vfio_msi_values.h"

/* The only symbols of the plugin that others see. */
#pragma GCC visibility push(default)
#include "bus_vfio_msi_driver.h"
#pragma GCC visibility pop

struct vfio_msi_native {
	struct rte_pci_driver pci;
	const struct rte_vfio_msi_driver *driver;
	TAILQ_ENTRY(vfio_msi_native) next;
};

TAILQ_HEAD(vfio_msi_natives, vfio_msi_native);

/** All of them; in vfio_msi_pci_bus.c. */
extern struct vfio_msi_natives vfio_msi_natives;

/** The native driver behind a PCI driver, or NULL. */
static inline const struct rte_vfio_msi_driver *
vfio_msi_native_of(const struct rte_pci_driver *drv)
{
	const struct vfio_msi_native *n;

	TAILQ_FOREACH(n, &vfio_msi_natives, next)
		if (&n->pci == drv)
			return n->driver;
	return NULL;
}

/** Highest IOVA that a device of the driver drives; UINT64_MAX: any. */
static inline uint64_t
vfio_msi_native_limit(const struct rte_vfio_msi_driver *driver)
{
	return driver == NULL ? UINT64_MAX : vfio_msi_bits_last(driver->dma_bits);
}

/** Whether the driver maps what its devices need, so that their limits restrict no other memory. */
static inline bool
vfio_msi_native_owns_memory(const struct rte_vfio_msi_driver *driver)
{
	return driver != NULL && (driver->flags & RTE_VFIO_MSI_DRIVER_OWN_MEMORY) != 0;
}

#endif /* VFIO_MSI_NATIVE_H */
