/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * One device: its regions, its interrupts, its reset, its end.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_DEVICE_H
#define VFIO_MSI_DEVICE_H

#include "bus.h"

/* vfio_msi_region.c */

/** First PCI_CONFIG_LEN bytes of configuration space of an open device. */
int vfio_msi_config_read(const struct vfio_msi_device *dev, uint8_t *config);
/** @return 0; -EEXIST in a secondary: a BAR's place is taken; -errno. */
int vfio_msi_regions_map(struct vfio_msi_device *dev);
void vfio_msi_regions_unmap(struct vfio_msi_device *dev);

/** Is this an address of a mapped BAR? Safe in a signal handler. */
bool vfio_msi_regions_have(const struct vfio_msi_device *dev, const void *addr);

/**
 * Put zeroed memory in place of a BAR's page, or of all BARs (NULL). Safe in a
 * signal handler. @return 0, -ENOMEM.
 */
int vfio_msi_regions_replace(struct vfio_msi_device *dev, const void *addr);

/* vfio_msi_place.c */

/**
 * Addresses for a BAR, without access; in a secondary bar[].primary or none.
 *
 * @return 0; -EEXIST: something is there; -EBADMSG: the primary has not mapped
 *   the BAR; -errno.
 */
int vfio_msi_bar_reserve(const struct vfio_msi_device *dev, unsigned int i,
		uint64_t size, void **addr);
/** Why a secondary could not map its BARs, of which none is mapped. */
void vfio_msi_place_explain(const struct vfio_msi_device *dev, int ret,
		char *why, size_t size);

/* vfio_msi_intr.c */
int vfio_msi_intr_setup(struct vfio_msi_device *dev);
void vfio_msi_intr_teardown(struct vfio_msi_device *dev);

/* vfio_msi_reset.c */

/**
 * Reset an open device, or say why it is used as it is. Nothing of it, and of
 * those that are reset with it, may be in use.
 *
 * @return 0; -errno of a reset that the device has for itself.
 */
int vfio_msi_device_reset(struct vfio_msi_device *dev);

/* vfio_msi_virtio.c */

/**
 * Refuse a virtio device that would bypass the IOMMU. The device is open.
 *
 * @return 0, also for what is no virtio device; -errno with the reason logged
 */
int vfio_msi_virtio_check(const struct vfio_msi_device *dev);

/* vfio_msi_revoke.c */

/**
 * Set and clear bits of the command register; what is so already is not written.
 *
 * @return 0, -errno
 */
int vfio_msi_command_update(const struct vfio_msi_device *dev, uint16_t set, uint16_t clear);

/**
 * Close the device under its driver: BARs become plain memory, the file
 * descriptor that of no device. vfio_msi_device_close() comes later all the same.
 *
 * @return 0, or -errno: it is no bus master any more, and BARs may be plain memory.
 */
int vfio_msi_device_revoke(struct vfio_msi_device *dev);

/* vfio_msi_req.c */

/** Tell the application when the kernel wants the device back. */
int vfio_msi_req_setup(struct vfio_msi_device *dev);
void vfio_msi_req_teardown(struct vfio_msi_device *dev);
int vfio_msi_hot_unplug(struct rte_device *dev);
/** Whose address is it? @return 0 handled; 1 not ours; -1 with rte_errno. */
int vfio_msi_sigbus(const void *addr);

/* vfio_msi_device.c */
int vfio_msi_device_open(struct vfio_msi_device *dev);
void vfio_msi_device_close(struct vfio_msi_device *dev);

#endif /* VFIO_MSI_DEVICE_H */
