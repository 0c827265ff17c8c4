/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory that applications map by rte_eal_iommu.h, in the one address space of the
 * process. Knows nothing of DPDK.
 *
 * An application may call at any time and on any thread, also while the last device
 * goes and takes the address space with it: calls wait for that, and it for them. What
 * was mapped is mapped again at the same IOVAs when a device comes back. Until then it
 * is remembered, and can be unmapped.
 *
 * All functions are thread safe. Locks: the one of this file, then the address space's.
 */

#ifndef OWN_MEMORY_H
#define OWN_MEMORY_H

#include <stdio.h>

#include "ioas/ioas.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Largest alignment of an IOVA that own_memory_map() tries by itself: a huge page. */
#define OWN_MEMORY_ALIGN_MAX (UINT64_C(1) << 30)

/**
 * There is an address space, which outlives own_memory_down(): map in it what was
 * mapped before.
 *
 * @param page  size of the system's pages, bytes
 * @param lost  told of each mapping that can't be restored, with an -errno, and what is in
 *   the way; it is forgotten. Not NULL, must not call back.
 */
void own_memory_up(struct ioas *ioas, struct iova_layout *layout, uint64_t page,
		void (*lost)(const struct ioas_mapping *m, int ret,
			const struct iova_conflict *why));

/** There is none any more; once this returns no other thread uses it. Cannot fail. */
void own_memory_down(void);

/** The process ends: forget what was mapped. Cannot fail. */
void own_memory_forget(void);

/**
 * Map memory of the application.
 *
 * @param align  of the IOVA, a power of two; 0: that of @p va as far as it is of use for
 *   large pages, and less where no such place is free
 * @param limit  last IOVA the memory may have
 * @return 0; -ENODEV without an address space; else as ioas_map_any()
 */
int own_memory_map(uint64_t va, uint64_t size, uint64_t align, uint64_t limit, uint64_t *iova);

/**
 * Unmap what own_memory_map() mapped inside the range.
 *
 * @return 0; as ioas_unmap(), also for what is only remembered
 */
int own_memory_unmap(uint64_t iova, uint64_t size);

/**
 * Write the layout as text. A stream that blocks stops nobody else.
 *
 * @return 0; -ENODEV; -ENOMEM; -EIO if the stream fails
 */
int own_memory_dump(FILE *f);

#ifdef __cplusplus
}
#endif

#endif /* OWN_MEMORY_H */
