/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * How far EAL's memory may grow, while IOVA is VA.
 *
 * Each of EAL's lists has a reach: what devices can address of it from its start on.
 * Memory that EAL has already must lie within. What is allocated later is foreseen:
 * EAL takes the first free pages in a row of the first list that has so many, and if
 * these go beyond the reach the allocation fails, before any page is taken.
 *
 * Locks: EAL's memory lock, then the address space's or that of EAL's validators.
 * Nothing is logged with the address space's. Events and validators come with EAL's memory lock held for writing. What they look at changes
 * with that lock held for reading, or while no validator is registered.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "policy.h"
#include "va/va_place.h"

#define VALIDATOR "vfio_msi"
#define EAL_OWNER "EAL"	/* who brings the holes that keep others away */

/* One of EAL's lists. */
struct growth_list {
	struct iova_range range;
	uint64_t page;
	unsigned int node;
	uint64_t used;		/* bytes up to the last page that is in use */
	uint64_t reach;		/* bytes from the start that devices can address */
	bool first;		/* of its page size and node */
	bool reached;		/* those before it can be filled */
	bool told;		/* of the first of a node: that memory can't grow */
};

static struct {
	struct growth_list v[RTE_MAX_MEMSEG_LISTS];
	size_t n;
	bool watched;		/* what goes beyond the reach is rejected */
	bool at_start;		/* EAL's memory was placed for these devices */
	bool later;		/* others may be attached */
} growth;

/* rte_fbarray_*() take a lock in what they only read. */
static struct rte_fbarray *
pages_of(const struct rte_memseg_list *msl)
{
	return (struct rte_fbarray *)(uintptr_t)&msl->memseg_arr;
}

static int
add_list(const struct rte_memseg_list *msl, void *arg)
{
	struct growth_list *l = &growth.v[growth.n];
	size_t i;
	int last;

	if (msl->external || growth.n == RTE_DIM(growth.v) ||
	    !iova_range_make((uintptr_t)msl->base_va, msl->len, &l->range))
		return 0;
	last = rte_fbarray_find_prev_used(pages_of(msl), msl->memseg_arr.len - 1);
	l->page = msl->page_sz;
	l->node = (unsigned int)msl->socket_id;
	l->used = last < 0 ? 0 : ((uint64_t)last + 1) * l->page;
	l->reach = 0;
	l->first = true;
	l->told = false;
	for (i = 0; i < growth.n; i++)
		if (growth.v[i].page == l->page && growth.v[i].node == l->node)
			l->first = false;
	growth.n++;
	return 0;
}

static uint64_t
reach_of(const struct growth_list *l, bool soft_too)
{
	return va_reach_bytes(vfio_msi_bus.layout, l->range, l->page, soft_too);
}

static bool
is_whole(const struct growth_list *l)
{
	return l->reach > iova_range_span(l->range);
}

/* Does memory meet the end of the reach when it grows? */
static bool
is_limit(const struct growth_list *l)
{
	return l->reached && !is_whole(l);
}

/* What ends the reach of a list, as the end of a sentence. */
static void
explain(const struct growth_list *l, char *out, size_t size)
{
	struct iova_range beyond = { l->range.first + l->reach, l->range.last };
	struct iova_conflict c = { 0 };
	int ret;

	beyond.last = RTE_MIN(beyond.last, beyond.first + l->page - 1);
	ret = iova_layout_test(vfio_msi_bus.layout, beyond, true, &c);
	plan_explain(vfio_msi_bus.layout, beyond, ret, &c, out, size);
}

static bool
is_same_kind(const struct growth_list *one, const struct growth_list *other)
{
	return one->page == other->page && one->node == other->node;
}

/* Bytes that can be had of one kind: up to the first list that is cut. */
static uint64_t
room_of(const struct growth_list *first)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < growth.n; i++)
		if (growth.v[i].reached && is_same_kind(&growth.v[i], first))
			sum += growth.v[i].reach;
	return sum;
}

static bool
is_reached(size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (is_same_kind(&growth.v[i], &growth.v[at]) && !is_whole(&growth.v[i]))
			return false;
	return true;
}

static bool
has_several_page_sizes(void)
{
	size_t i;

	for (i = 1; i < growth.n; i++)
		if (growth.v[i].page != growth.v[0].page)
			return true;
	return false;
}

/* What helps where a list has more memory than its reach, or no reach at all. */
static void
advise(const struct growth_list *l, char *out, size_t size)
{
	if (!growth.at_start)
		snprintf(out, size, "give the device at start-up, so that EAL's memory can be steered");
	else if (room_of(l) > 0)
		snprintf(out, size, "preallocate at most %" PRIu64 " MiB there (-m, --socket-mem)",
			room_of(l) >> 20);
	else if (has_several_page_sizes())
		snprintf(out, size, "use one page size only (unmount the others)");
	else
		snprintf(out, size, "give fewer devices or holes to one process");
}

