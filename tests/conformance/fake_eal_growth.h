/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What bounds the growth of EAL's memory: the validator, and the hugepages of the one node.
 */

#ifndef FAKE_EAL_GROWTH_H
#define FAKE_EAL_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

/** The node has so many bytes of unused hugepages of this size. */
void fake_eal_pool(uint64_t page, uint64_t unused);

/** In place of the engine's, with --wrap=topology_has_unused. */
bool __wrap_topology_has_unused(const char *root, int node, uint64_t page, uint64_t bytes);

/** For fake_eal.c: no validator and no hugepages. */
void fake_eal_growth_reset(void);

/** For fake_eal.c: whether a validator is registered. */
bool fake_eal_is_validated(void);

/** For fake_eal.c: whether a validator rejects a heap of this length. */
bool fake_eal_rejects(uint64_t len);

#endif /* FAKE_EAL_GROWTH_H */
