/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices that stay open without a driver, as their driver uses the BARs for another device
 * (RTE_PCI_DRV_KEEP_MAPPED_RES).
 *
 * The application has nothing to detach if the kernel wants such a device back, and the bus can't
 * know whether the BARs are in use. So the bus revokes it, as one that the application does not
 * release, and closes it at the next scan. The memory that has replaced the BARs stays for ever:
 * ports, and alarms of the driver, have the addresses. So the cleanup, which closes such a device
 * after all others, leaves memory there too (vfio_msi_region.c).
 */

#include "device.h"

bool
vfio_msi_kept_close(struct vfio_msi_device *dev)
{
	bool close;

	if (!vfio_msi_is_kept(dev))
		return false;
	rte_spinlock_lock(&dev->closing);
	close = dev->revoked;
	if (close) {
		vfio_msi_device_close(dev);
		vfio_msi_handles_free(dev);
		vfio_msi_kept_set(dev, false);
	}
	rte_spinlock_unlock(&dev->closing);
	return close;
}
