/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Growth of EAL's memory: shared by vfio_msi_growth.c and vfio_msi_growth_watch.c.
 */

#ifndef VFIO_MSI_GROWTH_H
#define VFIO_MSI_GROWTH_H

#include <rte_eal_memconfig.h>
#include <rte_fbarray.h>
#include <rte_memory.h>

#include "iova/iova_range.h"

/* One memseg list of EAL. */
struct growth_list {
	struct iova_range range;
	uint64_t page;
	unsigned int node;
	uint64_t used;		/* bytes up to the end of the last used page */
	uint64_t reach;		/* bytes from the start that the devices reach */
	bool first;		/* the first of its page size and node */
	bool reached;		/* all lists of its kind before it are whole */
	bool soft_ends;		/* the reach ends at soft holes too */
	bool logged;		/* in the first list of a node: a rejection was logged */
};

struct growth {
	struct growth_list v[RTE_MAX_MEMSEG_LISTS];
	size_t n;
	bool watched;		/* allocations beyond the reach are rejected */
	bool at_start;		/* EAL's memory was steered for these devices */
	bool later;		/* EAL's memory was mapped before */
};

extern struct growth vfio_msi_growth;

/* rte_fbarray_*() lock the array, so it can't be const. */
static inline struct rte_fbarray *
growth_pages(const struct rte_memseg_list *msl)
{
	return (struct rte_fbarray *)(uintptr_t)&msl->memseg_arr;
}

static inline bool
growth_is_whole(const struct growth_list *l)
{
	return l->reach > iova_range_span(l->range);
}

/* Whether growth can meet the end of this list's reach. */
static inline bool
growth_is_limit(const struct growth_list *l)
{
	return l->reached && !growth_is_whole(l);
}

static inline bool
growth_is_same_kind(const struct growth_list *one, const struct growth_list *other)
{
	return one->page == other->page && one->node == other->node;
}

/** The entry of vfio_msi_growth.v for a memseg list, or NULL. */
struct growth_list *vfio_msi_growth_find(const struct rte_memseg_list *msl);

/** Reject allocations beyond the reach, if the reach of any list ends. */
void vfio_msi_growth_watch(void);

void vfio_msi_growth_unwatch(void);

#endif /* VFIO_MSI_GROWTH_H */
