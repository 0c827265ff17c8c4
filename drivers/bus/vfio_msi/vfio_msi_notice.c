/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>

#include <rte_interrupts.h>

#include "vfio_msi_notice.h"
#include "uapi/vfio_uapi.h"

/*
 * EAL reads the eventfd of a handle of this type, whatever signals it. It has no type for
 * errors, and does not read a handle of type EXT.
 */
#define EVENTFD_TYPE RTE_INTR_HANDLE_VFIO_REQ

int
vfio_msi_notice_open(struct rte_intr_handle *h, int device, unsigned int index,
		rte_intr_callback_fn cb, void *arg)
{
	struct vfio_irq_info info = { .count = 1 };
	int efd;
	int ret = device < 0 ? 0 : vfio_uapi_irq_info(device, index, &info);

	/* Not all kernels and devices have each kind; errors need PCI Express. */
	if (ret == -EINVAL || (ret == 0 && info.count == 0))
		return 0;
	if (ret < 0)
		return ret;
	efd = vfio_uapi_eventfd();
	if (efd < 0)
		return efd;
	rte_intr_fd_set(h, efd);
	rte_intr_type_set(h, EVENTFD_TYPE);
	rte_intr_dev_fd_set(h, device);
	ret = rte_intr_callback_register(h, cb, arg);
	if (ret < 0)
		goto err_close;
	if (device >= 0)
		ret = vfio_uapi_set_irqs(device, index, 0, &efd, 1);
	if (ret == 0)
		return 0;
	rte_intr_callback_unregister_sync(h, cb, arg);
err_close:
	rte_intr_fd_set(h, -1);
	rte_intr_dev_fd_set(h, -1);
	vfio_uapi_close(efd);
	return ret < 0 ? ret : -ENOSPC;
}

void
vfio_msi_notice_close(struct rte_intr_handle *h, int device, unsigned int index,
		rte_intr_callback_fn cb, void *arg)
{
	int efd = rte_intr_fd_get(h);

	if (efd < 0)
		return;
	if (device >= 0)
		vfio_uapi_set_irqs(device, index, 0, NULL, 0);
	rte_intr_callback_unregister_sync(h, cb, arg);
	rte_intr_fd_set(h, -1);
	rte_intr_dev_fd_set(h, -1);
	vfio_uapi_close(efd);
}
