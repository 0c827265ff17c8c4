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

/** Is type1 this backend? The fake kernel then takes one group into a container. */
extern bool per_group;

/** Let type1 be what @p per_group says: after fake_reset(). */
void per_group_choose(void);

#endif /* CONFORMANCE_PER_GROUP_H */
