/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * How far EAL's memory may grow, while IOVA is VA.
 *
 * Each memseg list has a reach: the bytes from its start that the devices can address.
 * Allocated memory must lie within the reach. Later allocations are predicted: EAL uses
 * the first free run of pages in the first list with a run of that length. If it ends
 * beyond the reach, the validator rejects the allocation before EAL takes a page.
 *
 * Lock order: EAL's memory lock; then the address space's lock, or the lock of EAL's
 * validators. Nothing is logged under the address space's lock. EAL calls validators
 * with its memory lock held for writing. Fields that they read change under that lock held
 * for reading, or while no validator is registered.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy.h"
#include "va/va_place.h"
#include "va/va_policy.h"
#include "vfio_msi_growth.h"

#define EAL_OWNER "EAL"	/* owner of the holes that reserve its room */

struct growth vfio_msi_growth;

static uint64_t
used_of(const struct rte_memseg_list *msl)
{
	int last = rte_fbarray_find_prev_used(growth_pages(msl), msl->memseg_arr.len - 1);

	return last < 0 ? 0 : ((uint64_t)last + 1) * msl->page_sz;
}

static int
add_list(const struct rte_memseg_list *msl, void *arg)
{
	struct growth_list *l = &vfio_msi_growth.v[vfio_msi_growth.n];
	size_t i;

	if (msl->external || vfio_msi_growth.n == RTE_DIM(vfio_msi_growth.v) ||
	    !iova_range_make((uintptr_t)msl->base_va, msl->len, &l->range))
		return 0;
	l->page = msl->page_sz;
	l->node = (unsigned int)msl->socket_id;
	l->used = used_of(msl);
	l->reach = 0;
	l->first = true;
	l->logged = false;
	for (i = 0; i < vfio_msi_growth.n; i++)
		if (vfio_msi_growth.v[i].page == l->page && vfio_msi_growth.v[i].node == l->node)
			l->first = false;
	vfio_msi_growth.n++;
	return 0;
}

static uint64_t
reach_of(const struct growth_list *l, bool soft_too)
{
	return va_reach_bytes(vfio_msi_bus.layout, l->range, l->page, soft_too);
}

/* What ends the reach of a list, as a clause. */
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

/* Usable bytes of one kind: up to the end of the first list that is not whole. */
static uint64_t
room_of(const struct growth_list *first)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < vfio_msi_growth.n; i++)
		if (vfio_msi_growth.v[i].reached && growth_is_same_kind(&vfio_msi_growth.v[i], first))
			sum += vfio_msi_growth.v[i].reach;
	return sum;
}

static bool
is_reached(size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (growth_is_same_kind(&vfio_msi_growth.v[i], &vfio_msi_growth.v[at]) &&
				!growth_is_whole(&vfio_msi_growth.v[i]))
			return false;
	return true;
}

static enum va_shortage
shortage(void)
{
	struct va_begin begin = { 0 };
	size_t i;

	for (i = 0; i < vfio_msi_growth.n; i++)
		va_begin_add(&begin, vfio_msi_growth.v[i].page,
			vfio_msi_growth.v[i].first && vfio_msi_growth.v[i].reach > 0);
	return vfio_msi_steer_shortage(vfio_msi_bus.layout, &begin);
}

static void
advise(const struct growth_list *l, enum va_policy policy, enum va_assign assign, char *out,
		size_t size)
{
	if (!vfio_msi_growth.at_start)
		snprintf(out, size, "give the device at start-up, so that EAL's memory can be steered");
	else if (room_of(l) > 0)
		snprintf(out, size, "preallocate at most %" PRIu64 " MiB of these pages (-m, --socket-mem)",
			room_of(l) >> 20);
	else
		va_shortage_cure(shortage(), policy, assign, out, size);
}

/* Reject used memory beyond the reach, and a kind of memory without any reach. */
static int
check_list(const struct growth_list *l, enum va_policy policy, enum va_assign assign, char *why,
		size_t size)
{
	uint64_t used = RTE_MAX(l->used, l->page);
	char text[PLAN_EXPLAIN], advice[VA_CURE];

	if (l->used <= l->reach && (!l->first || l->reach > 0))
		return 0;
	explain(l, text, sizeof(text));
	advise(l, policy, assign, advice, sizeof(advice));
	snprintf(why, size, "memory at 0x%" PRIx64 "-0x%" PRIx64 ", %" PRIu64 " KiB pages of NUMA node %u, %s; %s",
		l->range.first + l->reach, l->range.first + used - 1, l->page >> 10, l->node,
		text, advice);
	return -ERANGE;
}

/* The lock excludes allocations until the validator is registered. */
int
vfio_msi_growth_check(enum va_policy policy, enum va_assign assign, char *why, size_t size)
{
	size_t i;
	int ret = 0;

	vfio_msi_growth.at_start = vfio_msi_steer_tried() && !vfio_msi_growth.later;
	vfio_msi_growth.n = 0;
	rte_mcfg_mem_read_lock();
	rte_memseg_list_walk_thread_unsafe(add_list, NULL);
	ioas_layout_lock(vfio_msi_bus.ioas);
	iova_layout_forget(vfio_msi_bus.layout, EAL_OWNER);
	for (i = 0; i < vfio_msi_growth.n; i++) {
		struct growth_list *l = &vfio_msi_growth.v[i];

		l->reach = reach_of(l, true);
		l->reached = is_reached(i);
		/* EAL had its memory before it had the device: accept soft holes. */
		l->soft_ends = vfio_msi_growth.at_start ||
			(l->used <= l->reach && (!l->reached || l->reach > 0));
		if (!l->soft_ends)
			l->reach = reach_of(l, false);
	}
	for (i = 0; ret == 0 && i < vfio_msi_growth.n; i++)
		ret = check_list(&vfio_msi_growth.v[i], policy, assign, why, size);
	ioas_layout_unlock(vfio_msi_bus.ioas);
	if (ret == 0)
		vfio_msi_growth_watch();
	rte_mcfg_mem_read_unlock();
	return ret;
}

