/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* External memory while no device is attached. */

#include <rte_memory.h>

#include "eal/dma_external.h"
#include "eal/dma_place.h"
#include "eal/dma_runs.h"

#define ABSENT "EAL-unmapped"

/* No device is attached: the rules, and what external memory has. */
static struct iova_layout *left;

int
dma_external_release(const struct dma_run *run, void *arg)
{
	struct iova_layout *rules = arg;

	/* Without an IOVA it is not there. */
	(void)iova_layout_release(rules,
		(struct iova_range){ run->iova, run->iova + (run->len - 1) });
	return 0;
}

void
dma_external_removed(struct iova_layout *rules, const void *addr, size_t len)
{
	if (rules != NULL)
		(void)dma_runs_changed(addr, len, dma_external_release, rules);
}

struct iova_layout *
dma_external_left(void)
{
	return left;
}

/* EAL's own memory has its VAs, and may grow in what is reserved for it. */
static int
reserve_list(const struct rte_memseg_list *msl, void *arg)
{
	struct iova_range range;

	if (!msl->external && iova_range_make((uintptr_t)msl->base_va, msl->len, &range))
		dma_place_keep(arg, range);
	return 0;
}

static int
place_run(const struct dma_run *run, void *arg)
{
	if (run->msl->external)
		(void)iova_layout_place_at(arg,
			(struct iova_range){ run->iova, run->iova + (run->len - 1) }, ABSENT, NULL);
	return 0;
}

void
dma_external_mark(struct iova_layout *rules)
{
	(void)dma_runs_foreach(true, false, true, place_run, rules);
}

void
dma_external_leave(struct ioas *ioas, const struct iova_layout *layout)
{
	int ret;

	/* There is one if the devices failed to return: then the rules are those of before. */
	if (left != NULL)
		return;
	ioas_layout_lock(ioas);
	ret = dma_place_copy(layout, &left);
	ioas_layout_unlock(ioas);
	if (ret < 0) {
		left = NULL;
		return;
	}
	rte_memseg_list_walk_thread_unsafe(reserve_list, left);
	dma_external_mark(left);
}

void
dma_external_return(struct iova_layout *layout, bool choose)
{
	if (layout != NULL && left != NULL)
		dma_place_keep_copied(layout, left);
	if (layout != NULL && choose)
		rte_memseg_list_walk_thread_unsafe(reserve_list, layout);
	iova_layout_destroy(left);
	left = NULL;
}
