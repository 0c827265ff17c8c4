/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The device goes while the application uses it: somebody unbinds it from
 * vfio-pci or pulls it.
 *
 * The kernel signals the REQ interrupt, again every 10 s, and waits until the
 * device is closed; whoever unbinds waits so long. Closing it is up to the
 * application, which is told by EAL's device event: nobody else knows when its
 * threads are off the ports. One that does not listen is given two more
 * requests; at the third the device is taken away under it (revoked). Nothing
 * can crash then: registers become plain memory, and the file descriptor stays
 * the number of a file, so that no late system call meets another one.
 *
 * Access to a BAR that does not answer any more is SIGBUS. EAL asks the buses
 * whose address that is, if the application has asked for it
 * (rte_dev_hotplug_handle_enable()).
 */

#include <errno.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>

#include "device.h"
#include "neighbours.h"
#include "uapi/vfio_uapi.h"

#define REVOKE_AT 3	/* requests: 20 s after the first */

int
vfio_msi_hot_unplug(struct rte_device *rdev)
{
	rte_dev_event_callback_process(rdev->name, RTE_DEV_EVENT_REMOVE);
	return 0;
}

/*
 * Take the device away from everybody in this process. The application finds
 * its port dead, and detaches it when it likes.
 */
static void
revoke(struct vfio_msi_device *dev)
{
	int ret;

	/* Somebody closes it just now. */
	if (!rte_spinlock_trylock(&dev->closing))
		return;
	/* Also if that fails half way: registers may be plain memory already. */
	vfio_msi_mp_withdraw(dev);
	ret = vfio_msi_device_revoke(dev);
	dev->revoked = ret == 0;
	rte_spinlock_unlock(&dev->closing);
	if (ret == 0)
		BUS_LOG(WARNING, "%s: revoked, as the application did not release it: its port is dead, detach it",
			dev->name);
	else
		BUS_LOG(ERR, "%s: can't be revoked: %s; stop the application",
			dev->name, strerror(-ret));
}

/* On EAL's interrupt thread, which has read the eventfd. */
static void
on_request(void *arg)
{
	struct vfio_msi_device *dev = arg;

	if (__atomic_exchange_n(&dev->faulted, false, __ATOMIC_RELAXED)) {
		BUS_LOG(ERR, "%s: its registers do not respond (the device was pulled out, or its memory decoding is off); the application gets a removal event and must detach the port",
			dev->name);
	} else if (++dev->requests == 1) {
		BUS_LOG(NOTICE, "%s: the kernel wants the device back (unbind or removal) and waits until it is closed; the application gets a removal event and must detach the port",
			dev->name);
	} else if (dev->revoked) {
		if (dev->requests == REVOKE_AT + 1)
			BUS_LOG(ERR, "%s: the kernel still waits for the device: another process has it open, perhaps a secondary process; stop that process",
				dev->name);
	} else if (dev->requests < REVOKE_AT) {
		BUS_LOG(WARNING, "%s: the kernel still waits for the device: the application ignores the removal event, or is slow; detach the port (testpmd: port stop N, port detach N), or the bus revokes the device in 10 s",
			dev->name);
	} else {
		revoke(dev);
	}
	vfio_msi_hot_unplug(&dev->pci.device.device);
}

/* The page is replaced by memory, and the interrupt thread is woken to tell of it. */
static int
replace_page(struct vfio_msi_device *dev, const void *addr)
{
	int ret = vfio_msi_regions_replace(dev, addr);

	if (ret < 0 || dev->gone)
		return ret;
	dev->gone = true;
	__atomic_store_n(&dev->faulted, true, __ATOMIC_RELAXED);
	vfio_uapi_signal(rte_intr_fd_get(dev->pci.device.vfio_req_intr_handle));
	return 0;
}

/* In a signal handler, on the thread that met the dead BAR: nothing here allocates. */
int
vfio_msi_sigbus(const void *addr)
{
	struct vfio_msi_device *dev;
	int ret = 1;

	/* Nobody who has the lock touches a BAR: this thread has it not. */
	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (vfio_msi_regions_have(dev, addr)) {
			ret = replace_page(dev, addr);
			break;
		}
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
	if (ret >= 0)
		return ret;
	rte_errno = -ret;
	return -1;
}

int
vfio_msi_req_setup(struct vfio_msi_device *dev)
{
	struct rte_intr_handle *h = dev->pci.device.vfio_req_intr_handle;
	struct vfio_irq_info info;
	int efd, ret;

	ret = vfio_uapi_irq_info(dev->fd, VFIO_PCI_REQ_IRQ_INDEX, &info);
	/* Not every kernel and not every device has it; unbinding just waits then. */
	if (ret == -EINVAL || (ret == 0 && info.count == 0))
		return 0;
	if (ret < 0)
		return ret;
	efd = vfio_uapi_eventfd();
	if (efd < 0)
		return efd;
	dev->requests = 0;
	dev->revoked = false;
	dev->gone = false;
	dev->faulted = false;
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
