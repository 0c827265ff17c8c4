/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What was unmapped lately. Thread safe.
 */

#ifndef IOAS_FREED_H
#define IOAS_FREED_H

#include "ioas/ioas.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Ranges that are remembered after their unmap. */
#define IOAS_FREED 32

/** A range that was unmapped. */
struct ioas_freed {
	struct iova_range iova;
	enum ioas_owner owner;
	uint64_t seconds;	/**< since its unmap */
};

/**
 * What was unmapped last, the latest first. Ranges that adjoin and were unmapped together are
 * one. They may have been mapped again.
 *
 * @return number of ranges in @p out
 */
size_t ioas_freed_get(struct ioas *ioas, struct ioas_freed out[IOAS_FREED]);

#ifdef __cplusplus
}
#endif

#endif /* IOAS_FREED_H */
