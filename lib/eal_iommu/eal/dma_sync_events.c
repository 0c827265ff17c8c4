/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* EAL's memory events. dma_sync.c has the locks. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>
#include <rte_common.h>
#include <rte_eal_memconfig.h>
#include <rte_memory.h>

#include "eal/dma_assign.h"
#include "eal/dma_budget.h"
#include "eal/dma_external.h"
#include "eal/dma_log.h"
#include "eal/dma_sync_private.h"
#include "plan/plan.h"

#define ABSENT "EAL-unmapped"

/* The reason why a run conflicts; the caller has locked the layout. */
void
dma_sync_describe(const struct dma_run *run, int ret, const struct iova_conflict *c,
		char *out, size_t size)
{
	struct iova_range range = { run->iova, run->iova + (run->len - 1) };
	char reason[PLAN_EXPLAIN];

	plan_explain(sync_state.layout, range, ret, c, reason, sizeof(reason));
	snprintf(out, size, "memory%s at VA 0x%" PRIx64 ", IOVA 0x%" PRIx64 "-0x%"
		PRIx64 ", %s", run->msl->external ? " of a heap" : "", run->va,
		range.first, range.last, reason);
}

int
dma_sync_explain_physical(const struct dma_run *run, int ret, const struct iova_conflict *c,
		char *out, size_t size)
{
	const struct iova_range range = { run->iova, run->iova + (run->len - 1) };
	const struct iova_conflict none = { 0 };

	if (ioas_verify(sync_state.ioas, run->va, range, ret) != ret) {
		ret = -EADDRNOTAVAIL;
		ioas_layout_lock(sync_state.ioas);
		dma_sync_describe(run, ret, &none, out, size);
		ioas_layout_unlock(sync_state.ioas);
	}
	strlcat(out, plan_hint(sync_state.ioas, ret, c), size);
	return ret;
}

void
dma_sync_count_refused(uint64_t times, uint64_t bytes)
{
	__atomic_fetch_add(&sync_state.refused.times, times, __ATOMIC_RELAXED);
	__atomic_fetch_add(&sync_state.refused.bytes, bytes, __ATOMIC_RELAXED);
}

struct dma_sync_refused
dma_sync_refused(void)
{
	return (struct dma_sync_refused) {
		.times = __atomic_load_n(&sync_state.refused.times, __ATOMIC_RELAXED),
		.bytes = __atomic_load_n(&sync_state.refused.bytes, __ATOMIC_RELAXED),
	};
}

static void
event_alloc(const struct dma_run *run)
{
	const struct iova_range range = { run->iova, run->iova + (run->len - 1) };
	const struct ioas_memory mem = { .va = run->va, .file = &run->file };
	struct iova_conflict c;
	char text[PLAN_EXPLAIN + 128];
	bool meets;
	int ret = ioas_map_memory(sync_state.ioas, IOAS_EAL, &mem, run->iova, run->len, &c);

	if (ret == 0 && !c.is_hole)
		return;
	if (ret == -EEXIST && sync_state.kept) {
		SYNC_LOG(INFO, "new page at IOVA 0x%" PRIx64 " during rte_eal_cleanup(): devices still reach the old page; close ports before rte_eal_cleanup()",
			run->iova);
		return;
	}
	ioas_layout_lock(sync_state.ioas);
	/* The holes that reserve room for EAL's memory do not count for that memory. */
	meets = plan_meets_hole(sync_state.layout, range);
	if (ret < 0 || meets)
		dma_sync_describe(run, ret, &c, text, sizeof(text));
	/* No other memory may be assigned this IOVA. */
	if (ret < 0 && sync_state.assigned)
		(void)iova_layout_place_at(sync_state.layout, range, ABSENT, NULL);
	ioas_layout_unlock(sync_state.ioas);
	if (ret < 0)
		dma_sync_count_refused(1, run->len);
	/* A callback can't reject the allocation, so only log and count it. */
	if (ret < 0)
		SYNC_LOG(ERR, "new %s: NOT mapped for DMA, devices must not use it%s; preallocate with -m what the application needs",
			text, dma_budget_hint(sync_state.ioas, ret, &c));
	else if (meets)
		SYNC_LOG(WARNING, "new %s: DMA there may not reach memory; %s", text,
			ioas_traits_of(sync_state.ioas)->no_translation ? PLAN_SOFT_PHYSICAL :
			"preallocate with -m what the application needs");
}

/* Memory that could not be mapped is freed. */
static void
release_absent(const struct dma_run *run)
{
	if (!sync_state.assigned)
		return;
	ioas_layout_lock(sync_state.ioas);
	(void)dma_external_release(run, sync_state.layout);
	ioas_layout_unlock(sync_state.ioas);
}

/*
 * Memory that was rejected has the IOVA of another mapping, if the application chose it. Where
 * the kernel failed to unmap (parked), what EAL has now was refused.
 */
static bool
is_mapped(const struct dma_run *run, bool *parked)
{
	const struct iova_used *used;
	bool is;

	ioas_layout_lock(sync_state.ioas);
	used = iova_layout_lookup(sync_state.layout, run->iova);
	is = used != NULL && used->va - used->range.first == run->va - run->iova;
	*parked = used != NULL && used->parked;
	ioas_layout_unlock(sync_state.ioas);
	return is;
}

