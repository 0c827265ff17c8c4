/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory that applications map with rte_eal_iommu.h, in the address space of the process.
 * Independent of DPDK.
 *
 * An application may call these functions at any time and on any thread, also while the
 * last device is detached; a lock serialises both. Mappings are restored at the same IOVAs
 * when a device is attached again, and can be unmapped in the meantime.
 *
 * All functions are thread safe. Lock order: the lock of own_memory.c, then the address
 * space's.
 */

#ifndef OWN_MEMORY_H
#define OWN_MEMORY_H

#include <stdio.h>

#include "ioas/ioas.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Largest default alignment of an IOVA: a huge page. */
#define OWN_MEMORY_ALIGN_MAX (UINT64_C(1) << 30)

/**
 * Set the address space, and restore earlier mappings in it. It must stay open until
 * own_memory_down().
 *
 * @param page  size of the system's pages, bytes
 * @param lost  called for each mapping that can't be restored and is dropped, with -errno
 *   and the conflict. Not NULL, must not call functions of this file.
 */
void own_memory_up(struct ioas *ioas, struct iova_layout *layout, uint64_t page,
		void (*lost)(const struct ioas_mapping *m, int ret,
			const struct iova_conflict *why));

/** Unset the address space. No thread uses it after the return. Cannot fail. */
void own_memory_down(void);

/** Drop all recorded mappings, before the process ends. Cannot fail. */
void own_memory_forget(void);

/**
 * Map memory of the application.
 *
 * @param align  of the IOVA, a power of two; 0: that of @p va as far as large pages can
 *   use it, or less if no such range is free
 * @param limit  highest IOVA of the memory
 * @return 0; -ENODEV without an address space; else as ioas_map_any()
 */
int own_memory_map(uint64_t va, uint64_t size, uint64_t align, uint64_t limit, uint64_t *iova);

/**
 * Unmap all mappings of own_memory_map() inside the range.
 *
 * @return as ioas_unmap(), also without an address space
 */
int own_memory_unmap(uint64_t iova, uint64_t size);

/**
 * Write the layout as text. Holds no lock while it writes to the stream.
 *
 * @return 0; -ENODEV; -ENOMEM; -EIO if the stream fails
 */
int own_memory_dump(FILE *f);

#ifdef __cplusplus
}
#endif

#endif /* OWN_MEMORY_H */