static void
log_limit(const struct growth_list *l)
{
	char text[PLAN_EXPLAIN];

	if (!vfio_msi_growth.watched || !growth_is_limit(l))
		return;
	ioas_layout_lock(vfio_msi_bus.ioas);
	explain(l, text, sizeof(text));
	ioas_layout_unlock(vfio_msi_bus.ioas);
	BUS_LOG(WARNING, VFIO_MSI_BUS ": memory of %" PRIu64 " KiB pages on NUMA node %u can't grow beyond 0x%" PRIx64 ", which %s: up to %" PRIu64 " MiB fit (-m, --socket-mem), the bus rejects more",
		l->page >> 10, l->node, l->range.first + l->reach, text, room_of(l) >> 20);
}

/* Maps of rte_eal_iommu.h must not place memory where EAL may grow. */
static void
add_hole(const struct growth_list *l)
{
	struct iova_hole own = {
		.range = { l->range.first, l->range.first + l->reach - 1 },
		.origin = IOVA_ORIGIN_EAL,
		.hardness = IOVA_SOFT,
		.owner = EAL_OWNER,
	};

	/* Without this hole they may use the room, nothing else does. */
	(void)iova_layout_add_hole(vfio_msi_bus.layout, &own, NULL);
}

/* Holes of a device added later must not lie where EAL may grow. */
static void
keep_room(void)
{
	struct iova_range keep[RTE_MAX_MEMSEG_LISTS];
	size_t i, n = 0;
	int ret;

	ioas_layout_lock(vfio_msi_bus.ioas);
	iova_layout_forget(vfio_msi_bus.layout, EAL_OWNER);
	for (i = 0; i < vfio_msi_growth.n; i++) {
		const struct growth_list *l = &vfio_msi_growth.v[i];

		if (!l->reached || l->reach == 0)
			continue;
		add_hole(l);
		keep[n++] = (struct iova_range){ l->range.first,
			l->range.first + l->reach - 1 };
	}
	ioas_layout_unlock(vfio_msi_bus.ioas);
	ret = ioas_keep(vfio_msi_bus.ioas, keep, n);
	if (ret < 0)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": can't keep room for EAL's memory to grow: %s; a device added later may take that room, so preallocate with -m what the application needs",
			strerror(-ret));
}

static void
log_and_keep(void)
{
	size_t i;

	for (i = 0; i < vfio_msi_growth.n; i++)
		log_limit(&vfio_msi_growth.v[i]);
	keep_room();
}

void
vfio_msi_growth_start(void)
{
	vfio_msi_growth.later = true;
	log_and_keep();
}

/* End the reach at the first hole of the new device behind the used memory. */
static int
narrow(const struct rte_memseg_list *msl, void *arg)
{
	struct growth_list *l = vfio_msi_growth_find(msl);
	uint64_t used = used_of(msl), reach;
	struct iova_range unused;
	bool *less = arg;

	if (l == NULL)
		return 0;
	l->reached = is_reached((size_t)(l - vfio_msi_growth.v));
	if (!l->reached || used >= l->reach)
		return 0;
	unused = (struct iova_range){ l->range.first + used, l->range.first + l->reach - 1 };
	reach = used + va_reach_bytes(vfio_msi_bus.layout, unused, l->page, l->soft_ends);
	*less |= reach < l->reach;
	l->reach = reach;
	return 0;
}

/*
 * Add a device, unless there is none, and narrow. EAL asks the validator and sends the memory event
 * in one hold of its lock, so an allocation is over before the device is added, or its validator
 * knows the holes of the device.
 */
static int
add_and_narrow(const struct plan_device *pd, char *why, size_t size)
{
	bool less = false;
	int ret = 0;

	rte_mcfg_mem_read_lock();
	ioas_layout_lock(vfio_msi_bus.ioas);
	if (pd != NULL)
		ret = plan_add(vfio_msi_bus.layout, pd, why, size);
	if (ret == 0)
		rte_memseg_list_walk_thread_unsafe(narrow, &less);
	ioas_layout_unlock(vfio_msi_bus.ioas);
	if (less && !vfio_msi_growth.watched)
		vfio_msi_growth_watch();
	rte_mcfg_mem_read_unlock();
	if (less)
		log_and_keep();
	return ret;
}

int
vfio_msi_growth_add(const struct plan_device *pd, char *why, size_t size)
{
	int ret;

	if (vfio_msi_bus.syncing && rte_eal_iova_mode() == RTE_IOVA_VA)
		return add_and_narrow(pd, why, size);
	/* Memory events and the application map concurrently. */
	ioas_layout_lock(vfio_msi_bus.ioas);
	ret = plan_add(vfio_msi_bus.layout, pd, why, size);
	ioas_layout_unlock(vfio_msi_bus.ioas);
	return ret;
}

void
vfio_msi_growth_narrow(void)
{
	add_and_narrow(NULL, NULL, 0);
}

void
vfio_msi_growth_stop(void)
{
	vfio_msi_growth_unwatch();
	vfio_msi_growth.n = 0;
	ioas_layout_lock(vfio_msi_bus.ioas);
	iova_layout_forget(vfio_msi_bus.layout, EAL_OWNER);
	ioas_layout_unlock(vfio_msi_bus.ioas);
}
