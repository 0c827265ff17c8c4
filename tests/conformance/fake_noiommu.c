/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Physical addresses of memory: the virtual ones, moved by a distance. Pages that exist are
 * hugepages, except in one range, and shared, except in another one. One range of memory gets its pages when it is populated.
 */

#include <errno.h>
#include <unistd.h>

#include "fake_private.h"

int
vfio_uapi_populate(uint64_t va, uint64_t size)
{
	struct iova_range *left = &fake.untouched, range;
	int ret = fake_enter(__func__);

	if (ret < 0)
		return ret;
	if (fake.no_populate)
		return -EOPNOTSUPP;
	if (!iova_range_make(va, size, &range) || iova_range_overlap(range, fake.hollow) ||
	    iova_range_overlap(range, fake.read_only))
		return -EFAULT;
	if (!iova_range_overlap(range, *left))
		return 0;
	/* The rest of it, which is a single range. */
	if (iova_range_covers(range, *left))
		*left = (struct iova_range){ 1, 0 };
	else if (range.first <= left->first)
		left->first = range.last + 1;
	else
		left->last = range.first - 1;
	return 0;
}

int
vfio_uapi_physical(uint64_t va, size_t n, uint64_t *out)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int ret = fake_enter(__func__);
	struct iova_range range;
	size_t i;

	if (ret < 0)
		return ret;
	if (!iova_range_make(va, n * page, &range) || iova_range_overlap(range, fake.hollow) ||
	    iova_range_overlap(range, fake.untouched))
		return -EFAULT;
	if (fake.hidden_memory)
		return -EPERM;
	for (i = 0; i < n; i++)
		out[i] = va + i * page + (iova_range_overlap(fake.elsewhere,
				(struct iova_range){ va + i * page, va + i * page }) ?
			fake.distance : 0);
	return !iova_range_overlap(range, fake.private_pages);
}

int
vfio_uapi_is_huge(uint64_t physical, size_t n)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int ret = fake_enter(__func__);
	struct iova_range range;

	if (ret < 0)
		return ret;
	return !iova_range_make(physical, n * page, &range) ||
		!iova_range_overlap(range, fake.small_pages);
}
