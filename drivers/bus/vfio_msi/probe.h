/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Probing devices with PCI drivers.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_PROBE_H
#define VFIO_MSI_PROBE_H

#include "bus.h"

/* vfio_msi_driver.c */

/**
 * Open an attached device, after memory is mapped, and run its driver.
 *
 * @return 0; 1: all drivers decline; -errno; with the reason logged. If it failed and
 *   dev->kept is set, the device stays open and must stay attached.
 */
int vfio_msi_driver_start(struct vfio_msi_device *dev);

/**
 * Call the driver of a running device again, with the arguments that it has now.
 *
 * @return of the driver; -EEXIST: the driver does not want that
 */
int vfio_msi_driver_again(struct vfio_msi_device *dev);

/**
 * Remove the driver, if there is one, and close the device.
 *
 * @return 0; -errno: the driver does not stop
 */
int vfio_msi_driver_stop(struct vfio_msi_device *dev);

/* vfio_msi_probe.c */

/** Probe all devices, in a primary process. */
int vfio_msi_probe(void);

/**
 * Probe one device, in a secondary process: the next one in the order of addresses.
 *
 * @param prev   the device before, which may be gone; set to this one
 * @param first  there is no device before
 * @return whether there was one
 */
bool vfio_msi_probe_next(struct topo_addr *prev, bool first);

int vfio_msi_plug(struct rte_device *dev);
int vfio_msi_unplug(struct rte_device *dev);
int vfio_msi_cleanup(void);

/*
 * vfio_msi_entry.c: for EAL, these operations and the scan, one at a time. On EAL's interrupt
 * thread they fail with -EBUSY if another thread runs one for some seconds. A device that
 * another thread has removed meanwhile: -ENODEV, as all of them after the cleanup; but unplug
 * -ENOENT in both cases.
 */
int vfio_msi_entry_scan(void);
int vfio_msi_entry_probe(void);
int vfio_msi_entry_plug(struct rte_device *dev);
int vfio_msi_entry_unplug(struct rte_device *dev);
int vfio_msi_entry_cleanup(void);

#endif /* VFIO_MSI_PROBE_H */
