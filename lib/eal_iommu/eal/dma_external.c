/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_memory.h>

#include "eal/dma_assign.h"
#include "eal/dma_budget.h"
#include "eal/dma_external.h"
#include "eal/dma_log.h"
#include "eal/dma_place.h"
#include "eal/dma_runs.h"
#include "plan/plan.h"

#define WHY (PLAN_EXPLAIN + 320)
#define ABSENT "EAL-unmapped"

/* External memory that is added. */
struct added {
	struct ioas *ioas;
	struct iova_layout *layout;
	bool may_choose;
	bool assigned;
	const struct rte_memseg_list *msl;
	const struct rte_memseg *first;
	struct iova_range va;
	bool has_va;		/* its IOVAs are its VAs */
	bool chosen;		/* its IOVAs were chosen here */
	uint64_t failed;	/* VA of the run that can't be mapped */
	char why[WHY];		/* what is wrong with it, and what to do */
	char soft[PLAN_EXPLAIN_SOFT + 96];	/* the first IOVAs in a soft hole, with the hole; or "" */
};

static size_t
length(const struct added *a)
{
	return iova_range_size(a->va);
}

static void
lock(const struct added *a)
{
	if (a->ioas != NULL)
		ioas_layout_lock(a->ioas);
}

static void
unlock(const struct added *a)
{
	if (a->ioas != NULL)
		ioas_layout_unlock(a->ioas);
}

/* Set the IOVA of each segment that has one, without pieces to none. */
static void
set_iovas(const struct added *a, const struct dma_pieces *pieces)
{
	const struct rte_memseg *ms = a->first;
	size_t done;

	for (done = 0; done < length(a); done += ms->len, ms++) {
		uint64_t iova = DMA_ASSIGN_NOWHERE | ms->addr_64;

		if (pieces != NULL && ms->iova == RTE_BAD_IOVA)
			continue;
		if (pieces != NULL)
			(void)dma_pieces_find(pieces, ms->addr_64, &iova);
		dma_assign_set_iova(ms, iova);
	}
}

/* Are all IOVAs the VAs? @return false also for memory without IOVAs */
static bool
iovas_are_vas(const struct added *a)
{
	const struct rte_memseg *ms = a->first;
	size_t done;

	for (done = 0; done < length(a); done += ms->len, ms++)
		if (ms->iova != ms->addr_64)
			return false;
	return true;
}

static bool
has_iovas(const struct added *a)
{
	const struct rte_memseg *ms = a->first;
	size_t done;

	for (done = 0; done < length(a); done += ms->len, ms++)
		if (ms->iova != RTE_BAD_IOVA)
			return true;
	return false;
}

/* In use already, if another process has added it: EAL marks new memory after the event. */
static bool
is_in_use(const struct added *a)
{
	return a->msl->heap != 0;
}

/* Why the bus keeps VAs that are no good IOVAs, and what to do. */
static const char *
keeps_because(const struct added *a)
{
	if (a->may_choose)
		return "a secondary process added this memory; add it in the primary process";
	return "a device of another bus, a driver of this process, or DPDK's build takes VAs for IOVAs; use that device in another process, or give it to this bus (--no-pci keeps the pci bus from all devices)";
}

/*
 * The VAs are the IOVAs: if these are bad, choose others. Those in a soft hole remain if
 * there are no better ones.
 */
