/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Neither type1 v2 nor iommufd unmaps part of a mapping, so what one call maps depends on
 * how EAL can free the memory:
 *  - contiguous runs: preallocated memory (RTE_MEMSEG_FLAG_DO_NOT_FREE), memory of an EAL
 *    that sends no events (--legacy-mem, --no-huge), and external memory of a heap, which
 *    is added and removed as a whole;
 *  - one mapping per page: all other memory, as EAL may free any page.
 * If the backend maps files, a run in one file is mapped by file: runs of
 * --single-file-segments, pages of 1 GiB, single pages. Smaller pages with a file each
 * are joined and mapped by address.
 *
 * rte_eal_cleanup() clears DO_NOT_FREE before the buses are cleaned up. A page freed then
 * is inside a run. The run stays mapped until everything is unmapped, and the kernel keeps
 * the page pinned, so no other process can get it. If EAL allocates that address again,
 * devices do not reach the new page; by then only the removal of drivers is left to run.
 *
 * With IOVAs that the engine assigns (dma_assign.h), they are chosen and mapped first, and
 * EAL's records are changed when nothing can fail any more. Then events are handled until
 * dma_sync_forget(), also while nothing is mapped, so that all memory has assigned IOVAs.
 *
 * Lock order: EAL's memory lock, then the address space's. EAL sends events with its lock
 * held for writing, so only *_thread_unsafe walks and no rte_malloc here.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "eal/dma_assign.h"
#include "eal/dma_budget.h"
#include "eal/dma_log.h"
#include "eal/dma_runs.h"
#include "eal/dma_sync.h"
#include "plan/plan.h"

RTE_LOG_REGISTER_DEFAULT(eal_iommu_logtype, NOTICE)

#define DMA_SYNC_EVENTS "eal_iommu_dma_sync"
#define ABSENT "EAL-unmapped"

static struct {
	struct ioas *ioas;	/* NULL: not started */
	struct iova_layout *layout;
	bool events;		/* EAL sends memory events, also with ioas NULL */
	bool assigned;		/* IOVAs are assigned */
	bool kept;		/* freed pages are still mapped: rte_eal_cleanup() runs */
	/* Written under EAL's memory lock, read without it. */
	struct dma_sync_refused refused;
} sync_state;

/* First pass: check all memory, and count mappings. */
struct survey {
	struct dma_sync_stats stats;
	char *why;
	size_t size;
};

/* The reason why a run conflicts; the caller has locked the layout. */
static void
describe_run(const struct dma_run *run, int ret, const struct iova_conflict *c,
		char *out, size_t size)
{
	struct iova_range range = { run->iova, run->iova + (run->len - 1) };
	char reason[PLAN_EXPLAIN];

	plan_explain(sync_state.layout, range, ret, c, reason, sizeof(reason));
	snprintf(out, size, "memory at VA 0x%" PRIx64 ", IOVA 0x%" PRIx64 "-0x%"
		PRIx64 ", %s", run->va, range.first, range.last, reason);
}

static int
survey_run(const struct dma_run *run, void *arg)
{
	struct survey *s = arg;
	struct iova_conflict c = { 0 }, hard_c = { 0 };
	struct iova_range range;
	char text[PLAN_EXPLAIN + 128];
	bool meets = false;
	int hard, soft;

	if (!iova_range_make(run->iova, run->len, &range))
		return -EINVAL;
	s->stats.bytes += run->len;
	s->stats.pages += run->pages;
	s->stats.maps++;
	ioas_layout_lock(sync_state.ioas);
	soft = iova_layout_test(sync_state.layout, range, true, &c);
	if (soft < 0) {
		meets = plan_meets_hole(sync_state.layout, range);
		describe_run(run, soft, &c, text, sizeof(text));
	}
	hard = iova_layout_test(sync_state.layout, range, false, &hard_c);
	if (hard < 0)
		describe_run(run, hard, &hard_c, s->why, s->size);
	ioas_layout_unlock(sync_state.ioas);
	if (hard == 0 && meets)
		SYNC_LOG(WARNING, "%s: DMA there may not reach memory; give the devices at start-up, with IOVA as VA", text);
	return hard;
}

