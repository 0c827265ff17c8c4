/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal_memconfig.h>
#include <rte_memzone.h>

#include "eal/dma_assign.h"
#include "eal/dma_place.h"

#define ABSENT "EAL-unmapped"

/* The caller's lock protects all of it; EAL's memory lock held for writing is enough to read it. */
static struct {
	bool planning;
	struct dma_pieces plan;
	struct iova_layout *left;	/* no device is attached: the rules, and what is used */
} assign;

/* DPDK declares segments as const to walkers; they are in shared memory that is writable. */
void
dma_assign_set_iova(const struct rte_memseg *ms, uint64_t iova)
{
	((struct rte_memseg *)(uintptr_t)ms)->iova = iova;
}

/* The application gave it no IOVA: it is not for DMA. */
static bool
is_without(const struct rte_memseg_list *msl, const struct rte_memseg *ms)
{
	return msl->external && ms->iova == RTE_BAD_IOVA;
}

uint64_t
dma_assign_iova(const struct rte_memseg_list *msl, const struct rte_memseg *ms)
{
	uint64_t iova = ms->iova;

	if (assign.planning && !is_without(msl, ms))
		(void)dma_pieces_find(&assign.plan, ms->addr_64, &iova);
	return iova;
}

struct planning {
	struct iova_layout *layout;
	bool whole;		/* do not divide a stretch */
	uint64_t bytes;		/* of the stretch that failed */
	uint64_t page;
};

/* A stretch of memory, contiguous in VA and in its list. */
static int
plan_stretch(const struct rte_memseg_list *msl, const struct rte_memseg *ms, size_t len,
		void *arg)
{
	struct planning *p = arg;
	const struct rte_memseg *end = ms + len / msl->page_sz, *with = ms;
	size_t before = assign.plan.n;
	int ret;

	/* Without events (whole) external memory is not mapped, and keeps its IOVAs. */
	if (msl->external && (p->whole || !msl->heap))
		return 0;
	while (with < end && is_without(msl, with))
		with++;
	if (with == end)
		return 0;
	p->bytes = len;
	p->page = msl->page_sz;
	ret = dma_place(p->layout, ms->addr_64, len, msl->page_sz, &assign.plan);
	return ret == 0 && p->whole && assign.plan.n > before + 1 ? -ENOSPC : ret;
}

int
dma_assign_plan(struct ioas *ioas, struct iova_layout *layout, bool whole, char *why,
		size_t size)
{
	struct planning p = { .layout = layout, .whole = whole };
	int ret;

	ioas_layout_lock(ioas);
	assign.planning = true;
	ret = rte_memseg_contig_walk_thread_unsafe(plan_stretch, &p);
	ioas_layout_unlock(ioas);
	dma_pieces_sort(&assign.plan);
	if (ret == -ENOSPC)
		snprintf(why, size, whole ?
			"too few free IOVAs in one range for 0x%" PRIx64 " bytes in %" PRIu64 " KiB pages, which EAL takes for contiguous with --legacy-mem; drop that option, preallocate less (-m, --socket-mem), or give fewer devices or holes to one process" :
			"too few free IOVAs for 0x%" PRIx64 " bytes in %" PRIu64 " KiB pages; preallocate less (-m, --socket-mem), or give fewer devices or holes to one process",
			p.bytes, p.page >> 10);
	else if (ret < 0)
		snprintf(why, size, "%s", strerror(-ret));
	return ret;
}

static int
commit_segment(const struct rte_memseg_list *msl, const struct rte_memseg *ms,
		void *arg __rte_unused)
{
	uint64_t iova;

	if (!is_without(msl, ms) && dma_pieces_find(&assign.plan, ms->addr_64, &iova) == 0)
		dma_assign_set_iova(ms, iova);
	return 0;
}

void
dma_assign_abort(struct ioas *ioas, struct iova_layout *layout)
{
	if (!assign.planning)
		return;
	assign.planning = false;
	dma_pieces_free(&assign.plan);
	ioas_layout_lock(ioas);
	dma_place_end(layout);
	ioas_layout_unlock(ioas);
}

void
dma_assign_commit(struct ioas *ioas, struct iova_layout *layout)
{
	if (!assign.planning)
		return;
	rte_memseg_walk_thread_unsafe(commit_segment, NULL);
	dma_assign_abort(ioas, layout);
}

