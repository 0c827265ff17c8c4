/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Rejects growth of EAL's memory for which there are too few IOVAs to assign: an allocation
 * that fails is better than memory that devices can't reach.
 *
 * EAL calls validators with its memory lock held for writing, before it takes a page. It
 * passes the size that the node's heap would have, and not the page size. It tries one size
 * after the other: from the smallest on, or first what the allocation requests (1 GiB for a
 * mempool). Larger pages need a larger free range. So each size that divides the growth must have
 * IOVAs, except sizes of which the node has too few unused hugepages. If no size has IOVAs, the
 * number of hugepages does not matter, as the kernel can make them when they are requested.
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
#include "eal/dma_log.h"
#include "topology/topology_nodes.h"

#define VALIDATOR "eal_iommu"

static struct {
	dma_assign_room_t has_room;
	unsigned int nodes;		/* with a validator */
	bool logged;
} watch;

struct request {
	int node;
	uint64_t held;		/* bytes of the node's heap */
	uint64_t grow;		/* bytes, pages of one size */
	uint64_t done;		/* page sizes that were checked, as bits */
	uint64_t lacking;	/* a page size without IOVAs; 0: none */
	bool fits;		/* another size has IOVAs */
	bool taken;		/* EAL can take pages of the size without IOVAs */
};

static int
count(const struct rte_memseg_list *msl, void *arg)
{
	struct request *r = arg;

	if (msl->heap && msl->socket_id == r->node)
		r->held += (uint64_t)msl->memseg_arr.count * msl->page_sz;
	return 0;
}

static int
check_size(const struct rte_memseg_list *msl, void *arg)
{
	struct request *r = arg;

	if (!msl->heap || msl->socket_id != r->node || r->grow % msl->page_sz != 0 ||
	    (r->done & msl->page_sz) != 0)
		return 0;
	r->done |= msl->page_sz;
	if (watch.has_room(r->grow, msl->page_sz)) {
		r->fits = true;
		return 0;
	}
	r->lacking = msl->page_sz;
	r->taken = topology_has_unused("", r->node, msl->page_sz, r->grow);
	return r->taken;
}

static int
on_alloc(int node, size_t limit __rte_unused, size_t new_len)
{
	struct request r = { .node = node };

	rte_memseg_list_walk_thread_unsafe(count, &r);
	if (new_len <= r.held)
		return 0;
	r.grow = new_len - r.held;
	rte_memseg_list_walk_thread_unsafe(check_size, &r);
	if (r.lacking == 0 || (r.fits && !r.taken))
		return 0;
	if (!watch.logged)
		SYNC_LOG(WARNING, "memory of NUMA node %d can't grow by 0x%" PRIx64 " bytes in pages of %" PRIu64 " KiB: there are too few free IOVAs to assign; allocate less, or give fewer devices or holes to one process",
			node, r.grow, r.lacking >> 10);
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
