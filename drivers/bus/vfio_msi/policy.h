/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Where EAL's memory lies and how far it may grow.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_POLICY_H
#define VFIO_MSI_POLICY_H

#include "bus.h"
#include "eal/dma_sync.h"

/* vfio_msi_policy.c */

/** Vote of the bus for the IOVA mode; RTE_IOVA_DC without a device. */
enum rte_iova_mode vfio_msi_policy_iova_mode(void);

/**
 * End of a scan. Before EAL has memory: steer it to good addresses. Later: keep EAL's
 * memory from growing into what the application has mapped since the last scan.
 */
void vfio_msi_policy_plan(void);

/**
 * Check that the devices reach all of EAL's memory, before any of it is mapped.
 *
 * @return 0; -ERANGE with the reason
 */
int vfio_msi_policy_check(char *why, size_t size);

/** EAL's memory is mapped: keep it within reach until vfio_msi_policy_stop(). */
void vfio_msi_policy_start(void);
void vfio_msi_policy_stop(void);

/**
 * Check that a new device's keys iova= and backend=noiommu fit this process.
 *
 * @return 0; -EINVAL, -EPERM or -ENOTSUP with the reason
 */
int vfio_msi_policy_admit(const struct vfio_msi_conf *conf, char *why, size_t size);

/** Whether the layout chooses the IOVAs of all of EAL's memory. */
bool vfio_msi_policy_assigns(void);

/**
 * Which IOVAs the layout chooses. Before EAL's memory is mapped; once it is, whether external
 * memory may still get others (DMA_SYNC_EXTERNAL).
 */
enum dma_sync_choice vfio_msi_policy_choice(void);

/** Whether IOVAs are physical addresses, as the devices have no IOMMU. Not in a secondary. */
bool vfio_msi_policy_physical(void);

/** The device without an IOMMU because of which IOVAs are physical since start-up, or NULL. */
const char *vfio_msi_policy_physical_since(void);

/* vfio_msi_assign.c, while the layout chooses IOVAs */

/**
 * Check that IOVAs can be assigned now.
 *
 * @return 0; -ENOTSUP or -EBUSY with the reason
 */
int vfio_msi_assign_check(char *why, size_t size);

/** A device of another bus that does DMA by the IOVAs of EAL's records, or NULL. */
const struct rte_device *vfio_msi_assign_other(const char **bus_name);

/** Whether a device of this bus has a driver that takes VAs for IOVAs, while the mode is VA. */
bool vfio_msi_assign_takes_va(void);

/**
 * From now on, examine devices that the application adds to the pci bus and that do DMA: reject
 * them if IOVAs are assigned, or if heaps have IOVAs that their driver would miss. The first one
 * ends the choice of IOVAs for heaps, also if it is rejected.
 */
void vfio_msi_assign_guard(void);

/** Whether a driver works with the IOVAs that the layout chose, if any; else logs why not. */
bool vfio_msi_assign_driver_fits(const struct vfio_msi_device *dev,
		const struct rte_pci_driver *drv);

/* vfio_msi_steer.c */

/**
 * Before EAL has memory: decide which IOVAs it has, see va_policy_decide(), and if IOVA is VA
 * make EAL reserve it at good ones. Logs nothing if IOVAs are assigned.
 */
enum va_policy vfio_msi_steer(const struct iova_layout *layout, enum va_key key,
		enum va_assign assign);

/** va_shortage() of the lists that EAL has, with the addresses that were free before. */
enum va_shortage vfio_msi_steer_shortage(const struct iova_layout *layout,
		const struct va_begin *begin);

/** Whether the bus had a device before EAL had memory. */
bool vfio_msi_steer_tried(void);

/* vfio_msi_growth.c, while IOVA is VA */

/**
 * Compute how much of EAL's memory the devices reach, before any is mapped, and reject
 * growth beyond that until vfio_msi_growth_stop().
 *
 * @param policy  which led to the place of the memory
 * @param assign  for the advice
 * @return 0; -ERANGE with the reason: allocated memory is out of reach, or all memory of
 *   some page size and NUMA node is.
 */
int vfio_msi_growth_check(enum va_policy policy, enum va_assign assign, char *why, size_t size);

/** EAL's memory is mapped: log where its growth ends, and reserve its room in the layout. */
void vfio_msi_growth_start(void);

/**
 * Add a surveyed device to the layout, as plan_add(), with any IOVA mode. While EAL's memory is
 * mapped and IOVA is VA, its growth is kept off the holes of the device from that moment on, as
 * by vfio_msi_growth_narrow().
 */
int vfio_msi_growth_add(const struct plan_device *pd, char *why, size_t size);

/**
 * Keep growth of EAL's memory behind the last used page off what the layout has now: mappings of
 * the application, and holes except estimates. Ignores pages before that one, which EAL may free
 * and allocate again. Lasts until the last device is detached.
 */
void vfio_msi_growth_narrow(void);

/** No device is attached any more: allow all growth. */
void vfio_msi_growth_stop(void);

#endif /* VFIO_MSI_POLICY_H */
