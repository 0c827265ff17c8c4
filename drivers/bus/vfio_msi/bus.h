/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The bus and its devices, with the threads that enter and the locks.
 *
 * Life of a device in a primary process: scan (argument, survey, plan, steering)
 * before EAL has memory; probe (attach, map, open, driver); the reverse on removal.
 * A secondary process has no survey, layout, steering or address space: scan asks
 * the primary for the device, probe opens what the primary has open.
 *
 * Floors, from the ground up; a file includes headers of its own floor and below:
 *
 *   bus.h         this, and what depends on DPDK's release (dpdk_compat.h)
 *   neighbours.h  the pci bus, EAL's containers, rejected arguments, other processes
 *   policy.h      where EAL's memory lies and how far it may grow
 *   space.h       the address space: attach, map, follow memory events
 *   device.h      one device: regions, interrupts, requests, reset
 *   claim.h       from an argument to a device
 *   probe.h       drivers, and the operations that EAL calls
 *
 * Threads that enter, and what each may access:
 *
 *   main, hotplug   EAL calls scan, probe, plug, unplug and cleanup on each thread of the
 *                   application that attaches or detaches a device, and on its interrupt
 *                   thread: for another process, from alarms (testpmd --hot-plug), and from
 *                   callbacks for removals. EAL has no lock for that, so vfio_msi_entry.c lets one
 *                   call run at a time (in a secondary, a probe is one for each device). The
 *                   thread whose call runs is "main" below. It owns every field that names no
 *                   other owner.
 *   interrupts      EAL's interrupt thread, when the kernel requests a device back
 *                   (vfio_msi_req.c), or reports an error of it (vfio_msi_err.c). The former
 *                   revokes the device and holds the device's "closing" lock, which main
 *                   holds while it stops a device. Main registers the callbacks, and waits
 *                   for them when it unregisters them, so other fields that the callbacks
 *                   read are constant. Alarms place interrupts (vfio_msi_affinity.c) and look for
 *                   frozen devices (vfio_msi_eeh.c), in the same way. Callbacks of the application
 *                   run in an alarm that nobody waits for and that accesses no device
 *                   (vfio_msi_removal.c): they may remove devices.
 *   memory events   Any thread that allocates from EAL or attaches a heap (dma_sync.h of the library),
 *                   also in the allocation validator (vfio_msi_growth_watch.c). They
 *                   access the address space and the layout, which share a lock,
 *                   and nothing of this header.
 *   messages        EAL's multi-process thread (vfio_msi_mp.c). It accesses the list
 *                   of offers, and the BARs and descriptors of the offered devices.
 *   SIGBUS          Any thread that accesses a BAR of a removed device
 *                   (vfio_msi_req.c). It accesses the list of devices and their BARs
 *                   under "bars_lock", allocates nothing and takes no other lock.
 *   telemetry       A thread for each client of DPDK's telemetry (vfio_msi_telemetry*.c). It
 *                   copies the list of devices under bars_lock: what the claim wrote, and
 *                   struct vfio_msi_shown. Mappings and layout it reads as an application,
 *                   EAL's lists of memory until the cleanup (vfio_msi_numa.c has a lock).
 *   vectors         EAL's interrupt thread and threads of drivers of bus_vfio_msi_driver.h
 *                   (vfio_msi_vectors.c). They access the interrupts of a device, under a lock
 *                   of their own, which is held while callbacks of the driver run.
 *   iterators       Any thread that looks for devices or ports (vfio_msi_params.c,
 *                   vfio_msi_names.c, and vfio_msi_pci_bus.c for the pci bus). They access the list of devices, and
 *                   what the claim wrote, under bars_lock, and return the pointer only.
 *   applications    rte_dev_dma_map() on any thread (vfio_msi_dma.c has its own lock), and
 *                   rte_eal_iommu.h on any thread (so have the files of own_memory.h).
 *
 * Lock order, outermost first: locks that the application holds while it attaches or detaches
 * devices, so its callbacks for ports and removals must not take them; the lock of
 * vfio_msi_entry.c, for which the interrupt thread waits for a limited time only, as the holder waits
 * for callbacks on that thread, and any other thread without a limit; closing; a device's
 * lock of vectors; the lock of own_memory_events.c, which is held while callbacks of
 * applications run; EAL's memory lock, then the lock of dma_sync.c; the
 * space's lock of own_memory.c, then the lock of vfio_msi_dma.c, and offers_lock, which nests with neither; the address
 * space's; bars_lock; that of vfio_msi_removal.c. Calls of applications share the space's lock, and main waits for them
 * when a space is added or removed. The lock of own_memory_pieces.c comes after the space's
 * and before no other. That of vfio_msi_numa.c nests with none.
 */

