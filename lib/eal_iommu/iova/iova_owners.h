/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Numbers for the names of devices, so that a hole that hundreds of devices bring needs
 * few bytes for each. Numbers ascend in order of arrival and are never used again.
 */

#ifndef IOVA_OWNERS_H
#define IOVA_OWNERS_H

#include <stddef.h>
#include <stdint.h>

#include "iova/iova_layout.h"

struct iova_owner {
	uint64_t number;
	char name[IOVA_OWNER_LEN];
};

/** All names; starts as all zero. */
struct iova_owners {
	struct iova_owner *v;		/**< by number */
	size_t n, cap;
	size_t last;			/**< index of the last result */
	uint64_t next;			/**< next number minus 1 */
};

/** Find the number of a name, or 0. */
uint64_t iova_owners_find(struct iova_owners *owners, const char *name);

/** Find the number of a name, or give it one. @return 0 without memory. */
uint64_t iova_owners_number(struct iova_owners *owners, const char *name);

/** Name of a number, which must exist. Valid until the next change. */
const char *iova_owners_name(const struct iova_owners *owners, uint64_t number);

/** Remove a name, if it is there. */
void iova_owners_drop(struct iova_owners *owners, const char *name);

/** Free all names. */
void iova_owners_clear(struct iova_owners *owners);

#endif /* IOVA_OWNERS_H */