/* Memory that no device can address, or a kind that has none that they can. */
static int
check_list(const struct growth_list *l, char *why, size_t size)
{
	uint64_t used = RTE_MAX(l->used, l->page);
	char text[PLAN_EXPLAIN], advice[128];

	if (l->used <= l->reach && (!l->first || l->reach > 0))
		return 0;
	explain(l, text, sizeof(text));
	advise(l, advice, sizeof(advice));
	snprintf(why, size, "memory at 0x%" PRIx64 "-0x%" PRIx64 ", %" PRIu64 " KiB pages of NUMA node %u, %s; %s",
		l->range.first + l->reach, l->range.first + used - 1, l->page >> 10, l->node,
		text, advice);
	return -ERANGE;
}

/* An allocation that is about to happen. */
struct request {
	int node;
	uint64_t held;		/* bytes of the node's heap */
	uint64_t bytes;		/* that are wanted */
	uint64_t done;		/* page sizes that were looked at, as bits */
	bool understood;	/* they are pages of the node's lists */
	uint64_t end;		/* of the reach that they go beyond; 0: they don't */
};

static int
count_held(const struct rte_memseg_list *msl, void *arg)
{
	struct request *r = arg;

	if (!msl->external && msl->socket_id == r->node)
		r->held += (uint64_t)msl->memseg_arr.count * msl->page_sz;
	return 0;
}

static const struct growth_list *
find_list(const struct rte_memseg_list *msl)
{
	size_t i;

	for (i = 0; i < growth.n; i++)
		if (growth.v[i].range.first == (uintptr_t)msl->base_va)
			return &growth.v[i];
	return NULL;
}

/* Where the reach of a kind ends: in the last of its lists that is reached. */
static uint64_t
reach_end(const struct growth_list *kind)
{
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < growth.n; i++)
		if (growth.v[i].reached && is_same_kind(&growth.v[i], kind))
			end = growth.v[i].range.first + growth.v[i].reach;
	return end;
}

/* The page size is not told: each that the length is a multiple of is looked at. */
static int
foresee(const struct rte_memseg_list *msl, void *arg)
{
	struct request *r = arg;
	const struct growth_list *l = find_list(msl);
	uint64_t n = r->bytes / msl->page_sz;
	int at;

	if (l == NULL || msl->socket_id != r->node || r->bytes % l->page != 0)
		return 0;
	r->understood = true;
	if ((r->done & l->page) != 0 || n > msl->memseg_arr.len)
		return 0;
	at = rte_fbarray_find_next_n_free(pages_of(msl), 0, (unsigned int)n);
	if (at < 0)
		return 0;
	r->done |= l->page;
	if (!l->reached || ((uint64_t)at + n) * l->page > l->reach)
		r->end = reach_end(l);
	return 0;
}

/* Is it the first time for the node? */
static bool
is_news(int node)
{
	bool told = true;
	size_t i;

	for (i = 0; i < growth.n; i++)
		if ((int)growth.v[i].node == node) {
			told = growth.v[i].told;
			growth.v[i].told = true;
			break;
		}
	return !told;
}

/* EAL goes on to its next page size after a rejection, so no allocation needs to fail. */
static int
on_alloc(int node, size_t limit, size_t new_len)
{
	struct request r = { .node = node };

	rte_memseg_list_walk_thread_unsafe(count_held, &r);
	if (new_len > r.held) {
		r.bytes = new_len - r.held;
		rte_memseg_list_walk_thread_unsafe(foresee, &r);
	}
	if (r.understood && r.end == 0)
		return 0;
	if (!is_news(node))
		return -1;
	if (r.understood)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": memory of NUMA node %d can't grow by %" PRIu64 " MiB: it would be out of the devices' reach, which ends at 0x%" PRIx64 " for the reason logged before; allocate less, or preallocate with -m what the application needs",
			node, r.bytes >> 20, r.end);
	else
		BUS_LOG(ERR, VFIO_MSI_BUS ": memory of NUMA node %d can't grow: EAL counts 0x%zx bytes there with what is wanted, its lists have 0x%" PRIx64 " bytes, and the difference is no whole number of pages; preallocate with -m what the application needs",
			node, new_len, r.held);
	return -1;
}

static bool
is_first_of_node(size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (growth.v[i].node == growth.v[at].node)
			return false;
	return true;
}

static void
unwatch(void)
{
	size_t i;

	for (i = 0; i < growth.n; i++)
		if (is_first_of_node(i))
			rte_mem_alloc_validator_unregister(VALIDATOR, (int)growth.v[i].node);
	growth.watched = false;
}

