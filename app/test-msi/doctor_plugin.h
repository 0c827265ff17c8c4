/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * DPDK of this program, and the plugin that an application with this DPDK loads. Not thread safe.
 */

#ifndef DOCTOR_PLUGIN_H
#define DOCTOR_PLUGIN_H

#include "doctor.h"

/**
 * Find out release, library and plugin. The plugin is loaded in a child process, as it registers the
 * bus.
 *
 * @return 0; errors of tool_child_run(), except -ECHILD, after printing the fault
 */
int doctor_plugin_read(struct doctor_dpdk *out);

#endif /* DOCTOR_PLUGIN_H */
