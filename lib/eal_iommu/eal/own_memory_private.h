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
	const struct own_memory_calls *calls;
};

/**
 * Take the space's lock, shared with other calls: the space remains. A thread that holds it
 * must not take it again.
 *
 * @return the space, which has an address space or not
 */
const struct own_memory_space *own_memory_enter(void);

/** End of own_memory_enter() and own_memory_hold(). */
void own_memory_leave(void);

/** As own_memory_enter(). @return NULL without an address space, and the lock is not held */
const struct own_memory_space *own_memory_hold(void);

/** A mapping as the public header has it. */
struct rte_eal_iommu_mapped own_memory_mapped(const struct ioas_mapping *m);

/** Call those who registered; without the locks of own_memory.c. */
void own_memory_event(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost);

/** Forget who registered. */
void own_memory_event_forget(void);

#endif /* OWN_MEMORY_PRIVATE_H */
