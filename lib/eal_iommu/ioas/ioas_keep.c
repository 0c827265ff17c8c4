/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Ranges that must remain usable with later members: memory may grow into them.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ioas/ioas_private.h"

void
ioas_keep_nothing_locked(struct ioas *ioas)
{
	if (ioas->n_kept > 0)
		ioas_legs_keep(ioas, NULL, 0);
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
	ret = ioas_legs_info(ioas, &info);
	if (ret < 0)
		goto out;
	kept = calloc(n * info.n_ranges + 1, sizeof(*kept));
	if (kept == NULL) {
		ret = -ENOMEM;
		goto out_info;
	}
	count = usable_parts(v, n, &info, kept);
	ret = ioas_legs_keep(ioas, kept, count);
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

static int
test_locked(const struct ioas *ioas, const struct ioas_info *newcomer, struct ioas_kept *out)
{
	size_t i;

	if (newcomer->n_ranges == 0)
		return 0;
	for (i = 0; i < ioas->n_kept; i++)
		if (find_lost(newcomer, ioas->kept[i], &out->lost)) {
			out->range = ioas->kept[i];
			return -ERANGE;
		}
	return 0;
}

int
ioas_keep_test(struct ioas *ioas, const struct ioas_info *newcomer,
		struct ioas_kept *out)
{
	int ret;

	pthread_mutex_lock(&ioas->lock);
	ret = test_locked(ioas, newcomer, out);
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

int
ioas_kept_enter(struct ioas *ioas, struct ioas_leg *leg, const struct ioas_info *info)
{
	struct ioas_kept lost;
	int ret = test_locked(ioas, info, &lost);

	if (ret < 0 || ioas->n_kept == 0 || ioas->ops->keep == NULL)
		return ret;
	return ioas->ops->keep(leg->state, ioas->kept, ioas->n_kept);
}
