/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What bounds the growth of EAL's memory: the validator, and the hugepages of the nodes.
 */

#ifndef FAKE_EAL_GROWTH_H
#define FAKE_EAL_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

/**
 * A node has so many hugepages of this size. All are in use, and the kernel makes no more. The
 * counts of a size for which this was not called can't be read.
 */
void fake_eal_pool(int node, uint64_t page, unsigned int total);

/** The kernel makes pages of this size up to the limit, and made some already. */
void fake_eal_overcommit(uint64_t page, unsigned int limit, unsigned int surplus);

/** The process can't ask for the node of a page. */
extern bool fake_eal_no_numa;

/** In place of the engine's, with --wrap=topology_may_have: reads the files of these pools. */
bool __wrap_topology_may_have(const char *root, int node, uint64_t page, uint64_t bytes);
bool __real_topology_may_have(const char *root, int node, uint64_t page, uint64_t bytes);

/** For fake_eal.c: no validator and no hugepages. */
void fake_eal_growth_reset(void);

/** For fake_eal.c: whether a validator is registered. */
bool fake_eal_is_validated(void);

/** For fake_eal.c: whether a validator rejects a heap of this length. */
bool fake_eal_rejects(uint64_t len);

#endif /* FAKE_EAL_GROWTH_H */