static int
choose(struct added *a)
{
	bool may = a->may_choose && !is_in_use(a);
	struct dma_pieces pieces = { 0 };
	struct iova_conflict c;
	char text[PLAN_EXPLAIN];
	int ret, placed = -EBUSY;

	lock(a);
	ret = iova_layout_test(a->layout, a->va, false, &c);
	if (ret == 0 && !plan_meets_hole(a->layout, a->va) &&
	    !dma_place_keeps(a->layout, a->va)) {
		unlock(a);
		return 0;
	}
	if (ret == 0)
		(void)iova_layout_test(a->layout, a->va, true, &c);
	plan_explain(a->layout, a->va, ret, &c, text, sizeof(text));
	if (may)
		placed = dma_place(a->layout, a->va.first, length(a), a->msl->page_sz, &pieces);
	unlock(a);
	if (placed == 0) {
		set_iovas(a, &pieces);
		a->chosen = true;
		ret = 0;
		SYNC_LOG(NOTICE, "memory of a heap at VA 0x%" PRIx64 "-0x%" PRIx64 " gets IOVAs from 0x%" PRIx64 " on, as its VA %s",
			a->va.first, a->va.last, pieces.v[0].iova, text);
	} else if (ret < 0) {
		snprintf(a->why, sizeof(a->why), may ?
			"its VA %s, and there are too few free IOVAs to choose others (%s); add less memory, or give fewer devices or holes to one process" :
			"its VA %s, and the bus can't choose other IOVAs, as %s", text,
			may ? strerror(-placed) : keeps_because(a));
	}
	dma_pieces_free(&pieces);
	return ret;
}

/* All IOVAs are assigned: those that the application passed are no good. */
static int
assign(struct added *a)
{
	struct dma_pieces pieces = { 0 };
	int ret = -ENOSPC;

	if (is_in_use(a) || !has_iovas(a))
		return 0;
	lock(a);
	if (a->layout != NULL)
		ret = dma_place(a->layout, a->va.first, length(a), a->msl->page_sz, &pieces);
	unlock(a);
	if (ret == 0)
		set_iovas(a, &pieces);
	else
		snprintf(a->why, sizeof(a->why), "there are too few free IOVAs to assign (%s); add less memory, or give fewer devices or holes to one process",
			strerror(-ret));
	a->chosen = true;
	dma_pieces_free(&pieces);
	return ret;
}

/* Its IOVAs must be its physical addresses. */
static bool
is_physical(const struct added *a)
{
	return a->ioas != NULL && ioas_traits_of(a->ioas)->no_translation;
}

/* Can the application pass other IOVAs? */
static bool
may_pass(const struct added *a, int ret)
{
	return !a->chosen && (is_physical(a) ? ret == -EADDRNOTAVAIL : !a->has_va);
}

/* The run can't be mapped. */
static void
explain(struct added *a, const struct dma_run *run, int ret, const struct iova_conflict *c)
{
	const struct iova_range range = { run->iova, run->iova + (run->len - 1) };
	char text[PLAN_EXPLAIN];

	a->failed = run->va;
	lock(a);
	plan_explain(a->layout, range, ret, c, text, sizeof(text));
	unlock(a);
	snprintf(a->why, sizeof(a->why), "IOVA 0x%" PRIx64 "-0x%" PRIx64 ", %s %s%s%s%s",
		range.first, range.last, a->chosen ? "which the bus chose," :
		a->has_va ? "which is its VA," : "which the application chose,", text,
		a->ioas == NULL ? "" : a->chosen ? dma_budget_hint(a->ioas, ret, c) :
		plan_hint(a->ioas, ret, c),
		a->assigned && !a->chosen ? "; the bus can't choose other IOVAs, as " :
		may_pass(a, ret) ? "; pass other IOVAs" : "",
		a->assigned && !a->chosen ? keeps_because(a) :
		!may_pass(a, ret) || !a->may_choose ? "" :
		", or the VAs: where these are bad, the bus chooses IOVAs");
}

/* The run is mapped in a soft hole, unless the hole only reserves what was chosen here. */
static void
explain_soft(struct added *a, struct iova_range range, const struct iova_conflict *c)
{
	char text[PLAN_EXPLAIN_SOFT];
	bool meets;

	lock(a);
	meets = plan_explain_soft(a->layout, range, c, text, sizeof(text));
	unlock(a);
	if (meets || (!a->has_va && !a->chosen))
		snprintf(a->soft, sizeof(a->soft), "IOVA 0x%" PRIx64 "-0x%" PRIx64 ", %s",
			range.first, range.last, text);
}