#ifndef VFIO_MSI_BUS_H
#define VFIO_MSI_BUS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/queue.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_interrupts.h>
#include <rte_log.h>
#include <rte_spinlock.h>

#include "dpdk_compat.h"
#include "eal/log_count.h"
#include "ioas/ioas.h"
#include "ioas/ioas_watch.h"
#include "iova/iova_layout.h"
#include "plan/plan.h"
#include "vfio_msi_args.h"

extern int vfio_msi_logtype;
#define RTE_LOGTYPE_VFIO_MSI vfio_msi_logtype
#define BUS_LOG(level, fmt, ...) do { \
	LOG_COUNT_##level(fmt); \
	RTE_LOG(level, VFIO_MSI, fmt "\n", ##__VA_ARGS__); \
} while (0)

#define VFIO_MSI_TEXT PLAN_WHY

/** One mapped BAR. */
struct vfio_msi_bar {
	void *addr;
	size_t len;
	void *primary;		/**< in a secondary: its address in the primary */
};

/**
 * What telemetry shows of a device. Each field is written by one thread at a time, without a
 * lock, and read atomically, except the name of the driver.
 */
struct vfio_msi_shown {
	char driver[RTE_DEV_NAME_MAX_LEN];	/**< a copy under bars_lock: the application may
						 * unload its driver; "": none
						 */
	const char *interrupts;	/**< their type, a constant, or NULL */
	unsigned int vectors;	/**< that the device has of this type */
	unsigned int requests;	/**< requests of the kernel to release it */
	unsigned int errors;	/**< uncorrectable PCI Express errors */
	bool attached;		/**< to the address space */
	bool revoked;
};

/** Write a field of dev->shown. */
#define VFIO_MSI_SHOW(dev, field, value) \
	__atomic_store_n(&(dev)->shown.field, value, __ATOMIC_RELAXED)

/** A claimed device. */
struct vfio_msi_device {
	/* Written by the claim, constant while the device is on the list. */
	struct compat_pci_object pci;	/**< what the PMD sees */
	char label[RTE_DEV_NAME_MAX_LEN];	/**< vfio_msi:DDDD:BB:DD.F, in messages */
	char bus_info[40];
	struct rte_devargs devargs;	/**< with the PMD's arguments only */
	struct vfio_msi_conf conf;
	char *args;			/**< the whole argument, to detect a changed one */
	char *cls_str;			/**< class layer (class=eth,...), or NULL */
	struct plan_device plan;
	bool own_memory;		/**< its first driver maps what it needs: no limit of the
					 *   device applies to other memory
					 */

	/* Main, hotplug: layout and address space. */
	char vf_token[RTE_UUID_STRLEN];	/**< from vf_token= or EAL's option; "" for none */
	int group_fd;			/**< its group, if EAL opened that; else -1 */
	bool in_layout;			/**< its ranges and holes are in the layout */
	bool attached;			/**< attached to the ioas */
	bool just_reset;		/**< reset with a reset peer, not started since */
	bool kept;			/**< open without a driver, for one that needs its BARs; atomic,
					 *   interrupts read it
					 */
	struct rte_intr_handle *err_handle;	/**< of vfio_msi_err.c, while it is open */
	struct vfio_msi_affinity *affinity;	/**< of vfio_msi_affinity.c, while its alarm runs */
	struct ioas_watched eeh;	/**< of vfio_msi_eeh.c, in its list while eeh_watched */
	bool eeh_watched;
	time_t removed;			/**< from the bus */
	time_t forgotten;		/**< the same, or when it was to be kept again (vfio_msi_forget.c) */
	bool node_said;			/**< the log says that its NUMA node has no memory */
	void *private;			/**< of a driver of bus_vfio_msi_driver.h */
	struct vfio_msi_vectors *vectors;	/**< its interrupts, or NULL; with a lock of their own */

	/*
	 * Main, hotplug: under "closing" from the driver's removal on; interrupts: under
	 * "closing". A revoked fd refers to another file until the close. Main closes a device
	 * that did not start or that its driver maps, and revokes an abandoned one, without the
	 * lock, but first waits until no interrupt calls the bus (vfio_msi_device_unwatch()).
	 */
	rte_spinlock_t closing;		/**< main holds it to stop or offer the device, and to close
					 *   a revoked one; interrupts to revoke it
					 */
	int fd;				/**< VFIO device; -1: closed, or opened by EAL */
	bool mapped_by_driver;		/**< its driver opened it through EAL */

