/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * From an argument to a device of the bus.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_CLAIM_H
#define VFIO_MSI_CLAIM_H

#include "bus.h"

/* vfio_msi_names.c */

/** The name that messages and EAL's arguments have for the device at an address. */
void vfio_msi_label(const struct topo_addr *addr, char out[RTE_DEV_NAME_MAX_LEN]);

/** Address of the device that an argument names. @return 0; -EINVAL. */
int vfio_msi_devargs_addr(const struct rte_devargs *da, struct topo_addr *out);

/** Remove EAL's arguments for a device, in whatever form it was named. */
void vfio_msi_devargs_forget(const struct topo_addr *addr);

/** Whether one of EAL's arguments names this device and allows it. */
bool vfio_msi_devargs_allow(const struct topo_addr *addr);

/**
 * Keep the last of EAL's arguments for each device, and the last "all". EAL replaces an argument
 * that is given again by a hotplug, but at start-up, or in another form, it is appended.
 */
void vfio_msi_devargs_unite(void);

/**
 * For EAL: the next device after @p start (NULL: the first) for which cmp() returns 0, or
 * NULL. cmp() may be called with a copy of the device that has another of its names. bars_lock is
 * held meanwhile, so cmp() must not call the bus.
 */
struct rte_device *vfio_msi_find_device(const struct rte_device *start,
		rte_dev_cmp_t cmp, const void *data);

/* vfio_msi_given.c */

/** The whole argument, to detect a changed one; to be freed. NULL: no memory. */
char *vfio_msi_given_text(const struct rte_devargs *da);

/** Set args, cls_str and conf. @return 0; -EINVAL or -ENOMEM with the reason. */
int vfio_msi_given_read(struct vfio_msi_device *dev, const struct rte_devargs *da,
		char *why, size_t size);
void vfio_msi_given_free(struct vfio_msi_device *dev);

/** Show the PMD its part of the argument. */
void vfio_msi_given_set(struct vfio_msi_device *dev);

/**
 * A running device was given another argument. Its driver gets its part, if it can be
 * called again; the keys of the bus apply to a device that starts.
 */
void vfio_msi_given_update(struct vfio_msi_device *dev, const struct rte_devargs *da);

/* vfio_msi_survey.c */

/**
 * Read what a device allows and add it to the layout.
 *
 * @return 0; -errno with the reason, as plan_survey() and plan_add().
 */
int vfio_msi_survey(struct vfio_msi_device *dev, const struct topo_addr *addr,
		char *why, size_t size);

/** Remove a detached device from the layout, if it is in it. */
void vfio_msi_leave_layout(struct vfio_msi_device *dev);

/* vfio_msi_claim.c */

/**
 * Drop each device that is not in use and differs from what its survey found: its character
 * device or its slot may belong to another device now. A device that is kept open without a driver
 * and was revoked is not in use any more. To be called before the claims of a scan.
 */
void vfio_msi_forget_changed(void);

/** Claim the device, unless it is on the list, or log why it is rejected. */
void vfio_msi_claim(const struct topo_addr *addr, const struct rte_devargs *da);

/* vfio_msi_forget.c */

/** Free a device that is detached, not in the layout, and on no list. */
void vfio_msi_device_free(struct vfio_msi_device *dev);

/**
 * Remove a device from the bus, and detach it: one that is closed, or at the end of the process one
 * that its driver does not release. The former is freed much later: EAL still accesses it, also on
 * another thread, which may have found it to attach it. The latter is never freed: the driver may
 * use it.
 */
void vfio_msi_device_forget(struct vfio_msi_device *dev);

/** Free the devices that were removed from the bus long ago. */
void vfio_msi_forgotten_free(void);

/** A thread that waits for the lock of the operations of the bus. */
struct vfio_msi_wait {
	TAILQ_ENTRY(vfio_msi_wait) next;
	time_t began;	/**< in seconds of CLOCK_MONOTONIC */
};

/** Any thread: it begins to wait for that lock. @p w must stay valid until vfio_msi_wait_end(). */
void vfio_msi_wait_begin(struct vfio_msi_wait *w);
void vfio_msi_wait_end(struct vfio_msi_wait *w);

/**
 * Keep the removed devices that a waiting thread may access, as if they were removed now. To be called
 * with the lock, as an operation begins; by a thread that waited before its vfio_msi_wait_end().
 */
void vfio_msi_forgotten_keep(void);

/* vfio_msi_scan.c */
int vfio_msi_scan(void);

/* vfio_msi_params.c */

/** Operations of the bus for bus=vfio_msi,addr=BDF. */
void *vfio_msi_dev_iterate(const void *start, const char *str);
int vfio_msi_devargs_parse(struct rte_devargs *da);

#endif /* VFIO_MSI_CLAIM_H */
