/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Shared by the files of own_memory.h.
 */

#ifndef OWN_MEMORY_PRIVATE_H
#define OWN_MEMORY_PRIVATE_H

#include "eal/own_memory.h"

/** The address space of the process. */
struct own_memory_space {
	struct ioas *ioas;		/**< NULL: there is none */
	struct iova_layout *layout;
	uint64_t page;
};

/**
 * Take the lock: the space stays.
 *
 * @return the space; NULL without one, and then the lock is not held
 */
const struct own_memory_space *own_memory_hold(void);

/** End of own_memory_hold(). */
void own_memory_release(void);

/** A mapping as the public header has it. */
struct rte_eal_iommu_mapped own_memory_mapped(const struct ioas_mapping *m);

/** Call those who registered; without own_memory.c's lock. */
void own_memory_event(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost);

/** Forget who registered. */
void own_memory_event_forget(void);

#endif /* OWN_MEMORY_PRIVATE_H */
