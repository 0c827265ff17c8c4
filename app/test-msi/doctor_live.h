/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Facts that only the running machine has: limits, permissions, units of systemd, whose
 * calls a node answers. Not thread safe.
 */

#ifndef DOCTOR_LIVE_H
#define DOCTOR_LIVE_H

#include "doctor.h"

/**
 * Read limits and permissions of the user who will run the application.
 *
 * @param user  name of a user, or NULL for the one of this process
 * @param unit  name of a systemd unit, or NULL
 * @return 0; -EINVAL after printing the fault: there is no such user, or it is no name of a
 *   unit; errors of tool_child_run()
 */
int doctor_live_user(const char *user, const char *unit, struct doctor_facts *facts);

/* doctor_vfio.c */

/**
 * Open /dev/vfio/vfio and /dev/iommu, and no device: does the kernel allow it, and is the first an
 * iommufd? Without a driver of a node the answers are unknown.
 */
void doctor_live_vfio(struct doctor_vfio *vfio);

#endif /* DOCTOR_LIVE_H */
