/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A third backend, instead of type1: one container per group, as on POWER, with a window
 * that the kernel chooses when the container is prepared.
 */

#ifndef CONFORMANCE_PER_GROUP_H
#define CONFORMANCE_PER_GROUP_H

#include <stdbool.h>

/** Replace type1 by this backend? Then a container of the fake kernel accepts only one group. */
extern bool per_group;

/** Set up type1 according to @p per_group. Call it after fake_reset(). */
void per_group_choose(void);

#endif /* CONFORMANCE_PER_GROUP_H */
