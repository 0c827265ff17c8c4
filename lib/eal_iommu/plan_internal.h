/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of the plan room share.
 */

#ifndef PLAN_INTERNAL_H
#define PLAN_INTERNAL_H

#include "plan.h"

/**
 * Do other functions look like this one to the IOMMU, and does the kernel know?
 * Fills aliased and alias_why.
 *
 * @return 0; -EPERM if a driver of the kernel has such a function; as
 *   topology_aliases().
 */
int plan_alias_check(const char *root, struct plan_device *pd, char *why, size_t size);

/** Open the address space if need be, read the device's limits into info; it may be held then. */
int plan_ask_kernel(const struct plan_wish *wish, struct ioas **space,
		struct plan_device *pd, char *why, size_t size);

#endif /* PLAN_INTERNAL_H */
