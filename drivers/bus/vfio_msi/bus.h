/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The ground floor: the bus, a device of it, and who may touch what.
 *
 * The life of a device: arguments -> scan (survey, plan) -> steering, before EAL
 * has memory; attach and map, then open (BARs, interrupts), then driver, in probe;
 * down in reverse. In a secondary process there is no survey, layout, steering or
 * address space: arguments -> scan (the primary has it?) -> open what the primary
 * has open, driver.
 *
 * Floors, from the ground up; a file includes headers of its own floor and below:
 *
 *   bus.h         this, and what depends on DPDK's release (dpdk_compat.h)
 *   neighbours.h  the pci bus, the user, other processes
 *   policy.h      where EAL's memory shall lie, and how far it may grow
 *   space.h       the address space: attach, map, follow
 *   device.h      one device: regions, interrupts, requests, reset
 *   claim.h       from an argument to a device
 *   probe.h       drivers
 *
 * Threads that enter, and what each may touch:
 *
 *   main, hotplug   EAL calls scan, probe, plug, unplug and cleanup on its main
 *                   thread, or on its interrupt thread for a hotplug that another
 *                   process asked for; one at a time. They own everything that
 *                   names no other owner below.
 *   interrupts      EAL's interrupt thread, when the kernel wants a device back
 *                   (vfio_msi_req.c). It closes a device under its driver, holding
 *                   that device's lock "closing", which main has while it stops a
 *                   device. Main sets up and takes down the callback, and waits for it
 *                   there: what it reads besides does not change in between.
 *   memory events   on any thread that allocates from EAL (dma_sync.h of the
 *                   library), and the validator of allocations (vfio_msi_growth.c).
 *                   They see the address space and the layout, which share a lock,
 *                   and nothing of this header.
 *   messages        EAL's thread for other processes (vfio_msi_mp.c). It sees the
 *                   list of offers and the BARs and descriptor of what is on it.
 *   SIGBUS          on any thread that touches a BAR of a device that is gone
 *                   (vfio_msi_req.c). It sees the list of devices and their BARs
 *                   under "bars_lock", allocates nothing and takes no other lock.
 *   applications    rte_dev_dma_map() on any thread (vfio_msi_dma.c, with a lock of
 *                   its own).
 *
 * Locks, outer first: closing; EAL's memory lock; those of vfio_msi_dma.c, of own_memory.c
 * and offers_lock, which do not nest; the address space's; bars_lock.
 */

#ifndef VFIO_MSI_BUS_H
#define VFIO_MSI_BUS_H

#include <stdbool.h>
#include <sys/queue.h>

#include <rte_eal.h>
#include <rte_interrupts.h>
#include <rte_log.h>
#include <rte_spinlock.h>

#include "dpdk_compat.h"
#include "ioas/ioas.h"
#include "iova/iova_layout.h"
#include "plan/plan.h"
#include "vfio_msi_args.h"

extern int vfio_msi_logtype;
#define RTE_LOGTYPE_VFIO_MSI vfio_msi_logtype
#define BUS_LOG(level, fmt, ...) RTE_LOG(level, VFIO_MSI, fmt "\n", ##__VA_ARGS__)

#define VFIO_MSI_TEXT PLAN_WHY

/** One mapped BAR. */
struct vfio_msi_bar {
	void *addr;
	size_t len;
	void *primary;		/**< in a secondary: where the primary has it */
};

/** A device we claimed. */
struct vfio_msi_device {
	/* Written when it is claimed, and constant while it is on the list. */
	struct compat_pci_object pci;	/**< what the PMD sees; first, as EAL's pointer is to it */
	char name[RTE_DEV_NAME_MAX_LEN];	/**< vfio_msi:DDDD:BB:DD.F */
	char bus_info[40];
	struct rte_devargs devargs;	/**< ours, with the PMD's arguments only */
	struct vfio_msi_conf conf;
	char *args;			/**< all that was written for it */
	char *cls_str;			/**< layer of the class (class=eth,...), or NULL */
	struct plan_device plan;

	/* Main, hotplug: its place in the layout and in the address space. */
	char vf_token[RTE_UUID_STRLEN];	/**< of its key, or of EAL's option; "" for none */
	int group_fd;			/**< its group's node, if EAL opened that; else -1 */
	bool in_layout;			/**< the layout has its ranges and holes */
	bool attached;			/**< it is counted in the ioas */
	bool just_reset;		/**< was reset with another one, not started since */

	/*
	 * Main, hotplug, with "closing" from the driver's removal on; interrupts, with
	 * "closing". The number fd stays that of a file from open to close.
	 */
	rte_spinlock_t closing;		/**< held by who closes or revokes it */
	int fd;				/**< VFIO device, -1 closed, or open by EAL */
	bool mapped_by_driver;		/**< its driver opened it through EAL */

	/* Main, hotplug, with bars_lock where list or addresses change; SIGBUS with it. */
	TAILQ_ENTRY(vfio_msi_device) next;
	struct vfio_msi_bar bar[TOPO_BARS];
	bool gone;			/**< a BAR did not answer */

	/* Interrupts, after main has set them up. */
	unsigned int requests;		/**< how often the kernel wanted it back */
	bool revoked;			/**< taken away; fd is that of no device */
	bool faulted;			/**< a BAR did not answer, not logged yet; atomic, by SIGBUS too */

	/* Anybody, with offers_lock. */
	bool offered;			/**< secondary processes may have it */
	TAILQ_ENTRY(vfio_msi_device) offer;
};

TAILQ_HEAD(vfio_msi_devices, vfio_msi_device);

/** The bus. Main, hotplug, except the list of devices: see bars_lock. */
struct vfio_msi_bus {
	struct rte_bus bus;
	struct vfio_msi_devices devices;
	rte_spinlock_t bars_lock;	/**< nothing that is done with it touches a BAR */
	struct iova_layout *layout;	/**< NULL until a device is claimed */
	struct ioas *ioas;		/**< NULL until a device was surveyed */
	struct plan_scan scan;		/**< of the scan that runs; of no use outside of it */
	bool pci_scanned;		/**< the pci bus was made to scan in it */
	bool memory_is_up;		/**< EAL has its memory (probe was reached) */
	bool syncing;			/**< EAL's memory is mapped and followed */
	enum rte_iova_mode primary_mode;	/**< in a secondary: the primary's */
};

extern struct vfio_msi_bus vfio_msi_bus;

static inline bool
vfio_msi_is_secondary(void)
{
	return rte_eal_process_type() == RTE_PROC_SECONDARY;
}

/** The device of an rte_device of this bus. */
static inline struct vfio_msi_device *
vfio_msi_of(const struct rte_device *dev)
{
	/* EAL hands devices back as const in places; ours never are. */
	return (struct vfio_msi_device *)((uintptr_t)dev -
		offsetof(struct vfio_msi_device, pci.device.device));
}

/** Put a device on the list. */
static inline void
vfio_msi_list_add(struct vfio_msi_device *dev)
{
	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	TAILQ_INSERT_TAIL(&vfio_msi_bus.devices, dev, next);
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
}

/** Take it off. */
static inline void
vfio_msi_list_remove(struct vfio_msi_device *dev)
{
	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	TAILQ_REMOVE(&vfio_msi_bus.devices, dev, next);
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
}

#endif /* VFIO_MSI_BUS_H */
