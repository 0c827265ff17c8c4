/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Stop watching a device, before it is closed or abandoned: at the end of the process the bus
 * abandons a device that its driver does not release.
 *
 * Interrupts and alarms of the bus end first, as they access the device, and the event that they
 * may have left is dropped: the next device of this name must not get it.
 *
 * The driver of an abandoned device has callbacks in EAL, and its threads and alarms may access the
 * device. EAL panics if a callback's descriptor is closed. So the eventfd of the interrupts, the
 * addresses of the BARs and the number of the device's descriptor remain in use until the process
 * has ended.
 */

#include <string.h>

#include "device.h"
#include "neighbours.h"

void
vfio_msi_device_unwatch(struct vfio_msi_device *dev)
{
	vfio_msi_mp_withdraw(dev);
	vfio_msi_affinity_stop(dev);
	vfio_msi_eeh_stop(dev);
	if (dev->mapped_by_driver)	/* EAL has it open, or had, and handles requests */
		vfio_msi_err_teardown(dev, -1);
	if (dev->fd >= 0 && !vfio_msi_is_secondary())
		vfio_msi_err_teardown(dev, dev->fd);
	if (dev->fd >= 0)
		vfio_msi_req_teardown(dev);
	vfio_msi_removal_drop(dev);
}

void
vfio_msi_device_abandon(struct vfio_msi_device *dev)
{
	int ret;

	vfio_msi_device_unwatch(dev);
	/* The primary process goes on with the device of a secondary. */
	if (dev->fd < 0 || dev->revoked || vfio_msi_is_secondary())
		return;
	vfio_msi_intr_disable(dev);
	/* If it fails, the device stays open, and is no bus master. */
	ret = vfio_msi_device_revoke(dev);
	if (ret < 0)
		BUS_LOG(WARNING, "%s: can't be revoked at the end: %s; its DMA is disabled, and it stays open until the process has ended; before the end, stop and close its port",
			dev->label, strerror(-ret));
}
