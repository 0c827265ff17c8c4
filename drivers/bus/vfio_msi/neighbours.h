/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What surrounds the bus: the pci bus, EAL's containers, rejected arguments, other processes.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_NEIGHBOURS_H
#define VFIO_MSI_NEIGHBOURS_H

#include "bus.h"

/* vfio_msi_pci_bus.c */

/** The user's argument for this device on the pci bus, or NULL. */
const struct rte_devargs *vfio_msi_pci_devargs(const struct topo_addr *addr);

/** The same, except one that an attach to the pci bus left behind, which failed. */
const struct rte_devargs *vfio_msi_pci_keeps(const struct topo_addr *addr);

/** Whether the pci bus uses devices that no argument names. */
bool vfio_msi_pci_takes_all(void);

/** In a scan: block a device on the pci bus. @return 0; -EBUSY: a driver has it; -errno. */
int vfio_msi_pci_block(const struct topo_addr *addr);

/**
 * In a scan: can vfio_msi_pci_block_group() block these devices? Blocks none.
 *
 * @return 0; -EEXIST: the user gave a member to the pci bus; -EBUSY: a driver has one; -errno;
 * with the reason
 */
int vfio_msi_pci_check_group(const struct topo_device *dev, char *why, size_t size);

/**
 * In a scan: block all members of a device's group on the pci bus.
 *
 * @return 0; -EEXIST: the user gave a member to the pci bus; -errno; with the reason
 */
int vfio_msi_pci_block_group(const struct topo_device *dev, char *why,
		size_t size);

/** Undo every vfio_msi_pci_block(). */
void vfio_msi_pci_unblock_all(void);

/** The IDs that drivers match. */
struct rte_pci_id vfio_msi_pci_id(const struct topo_device *t);

/**
 * First driver that matches and comes after @p prev (NULL: from the start): those of
 * bus_vfio_msi_driver.h, then those of the pci bus.
 */
struct rte_pci_driver *vfio_msi_pci_driver(struct rte_pci_driver *prev,
		const struct rte_pci_id *id);

/* vfio_msi_container.c */

/**
 * Whether a driver would open the group of a device for a VFIO container of its own.
 *
 * @param args of the PMD
 * @return 0: none; -ENOTSUP with the reason
 */
int vfio_msi_container_check(const struct topo_device *t, const char *args, char *why,
		size_t size);

/**
 * Whether a driver may map a claimed device itself, through EAL. A driver that needs a container
 * of its own for that declines the device.
 */
bool vfio_msi_driver_maps(const struct rte_pci_driver *drv);

/** Warn if the device is a DMA engine and the application may map memory for it elsewhere. */
void vfio_msi_container_notice(const struct vfio_msi_device *dev,
		const struct rte_pci_driver *drv);

/* vfio_msi_reject.c */

/**
 * Log why a device argument was rejected; repeat it only if the argument is given again.
 *
 * @return whether the argument is new, as that of a hotplug is in its scan
 */
bool vfio_msi_reject(const char *name, const struct rte_devargs *da, const char *why);
/** Whether this argument was rejected at start-up, and not given again since. */
bool vfio_msi_was_rejected(const char *name, const struct rte_devargs *da);
/** The device is used now: log its next rejection in any case. */
void vfio_msi_rejection_forget(const char *name);
void vfio_msi_rejections_free(void);

/* vfio_msi_mp.c, in the primary: answer requests of secondary processes. */

/** Start to answer, if EAL can send messages; may be called again. */
void vfio_msi_mp_serve(void);
void vfio_msi_mp_stop(void);

/** Offer a device that its driver has probed to secondary processes. */
void vfio_msi_mp_offer(struct vfio_msi_device *dev);
/** Withdraw the offer; processes that use the device keep it. May be called again. */
void vfio_msi_mp_withdraw(struct vfio_msi_device *dev);

/*
 * vfio_msi_mp.c, in a secondary: ask the primary. These functions wait for the answer,
 * so must not be called on the thread that receives messages. They return -ENODEV if
 * the primary does not offer the device, -EPROTO, -ETIMEDOUT or another -errno, with the
 * reason.
 */

/** Address of the n-th device that the primary offers. */
int vfio_msi_mp_nth(unsigned int n, struct topo_addr *addr, char *why, size_t size);

/** Whether the primary offers this device. @return -EREMOTE: yes, but only the primary can use it. */
int vfio_msi_mp_find(const struct topo_addr *addr, char *why, size_t size);

/** Get the file descriptor and bar[].primary of a device. @return fd; -errno. */
int vfio_msi_mp_open(struct vfio_msi_device *dev, char *why, size_t size);

/* vfio_msi_presence.c */

/** In the primary: show secondaries that it has devices, or stop that; may be called again. */
void vfio_msi_presence_announce(void);
void vfio_msi_presence_withdraw(void);
/** In a secondary: whether the primary has devices. */
bool vfio_msi_presence_seen(void);

#endif /* VFIO_MSI_NEIGHBOURS_H */
