/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Where EAL's memory shall lie, and how far it may grow.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_POLICY_H
#define VFIO_MSI_POLICY_H

#include "bus.h"

/* vfio_msi_policy.c */

/** What the bus votes for: RTE_IOVA_DC without a device. */
enum rte_iova_mode vfio_msi_policy_iova_mode(void);

/**
 * A scan has ended: while EAL has no memory, see that it gets good addresses; when it has,
 * that it does not grow into holes of devices that came.
 */
void vfio_msi_policy_plan(void);

/**
 * Before any of EAL's memory is mapped: is it where the devices can reach it?
 *
 * @return 0; -ERANGE with a sentence
 */
int vfio_msi_policy_check(char *why, size_t size);

/** EAL's memory is mapped: from now on it stays within reach, until vfio_msi_policy_stop(). */
void vfio_msi_policy_start(void);
void vfio_msi_policy_stop(void);

/* vfio_msi_steer.c */

/** Before EAL has memory: make it begin at addresses that are good IOVAs. */
void vfio_msi_steer(const struct iova_layout *layout);

/** Had the bus a device before EAL had memory? */
bool vfio_msi_steer_tried(void);

/* vfio_msi_growth.c, while IOVA is VA */

/**
 * Find out how much of EAL's memory the devices can address, before any is mapped. From
 * now on memory does not grow beyond that, until vfio_msi_growth_stop().
 *
 * @return 0; -ERANGE with a sentence: memory that is there already is out of reach,
 *   or there is none of some page size and NUMA node that is not.
 */
int vfio_msi_growth_check(char *why, size_t size);

/** EAL's memory is mapped: say where it ends, and let nobody take away its room. */
void vfio_msi_growth_start(void);

/**
 * Devices may have come: what EAL's memory grows by, behind the last page that is in use
 * now, keeps off their holes, except estimates. Pages in front of that one, which EAL may
 * free and take again, are not looked at. Not taken back before the last device leaves.
 */
void vfio_msi_growth_narrow(void);

/** No device is attached any more: memory may grow as it likes. */
void vfio_msi_growth_stop(void);

#endif /* VFIO_MSI_POLICY_H */