struct mapping {
	struct ioas *ioas;
	char *why;
	size_t size;
};

static int
map_run(const struct dma_run *run, void *arg)
{
	struct mapping *m = arg;
	const struct ioas_memory mem = { .va = run->va, .file = &run->file };
	struct iova_conflict c;
	int ret = ioas_map_memory(m->ioas, IOAS_EAL, &mem, run->iova, run->len, &c);

	if (ret < 0)
		snprintf(m->why, m->size, "mapping VA 0x%" PRIx64 " at IOVA 0x%"
			PRIx64 ", 0x%" PRIx64 " bytes, failed: %s%s",
			run->va, run->iova, run->len, strerror(-ret),
			dma_budget_hint(sync_state.ioas, ret));
	return ret;
}

static uint64_t
now_usec(void)
{
	struct timespec ts;

	/* EAL may not know the frequency of the TSC yet. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void
count_refused(uint64_t times, uint64_t bytes)
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
		describe_run(run, ret, &c, text, sizeof(text));
	/* No other memory may be assigned this IOVA. */
	if (ret < 0 && sync_state.assigned)
		(void)iova_layout_place_at(sync_state.layout, range, ABSENT, NULL);
	ioas_layout_unlock(sync_state.ioas);
	if (ret < 0)
		count_refused(1, run->len);
	/* A callback can't reject the allocation, so only log and count it. */
	if (ret < 0)
		SYNC_LOG(ERR, "new %s: NOT mapped for DMA, devices must not use it%s; preallocate with -m what the application needs",
			text, dma_budget_hint(sync_state.ioas, ret));
	else if (meets)
		SYNC_LOG(WARNING, "new %s: DMA there may not reach memory; preallocate with -m what the application needs", text);
}

/* Memory that could not be mapped is freed. */
static void
release_absent(const struct dma_run *run)
{
	if (!sync_state.assigned)
		return;
	ioas_layout_lock(sync_state.ioas);
	(void)iova_layout_release(sync_state.layout,
		(struct iova_range){ run->iova, run->iova + (run->len - 1) });
	ioas_layout_unlock(sync_state.ioas);
}

