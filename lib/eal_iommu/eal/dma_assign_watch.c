/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Rejects growth of EAL's memory for which there are too few IOVAs to assign: an allocation
 * that fails is better than memory that devices can't reach.
 *
 * dma_growth.h has the rules. Larger pages need a larger free range.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include "eal/dma_assign.h"
#include "eal/dma_growth.h"
#include "eal/dma_log.h"

#define VALIDATOR "eal_iommu"

static struct {
	dma_assign_room_t has_room;
	unsigned int nodes;		/* with a validator */
	bool logged;
} watch;

static enum dma_growth_room
room_in(const struct rte_memseg_list *msl, uint64_t bytes)
{
	return watch.has_room(bytes, msl->page_sz) ? DMA_GROWTH_FITS : DMA_GROWTH_LACKING;
}

static int
on_alloc(int node, size_t limit __rte_unused, size_t new_len)
{
	struct dma_growth g;

	if (dma_growth_check(node, new_len, room_in, &g))
		return 0;
	if (!watch.logged)
		SYNC_LOG(WARNING, "memory of NUMA node %d can't grow by 0x%" PRIx64 " bytes in pages of %" PRIu64 " KiB: there are too few free IOVAs to assign; allocate less, or give fewer devices or holes to one process",
			node, g.bytes, g.lacking >> 10);
	watch.logged = true;
	return -1;
}

void
dma_assign_watch(dma_assign_room_t has_room)
{
	unsigned int i;

	watch.has_room = has_room;
	for (i = watch.nodes; i < rte_socket_count(); i++)
		/* ENOTSUP: memory does not grow (--legacy-mem). */
		if (rte_mem_alloc_validator_register(VALIDATOR, on_alloc,
				rte_socket_id_by_idx(i), 0) < 0 && rte_errno != ENOTSUP)
			SYNC_LOG(ERR, "can't limit the growth of memory to the free IOVAs: %s; preallocate with -m what the application needs",
				strerror(rte_errno));
	watch.nodes = i;
}

void
dma_assign_unwatch(void)
{
	unsigned int i;

	for (i = 0; i < watch.nodes; i++)
		rte_mem_alloc_validator_unregister(VALIDATOR, rte_socket_id_by_idx(i));
	watch.nodes = 0;
	watch.logged = false;
}
