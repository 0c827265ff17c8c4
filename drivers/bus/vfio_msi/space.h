/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The address space: attached devices and mappings.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_SPACE_H
#define VFIO_MSI_SPACE_H

#include "bus.h"

/* vfio_msi_member.c */

/** Set dev->vf_token from the key of the device, or from EAL's option. */
void vfio_msi_token_take(struct vfio_msi_device *dev);

/** Whether the token is EAL's default, so that the device may be opened without it. */
bool vfio_msi_token_is_optional(const struct vfio_msi_device *dev);

/** The device as a member of the address space. */
struct ioas_member vfio_msi_member(const struct vfio_msi_device *dev);

/* vfio_msi_eal_group.c: groups of devices that are mapped through EAL */

/** Whether a driver for this device maps it itself. */
bool vfio_msi_maps_itself(const struct vfio_msi_device *dev);

/**
 * Before the device is attached: let EAL open its group, if a driver of a device
 * in the group needs that. Sets dev->group_fd.
 *
 * @return 0; -errno with the reason logged
 */
int vfio_msi_eal_group_get(struct vfio_msi_device *dev);

/** Undo vfio_msi_eal_group_get() after the device was detached. Cannot fail. */
void vfio_msi_eal_group_put(struct vfio_msi_device *dev);

/** Its driver has mapped or unmapped the device. */
void vfio_msi_eal_group_mapped(struct vfio_msi_device *dev, bool mapped);

/* vfio_msi_bringup.c */

/** Attach the device to the address space; a failure releases it. */
int vfio_msi_attach(struct vfio_msi_device *dev);
/** Detach the device, or release what the survey left open. */
void vfio_msi_detach(struct vfio_msi_device *dev);
/**
 * Check and map EAL's memory and follow its events. If that is done already, only evaluate which
 * IOVAs the layout chooses from now on.
 */
int vfio_msi_map_memory(void);

/* vfio_msi_numa.c */

/** Log EAL's memory by NUMA node, if there are several. */
void vfio_msi_numa_log(void);
/** Log it once if the node of a device has no memory for it, after vfio_msi_map_memory(). */
void vfio_msi_numa_check(struct vfio_msi_device *dev);

/** EAL's memory of one node and page size, external memory excluded. @return 0: continue. */
typedef int (*vfio_msi_numa_t)(int node, uint64_t page, uint64_t bytes, void *arg);

/**
 * For each node and page size with memory, ascending by node; on any thread. No lock is held for
 * the callback. Nothing after vfio_msi_numa_stop().
 */
int vfio_msi_numa_foreach(vfio_msi_numa_t cb, void *arg);
/** EAL's memory goes: wait until no thread reads its lists, and let none read them any more. */
void vfio_msi_numa_stop(void);

/* vfio_msi_telemetry.c */

/** Register the commands of telemetry, once. */
void vfio_msi_telemetry_start(void);

/* vfio_msi_dma.c: rte_dev_dma_map() */

int vfio_msi_dma_map(struct rte_device *dev, void *addr, uint64_t iova, size_t len);
int vfio_msi_dma_unmap(struct rte_device *dev, void *addr, uint64_t iova, size_t len);

/** The address space is up: restore earlier mappings and accept new ones. */
void vfio_msi_dma_start(void);
/** The address space goes down: keep the mappings for vfio_msi_dma_start(). */
void vfio_msi_dma_stop(void);
void vfio_msi_dma_free(void);

/* vfio_msi_own_memory.c: rte_eal_iommu.h */

/**
 * EAL's memory is mapped: restore earlier mappings of the application, also those of
 * rte_dev_dma_map(), and accept new ones. The opposite is own_memory_down().
 */
void vfio_msi_own_memory_start(void);

#endif /* VFIO_MSI_SPACE_H */
