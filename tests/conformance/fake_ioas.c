/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What is mapped in an address space of iommufd, errors in the kernel's order.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "fake_private.h"

/* IOVAs must be aligned to the page size if a device is attached. */
static uint64_t
mask_of(const struct fake_container *c)
{
	return fake_has_groups(c) ? fake_page_mask() : 0;
}

int
vfio_uapi_ioas_ranges(int iommufd, uint32_t ioas, struct abi_iova_range *v, uint32_t *n,
		uint64_t *alignment)
{
	struct iova_range list[FAKE_RANGES];
	struct fake_container *c;
	uint32_t room = *n, i;
	int ret = fake_ioas_call(__func__, iommufd, ioas, &c);

	if (ret < 0)
		return ret;
	*alignment = mask_of(c) + 1;
	if (fake.lie == FAKE_ALIGN_ODD)
		*alignment = 3 * 4096;
	else if (fake.lie == FAKE_ALIGN_ZERO)
		*alignment = 0;
	if (fake_lie_about_count(room, n, -EMSGSIZE, &ret))
		return ret;
	*n = (uint32_t)fake_iova_list(c, NULL, list, FAKE_RANGES);
	for (i = 0; i < *n && i < room; i++) {
		v[i].first = list[i].first;
		v[i].last = list[i].last;
	}
	if (fake.lie == FAKE_RANGE_INVERTED && i > 0) {
		v[i - 1].first = list[i - 1].last;
		v[i - 1].last = list[i - 1].first;
	}
	return *n > room ? -EMSGSIZE : 0;
}

int
vfio_uapi_ioas_allow(int iommufd, uint32_t ioas, const struct abi_iova_range *v, uint32_t n)
{
	struct fake_container *c;
	struct iova_range *list;
	uint32_t i, j;
	int ret = fake_ioas_call(__func__, iommufd, ioas, &c);

	if (ret < 0)
		return ret;
	list = calloc(n + 1, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	for (i = 0; i < n && ret == 0; i++) {
		list[i] = (struct iova_range){ v[i].first, v[i].last };
		if (v[i].first >= v[i].last)
			ret = -EINVAL;
		for (j = 0; j < i && ret == 0; j++)
			if (iova_range_overlap(list[i], list[j]))
				ret = -EINVAL;
	}
	for (i = 0; i < n && ret == 0; i++)
		if (!fake_in_one_range(c, list[i]))
			ret = -EADDRINUSE;
	if (ret < 0) {
		free(list);
		return ret;
	}
	free(c->allowed);
	c->allowed = list;
	c->n_allowed = n;
	return 0;
}

/* Checks for both memory and files. at: address in memory, or offset in the file. */
static int
check_map(const struct fake_container *c, uint64_t at, uint64_t iova, uint64_t size,
		struct iova_range *out)
{
	if (((iova | size) & mask_of(c)) != 0)
		return -EINVAL;
	if (!iova_range_make(iova, size, out))
		return -EOVERFLOW;
	if (!fake_in_one_range(c, *out))
		return -EINVAL;
	if (fake_map_in(c, *out))
		return -EEXIST;
	if ((at & mask_of(c)) != 0)
		return -EINVAL;
	return fake_has_groups(c) && fake_over_memlock(c, size) ? -ENOMEM : 0;
}

int
fake_ioas_map(struct fake_container *c, uint64_t vaddr, uint64_t iova, uint64_t size,
		bool read_only)
{
	struct fake_mapping m = { .va = vaddr, .read_only = read_only };
	struct iova_range va;
	int ret;

	if (size == 0)
		return -EINVAL;
	if (!iova_range_make(vaddr, size, &va))
		return -EOVERFLOW;
	ret = check_map(c, vaddr, iova, size, &m.iova);
	if (ret == 0 && fake_has_groups(c))
		ret = fake_pin(&m);
	return ret < 0 ? ret : fake_map_insert(c, &m);
}

int
vfio_uapi_ioas_map(int iommufd, uint32_t ioas, uint64_t vaddr, uint64_t iova, uint64_t size,
		bool read_only)
{
	struct fake_container *c;
	int ret;
	FAKE_MAP_BEGIN(iova);

	ret = fake_ioas_call(__func__, iommufd, ioas, &c);
	return ret < 0 ? ret : fake_ioas_map(c, vaddr, iova, size, read_only);
}

/* Files are real. Only files in memory can be pinned, and no byte behind their end. */
static int
pin_file(int fd, uint64_t last)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -EBADF;
	if (fs.f_type != TMPFS_MAGIC && fs.f_type != HUGETLBFS_MAGIC)
		return -EINVAL;
	return last >= (uint64_t)st.st_size ? -EINVAL : 0;
}

int
vfio_uapi_ioas_map_file(int iommufd, uint32_t ioas, int fd, uint64_t start, uint64_t iova,
		uint64_t size, bool read_only)
{
	struct fake_mapping m = { .file = true, .read_only = read_only };
	struct iova_range part;
	struct fake_container *c;
	int ret;
	FAKE_MAP_BEGIN(iova);

	ret = fake_ioas_call(__func__, iommufd, ioas, &c);
	if (fake.no_map_file)
		return -ENOTTY;
	if (ret < 0)
		return ret;
	if (size == 0)
		return -EINVAL;
	if (!iova_range_make(start, size, &part))
		return -EOVERFLOW;
	if (fcntl(fd, F_GETFD) < 0)
		return -EBADF;
	ret = check_map(c, start, iova, size, &m.iova);
	if (ret == 0 && fake_has_groups(c))
		ret = pin_file(fd, part.last);
	return ret < 0 ? ret : fake_map_insert(c, &m);
}

int
fake_ioas_unmap(struct fake_container *c, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	struct iova_range range;
	uint64_t bytes = 0;
	size_t i;

	/* The whole space: it is no error if nothing is mapped. */
	if (iova == 0 && size == UINT64_MAX)
		range = (struct iova_range){ 0, UINT64_MAX };
	else if (size == 0)
		return -EINVAL;
	else if (!iova_range_make(iova, size, &range))
		return -EOVERFLOW;
	/* One by one: mappings below one that would be cut are already unmapped. */
	while ((i = fake_map_find(c, range.first)) < c->n_maps &&
			c->maps[i].iova.first <= range.last) {
		if (!iova_range_covers(range, c->maps[i].iova))
			return -ENOENT;
		bytes += fake_map_remove(c, c->maps[i].iova);
	}
	*unmapped = bytes;
	return 0;
}

int
vfio_uapi_ioas_unmap(int iommufd, uint32_t ioas, uint64_t iova, uint64_t size,
		uint64_t *unmapped)
{
	struct fake_container *c;
	int ret;
	FAKE_UNMAP_BEGIN(iova);

	ret = fake_ioas_call(__func__, iommufd, ioas, &c);
	*unmapped = 0;
	if (ret == 0)
		ret = fake_ioas_unmap(c, iova, size, unmapped);
	if (ret == 0 && *unmapped == 0 && size != UINT64_MAX)
		ret = -ENOENT;
	if (ret == 0)
		*unmapped = fake_unmapped(*unmapped);
	return ret;
}
