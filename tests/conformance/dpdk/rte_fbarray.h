/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK: pages are used from the first on. */

#ifndef FAKE_RTE_FBARRAY_H
#define FAKE_RTE_FBARRAY_H

#include "rte_memory.h"

static inline int
rte_fbarray_find_next_n_free(struct rte_fbarray *arr, unsigned int start, unsigned int n)
{
	unsigned int at = arr->count > start ? arr->count : start;

	return at + n <= arr->len ? (int)at : -1;
}

static inline int
rte_fbarray_find_prev_used(struct rte_fbarray *arr, unsigned int start)
{
	return (int)(arr->count > start ? start + 1 : arr->count) - 1;
}

#endif /* FAKE_RTE_FBARRAY_H */
