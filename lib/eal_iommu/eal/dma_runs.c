/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>

#include <rte_eal_memconfig.h>

#include "eal/dma_assign.h"
#include "eal/dma_runs.h"

/* Usually each page has a file: for smaller pages one call a file would be too many. */
#define FILE_MIN ((uint64_t)1 << 30)

struct walk {
	int (*emit)(const struct dma_run *run, void *arg);
	void *arg;
	bool coalesce_all;
	bool by_file;
	bool external;
	struct dma_run run;
};

static bool
is_for_dma(const struct rte_memseg_list *msl, const struct rte_memseg *ms)
{
	/* Memory that got no IOVA would keep all other memory from being mapped. */
	return !(msl->external && !msl->heap) && dma_assign_iova(msl, ms) < DMA_ASSIGN_NOWHERE;
}

static struct ioas_file
file_of(const struct rte_memseg *ms)
{
	size_t start = 0;
	int fd = rte_memseg_get_fd_thread_unsafe(ms);

	if (fd < 0 || rte_memseg_get_fd_offset_thread_unsafe(ms, &start) < 0)
		fd = -1;
	return (struct ioas_file){ .fd = fd, .start = start };
}

/* Whether the segment continues the file of the run. */
static bool
file_goes_on(const struct dma_run *run, const struct ioas_file *file)
{
	return run->file.fd >= 0 && file->fd == run->file.fd &&
		file->start == run->file.start + run->len;
}

/* Whether the run is a complete file that is large enough for a call of its own. */
static bool
file_is_done(const struct dma_run *run, const struct ioas_file *file)
{
	return run->file.fd >= 0 && run->len >= FILE_MIN && !file_goes_on(run, file);
}

static int
flush_run(struct walk *w)
{
	int ret = w->run.len > 0 ? w->emit(&w->run, w->arg) : 0;

	w->run.len = 0;
	return ret;
}

/* Whether the segment continues the run. */
static bool
goes_on(const struct walk *w, const struct rte_memseg_list *msl, const struct rte_memseg *ms,
		const struct ioas_file *file)
{
	const struct dma_run *run = &w->run;

	return run->len > 0 && run->msl == msl && ms->addr_64 == run->va + run->len &&
		dma_assign_iova(msl, ms) == run->iova + run->len &&
		!(w->by_file && file_is_done(run, file));
}

/* Add a segment to the run, or start a new run with it. */
static int
take(struct walk *w, const struct rte_memseg_list *msl, const struct rte_memseg *ms, bool join)
{
	struct ioas_file file = file_of(ms);
	struct dma_run *run = &w->run;
	int ret;

	if (join && goes_on(w, msl, ms, &file)) {
		if (!file_goes_on(run, &file))
			run->file.fd = -1;
		run->len += ms->len;
		run->pages++;
		return 0;
	}
	ret = flush_run(w);
	if (ret != 0)
		return ret;
	*run = (struct dma_run){
		.va = ms->addr_64,
		.iova = dma_assign_iova(msl, ms),
		.len = ms->len,
		.pages = 1,
		.msl = msl,
		.file = file,
	};
	return join ? 0 : flush_run(w);
}

static int
walk_step(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	struct walk *w = arg;
	/* External memory is added and removed as a whole. */
	bool join = w->coalesce_all || msl->external ||
		(ms->flags & RTE_MEMSEG_FLAG_DO_NOT_FREE);

	if ((msl->external && !w->external) || !is_for_dma(msl, ms))
		return 0;
	return take(w, msl, ms, join);
}

int
dma_runs_foreach(bool coalesce_all, bool by_file, bool external,
		int (*emit)(const struct dma_run *run, void *arg), void *arg)
{
	struct walk w = {
		.emit = emit,
		.arg = arg,
		.coalesce_all = coalesce_all,
		.by_file = by_file,
		.external = external,
	};
	int ret = rte_memseg_walk_thread_unsafe(walk_step, &w);

	return ret != 0 ? ret : flush_run(&w);
}

int
dma_runs_changed(const void *addr, size_t len,
		int (*emit)(const struct dma_run *run, void *arg), void *arg)
{
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	const struct rte_memseg *ms = rte_mem_virt2memseg(addr, msl);
	struct walk w = { .emit = emit, .arg = arg };
	size_t done;
	int ret = 0;

	if (msl == NULL || ms == NULL)
		return -ENOENT;
	/*
	 * External memory is assigned to its heap after the event, so it is not filtered
	 * by heap here. Segments are contiguous in the array.
	 */
	for (done = 0; ret == 0 && done < len; done += ms->len, ms++)
		if (ms->iova != RTE_BAD_IOVA)
			ret = take(&w, msl, ms, msl->external);
	return ret != 0 ? ret : flush_run(&w);
}
