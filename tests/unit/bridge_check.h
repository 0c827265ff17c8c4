/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Helpers for the tests of holes_host_bridge(). They use root bus 0000:00, soft
 * holes and owner 0000:01:00.0. Each function fails the running test on a mismatch.
 */

#ifndef BRIDGE_CHECK_H
#define BRIDGE_CHECK_H

#include "holes/holes.h"

/** The windows must come from @p source and equal @p want. */
void bridge_check(const char *root, enum holes_source source, const struct iova_range *want,
		size_t n);

/** Like bridge_check(). Also, exactly @p odd lines or entries of @p input must be skipped. */
void bridge_check_odd(const char *root, enum holes_input input, unsigned int odd,
		enum holes_source source, const struct iova_range *want, size_t n);

/** Reading @p input must end with @p sight. */
void bridge_check_sight(const char *root, enum holes_input input, enum holes_sight sight);

#endif /* BRIDGE_CHECK_H */