static void
correct_memzone(const struct rte_memzone *mz, void *arg __rte_unused)
{
	const struct rte_memseg *ms = rte_mem_virt2memseg(mz->addr, NULL);

	if (ms != NULL)
		((struct rte_memzone *)(uintptr_t)mz)->iova =
			ms->iova + (mz->addr_64 - ms->addr_64);
}

void
dma_assign_memzones(void)
{
	rte_memzone_walk(correct_memzone, NULL);
}

/* Mark assigned memory as used while nothing is mapped. */
static void
mark_used(const struct rte_memseg *ms)
{
	struct iova_range range = { ms->iova, ms->iova + (ms->len - 1) };

	if (assign.left != NULL && ms->iova < DMA_ASSIGN_NOWHERE)
		(void)iova_layout_place_at(assign.left, range, ABSENT, NULL);
}

static void
lock(struct ioas *ioas)
{
	if (ioas != NULL)
		ioas_layout_lock(ioas);
}

static void
unlock(struct ioas *ioas)
{
	if (ioas != NULL)
		ioas_layout_unlock(ioas);
}

void
dma_assign_new(struct ioas *ioas, struct iova_layout *layout, const void *addr, size_t len)
{
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	const struct rte_memseg *ms = rte_mem_virt2memseg(addr, msl);
	struct iova_layout *rules = ioas != NULL ? layout : assign.left;
	struct dma_pieces pieces = { 0 };
	int ret = -ENOSPC;
	size_t done;

	if (msl == NULL || ms == NULL)
		return;
	lock(ioas);
	if (rules != NULL)
		ret = dma_place(rules, (uintptr_t)addr, len, msl->page_sz, &pieces);
	unlock(ioas);
	for (done = 0; done < len; done += ms->len, ms++) {
		uint64_t iova = DMA_ASSIGN_NOWHERE | ms->addr_64;

		if (ret == 0)
			(void)dma_pieces_find(&pieces, ms->addr_64, &iova);
		dma_assign_set_iova(ms, iova);
		if (ioas == NULL)
			mark_used(ms);
	}
	dma_pieces_free(&pieces);
}

void
dma_assign_new_end(struct ioas *ioas, struct iova_layout *layout)
{
	struct iova_layout *rules = ioas != NULL ? layout : assign.left;

	lock(ioas);
	if (rules != NULL)
		dma_place_end(rules);
	unlock(ioas);
}

static int
add_nowhere(const struct rte_memseg_list *msl __rte_unused, const struct rte_memseg *ms,
		void *arg)
{
	uint64_t *bytes = arg;

	if (ms->iova == (DMA_ASSIGN_NOWHERE | ms->addr_64))
		*bytes += ms->len;
	return 0;
}

uint64_t
dma_assign_nowhere(void)
{
	uint64_t bytes = 0;

	rte_memseg_walk_thread_unsafe(add_nowhere, &bytes);
	return bytes;
}

bool
dma_assign_has_room(struct ioas *ioas, struct iova_layout *layout, uint64_t bytes, uint64_t page)
{
	struct iova_layout *rules = ioas != NULL ? layout : assign.left;
	struct dma_pieces pieces = { 0 };
	bool has;

	if (rules == NULL)
		return false;
	lock(ioas);
	has = dma_place(rules, 0, bytes, page, &pieces) == 0;
	dma_place_end(rules);
	unlock(ioas);
	dma_pieces_free(&pieces);
	return has;
}

/* Memory that could not be mapped gets another chance when a device returns. */
static void
release_absent(struct iova_layout *layout, uint64_t iova)
{
	const struct iova_used *used = iova_layout_lookup(layout, iova);

	if (used != NULL && used->owner == 0)
		(void)iova_layout_release(layout, used->range);
}

static int
leave_segment(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	struct iova_layout *layout = arg;

	if (msl->external)
		return 0;
	mark_used(ms);
	release_absent(layout, ms->iova);
	return 0;
}

void
dma_assign_leave(struct ioas *ioas, struct iova_layout *layout)
{
	ioas_layout_lock(ioas);
	/* There is one if the devices failed to return: then the rules are those of before. */
	if (assign.left == NULL && dma_place_copy(layout, &assign.left) < 0)
		assign.left = NULL;
	rte_memseg_walk_thread_unsafe(leave_segment, layout);
	ioas_layout_unlock(ioas);
}

struct iova_layout *
dma_assign_left(void)
{
	return assign.left;
}

void
dma_assign_return(struct iova_layout *layout)
{
	if (layout != NULL && assign.left != NULL)
		dma_place_keep_copied(layout, assign.left);
	iova_layout_destroy(assign.left);
	assign.left = NULL;
}