/*
 * No allocation may go beyond: memory that devices can't address is none. With
 * --legacy-mem (ENOTSUP) there are no allocations.
 */
static void
watch(void)
{
	bool limited = false;
	size_t i;

	for (i = 0; i < growth.n; i++)
		limited |= is_limit(&growth.v[i]);
	for (i = 0; limited && i < growth.n; i++) {
		if (!is_first_of_node(i))
			continue;
		if (rte_mem_alloc_validator_register(VALIDATOR, on_alloc,
				(int)growth.v[i].node, 0) == 0)
			growth.watched = true;
		else if (rte_errno != ENOTSUP)
			BUS_LOG(ERR, VFIO_MSI_BUS ": growth of memory on NUMA node %u can't be limited: %s; preallocate with -m",
				growth.v[i].node, strerror(rte_errno));
	}
}

/* No memory comes and goes meanwhile, and what comes later meets the validator. */
int
vfio_msi_growth_check(char *why, size_t size)
{
	size_t i;
	int ret = 0;

	growth.at_start = vfio_msi_steer_tried() && !growth.later;
	growth.n = 0;
	rte_mcfg_mem_read_lock();
	rte_memseg_list_walk_thread_unsafe(add_list, NULL);
	ioas_layout_lock(vfio_msi_bus.ioas);
	iova_layout_forget(vfio_msi_bus.layout, EAL_OWNER);
	for (i = 0; i < growth.n; i++) {
		struct growth_list *l = &growth.v[i];

		l->reach = reach_of(l, true);
		l->reached = is_reached(i);
		/* EAL had its memory before it had the device: what the kernel takes goes. */
		if (!growth.at_start && (l->used > l->reach || (l->reached && l->reach == 0)))
			l->reach = reach_of(l, false);
	}
	for (i = 0; ret == 0 && i < growth.n; i++)
		ret = check_list(&growth.v[i], why, size);
	ioas_layout_unlock(vfio_msi_bus.ioas);
	if (ret == 0)
		watch();
	rte_mcfg_mem_read_unlock();
	return ret;
}

static void
tell_limit(const struct growth_list *l)
{
	char text[PLAN_EXPLAIN];

	ioas_layout_lock(vfio_msi_bus.ioas);
	explain(l, text, sizeof(text));
	ioas_layout_unlock(vfio_msi_bus.ioas);
	BUS_LOG(WARNING, VFIO_MSI_BUS ": memory of %" PRIu64 " KiB pages on NUMA node %u can't grow beyond 0x%" PRIx64 ", which %s: up to %" PRIu64 " MiB fit (-m, --socket-mem), more is rejected",
		l->page >> 10, l->node, l->range.first + l->reach, text, room_of(l) >> 20);
}

/* rte_eal_iommu_dma_map() must place nothing where EAL may grow. */
static void
add_hole(const struct growth_list *l)
{
	struct iova_hole own = {
		.range = { l->range.first, l->range.first + l->reach - 1 },
		.origin = IOVA_ORIGIN_EAL,
		.hardness = IOVA_SOFT,
		.owner = EAL_OWNER,
	};

	/* Without memory for it nothing is lost but this courtesy. */
	(void)iova_layout_add_hole(vfio_msi_bus.layout, &own, NULL);
}

/* A device that comes later must not take away what EAL may grow into. */
static void
keep_room(void)
{
	struct iova_range keep[RTE_MAX_MEMSEG_LISTS];
	size_t i, n = 0;
	int ret;

	ioas_layout_lock(vfio_msi_bus.ioas);
	for (i = 0; i < growth.n; i++) {
		const struct growth_list *l = &growth.v[i];

		if (!l->reached || l->reach == 0)
			continue;
		add_hole(l);
		keep[n++] = (struct iova_range){ l->range.first,
			l->range.first + l->reach - 1 };
	}
	ioas_layout_unlock(vfio_msi_bus.ioas);
	ret = ioas_keep(vfio_msi_bus.ioas, keep, n);
	if (ret < 0)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": room for EAL's memory to grow can't be kept: %s; a device that is added later may take it away",
			strerror(-ret));
}

void
vfio_msi_growth_start(void)
{
	size_t i;

	growth.later = true;
	for (i = 0; i < growth.n; i++)
		if (growth.watched && is_limit(&growth.v[i]))
			tell_limit(&growth.v[i]);
	keep_room();
}

void
vfio_msi_growth_stop(void)
{
	unwatch();
	growth.n = 0;
	ioas_layout_lock(vfio_msi_bus.ioas);
	iova_layout_forget(vfio_msi_bus.layout, EAL_OWNER);
	ioas_layout_unlock(vfio_msi_bus.ioas);
}
