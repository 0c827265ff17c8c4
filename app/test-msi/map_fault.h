/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Explain why memory can't be mapped for DMA. Independent of DPDK.
 */

#ifndef MAP_FAULT_H
#define MAP_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ioas/ioas.h"

#define MAP_FAULT_LEN 512	/**< size of the text of map_fault_text() */

/**
 * Explain an error of ioas_map_any(): the memory, the cause and what to do about it, as the
 * end of a sentence.
 *
 * @param va    start of the memory
 * @param size  bytes
 * @param ret   the error
 * @return whether less memory could be mapped
 */
bool map_fault_text(struct ioas *ioas, uint64_t va, uint64_t size, int ret, char *out, size_t len);

#endif /* MAP_FAULT_H */