static void
event_free(const struct dma_run *run)
{
	int ret = ioas_unmap(sync_state.ioas, IOAS_EAL, run->iova, run->len);

	if (ret == -EBUSY) {
		sync_state.kept = true;
		SYNC_LOG(DEBUG, "freed page at IOVA 0x%" PRIx64 " stays mapped with its run until all memory is unmapped",
			run->iova);
	} else if (ret == -EPERM) {
		SYNC_LOG(DEBUG, "freed page at IOVA 0x%" PRIx64 " stays mapped: the application mapped it too",
			run->iova);
	} else if (ret == -ENOENT) {
		release_absent(run);
		count_refused(0, -RTE_MIN(run->len, sync_state.refused.bytes));
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

static void
on_mem_event(enum rte_mem_event type, const void *addr, size_t len,
		void *arg __rte_unused)
{
	const bool assigns = sync_state.assigned && type == RTE_MEM_EVENT_ALLOC;

	if (assigns)
		dma_assign_new(sync_state.ioas, sync_state.layout, addr, len);
	if (sync_state.ioas != NULL)
		map_changed(type, addr, len);
	else if (!assigns)
		dma_assign_freed(addr, len);
	if (assigns)
		dma_assign_new_end(sync_state.ioas, sync_state.layout);
}

static int
map_everything(struct ioas *ioas, bool coalesce_all, struct survey *s)
{
	struct mapping m = { .ioas = ioas, .why = s->why, .size = s->size };
	bool by_file = ioas_traits_of(ioas)->maps_files;
	uint64_t start;
	int ret = dma_runs_foreach(coalesce_all, by_file, survey_run, s);

	if (ret < 0)
		return ret;
	ret = dma_budget_check(ioas, s->stats.maps, s->stats.bytes, s->why,
			s->size);
	if (ret < 0)
		return ret;
	start = now_usec();
	ret = dma_runs_foreach(coalesce_all, by_file, map_run, &m);
	s->stats.usec = now_usec() - start;
	return ret;
}

static bool
has_room(uint64_t bytes, uint64_t page)
{
	return dma_assign_has_room(sync_state.ioas, sync_state.layout, bytes, page);
}

/* @return 0, also if EAL sends no events; -errno with the reason. */
static int
follow_events(char *why, size_t size)
{
	if (sync_state.events)
		return 0;
	if (rte_mem_event_callback_register(DMA_SYNC_EVENTS, on_mem_event, NULL) == 0) {
		sync_state.events = true;
		return 0;
	}
	if (rte_errno == ENOTSUP)
		return 0;
	snprintf(why, size, "can't register for EAL's memory events: %s", strerror(rte_errno));
	return -rte_errno;
}

/* Map all memory; with EAL's memory lock. */
static int
start(bool assign, struct survey *s)
{
	struct ioas *ioas = sync_state.ioas;
	int ret = follow_events(s->why, s->size);

	if (ret == 0 && assign && !sync_state.assigned)
		ret = dma_assign_plan(ioas, sync_state.layout, !sync_state.events, s->why, s->size);
	if (ret == 0)
		ret = map_everything(ioas, !sync_state.events, s);
	if (ret < 0) {
		dma_assign_abort(ioas, sync_state.layout);
		return ret;
	}
	dma_assign_commit(ioas, sync_state.layout);
	dma_assign_return();
	sync_state.assigned = assign;
	if (assign)
		dma_assign_watch(has_room);
	return 0;
}

/* Keep the assigned IOVAs while no device is attached; with EAL's memory lock. */
static void
leave(void)
{
	dma_assign_leave(sync_state.ioas, sync_state.layout);
	sync_state.ioas = NULL;
	sync_state.layout = NULL;
}

int
dma_sync_start(struct ioas *ioas, struct iova_layout *layout, bool assign,
		struct dma_sync_stats *stats, char *why, size_t size)
{
	struct survey s = { .why = why, .size = size };
	bool again = sync_state.assigned;
	int ret;

	if (sync_state.ioas != NULL) {
		snprintf(why, size, "EAL's memory events are handled already; report it");
		return -EALREADY;
	}
	/* The lock excludes changes between the walk and the first event. */
	rte_mcfg_mem_read_lock();
	sync_state.ioas = ioas;
	/* What was refused is mapped now with all other memory, or nothing is. */
	count_refused(0, -sync_state.refused.bytes);
	sync_state.kept = false;
	sync_state.layout = layout;
	ret = start(assign, &s);
	/* No event may assign IOVAs by a layout in which this memory is not mapped. */
	if (ret < 0 && again)
		leave();
	rte_mcfg_mem_read_unlock();
	if (ret < 0 && again) {
		ioas_unmap_all(ioas);
		return ret;
	}
	if (ret < 0) {
		/* Pages that are freed until then are still unmapped by their events. */
		dma_sync_stop();
		return ret;
	}
	if (assign && !again)
		dma_assign_memzones();
	if (stats != NULL)
		*stats = s.stats;
	return 0;
}

void
dma_sync_stop(void)
{
	struct ioas *ioas = sync_state.ioas;

	if (ioas == NULL)
		return;
	/* Without a device, nothing is out of reach. */
	count_refused(0, -sync_state.refused.bytes);
	if (sync_state.assigned) {
		rte_mcfg_mem_read_lock();
		leave();
		rte_mcfg_mem_read_unlock();
		ioas_unmap_all(ioas);
		return;
	}
	if (sync_state.events)
		rte_mem_event_callback_unregister(DMA_SYNC_EVENTS, NULL);
	sync_state.events = false;
	ioas_unmap_all(ioas);
	sync_state.ioas = NULL;
}

void
dma_sync_forget(void)
{
	if (sync_state.events)
		rte_mem_event_callback_unregister(DMA_SYNC_EVENTS, NULL);
	sync_state.events = false;
	dma_assign_unwatch();
	sync_state.assigned = false;
	dma_assign_return();
}

bool
dma_sync_assigned(void)
{
	return sync_state.assigned;
}
