/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Checks the kernel's limits before the first map: the number of mappings and locked
 * memory. A failure names the setting to change.
 */

#ifndef DMA_BUDGET_H
#define DMA_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include "ioas/ioas.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @param maps   mappings that are needed
 * @param bytes  memory that will be pinned
 * @param why    on failure the reason, for the user
 * @return 0; -ENOSPC: too few mappings left; -ENOMEM: RLIMIT_MEMLOCK is too low.
 *   A locked-memory limit that can't be read passes; the kernel decides then.
 */
int dma_budget_check(struct ioas *ioas, uint64_t maps, uint64_t bytes,
		char *why, size_t size);

/** As plan_hint(), where the IOVAs are those of EAL or of the bus. */
const char *dma_budget_hint(const struct ioas *ioas, int ret, const struct iova_conflict *c);

#ifdef __cplusplus
}
#endif

#endif /* DMA_BUDGET_H */
