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
 * Without events the bus does not map external memory, as it would not learn of its removal:
 * devices would still reach pages that the application has returned.
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
 * EAL's records are changed when nothing can fail any more. Else only external memory that is
 * added later may get other IOVAs (dma_external.h). In both cases events are handled until
 * dma_sync_forget(), also while nothing is mapped, so that memory that is added then suits
 * the devices that return.
 *
 * The application's mappings are restored when EAL's are done and its lock is released. Memory
 * that is added in between gets none of their IOVAs, nor of the addresses where EAL's memory
 * may grow: dma_place_keep() has them until dma_sync_restored().
 *
 * Lock order: EAL's memory lock; EAL's lock of event callbacks; sync_state.lock; the address
 * space's. EAL sends events with the first two held, the first for writing, except those of
 * rte_malloc_heap_memory_attach() and _detach(): for reading. So these can come at any time,
 * also two at once: sync_state.lock excludes them from each other and from a start or a stop.
 * Only *_thread_unsafe walks and no rte_malloc here, and no callback is registered or
 * unregistered with sync_state.lock held.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <bsd/string.h>
#include <rte_common.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "eal/dma_assign.h"
#include "eal/dma_budget.h"
#include "eal/dma_external.h"
#include "eal/dma_log.h"
#include "eal/dma_place.h"
#include "eal/dma_runs.h"
#include "eal/dma_sync_private.h"
#include "plan/plan.h"

RTE_LOG_REGISTER_DEFAULT(eal_iommu_logtype, NOTICE)

#define DMA_SYNC_EVENTS "eal_iommu_dma_sync"

struct dma_sync_state sync_state = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* First pass: check all memory, and count mappings. */
struct survey {
	struct dma_sync_stats stats;
	char *why;
	size_t size;
};

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
		dma_sync_describe(run, soft, &c, text, sizeof(text));
	}
	hard = iova_layout_test(sync_state.layout, range, false, &hard_c);
	if (hard < 0)
		dma_sync_describe(run, hard, &hard_c, s->why, s->size);
	ioas_layout_unlock(sync_state.ioas);
	if (hard < 0 && ioas_traits_of(sync_state.ioas)->no_translation)
		return dma_sync_explain_physical(run, hard, &hard_c, s->why, s->size);
	if (hard < 0 && run->msl->external)
		strlcat(s->why, "; the application added it before it had this device: remove it and add it again when the device is up, or give the device at start-up", s->size);
	/* The application was warned when it added the memory. */
	if (hard == 0 && meets && !(run->msl->external && sync_state.external))
		SYNC_LOG(WARNING, "%s: DMA there may not reach memory; %s", text,
			ioas_traits_of(sync_state.ioas)->no_translation ? PLAN_SOFT_PHYSICAL :
			"give the devices at start-up, with IOVA as VA");
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
			dma_budget_hint(sync_state.ioas, ret, &c));
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

static int
map_everything(struct ioas *ioas, struct survey *s)
{
	struct mapping m = { .ioas = ioas, .why = s->why, .size = s->size };
	const bool by_file = ioas_traits_of(ioas)->maps_files, events = sync_state.events;
	uint64_t start;
	int ret = dma_runs_foreach(!events, by_file, events, survey_run, s);

	if (ret < 0)
		return ret;
	ret = dma_budget_check(ioas, s->stats.maps, s->stats.bytes, s->why,
			s->size);
	if (ret < 0)
		return ret;
	start = now_usec();
	ret = dma_runs_foreach(!events, by_file, events, map_run, &m);
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
	if (rte_mem_event_callback_register(DMA_SYNC_EVENTS, dma_sync_on_event, NULL) == 0) {
		sync_state.events = true;
		return 0;
	}
	if (rte_errno == ENOTSUP)
		return 0;
	snprintf(why, size, "can't register for EAL's memory events: %s", strerror(rte_errno));
	return -rte_errno;
}

