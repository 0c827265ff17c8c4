/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files about the growth of EAL's memory share.
 */

#ifndef VFIO_MSI_GROWTH_H
#define VFIO_MSI_GROWTH_H

#include <rte_eal_memconfig.h>
#include <rte_fbarray.h>
#include <rte_memory.h>

#include "iova/iova_range.h"

/* One of EAL's lists. */
struct growth_list {
	struct iova_range range;
	uint64_t page;
	unsigned int node;
	uint64_t used;		/* bytes up to the last page that is in use */
	uint64_t reach;		/* bytes from the start that devices can address */
	bool first;		/* of its page size and node */
	bool reached;		/* those before it can be filled */
	bool soft_ends;		/* soft holes end the reach */
	bool logged;		/* of the first of a node: that memory can't grow */
};

struct growth {
	struct growth_list v[RTE_MAX_MEMSEG_LISTS];
	size_t n;
	bool watched;		/* what goes beyond the reach is rejected */
	bool at_start;		/* EAL's memory was placed for these devices */
	bool later;		/* others may be attached */
};

extern struct growth vfio_msi_growth;

/* rte_fbarray_*() take a lock in what they only read. */
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

/* Does memory meet the end of the reach when it grows? */
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

/** The list of vfio_msi_growth.v that is this one of EAL's, or NULL. */
struct growth_list *vfio_msi_growth_find(const struct rte_memseg_list *msl);

/** Reject what goes beyond the reach, if any list has one that ends. */
void vfio_msi_growth_watch(void);

/** Reject nothing any more. */
void vfio_msi_growth_unwatch(void);

#endif /* VFIO_MSI_GROWTH_H */
