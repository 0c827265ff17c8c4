/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The legs of an address space: what is done to one is done to all, or undone.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ioas/ioas_private.h"

int
ioas_leg_open(const struct ioas_ops *ops, const struct ioas_fds *fds, struct ioas_leg **out)
{
	struct ioas_leg *leg = calloc(1, sizeof(*leg) + ops->leg_size);
	int ret;

	if (leg == NULL)
		return -ENOMEM;
	ret = ops->open(leg->state, fds);
	if (ret < 0) {
		free(leg);
		return ret;
	}
	*out = leg;
	return 0;
}

void
ioas_leg_close(const struct ioas_ops *ops, struct ioas_leg *leg)
{
	ops->close(leg->state);
	free(leg);
}

/* ---- mappings ---- */

int
ioas_leg_unmap(const struct ioas *ioas, struct ioas_leg *leg, uint64_t va,
		struct iova_range range, bool parked)
{
	uint64_t done;
	int ret = ioas->ops->unmap(leg->state, va, range.first, iova_range_size(range),
			&done);

	if (ret < 0)
		return ret;
	return done == iova_range_size(range) || (parked && done == 0) ? 0 : -EIO;
}

int
ioas_legs_map(const struct ioas *ioas, const struct ioas_memory *mem,
		struct iova_range range, bool *parked)
{
	struct ioas_leg *leg;
	int ret = 0;

	TAILQ_FOREACH(leg, &ioas->legs, link) {
		ret = ioas->ops->map(leg->state, mem, range.first, iova_range_size(range));
		if (ret < 0)
			break;
	}
	if (ret == 0)
		return 0;
	while ((leg = TAILQ_PREV(leg, ioas_legs, link)) != NULL)
		if (ioas_leg_unmap(ioas, leg, mem->va, range, false) < 0)
			*parked = true;
	return ret;
}

int
ioas_legs_unmap(const struct ioas *ioas, uint64_t va, struct iova_range range, bool *parked)
{
	bool some = *parked;
	struct ioas_leg *leg;
	int ret = 0, one;

	TAILQ_FOREACH_REVERSE(leg, &ioas->legs, ioas_legs, link) {
		one = ioas_leg_unmap(ioas, leg, va, range, *parked);
		if (one < 0)
			ret = one;
		else
			some = true;
	}
	*parked = some;
	return ret;
}

/* ---- limits ---- */

/* The parts of a that lie in b; out has room for all, or is NULL. @return how many */
static size_t
shared_ranges(const struct ioas_info *a, const struct ioas_info *b, struct iova_range *out)
{
	size_t i, j, n = 0;

	for (i = 0; i < a->n_ranges; i++)
		for (j = 0; j < b->n_ranges; j++) {
			struct iova_range r = iova_range_cut(a->ranges[i], b->ranges[j]);

			if (!iova_range_valid(r))
				continue;
			if (out != NULL)
				out[n] = r;
			n++;
		}
	return n;
}

/* Cut the ranges by those of another leg. One that does not say has no bounds. */
static int
cut_ranges(struct ioas_info *out, struct ioas_info *by)
{
	struct ioas_info cut = { 0 };

	if (by->n_ranges == 0)
		return 0;
	if (out->n_ranges == 0) {
		out->ranges = by->ranges;
		out->n_ranges = by->n_ranges;
		by->ranges = NULL;
		return 0;
	}
	cut.n_ranges = shared_ranges(out, by, NULL);
	if (cut.n_ranges == 0)
		return -ERANGE;
	cut.ranges = calloc(cut.n_ranges, sizeof(*cut.ranges));
	if (cut.ranges == NULL)
		return -ENOMEM;
	shared_ranges(out, by, cut.ranges);
	ioas_info_free(out);
	out->ranges = cut.ranges;
	out->n_ranges = cut.n_ranges;
	return 0;
}

int
ioas_legs_info(const struct ioas *ioas, struct ioas_info *out)
{
	struct ioas_leg *leg = TAILQ_FIRST(&ioas->legs);
	int ret = ioas->ops->info(leg->state, out);
	struct ioas_info one;

	while (ret == 0 && (leg = TAILQ_NEXT(leg, link)) != NULL) {
		ret = ioas->ops->info(leg->state, &one);
		if (ret == 0) {
			ret = cut_ranges(out, &one);
			out->page_sizes &= one.page_sizes;
			if (one.dma_avail < out->dma_avail)
				out->dma_avail = one.dma_avail;
			ioas_info_free(&one);
		}
		if (ret < 0)
			ioas_info_free(out);
	}
	return ret;
}

void
ioas_info_free(struct ioas_info *info)
{
	free(info->ranges);
	info->ranges = NULL;
	info->n_ranges = 0;
}

/* ---- kept ranges ---- */

int
ioas_legs_keep(const struct ioas *ioas, const struct iova_range *v, size_t n)
{
	struct ioas_leg *leg;
	int ret = 0;

	if (ioas->ops->keep == NULL)
		return 0;
	TAILQ_FOREACH(leg, &ioas->legs, link) {
		ret = ioas->ops->keep(leg->state, v, n);
		if (ret < 0)
			break;
	}
	if (ret == 0)
		return 0;
	/* What was kept fitted before, and there is no more to do where it does not now. */
	while ((leg = TAILQ_PREV(leg, ioas_legs, link)) != NULL)
		ioas->ops->keep(leg->state, ioas->kept, ioas->n_kept);
	return ret;
}
