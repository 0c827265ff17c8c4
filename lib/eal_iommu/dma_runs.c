/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <rte_eal_memconfig.h>

#include "dma_runs.h"

struct walk {
	int (*emit)(const struct dma_run *run, void *arg);
	void *arg;
	bool coalesce_all;
	struct dma_run run;
};

static bool
is_for_dma(const struct rte_memseg_list *msl, const struct rte_memseg *ms)
{
	return !(msl->external && !msl->heap) && ms->iova != RTE_BAD_IOVA;
}

static int
flush_run(struct walk *w)
{
	int ret = w->run.len > 0 ? w->emit(&w->run, w->arg) : 0;

	w->run.len = 0;
	return ret;
}

static int
walk_step(const struct rte_memseg_list *msl, const struct rte_memseg *ms,
		void *arg)
{
	struct walk *w = arg;
	struct dma_run *run = &w->run;
	bool keep = w->coalesce_all ||
		(!msl->external && (ms->flags & RTE_MEMSEG_FLAG_DO_NOT_FREE));
	int ret;

	if (!is_for_dma(msl, ms))
		return 0;
	if (run->len > 0 && keep && run->msl == msl &&
	    ms->addr_64 == run->va + run->len &&
	    ms->iova == run->iova + run->len) {
		run->len += ms->len;
		run->pages++;
		return 0;
	}
	ret = flush_run(w);
	if (ret != 0)
		return ret;
	*run = (struct dma_run){
		.va = ms->addr_64,
		.iova = ms->iova,
		.len = ms->len,
		.pages = 1,
		.msl = msl,
	};
	return keep ? 0 : flush_run(w);
}

int
dma_runs_foreach(bool coalesce_all, int (*emit)(const struct dma_run *run, void *arg),
		void *arg)
{
	struct walk w = {
		.emit = emit,
		.arg = arg,
		.coalesce_all = coalesce_all,
	};
	int ret = rte_memseg_walk_thread_unsafe(walk_step, &w);

	return ret != 0 ? ret : flush_run(&w);
}
