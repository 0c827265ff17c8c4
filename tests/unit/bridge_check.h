/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What tests of holes_host_bridge() share: root bus 0000:00, soft, owner
 * 0000:01:00.0. Every function fails the running test.
 */

#ifndef BRIDGE_CHECK_H
#define BRIDGE_CHECK_H

#include "holes/holes.h"

/** The windows are read from @p source and are exactly these. */
void bridge_check(const char *root, enum holes_source source, const struct iova_range *want,
		size_t n);

/** The same, and of @p input so many lines or entries are left out. */
void bridge_check_odd(const char *root, enum holes_input input, unsigned int odd,
		enum holes_source source, const struct iova_range *want, size_t n);

/** What became of reading an input. */
void bridge_check_sight(const char *root, enum holes_input input, enum holes_sight sight);

/** Noise in the file @p path gives holes that are ranges, and is counted. */
void bridge_noise(const char *root, const char *path, const char *sample, size_t sample_len,
		uint64_t seed);

#endif /* BRIDGE_CHECK_H */
