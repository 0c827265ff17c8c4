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

/* vfio_msi_policy.c */

/** Vote of the bus for the IOVA mode; RTE_IOVA_DC without a device. */
enum rte_iova_mode vfio_msi_policy_iova_mode(void);

/**
 * End of a scan. Before EAL has memory: steer it to good addresses. Later: keep EAL's
 * memory from growing into the holes of new devices.
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

/* vfio_msi_steer.c */

/** Before EAL has memory: make EAL reserve it at good IOVAs. */
void vfio_msi_steer(const struct iova_layout *layout);

/** Whether the bus had a device before EAL had memory. */
bool vfio_msi_steer_tried(void);

/* vfio_msi_growth.c, while IOVA is VA */

/**
 * Compute how much of EAL's memory the devices reach, before any is mapped, and reject
 * growth beyond that until vfio_msi_growth_stop().
 *
 * @return 0; -ERANGE with the reason: allocated memory is out of reach, or all memory of
 *   some page size and NUMA node is.
 */
int vfio_msi_growth_check(char *why, size_t size);

/** EAL's memory is mapped: log where its growth ends, and reserve its room in the layout. */
void vfio_msi_growth_start(void);

/**
 * Keep growth of EAL's memory behind the last used page off the holes of new devices,
 * estimates excepted. Ignores pages before that one, which EAL may free and allocate
 * again. Lasts until the last device is detached.
 */
void vfio_msi_growth_narrow(void);

/** No device is attached any more: allow all growth. */
void vfio_msi_growth_stop(void);

#endif /* VFIO_MSI_POLICY_H */