static void
event_free(const struct dma_run *run)
{
	bool parked;
	const bool mapped = is_mapped(run, &parked);
	int ret = -ENOENT;

	if (!run->msl->external || mapped)
		ret = ioas_unmap(sync_state.ioas, IOAS_EAL, run->iova, run->len);

	/* It was refused when EAL got it, also where another owner has the IOVA. */
	if (ret == -ENOENT || ret == -EPERM || parked)
		dma_sync_count_refused(0, -RTE_MIN(run->len, sync_state.refused.bytes));
	if (ret == -EBUSY) {
		sync_state.kept = true;
		SYNC_LOG(DEBUG, "freed page at IOVA 0x%" PRIx64 " stays mapped with its run until all memory is unmapped",
			run->iova);
	} else if (ret == -EPERM && mapped) {
		SYNC_LOG(DEBUG, "freed page at IOVA 0x%" PRIx64 " stays mapped: the application mapped it too",
			run->iova);
	} else if (ret == -ENOENT || ret == -EPERM) {
		if (ret == -ENOENT)
			release_absent(run);
		SYNC_LOG(DEBUG, "freed memory at IOVA 0x%" PRIx64 ", 0x%" PRIx64 " bytes, was not mapped",
			run->iova, run->len);
	} else if (ret < 0) {
		SYNC_LOG(ERR, "freed memory at IOVA 0x%" PRIx64 ", 0x%" PRIx64 " bytes, can't be unmapped: %s; it stays pinned until the process ends, report it",
			run->iova, run->len, strerror(-ret));
	}
}

static int
event_run(const struct dma_run *run, void *arg)
{
	const enum rte_mem_event *type = arg;

	if (*type == RTE_MEM_EVENT_ALLOC)
		event_alloc(run);
	else
		event_free(run);
	return 0;
}

static void
map_changed(enum rte_mem_event type, const void *addr, size_t len)
{
	if (dma_runs_changed(addr, len, event_run, &type) < 0)
		SYNC_LOG(ERR, "EAL reports memory at %p, which is in none of its lists; report it", addr);
}

static bool
is_external(const void *addr)
{
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);

	return msl != NULL && msl->external;
}

/* No device is attached: the rules of the devices that left, or NULL. */
static struct iova_layout *
rules_left(void)
{
	return sync_state.assigned ? dma_assign_left() : dma_external_left();
}

static void
add_external(const void *addr, size_t len)
{
	const struct dma_external to = {
		.ioas = sync_state.ioas,
		.layout = sync_state.ioas != NULL ? sync_state.layout : rules_left(),
		.choose = sync_state.may_choose || sync_state.assigned,
		.assigned = sync_state.assigned,
	};
	int ret = dma_external_added(&to, addr, len);

	if (ret > 0)
		sync_state.has_chosen = true;
	else if (ret < 0 && to.ioas != NULL)
		dma_sync_count_refused(1, len);
}

void
dma_sync_may_choose(bool may)
{
	rte_mcfg_mem_read_lock();
	pthread_mutex_lock(&sync_state.lock);
	sync_state.may_choose = may && sync_state.external;
	pthread_mutex_unlock(&sync_state.lock);
	rte_mcfg_mem_read_unlock();
}

static int
is_elsewhere(const struct rte_memseg_list *msl, const struct rte_memseg *ms,
		void *arg __rte_unused)
{
	return msl->external && msl->heap && ms->iova != ms->addr_64 &&
		ms->iova < DMA_ASSIGN_NOWHERE;
}

bool
dma_sync_has_chosen(void)
{
	bool has;

	rte_mcfg_mem_read_lock();
	pthread_mutex_lock(&sync_state.lock);
	/* EAL's records do not show who chose an IOVA. */
	has = sync_state.has_chosen && rte_memseg_walk_thread_unsafe(is_elsewhere, NULL) > 0;
	pthread_mutex_unlock(&sync_state.lock);
	rte_mcfg_mem_read_unlock();
	return has;
}

static void
added(const void *addr, size_t len)
{
	if (is_external(addr)) {
		add_external(addr, len);
		return;
	}
	if (sync_state.assigned)
		dma_assign_new(sync_state.ioas, sync_state.layout, addr, len);
	if (sync_state.ioas != NULL)
		map_changed(RTE_MEM_EVENT_ALLOC, addr, len);
	if (sync_state.assigned)
		dma_assign_new_end(sync_state.ioas, sync_state.layout);
}

void
dma_sync_on_event(enum rte_mem_event type, const void *addr, size_t len,
		void *arg __rte_unused)
{
	pthread_mutex_lock(&sync_state.lock);
	if (type == RTE_MEM_EVENT_ALLOC)
		added(addr, len);
	else if (sync_state.ioas != NULL)
		map_changed(type, addr, len);
	else if (sync_state.assigned || is_external(addr))
		dma_external_removed(rules_left(), addr, len);
	pthread_mutex_unlock(&sync_state.lock);
}
