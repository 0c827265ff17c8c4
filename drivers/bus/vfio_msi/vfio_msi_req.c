/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The kernel wants a device back: somebody unbinds it from vfio-pci or pulls
 * it. It signals the REQ interrupt, and again every few seconds, until the
 * device is closed; who unbinds waits so long. What to do is up to the
 * application: it is told by EAL's device event, as for any removal.
 */

#include <errno.h>
#include <string.h>

#include <rte_dev.h>

#include "private.h"
#include "vfio_uapi.h"

int
vfio_msi_hot_unplug(struct rte_device *rdev)
{
	rte_dev_event_callback_process(rdev->name, RTE_DEV_EVENT_REMOVE);
	return 0;
}

/* On EAL's interrupt thread, which has read the eventfd. */
static void
on_request(void *arg)
{
	struct vfio_msi_device *dev = arg;

	BUS_LOG(NOTICE, "%s: the kernel wants the device back (unbind or removal) and waits until it is closed; the application is told",
		dev->name);
	vfio_msi_hot_unplug(&dev->pci.device.device);
}

int
vfio_msi_req_setup(struct vfio_msi_device *dev)
{
	struct rte_intr_handle *h = dev->pci.device.vfio_req_intr_handle;
	struct vfio_irq_info info;
	int efd, ret;

	/* Not every kernel and not every device has it; unbinding just waits then. */
	if (vfio_uapi_irq_info(dev->fd, VFIO_PCI_REQ_IRQ_INDEX, &info) < 0 ||
	    info.count == 0)
		return 0;
	efd = vfio_uapi_eventfd();
	if (efd < 0)
		return efd;
	rte_intr_fd_set(h, efd);
	rte_intr_type_set(h, RTE_INTR_HANDLE_VFIO_REQ);
	rte_intr_dev_fd_set(h, dev->fd);
	ret = rte_intr_callback_register(h, on_request, dev);
	if (ret < 0)
		goto err_close;
	ret = vfio_uapi_set_irqs(dev->fd, VFIO_PCI_REQ_IRQ_INDEX, 0, &efd, 1);
	if (ret == 0)
		return 0;
	rte_intr_callback_unregister_sync(h, on_request, dev);
err_close:
	rte_intr_fd_set(h, -1);
	rte_intr_dev_fd_set(h, -1);
	vfio_uapi_close(efd);
	return ret < 0 ? ret : -ENOSPC;
}

void
vfio_msi_req_teardown(struct vfio_msi_device *dev)
{
	struct rte_intr_handle *h = dev->pci.device.vfio_req_intr_handle;
	int efd = rte_intr_fd_get(h);

	if (efd < 0)
		return;
	vfio_uapi_set_irqs(dev->fd, VFIO_PCI_REQ_IRQ_INDEX, 0, NULL, 0);
	rte_intr_callback_unregister_sync(h, on_request, dev);
	rte_intr_fd_set(h, -1);
	rte_intr_dev_fd_set(h, -1);
	vfio_uapi_close(efd);
}
