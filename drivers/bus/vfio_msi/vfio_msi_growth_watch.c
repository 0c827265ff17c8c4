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
#include "eal/dma_growth.h"
#include "policy.h"

#define VALIDATOR "vfio_msi"

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
reach_end(uint64_t page, int node)
{
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < vfio_msi_growth.n; i++) {
		const struct growth_list *l = &vfio_msi_growth.v[i];

		if (l->reached && l->page == page && (int)l->node == node)
			end = l->range.first + l->reach;
	}
	return end;
}

/* EAL takes the first free pages of a list. */
static enum dma_growth_room
room_in(const struct rte_memseg_list *msl, uint64_t bytes)
{
	const struct growth_list *l = vfio_msi_growth_find(msl);
	uint64_t n = bytes / msl->page_sz;
	int at;

	if (l == NULL)
		return DMA_GROWTH_LACKING;
	if (n > msl->memseg_arr.len)
		return DMA_GROWTH_FULL;
	at = rte_fbarray_find_next_n_free(growth_pages(msl), 0, (unsigned int)n);
	if (at < 0)
		return DMA_GROWTH_FULL;
	return l->reached && ((uint64_t)at + n) * l->page <= l->reach ? DMA_GROWTH_FITS :
		DMA_GROWTH_LACKING;
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
	struct dma_growth g;
	bool allowed = dma_growth_check(node, new_len, room_in, &g);

	if (g.whole_pages && allowed)
		return 0;
	if (!is_first_rejection(node))
		return -1;
	if (g.whole_pages)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": memory of NUMA node %d can't grow by %" PRIu64 " MiB: the devices can't reach memory beyond 0x%" PRIx64 ", for the reason logged before; allocate less, or preallocate with -m what the application needs",
			node, g.bytes >> 20, reach_end(g.lacking, node));
	else
		BUS_LOG(ERR, VFIO_MSI_BUS ": memory of NUMA node %d can't grow: EAL asks for 0x%zx bytes there in total, its lists have 0x%" PRIx64 " bytes, and the difference is not a whole number of pages; preallocate with -m what the application needs",
			node, new_len, g.held);
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
