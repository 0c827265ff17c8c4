/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the bus shares its process and its devices with: the pci bus, the user, other
 * processes.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_NEIGHBOURS_H
#define VFIO_MSI_NEIGHBOURS_H

#include "bus.h"

/* vfio_msi_pci_bus.c: the neighbour */

/** The user's own argument for this device on the pci bus, or NULL. */
const struct rte_devargs *vfio_msi_pci_devargs(const struct topo_addr *addr);

/** May the pci bus use devices that nobody named? */
bool vfio_msi_pci_takes_all(void);

/** In a scan: make the pci bus leave a device alone. @return 0, -ENOMEM, ... */
int vfio_msi_pci_block(const struct topo_addr *addr);

/**
 * In a scan: the same for the members of a device's group.
 *
 * @return 0, -EEXIST, ... with a sentence.
 */
int vfio_msi_pci_block_group(const struct topo_device *dev, char *why,
		size_t size);

/** Undo both for all members of a group. */
void vfio_msi_pci_unblock_group(int group);

/** What drivers know a device by. */
struct rte_pci_id vfio_msi_pci_id(const struct topo_device *t);

/** First driver that matches and comes after @p prev (NULL: from the start). */
struct rte_pci_driver *vfio_msi_pci_driver(struct rte_pci_driver *prev,
		const struct rte_pci_id *id);

/* vfio_msi_reject.c */

/** Log that what is written for a name is not used, once as long as it is not written again. */
void vfio_msi_reject(const char *name, const struct rte_devargs *da, const char *why);
/** It is used after all. */
void vfio_msi_rejection_forget(const char *name);
void vfio_msi_rejections_free(void);

/* vfio_msi_mp.c, the primary: answer requests of secondary processes. */

/** Begin to answer; any number of times. Without EAL's messages there are no secondaries. */
void vfio_msi_mp_serve(void);
void vfio_msi_mp_stop(void);

/** A device that is up, and that its driver knows, may be had by secondaries. */
void vfio_msi_mp_offer(struct vfio_msi_device *dev);
/** No more; those that have it keep it. Any number of times. */
void vfio_msi_mp_withdraw(struct vfio_msi_device *dev);

/*
 * vfio_msi_mp.c, a secondary: ask the primary. All of them wait for it and are
 * not to be called on the thread that receives messages. They return -ENODEV if
 * the primary does not offer that device, -EPROTO, -ETIMEDOUT, ..., each with a
 * sentence.
 */

/** Address of the n-th device the primary offers. @return 0; -errno. */
int vfio_msi_mp_nth(unsigned int n, struct topo_addr *addr, char *why, size_t size);

/** Does the primary offer this device? @return 0; -errno. */
int vfio_msi_mp_find(const struct topo_addr *addr, char *why, size_t size);

/** Get the device's descriptor, and into bar[].primary where its BARs are. @return fd; -errno. */
int vfio_msi_mp_open(struct vfio_msi_device *dev, char *why, size_t size);

/* vfio_msi_presence.c */

/** The primary has devices, from now on; it has none any more. Any number of times. */
void vfio_msi_presence_announce(void);
void vfio_msi_presence_withdraw(void);
/** Has it, as a secondary sees it? */
bool vfio_msi_presence_seen(void);

#endif /* VFIO_MSI_NEIGHBOURS_H */
