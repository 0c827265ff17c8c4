/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Physical addresses of memory: the virtual ones, moved by a distance. Pages that exist are
 * hugepages, except in one range.
 */

#include <errno.h>
#include <unistd.h>

#include "fake_private.h"

int
vfio_uapi_physical(uint64_t va, size_t n, uint64_t *out)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int ret = fake_enter(__func__);
	struct iova_range range;
	size_t i;

	if (ret < 0)
		return ret;
	if (!iova_range_make(va, n * page, &range) || iova_range_overlap(range, fake.hollow))
		return -EFAULT;
	if (fake.hidden_memory)
		return -EPERM;
	for (i = 0; i < n; i++)
		out[i] = va + i * page + (iova_range_overlap(fake.elsewhere,
				(struct iova_range){ va + i * page, va + i * page }) ?
			fake.distance : 0);
	return 0;
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
