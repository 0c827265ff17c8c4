/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <rte_common.h>
#include <rte_memory.h>

#include "eal/dma_growth.h"
#include "topology/topology_nodes.h"
#include "uapi/vfio_uapi_numa.h"

struct request {
	struct dma_growth *growth;
	dma_growth_room_t room;
	uint64_t done;		/* page sizes that were checked, as bits */
	bool fits;		/* a page size has room */
	bool taken;		/* EAL may take pages of the size without room */
};

/* Memory that EAL has. */
struct held {
	int node;		/* -1: any */
	uint64_t page;		/* 0: any */
	uint64_t bytes;
};

static int
add_held(const struct rte_memseg_list *msl, void *arg)
{
	struct held *h = arg;

	if (!msl->external && (h->node < 0 || msl->socket_id == h->node) &&
	    (h->page == 0 || msl->page_sz == h->page))
		h->bytes += (uint64_t)msl->memseg_arr.count * msl->page_sz;
	return 0;
}

static uint64_t
held(int node, uint64_t page)
{
	struct held h = { .node = node, .page = page };

	rte_memseg_list_walk_thread_unsafe(add_held, &h);
	return h.bytes;
}

/* EAL returns pages of another node, if it was built with libnuma and can ask the kernel. */
static bool
checks_nodes(void)
{
#ifdef RTE_EAL_NUMA_AWARE_HUGEPAGES
	return vfio_uapi_has_numa();
#else
	return false;
#endif
}

/* An upper bound: EAL can't take pages that it has. */
static bool
may_take(const struct dma_growth *g, uint64_t page)
{
	int node = checks_nodes() ? g->node : -1;

	return topology_may_have("", node, page, held(node, page) + g->bytes);
}

static int
check_list(const struct rte_memseg_list *msl, void *arg)
{
	struct request *r = arg;
	struct dma_growth *g = r->growth;
	enum dma_growth_room room;

	if (msl->external || msl->socket_id != g->node || g->bytes % msl->page_sz != 0)
		return 0;
	g->whole_pages = true;
	if ((r->done & msl->page_sz) != 0)
		return 0;
	room = r->room(msl, g->bytes);
	if (room == DMA_GROWTH_FULL)
		return 0;
	r->done |= msl->page_sz;
	if (room == DMA_GROWTH_FITS) {
		r->fits = true;
		return 0;
	}
	g->lacking = msl->page_sz;
	r->taken = may_take(g, msl->page_sz);
	return r->taken;
}

bool
dma_growth_check(int node, uint64_t new_len, dma_growth_room_t room, struct dma_growth *out)
{
	struct request r = { .growth = out, .room = room };

	*out = (struct dma_growth){ .node = node, .held = held(node, 0) };
	if (new_len <= out->held)
		return true;
	out->bytes = new_len - out->held;
	rte_memseg_list_walk_thread_unsafe(check_list, &r);
	return out->lacking == 0 || (r.fits && !r.taken);
}