static int
map_run(const struct dma_run *run, void *arg)
{
	struct added *a = arg;
	struct iova_range range;
	struct iova_conflict c = { 0 };
	int ret = iova_range_make(run->iova, run->len, &range) ? 0 : -EINVAL;

	if (ret == 0)
		ret = a->ioas != NULL ?
			ioas_map(a->ioas, IOAS_EAL, run->va, run->iova, run->len, &c) :
			iova_layout_place_at(a->layout, range, ABSENT, &c);
	if (ret < 0)
		explain(a, run, ret, &c);
	else if (c.is_hole && a->soft[0] == '\0')
		explain_soft(a, range, &c);
	return ret;
}

/* Undo map_run() up to the run that failed. */
static int
unmap_run(const struct dma_run *run, void *arg)
{
	struct added *a = arg;

	if (run->va == a->failed)
		return 1;
	if (a->ioas == NULL)
		return dma_external_release(run, a->layout);
	(void)ioas_unmap(a->ioas, IOAS_EAL, run->iova, run->len);
	return 0;
}

static int
map(struct added *a)
{
	int ret = dma_runs_changed((const void *)(uintptr_t)a->va.first, length(a), map_run, a);

	if (ret < 0)
		(void)dma_runs_changed((const void *)(uintptr_t)a->va.first, length(a), unmap_run, a);
	return ret;
}

static int
is_unmapped(const struct dma_run *run, void *arg)
{
	const struct added *a = arg;
	struct ioas_mapping m;

	return ioas_lookup(a->ioas, run->iova, &m) < 0 || m.owner != IOAS_EAL ||
		!ioas_covers(a->ioas, run->va, run->iova, run->len);
}

int
dma_external_added(const struct dma_external *to, const void *addr, size_t len)
{
	struct added a = {
		.ioas = to->ioas,
		.layout = to->layout,
		.may_choose = to->choose,
		.assigned = to->assigned,
	};
	int ret = 0;

	a.msl = rte_mem_virt2memseg_list(addr);
	a.first = rte_mem_virt2memseg(addr, a.msl);
	if (a.msl == NULL || a.first == NULL || !iova_range_make((uintptr_t)addr, len, &a.va))
		return -ENOENT;
	if (a.layout == NULL && (!a.assigned || is_in_use(&a)))
		return 0;
	/* A start may have mapped attached memory before the event of the attach came. */
	if (a.ioas != NULL && is_in_use(&a) && dma_runs_changed(addr, len, is_unmapped, &a) == 0)
		return 0;
	a.has_va = iovas_are_vas(&a);
	if (a.assigned)
		ret = assign(&a);
	else if (a.has_va && rte_eal_iova_mode() == RTE_IOVA_VA)
		ret = choose(&a);
	if (ret == 0)
		ret = map(&a);
	lock(&a);
	if (a.layout != NULL)
		dma_place_end(a.layout);
	unlock(&a);
	if (ret < 0) {
		if (to->choose)
			set_iovas(&a, NULL);
		SYNC_LOG(ERR, "memory of a heap at VA 0x%" PRIx64 "-0x%" PRIx64 ": NOT mapped for DMA, devices must not use it: %s; remove it with rte_malloc_heap_memory_remove() before you add it again%s",
			a.va.first, a.va.last, a.why, to->choose ?
			"; until then EAL's memory can't grow if EAL has a DMA mask (VT-d)" : "");
	} else if (a.soft[0] != '\0') {
		SYNC_LOG(WARNING, "memory of a heap at VA 0x%" PRIx64 "-0x%" PRIx64 ", %s; %s",
			a.va.first, a.va.last, a.soft, is_physical(&a) ? PLAN_SOFT_PHYSICAL :
			"pass other IOVAs to rte_malloc_heap_memory_add()");
	}
	return ret == 0 && a.chosen ? 1 : ret;
}
