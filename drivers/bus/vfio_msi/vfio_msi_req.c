/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Removal of a device while the application uses it: the device is unbound from vfio-pci
 * or pulled out.
 *
 * The kernel signals the REQ interrupt every 10 s and waits until the device is closed;
 * the unbind blocks until then. Only the application knows when its threads have left the
 * ports, so the bus sends it EAL's removal event and leaves the close to it. At the third
 * request the bus revokes the device. That can't crash the application: plain memory
 * replaces the registers, and the file descriptor refers to /dev/null, so that its number
 * is not reused for another file.
 *
 * Access to a BAR that does not respond raises SIGBUS. EAL asks the buses to handle it, if
 * the application has called rte_dev_hotplug_handle_enable(). Each process handles its own.
 */

#include <string.h>

#include <rte_errno.h>

#include "device.h"
#include "neighbours.h"
#include "vfio_msi_notice.h"
#include "uapi/vfio_uapi.h"

#define REVOKE_AT 3	/* requests: 20 s after the first */

static void
log_wanted(const struct vfio_msi_device *dev)
{
	const char *fd = dev->conf.fds.device < 0 ? "" :
		", and close the descriptor given as device=";

	if (vfio_msi_is_kept(dev)) {
		BUS_LOG(NOTICE, "%s: the kernel wants the device back (unbind or removal) and waits until it is closed; it has no port, so the bus revokes it in 20 s; stop ports of its driver before, which may use its registers%s",
			dev->label, fd);
		return;
	}
	BUS_LOG(NOTICE, "%s: the kernel wants the device back (unbind or removal) and waits until it is closed; the application gets a removal event and must detach the port%s",
		dev->label, fd);
}

/* At the second request. */
static void
log_waits(const struct vfio_msi_device *dev)
{
	if (vfio_msi_is_kept(dev))
		BUS_LOG(WARNING, "%s: the kernel still waits for the device, which has no port: the bus revokes it in 10 s; stop ports of its driver before, which may use its registers",
			dev->label);
	else
		BUS_LOG(WARNING, "%s: the kernel still waits for the device: the application ignores the removal event, or is slow; detach the port (testpmd: port stop N, port detach N), or the bus revokes the device in 10 s",
			dev->label);
}

/*
 * EAL's interrupt thread calls it for each request for a device that EAL opened for its driver:
 * that interrupt is EAL's, and the bus knows no address that it could replace.
 */
int
vfio_msi_hot_unplug(struct rte_device *rdev)
{
	struct vfio_msi_device *dev = vfio_msi_of(rdev);

	if (++dev->requests == 1)
		log_wanted(dev);
	else if (dev->requests == 2)
		BUS_LOG(WARNING, "%s: the kernel still waits for the device, and the bus can't revoke it, as its driver maps it itself: detach the port (testpmd: port stop N, port detach N), or stop the application",
			dev->label);
	VFIO_MSI_SHOW(dev, requests, dev->requests);
	vfio_msi_removal_send(dev);
	return 0;
}

/*
 * Close the device while the application uses it, and stop offering it to secondary
 * processes. The application finds its port dead and can detach it at any time.
 */
static void
revoke(struct vfio_msi_device *dev)
{
	int ret;

	/* Another thread is closing it. */
	if (!rte_spinlock_trylock(&dev->closing))
		return;
	/* A failed revocation may have replaced some registers already. */
	vfio_msi_mp_withdraw(dev);
	ret = vfio_msi_device_revoke(dev);
	dev->revoked = ret == 0;
	dev->half_revoked = ret < 0;
	VFIO_MSI_SHOW(dev, revoked, dev->revoked);
	rte_spinlock_unlock(&dev->closing);
	if (ret == 0 && vfio_msi_is_kept(dev))
		BUS_LOG(WARNING, "%s: revoked: ports of its driver that use its registers are dead, detach them; to use the device again, bind it to vfio-pci and attach it",
			dev->label);
	else if (ret == 0)
		BUS_LOG(WARNING, "%s: revoked, as the application did not release it: its port is dead, detach it",
			dev->label);
	else
		BUS_LOG(ERR, "%s: can't be revoked: %s; stop the application",
			dev->label, strerror(-ret));
}

/* On EAL's interrupt thread, which has read the eventfd already. */
static void
on_request(void *arg)
{
	struct vfio_msi_device *dev = arg;

	if (__atomic_exchange_n(&dev->faulted, false, __ATOMIC_RELAXED)) {
		BUS_LOG(ERR, "%s: its registers do not respond (the device was pulled out, or its memory decoding is off); the application gets a removal event and must detach the port",
			dev->label);
	} else if (++dev->requests == 1) {
		log_wanted(dev);
	} else if (dev->revoked) {
		if (dev->requests == REVOKE_AT + 1)
			BUS_LOG(ERR, "%s: the kernel still waits for the device: another process has it open, perhaps a secondary process or a child that was forked; stop that process%s",
				dev->label, dev->conf.fds.device < 0 ? "" :
				", and close the descriptor given as device= here and in the launcher");
	} else if (dev->requests < REVOKE_AT) {
		log_waits(dev);
	} else {
		revoke(dev);
	}
	VFIO_MSI_SHOW(dev, requests, dev->requests);
	vfio_msi_removal_send(dev);
}

/* Replace the page by memory, and wake the interrupt thread to log it. */
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

/* In a signal handler, on the thread that accessed the BAR: must not allocate. */
int
vfio_msi_sigbus(const void *addr)
{
	struct vfio_msi_device *dev;
	int ret = 1;

	/* A holder of the lock does not access BARs, so this thread does not hold it. */
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

/* The kernel sends requests to the primary only. In a secondary replace_page() is the only sender. */
static int
sender(const struct vfio_msi_device *dev)
{
	return vfio_msi_is_secondary() ? -1 : dev->fd;
}

int
vfio_msi_req_setup(struct vfio_msi_device *dev)
{
	dev->requests = 0;
	dev->revoked = dev->half_revoked = false;
	dev->gone = false;
	dev->faulted = false;
	VFIO_MSI_SHOW(dev, requests, 0);
	VFIO_MSI_SHOW(dev, revoked, false);
	return vfio_msi_notice_open(dev->pci.device.vfio_req_intr_handle, sender(dev),
		VFIO_PCI_REQ_IRQ_INDEX, on_request, dev);
}

void
vfio_msi_req_teardown(struct vfio_msi_device *dev)
{
	vfio_msi_notice_close(dev->pci.device.vfio_req_intr_handle, sender(dev),
		VFIO_PCI_REQ_IRQ_INDEX, on_request, dev);
}