	/* Main, hotplug: writes to list and addresses under bars_lock; others: under it. */
	TAILQ_ENTRY(vfio_msi_device) next;
	struct vfio_msi_bar bar[TOPO_BARS];
	bool gone;			/**< an access to a BAR raised SIGBUS */

	/* Interrupts; main initialises them before. */
	unsigned int requests;		/**< requests of the kernel to release it */
	unsigned int errors;		/**< uncorrectable PCI Express errors */
	bool revoked;			/**< fd does not refer to the device any more */
	bool half_revoked;		/**< revoking it failed: it is no bus master, and some of its
					 *   BARs may be memory
					 */
	bool faulted;			/**< SIGBUS not logged yet; atomic, SIGBUS writes it too */

	/* Main, hotplug and interrupts write to it. */
	struct vfio_msi_shown shown;

	/* Any thread, under offers_lock. */
	bool offered;			/**< secondary processes may use it */
	TAILQ_ENTRY(vfio_msi_device) offer;
};

TAILQ_HEAD(vfio_msi_devices, vfio_msi_device);

/** The bus. Main, hotplug; others read the list of devices under bars_lock. */
struct vfio_msi_bus {
	struct rte_bus bus;
	struct vfio_msi_devices devices;
	struct vfio_msi_devices forgotten;	/**< removed and detached, the oldest first; EAL,
						 *   and at the end a driver, may access them
						 *   (vfio_msi_forget.c)
						 */
	rte_spinlock_t bars_lock;	/**< its holder must not access a BAR */
	struct iova_layout *layout;	/**< NULL before the first survey */
	struct ioas *ioas;		/**< NULL before a survey succeeded */
	struct plan_scan scan;		/**< valid during a scan only */
	bool pci_scanned;		/**< the pci bus has scanned during this scan */
	bool primary_only;		/**< this scan rejected a new device as one that only the primary
					 *   can use
					 */
	bool scanned;			/**< the first scan has ended: a later one is for a hotplug */
	bool memory_is_up;		/**< EAL has its memory: probe was called */
	bool started;			/**< the first probe has ended: the application runs */
	bool closed;			/**< the cleanup has ended: nothing may start any more */
	bool syncing;			/**< EAL's memory is mapped, its events are handled */
	uint64_t short_until;		/**< vectors are few: don't wait for them until then, in
					 *   cycles of the timer; atomic
					 */
	enum rte_iova_mode primary_mode;	/**< in a secondary: the primary's */
};

extern struct vfio_msi_bus vfio_msi_bus;

static inline bool
vfio_msi_is_secondary(void)
{
	return rte_eal_process_type() == RTE_PROC_SECONDARY;
}

/** Whether a driver uses the device. */
static inline bool
vfio_msi_is_running(const struct vfio_msi_device *dev)
{
	return compat_pci_is_probed(&dev->pci.device);
}

/** The device of an rte_device of this bus. */
static inline struct vfio_msi_device *
vfio_msi_of(const struct rte_device *dev)
{
	/* EAL passes devices as const in places; those of this bus are writable. */
	return (struct vfio_msi_device *)((uintptr_t)dev -
		offsetof(struct vfio_msi_device, pci.device.device));
}

/** Show which driver runs the device; "": none. */
static inline void
vfio_msi_show_driver(struct vfio_msi_device *dev, const char *name)
{
	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	snprintf(dev->shown.driver, sizeof(dev->shown.driver), "%s", name);
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
}

/** The list has the order of addresses, as on the pci bus, so that ports have the same numbers. */
static inline void
vfio_msi_list_add(struct vfio_msi_device *dev)
{
	struct vfio_msi_device *behind;

	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	TAILQ_FOREACH(behind, &vfio_msi_bus.devices, next)
		if (topology_addr_cmp(&behind->plan.topo.addr, &dev->plan.topo.addr) > 0)
			break;
	if (behind != NULL)
		TAILQ_INSERT_BEFORE(behind, dev, next);
	else
		TAILQ_INSERT_TAIL(&vfio_msi_bus.devices, dev, next);
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
}

static inline void
vfio_msi_list_remove(struct vfio_msi_device *dev)
{
	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	TAILQ_REMOVE(&vfio_msi_bus.devices, dev, next);
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
}

#endif /* VFIO_MSI_BUS_H */
