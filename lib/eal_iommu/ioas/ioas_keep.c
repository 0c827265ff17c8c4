/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Ranges that stay usable, whoever comes later: what memory may grow into.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ioas/ioas_private.h"

void
ioas_keep_nothing_locked(struct ioas *ioas)
{
	if (ioas->n_kept > 0 && ioas->ops->keep != NULL)
		ioas->ops->keep(&ioas->kernel, NULL, 0);
	free(ioas->kept);
	ioas->kept = NULL;
	ioas->n_kept = 0;
}

/* The parts of v that lie in the kernel's ranges; out has room for all. */
static size_t
usable_parts(const struct iova_range *v, size_t n, const struct ioas_info *info,
		struct iova_range *out)
{
	size_t i, j, count = 0;

	for (i = 0; i < n; i++)
		for (j = 0; j < info->n_ranges; j++) {
			struct iova_range r = iova_range_cut(v[i], info->ranges[j]);

			/* The kernel takes no range of one byte. */
			if (iova_range_valid(r) && r.first < r.last)
				out[count++] = r;
		}
	return count;
}

int
ioas_keep(struct ioas *ioas, const struct iova_range *v, size_t n)
{
	struct iova_range *kept;
	struct ioas_info info;
	size_t count;
	int ret;

	pthread_mutex_lock(&ioas->lock);
	ret = ioas->ops->info(&ioas->kernel, &info);
	if (ret < 0)
		goto out;
	kept = calloc(n * info.n_ranges + 1, sizeof(*kept));
	if (kept == NULL) {
		ret = -ENOMEM;
		goto out_info;
	}
	count = usable_parts(v, n, &info, kept);
	if (ioas->ops->keep != NULL)
		ret = ioas->ops->keep(&ioas->kernel, kept, count);
	if (ret < 0) {
		free(kept);
	} else {
		free(ioas->kept);
		ioas->kept = kept;
		ioas->n_kept = count;
	}
out_info:
	ioas_info_free(&info);
out:
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

/* The first part of r that is in none of the kernel's ranges, whatever their order. */
static bool
find_lost(const struct ioas_info *info, struct iova_range r, struct iova_range *lost)
{
	const struct iova_range *good = info->ranges, *end = good + info->n_ranges;

	*lost = r;
	while (good < end) {
		if (good->first > lost->first || good->last < lost->first) {
			good++;
			continue;
		}
		if (good->last >= r.last)
			return false;
		lost->first = good->last + 1;
		good = info->ranges;
	}
	for (good = info->ranges; good < end; good++)
		if (good->first > lost->first && good->first <= lost->last)
			lost->last = good->first - 1;
	return true;
}

int
ioas_keep_test(struct ioas *ioas, const struct ioas_info *newcomer,
		struct ioas_kept *out)
{
	size_t i;
	int ret = 0;

	if (newcomer->n_ranges == 0)
		return 0;
	pthread_mutex_lock(&ioas->lock);
	for (i = 0; i < ioas->n_kept && ret == 0; i++)
		if (find_lost(newcomer, ioas->kept[i], &out->lost)) {
			out->range = ioas->kept[i];
			ret = -ERANGE;
		}
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}
