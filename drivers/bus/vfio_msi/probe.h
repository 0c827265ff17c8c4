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

/* vfio_msi_probe.c */
int vfio_msi_probe(void);
int vfio_msi_plug(struct rte_device *dev);
int vfio_msi_unplug(struct rte_device *dev);
int vfio_msi_cleanup(void);

#endif /* VFIO_MSI_PROBE_H */
