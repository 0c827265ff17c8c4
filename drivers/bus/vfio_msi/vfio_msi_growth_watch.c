/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Predicts EAL's allocations and rejects those beyond the reach of the devices.
 * vfio_msi_growth.c has the locks.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_errno.h>

#include "vfio_msi_growth.h"
#include "policy.h"
#include "topology/topology_nodes.h"

#define VALIDATOR "vfio_msi"

/* A requested allocation. */
struct request {
	int node;
	uint64_t held;		/* bytes of the node's heap */
	uint64_t bytes;		/* requested */
	uint64_t done;		/* page sizes that were checked, as bits */
	bool whole_pages;	/* a whole number of pages of a list */
	bool fits;		/* a page size is within reach */
	bool taken;		/* EAL can take pages of a size that is not */
	uint64_t end;		/* of the reach that it exceeds; 0: within reach */
};

static int
count_held(const struct rte_memseg_list *msl, void *arg)
{
	struct request *r = arg;

	if (!msl->external && msl->socket_id == r->node)
		r->held += (uint64_t)msl->memseg_arr.count * msl->page_sz;
	return 0;
}

struct growth_list *
vfio_msi_growth_find(const struct rte_memseg_list *msl)
{
	size_t i;

	for (i = 0; i < vfio_msi_growth.n; i++)
		if (vfio_msi_growth.v[i].range.first == (uintptr_t)msl->base_va)
			return &vfio_msi_growth.v[i];
	return NULL;
}

/* End of the reach of a kind: in the last of its lists that is reached. */
static uint64_t
reach_end(const struct growth_list *kind)
{
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < vfio_msi_growth.n; i++)
		if (vfio_msi_growth.v[i].reached && growth_is_same_kind(&vfio_msi_growth.v[i], kind))
			end = vfio_msi_growth.v[i].range.first + vfio_msi_growth.v[i].reach;
	return end;
}

/*
 * EAL does not pass the page size: check every size that divides the length, except sizes of
 * which the node has too few unused hugepages. If no size is within reach, the number of
 * hugepages does not matter, as the kernel can make them when they are requested.
 */
static int
predict(const struct rte_memseg_list *msl, void *arg)
{
	struct request *r = arg;
	const struct growth_list *l = vfio_msi_growth_find(msl);
	uint64_t n = r->bytes / msl->page_sz;
	int at;

	if (l == NULL || msl->socket_id != r->node || r->bytes % l->page != 0)
		return 0;
	r->whole_pages = true;
	if ((r->done & l->page) != 0 || n > msl->memseg_arr.len)
		return 0;
	at = rte_fbarray_find_next_n_free(growth_pages(msl), 0, (unsigned int)n);
	if (at < 0)
		return 0;
	r->done |= l->page;
	if (l->reached && ((uint64_t)at + n) * l->page <= l->reach) {
		r->fits = true;
		return 0;
	}
	r->end = reach_end(l);
	r->taken = topology_has_unused("", r->node, l->page, r->bytes);
	return r->taken;
}

static bool
is_first_rejection(int node)
{
	bool logged = true;
	size_t i;

	for (i = 0; i < vfio_msi_growth.n; i++)
		if ((int)vfio_msi_growth.v[i].node == node) {
			logged = vfio_msi_growth.v[i].logged;
			vfio_msi_growth.v[i].logged = true;
			break;
		}
	return !logged;
}

/* After a rejection EAL tries its next page size. */
static int
on_alloc(int node, size_t limit, size_t new_len)
{
	struct request r = { .node = node };

	rte_memseg_list_walk_thread_unsafe(count_held, &r);
	if (new_len > r.held) {
		r.bytes = new_len - r.held;
		rte_memseg_list_walk_thread_unsafe(predict, &r);
	}
	if (r.whole_pages && (r.end == 0 || (r.fits && !r.taken)))
		return 0;
	if (!is_first_rejection(node))
		return -1;
	if (r.whole_pages)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": memory of NUMA node %d can't grow by %" PRIu64 " MiB: the devices can't reach memory beyond 0x%" PRIx64 ", for the reason logged before; allocate less, or preallocate with -m what the application needs",
			node, r.bytes >> 20, r.end);
	else
		BUS_LOG(ERR, VFIO_MSI_BUS ": memory of NUMA node %d can't grow: EAL asks for 0x%zx bytes there in total, its lists have 0x%" PRIx64 " bytes, and the difference is not a whole number of pages; preallocate with -m what the application needs",
			node, new_len, r.held);
	return -1;
}

static bool
is_first_of_node(size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (vfio_msi_growth.v[i].node == vfio_msi_growth.v[at].node)
			return false;
	return true;
}

void
vfio_msi_growth_unwatch(void)
{
	size_t i;

	for (i = 0; i < vfio_msi_growth.n; i++)
		if (is_first_of_node(i))
			rte_mem_alloc_validator_unregister(VALIDATOR, (int)vfio_msi_growth.v[i].node);
	vfio_msi_growth.watched = false;
}

/*
 * A failed allocation is better than memory that the devices can't address. With
 * --legacy-mem (ENOTSUP) there are no allocations.
 */
void
vfio_msi_growth_watch(void)
{
	bool limited = false;
	size_t i;

	for (i = 0; i < vfio_msi_growth.n; i++)
		limited |= growth_is_limit(&vfio_msi_growth.v[i]);
	for (i = 0; limited && i < vfio_msi_growth.n; i++) {
		if (!is_first_of_node(i))
			continue;
		if (rte_mem_alloc_validator_register(VALIDATOR, on_alloc,
				(int)vfio_msi_growth.v[i].node, 0) == 0)
			vfio_msi_growth.watched = true;
		else if (rte_errno != ENOTSUP)
			BUS_LOG(ERR, VFIO_MSI_BUS ": can't limit the growth of memory on NUMA node %u: %s; preallocate with -m what the application needs",
				vfio_msi_growth.v[i].node, strerror(rte_errno));
	}
}
