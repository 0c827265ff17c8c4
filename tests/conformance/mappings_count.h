/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/** @file Count the mappings of an address space. */

#ifndef MAPPINGS_COUNT_H
#define MAPPINGS_COUNT_H

#include <stddef.h>

#include "ioas/ioas.h"

static inline int
mappings_count_one(const struct ioas_mapping *m, void *arg)
{
	size_t *n = arg;

	(void)m;
	(*n)++;
	return 0;
}

/** @return the mappings of all owners, without those that are pending or parked. */
static inline size_t
mappings_count(struct ioas *ioas)
{
	size_t n = 0;

	(void)ioas_foreach(ioas, mappings_count_one, &n);
	return n;
}

#endif /* MAPPINGS_COUNT_H */
