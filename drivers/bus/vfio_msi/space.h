/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The address space: who is attached, what is mapped.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_SPACE_H
#define VFIO_MSI_SPACE_H

#include "bus.h"

/* vfio_msi_member.c */

/** The token that the user gave for the device, or for all devices. */
void vfio_msi_token_take(struct vfio_msi_device *dev);

/** Has the device a token that it may be opened without? */
bool vfio_msi_token_is_optional(const struct vfio_msi_device *dev);

/** The device as the address space knows it. */
struct ioas_member vfio_msi_member(const struct vfio_msi_device *dev);

/* vfio_msi_eal_group.c: groups of devices whose drivers map them through EAL */

/** Is there a driver for this device that maps it itself? */
bool vfio_msi_maps_itself(const struct vfio_msi_device *dev);

/**
 * Before the device is attached: have EAL open its group, if a driver of a
 * device in it will want that. Sets dev->group_fd.
 *
 * @return 0; -errno with the reason logged
 */
int vfio_msi_eal_group_get(struct vfio_msi_device *dev);

/** After it was detached. Cannot fail. */
void vfio_msi_eal_group_put(struct vfio_msi_device *dev);

/** Its driver has mapped it, or has let go of it. */
void vfio_msi_eal_group_mapped(struct vfio_msi_device *dev, bool mapped);

/* vfio_msi_bringup.c */

/** Attach the device to the address space; a failure lets go of it. */
int vfio_msi_attach(struct vfio_msi_device *dev);
/** Detach it, or let go of what is held since the survey. */
void vfio_msi_detach(struct vfio_msi_device *dev);
/** Check where EAL's memory lies, map it and follow it; done once. */
int vfio_msi_map_memory(void);

/* vfio_msi_dma.c: memory that the application maps (rte_dev_dma_map()) */

int vfio_msi_dma_map(struct rte_device *dev, void *addr, uint64_t iova, size_t len);
int vfio_msi_dma_unmap(struct rte_device *dev, void *addr, uint64_t iova, size_t len);

/** The address space is up: from now on, and again what it had before. */
void vfio_msi_dma_start(void);
/** It goes: what it has is remembered. */
void vfio_msi_dma_stop(void);
/** Forget it all. */
void vfio_msi_dma_free(void);

#endif /* VFIO_MSI_SPACE_H */
