/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Notices of the kernel about a device: an eventfd that EAL's interrupt thread handles.
 *
 * Needs of DPDK only <rte_interrupts.h>. One thread at a time for one handle.
 */

#ifndef VFIO_MSI_NOTICE_H
#define VFIO_MSI_NOTICE_H

#include <rte_interrupts.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Let @p cb handle the notices of one kind. Does nothing for a device that has none.
 *
 * @param h       its fd must be -1, and is set
 * @param device  file descriptor of the device; -1: only vfio_uapi_signal() sends notices
 * @param index   VFIO_PCI_REQ_IRQ_INDEX or VFIO_PCI_ERR_IRQ_INDEX
 * @param cb      called on EAL's interrupt thread, which has read the eventfd already
 * @return 0; -errno, then nothing has changed
 */
int vfio_msi_notice_open(struct rte_intr_handle *h, int device, unsigned int index,
		rte_intr_callback_fn cb, void *arg);

/**
 * Undo vfio_msi_notice_open() with the same arguments: @p cb does not run any more. Does
 * nothing if nothing is open. Cannot fail.
 *
 * @param device  -1: closed already, or opened with -1
 */
void vfio_msi_notice_close(struct rte_intr_handle *h, int device, unsigned int index,
		rte_intr_callback_fn cb, void *arg);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_MSI_NOTICE_H */
