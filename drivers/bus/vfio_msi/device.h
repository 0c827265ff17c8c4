/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * One device: regions, interrupts, reset, removal.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_DEVICE_H
#define VFIO_MSI_DEVICE_H

#include "bus.h"

/* vfio_msi_region.c */

/** Read the first PCI_CONFIG_LEN bytes of config space of an open device. */
int vfio_msi_config_read(const struct vfio_msi_device *dev, uint8_t *config);
/** @return 0; -EEXIST in a secondary: the addresses of a BAR are in use; -errno. */
int vfio_msi_regions_map(struct vfio_msi_device *dev);
/**
 * Unmap the BARs, before the close. Those of a kept device are replaced by memory, which stays: a
 * driver may use the addresses to the end of the process. If that fails, which is logged, the BARs
 * stay mapped, and keep the device open as long.
 */
void vfio_msi_regions_unmap(struct vfio_msi_device *dev);

/** Whether this is an address of a mapped BAR. Safe in a signal handler. */
bool vfio_msi_regions_have(const struct vfio_msi_device *dev, const void *addr);

/**
 * Replace one page of a BAR, or all BARs (NULL), by zeroed memory. Safe in a signal
 * handler. @return 0; -ENOMEM.
 */
int vfio_msi_regions_replace(struct vfio_msi_device *dev, const void *addr);

/* vfio_msi_place.c */

/**
 * Reserve addresses for a BAR; in a secondary those of bar[].primary.
 *
 * @return 0; -EEXIST: they are in use; -EBADMSG: the primary has not mapped the BAR;
 *   -errno.
 */
int vfio_msi_bar_reserve(const struct vfio_msi_device *dev, unsigned int i,
		uint64_t size, void **addr);
/** Forget where BARs were, when no device is left. */
void vfio_msi_places_free(void);
/** Why vfio_msi_regions_map() failed in a secondary. */
void vfio_msi_place_explain(const struct vfio_msi_device *dev, int ret,
		char *why, size_t size);

/* vfio_msi_intr.c */
int vfio_msi_intr_setup(struct vfio_msi_device *dev);
void vfio_msi_intr_teardown(struct vfio_msi_device *dev);
/** Disable all interrupts in the device; its handle stays as it is. */
void vfio_msi_intr_disable(const struct vfio_msi_device *dev);

/** Attempts to get vectors that are few, see vectors_request.h. Any thread. */
unsigned int vfio_msi_vectors_tries(void);
/** There were too few. During the next second vfio_msi_vectors_tries() is 1. Any thread. */
void vfio_msi_vectors_short(void);

/* vfio_msi_vectors.c: interrupts of a driver of bus_vfio_msi_driver.h */

/** Before the probe of such a driver. @return 0; -ENOMEM. */
int vfio_msi_vectors_create(struct vfio_msi_device *dev);
/** Disable them; their callbacks don't run any more. May be called again. Cannot fail. */
void vfio_msi_vectors_free(struct vfio_msi_device *dev);

/* vfio_msi_reset.c */

/**
 * Reset an open device that is not in use, alone or with its reset peers. If that is
 * impossible, log why.
 *
 * @return 0, also if it was not reset; -errno if the device's own reset failed
 */
int vfio_msi_device_reset(struct vfio_msi_device *dev);

/* vfio_msi_virtio.c */

/**
 * Reject an open virtio device that would bypass the IOMMU.
 *
 * @return 0, also for any other device; -errno with the reason logged
 */
int vfio_msi_virtio_check(const struct vfio_msi_device *dev);

/* vfio_msi_revoke.c */

/**
 * Set and clear bits of the command register; write it only if it changes.
 *
 * @return 0, -errno
 */
int vfio_msi_command_update(const struct vfio_msi_device *dev, uint16_t set, uint16_t clear);

/**
 * Close the device while its driver still uses it: replace its BARs by memory and its
 * file by another one. vfio_msi_device_close() must still follow.
 *
 * @return 0; -errno: bus mastering is off, and BARs may be plain memory
 */
