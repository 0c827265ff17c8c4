/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi doctor --try": open devices as the bus does, and set up their interrupts.
 */

#ifndef DOCTOR_TRY_H
#define DOCTOR_TRY_H

#include "doctor.h"

/**
 * Try each device that is usable and that no process holds, and keep what the kernel allows. Each is tried in a process of its own: when
 * that ends, for whatever reason, also with this one, the kernel closes and resets the device.
 *
 * @return 0; errors of tool_child_run(), except -ECHILD, after printing the fault
 */
int doctor_try(struct doctor_facts *facts);

#endif /* DOCTOR_TRY_H */
