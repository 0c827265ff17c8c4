/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Uncorrectable PCI Express errors of a device (Advanced Error Reporting).
 *
 * The kernel signals the ERR interrupt before it starts its recovery, whose result VFIO does
 * not report. A failed DMA is not repeated, and after a fatal error the kernel resets the link:
 * the device loses its registers and its configuration. Drivers of the kernel reset their
 * device in both cases. A DPDK driver can't, but a detach and an attach do.
 *
 * So the application gets a removal event, as DPDK (22.11 to 26.07) has no other event of a
 * device that an application could handle by that. The bus does not revoke the device: it may
 * still work, and nobody waits for it.
 *
 * A broken link reports many errors, and the reset that the application can do is the same for
 * all of them. So the first error after each open is logged and sent, and others are counted.
 */

#include "device.h"
#include "vfio_msi_notice.h"
#include "uapi/vfio_uapi.h"

/* On EAL's interrupt thread. */
static void
on_error(void *arg)
{
	struct vfio_msi_device *dev = arg;

	dev->errors++;
	VFIO_MSI_SHOW(dev, errors, dev->errors);
	if (dev->errors > 1)
		return;
	BUS_LOG(ERR, "%s: an uncorrectable PCI Express error (dmesg has its kind): DMA may be lost, and after a fatal error the device does not work any more; the application gets a removal event: detach the port and attach it again, which resets the device; until then more errors are only counted",
		dev->label);
	vfio_msi_removal_send(dev);
}

int
vfio_msi_err_setup(struct vfio_msi_device *dev, int device)
{
	dev->errors = 0;
	VFIO_MSI_SHOW(dev, errors, 0);
	return vfio_msi_notice_open(dev->err_handle, device, VFIO_PCI_ERR_IRQ_INDEX, on_error,
		dev);
}

void
vfio_msi_err_teardown(struct vfio_msi_device *dev, int device)
{
	vfio_msi_notice_close(dev->err_handle, device, VFIO_PCI_ERR_IRQ_INDEX, on_error, dev);
}