int vfio_msi_device_revoke(struct vfio_msi_device *dev);

/* vfio_msi_removal.c */

/**
 * Send the application the removal event of the device soon, on EAL's interrupt thread. A failure
 * is logged. Only that thread calls it.
 */
void vfio_msi_removal_send(const struct vfio_msi_device *dev);
/** The device is to be closed or abandoned: don't send an event that the application has not got yet. */
void vfio_msi_removal_drop(const struct vfio_msi_device *dev);

/* vfio_msi_req.c */

/**
 * Send a removal event when the kernel wants the device back, or when its registers do not
 * respond; in a secondary only for the latter. @return 0; -errno.
 */
int vfio_msi_req_setup(struct vfio_msi_device *dev);
void vfio_msi_req_teardown(struct vfio_msi_device *dev);
/** For EAL: the kernel wants a device back that its driver maps. */
int vfio_msi_hot_unplug(struct rte_device *dev);
/** @return 0: handled; 1: not an address of this bus; -1 with rte_errno. */
int vfio_msi_sigbus(const void *addr);

/* vfio_msi_err.c */

/** Log PCI Express errors and send a removal event. @param device  its fd. @return 0; -errno. */
int vfio_msi_err_setup(struct vfio_msi_device *dev, int device);
/** @param device  -1: closed already */
void vfio_msi_err_teardown(struct vfio_msi_device *dev, int device);

/* vfio_msi_eeh.c: errors after which POWER freezes a device */

/** Watch an open device, where the machine can freeze it. */
void vfio_msi_eeh_start(struct vfio_msi_device *dev);
/** Cannot fail; may be called again, and without a start. */
void vfio_msi_eeh_stop(struct vfio_msi_device *dev);

/* vfio_msi_affinity.c: irq_affinity= */

/** Place the interrupts of a running device, now and whenever they are allocated again. */
void vfio_msi_affinity_start(struct vfio_msi_device *dev);
/** Cannot fail; does nothing if it was not started. */
void vfio_msi_affinity_stop(struct vfio_msi_device *dev);

/* vfio_msi_device.c */

/** Handles of interrupts, before the open and after the close. @return 0; -ENOMEM, logged. */
int vfio_msi_handles_alloc(struct vfio_msi_device *dev);
void vfio_msi_handles_free(struct vfio_msi_device *dev);

int vfio_msi_device_open(struct vfio_msi_device *dev);
void vfio_msi_device_close(struct vfio_msi_device *dev);

/* vfio_msi_kept.c: devices that stay open without a driver */

static inline void
vfio_msi_kept_set(struct vfio_msi_device *dev, bool kept)
{
	__atomic_store_n(&dev->kept, kept, __ATOMIC_RELAXED);
}

/** Any thread. */
static inline bool
vfio_msi_is_kept(const struct vfio_msi_device *dev)
{
	return __atomic_load_n(&dev->kept, __ATOMIC_RELAXED);
}

/**
 * Close such a device if it has been revoked, so that it can be opened again.
 *
 * @return whether it was closed; the caller detaches it then
 */
bool vfio_msi_kept_close(struct vfio_msi_device *dev);

/* vfio_msi_abandon.c */

/**
 * Stop watching the device, the first step of a close: its interrupts for requests and errors and
 * its alarms don't call the bus any more, and other processes get it no more. An event that the
 * application has not got yet is not sent. EAL still handles requests for a device that its driver
 * maps, until the driver unmaps it. Cannot fail.
 */
void vfio_msi_device_unwatch(struct vfio_msi_device *dev);

/**
 * The driver does not release the device, and the process ends: stop watching it, and revoke it
 * without a close. Two kinds are not revoked: the primary process goes on with a device of a
 * secondary, and only EAL has the descriptor of one that its driver maps, which may do DMA until
 * the process has ended. A failure is logged. The driver may use @p dev until the end, so it must
 * not be freed.
 */
void vfio_msi_device_abandon(struct vfio_msi_device *dev);

#endif /* VFIO_MSI_DEVICE_H */
