/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The argument for a process that can't read the windows of host bridges. Thread safe (no
 * state).
 */

#ifndef HOLE_ARGUMENT_H
#define HOLE_ARGUMENT_H

#include <stdbool.h>

#include "plan/plan.h"

/** Size of the text of hole_argument(). */
#define HOLE_ARGUMENT_LEN 1024

/**
 * The argument that gives a device its host bridge's windows and dma-ranges as hole=, for a
 * process that can't read them: "vfio_msi:BDF,hole=FIRST-LAST,...". It has msi=off too where MSI
 * will not arrive, as a hole= does not say that it is also an obstacle to MSI.
 *
 * It is for a device that is given at start. A hole= is hard: where memory is in use already, in a
 * window or between two that were joined, the bus rejects the device.
 *
 * @param bdf  the device's PCI address
 * @param p    its plan; the device is used
 * @param out  gets it, HOLE_ARGUMENT_LEN bytes
 * @return false if this process does not know all of them, or if there are none
 */
bool hole_argument(const char *bdf, const struct plan_device *p, char *out);

#endif /* HOLE_ARGUMENT_H */
