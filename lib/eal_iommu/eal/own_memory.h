/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory that applications map with rte_eal_iommu.h, in the address space of the process.
 * Needs nothing of DPDK except the types of that header.
 *
 * An application may call these functions at any time and on any thread, also while the
 * last device is detached. Mappings are restored at the same IOVAs when a device is attached
 * again, and can be unmapped in the meantime.
 *
 * All functions are thread safe. The functions of an application don't wait for each other
 * while the kernel pins or unpins memory, except unmaps that have a range in common.
 * own_memory_up() and own_memory_down() wait for all of them, and they for these two.
 *
 * Lock order: the lock of own_memory_events.c, which is held while callbacks for events run;
 * the space's lock in own_memory.c; those of the callbacks of own_memory_up(); the address
 * space's. That of own_memory_pieces.c comes after the space's, and no lock after it.
 */

#ifndef OWN_MEMORY_H
#define OWN_MEMORY_H

#include <stdio.h>

#include "eal/rte_eal_iommu.h"
#include "ioas/ioas.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Largest default alignment of an IOVA: a huge page. */
#define OWN_MEMORY_ALIGN_MAX (UINT64_C(1) << 30)

/** What these files call. No function is NULL, none may call functions of this file. */
struct own_memory_calls {
	/** A mapping can't be restored and is dropped. @param ret  -errno */
	void (*lost)(const struct ioas_mapping *m, int ret, const struct iova_conflict *why);
	/**
	 * Memory keeps its IOVA, which is no good one: it was restored, or there is no
	 * translation. On any thread.
	 *
	 * @param ret  0: it is mapped, in a soft hole; -EADDRINUSE, -ERANGE: it is not mapped
	 */
	void (*met)(const struct ioas_mapping *m, int ret, const struct iova_conflict *why);
	/**
	 * Restore the mappings of others at fixed IOVAs: after those here, and before an
	 * application can map anything.
	 */
	void (*restore)(void);
};

/**
 * Set the address space, and restore earlier mappings in it. It must stay open until
 * own_memory_down().
 *
 * @param page   size of the system's pages, bytes
 * @param calls  valid until own_memory_down()
 */
void own_memory_up(struct ioas *ioas, struct iova_layout *layout, uint64_t page,
		const struct own_memory_calls *calls);

/**
 * Unset the address space. No thread uses it after the return. Cannot fail.
 *
 * @param unmap  unmaps everything; called when nothing can be mapped any more, before the
 *   event, also if there is no address space. Not NULL.
 */
void own_memory_down(void (*unmap)(void));

/** Drop all recorded mappings and handles, before the process ends. Cannot fail. */
void own_memory_forget(void);

/**
 * Map memory of the application.
 *
 * @param align  of the IOVA, a power of two; 0: that of @p va as far as large pages can
 *   use it, or less if no such range is free
 * @return 0; -ENODEV without an address space; -ENOSPC also without translation, if the memory
 *   is out of the devices' reach; else as ioas_map_any()
 */
int own_memory_dma_map(uint64_t va, uint64_t size, uint64_t align, uint64_t *iova);

/**
 * Unmap all mappings of own_memory_dma_map() inside the range. Waits for other threads that
 * unmap some of them. A map that has not returned is not affected.
 *
 * @return as the checks of ioas_unmap(), also without an address space; -EPERM also for mappings
 *   that have a handle; -EIO for each error of the kernel: what it unmapped before is unmapped
 */
int own_memory_dma_unmap(uint64_t iova, uint64_t size);

/* The functions of rte_eal_iommu.h, which see. All return -errno. */

int own_memory_map(const struct rte_eal_iommu_map_conf *conf,
		struct rte_eal_iommu_mapping **out);
int own_memory_unmap(struct rte_eal_iommu_mapping *p);
int own_memory_get(const struct rte_eal_iommu_mapping *p, struct rte_eal_iommu_mapped *out);

/* own_memory_walk.c; mappings that another thread is making or unmapping are not there. */

int own_memory_virt2iova(uint64_t va, size_t *len, uint64_t *iova);
int own_memory_iova2virt(uint64_t iova, size_t *len, uint64_t *va);
int own_memory_mapping_foreach(rte_eal_iommu_mapped_cb cb, void *arg);
int own_memory_layout_foreach(rte_eal_iommu_range_cb cb, void *arg);
int own_memory_layout_dump(FILE *f);

/**
 * What was unmapped last, the latest first; see ioas_freed_get().
 *
 * @param seconds  since the unmap
 * @return 0; -ENODEV without an address space; 1 if @p cb did not return 0
 */
int own_memory_freed_foreach(int (*cb)(const struct rte_eal_iommu_mapped *freed, uint64_t seconds,
		void *arg), void *arg);

/* own_memory_events.c */

int own_memory_event_register(rte_eal_iommu_event_cb cb, void *arg);
int own_memory_event_unregister(rte_eal_iommu_event_cb cb, void *arg);

#ifdef __cplusplus
}
#endif

#endif /* OWN_MEMORY_H */