/* Map all memory; with EAL's memory lock and sync_state.lock. */
static int
start(enum dma_sync_choice choice, struct survey *s)
{
	const bool assign = choice == DMA_SYNC_ALL;
	struct ioas *ioas = sync_state.ioas;
	int ret = 0;

	if (assign && !sync_state.assigned)
		ret = dma_assign_plan(ioas, sync_state.layout, !sync_state.events, s->why, s->size);
	if (ret == 0)
		ret = map_everything(ioas, s);
	if (ret < 0) {
		dma_assign_abort(ioas, sync_state.layout);
		return ret;
	}
	dma_assign_commit(ioas, sync_state.layout);
	sync_state.assigned = assign;
	sync_state.external = choice == DMA_SYNC_EXTERNAL;
	sync_state.may_choose = sync_state.external;
	ioas_layout_lock(ioas);
	dma_assign_return(sync_state.layout);
	dma_external_return(sync_state.layout, sync_state.external);
	ioas_layout_unlock(ioas);
	return 0;
}

/* Whether the bus sets IOVAs of memory that is added while no device is attached. */
static bool
stays(void)
{
	return sync_state.assigned || sync_state.external;
}

/* Keep the IOVAs while no device is attached; with EAL's memory lock and sync_state.lock. */
static void
leave(void)
{
	if (sync_state.assigned) {
		dma_assign_leave(sync_state.ioas, sync_state.layout);
		if (dma_assign_left() != NULL)
			dma_external_mark(dma_assign_left());
	} else {
		dma_external_leave(sync_state.ioas, sync_state.layout);
	}
	sync_state.ioas = NULL;
	sync_state.layout = NULL;
}

int
dma_sync_start(struct ioas *ioas, struct iova_layout *layout, enum dma_sync_choice choice,
		struct dma_sync_stats *stats, char *why, size_t size)
{
	struct survey s = { .why = why, .size = size };
	bool again = stays(), assigned = sync_state.assigned;
	int ret;

	if (sync_state.ioas != NULL) {
		snprintf(why, size, "EAL's memory events are handled already; report it");
		return -EALREADY;
	}
	/* EAL's lock excludes changes between the walk and the first event. */
	rte_mcfg_mem_read_lock();
	ret = follow_events(why, size);
	pthread_mutex_lock(&sync_state.lock);
	sync_state.ioas = ioas;
	/* What the kernel refused is mapped now with all other memory, or nothing is. */
	dma_sync_count_refused(0, dma_assign_nowhere() - sync_state.refused.bytes);
	sync_state.kept = false;
	sync_state.layout = layout;
	if (ret == 0)
		ret = start(choice, &s);
	/* No event may assign IOVAs by a layout in which this memory is not mapped. */
	if (ret < 0 && again)
		leave();
	pthread_mutex_unlock(&sync_state.lock);
	if (ret == 0 && choice == DMA_SYNC_ALL)
		dma_assign_watch(has_room);
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
	if (choice == DMA_SYNC_ALL && !assigned)
		dma_assign_memzones();
	if (stats != NULL)
		*stats = s.stats;
	return 0;
}

void
dma_sync_restored(void)
{
	if (sync_state.ioas == NULL)
		return;
	ioas_layout_lock(sync_state.ioas);
	dma_place_keep_end(sync_state.layout);
	ioas_layout_unlock(sync_state.ioas);
}

void
dma_sync_stop(void)
{
	struct ioas *ioas = sync_state.ioas;

	if (ioas == NULL)
		return;
	dma_sync_restored();
	/* Without a device, nothing is out of reach. */
	dma_sync_count_refused(0, -sync_state.refused.bytes);
	if (stays()) {
		rte_mcfg_mem_read_lock();
		pthread_mutex_lock(&sync_state.lock);
		leave();
		pthread_mutex_unlock(&sync_state.lock);
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
	sync_state.external = false;
	sync_state.may_choose = false;
	sync_state.has_chosen = false;
	dma_assign_return(NULL);
	dma_external_return(NULL, false);
}

bool
dma_sync_assigned(void)
{
	return sync_state.assigned;
}

bool
dma_sync_can_grow(void)
{
	return sync_state.events;
}
