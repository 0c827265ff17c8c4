/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <rte_common.h>
#include <rte_memory.h>

#include "eal/dma_growth.h"
#include "topology/topology_nodes.h"

struct request {
	struct dma_growth *growth;
	dma_growth_room_t room;
	uint64_t done;		/* page sizes that were checked, as bits */
	bool fits;		/* a page size has room */
	bool taken;		/* EAL can take pages of the size without room */
};

static int
add_held(const struct rte_memseg_list *msl, void *arg)
{
	struct dma_growth *g = arg;

	if (!msl->external && msl->socket_id == g->node)
		g->held += (uint64_t)msl->memseg_arr.count * msl->page_sz;
	return 0;
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
	r->taken = topology_has_unused("", g->node, msl->page_sz, g->bytes);
	return r->taken;
}

bool
dma_growth_check(int node, uint64_t new_len, dma_growth_room_t room, struct dma_growth *out)
{
	struct request r = { .growth = out, .room = room };

	*out = (struct dma_growth){ .node = node };
	rte_memseg_list_walk_thread_unsafe(add_held, out);
	if (new_len <= out->held)
		return true;
	out->bytes = new_len - out->held;
	rte_memseg_list_walk_thread_unsafe(check_list, &r);
	return out->lacking == 0 || (r.fits && !r.taken);
}
