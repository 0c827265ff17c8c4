/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The kernel's budgets, computed before the first map: mappings left, locked
 * memory. What is short is told with the setting to change.
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
 * @param why    on failure a sentence for the user
 * @return 0; -ENOSPC too few mappings left; -ENOMEM RLIMIT_MEMLOCK too low.
 *   What can't be read is taken as enough: the kernel has the last word.
 */
int dma_budget_check(struct ioas *ioas, uint64_t maps, uint64_t bytes,
		char *why, size_t size);

/** What to do about an error of ioas_map(), as the end of a sentence, or "". */
const char *dma_budget_hint(const struct ioas *ioas, int ret);

#ifdef __cplusplus
}
#endif

#endif /* DMA_BUDGET_H */
