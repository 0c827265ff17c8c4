/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "bench_map.h"
#include "sysfs/sysfs.h"

static void
write_name(uint64_t bytes, char out[BENCH_PAGE_NAME])
{
	static const char units[] = "KMG";
	uint64_t n = bytes >> 10;
	size_t i;

	for (i = 0; n % 1024 == 0 && n > 0 && units[i + 1] != '\0'; i++)
		n /= 1024;
	snprintf(out, BENCH_PAGE_NAME, "%" PRIu64 "%c", n, units[i]);
}

/* Only the first mount of a size is used. */
static bool
is_new(const struct bench_map *b, uint64_t bytes)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->pages[i].bytes == bytes)
			return false;
	return b->n < BENCH_PAGES_MAX;
}

/* @return 0, -ENOMEM. */
static int
add(struct bench_map *b, const char *folder)
{
	struct bench_page *page = &b->pages[b->n];
	struct statfs fs;
	uint64_t unused;

	if (statfs(folder, &fs) < 0 || fs.f_bsize <= 0 || !is_new(b, (uint64_t)fs.f_bsize))
		return 0;
	page->bytes = (uint64_t)fs.f_bsize;
	write_name(page->bytes, page->name);
	if (b->page != NULL && strcmp(b->page, page->name) != 0)
		return 0;
	if (sysfs_read_u64("", &unused,
			"/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/free_hugepages",
			page->bytes >> 10) < 0)
		return 0;
	page->unused = unused * page->bytes;
	page->folder = strdup(folder);
	if (page->folder == NULL)
		return -ENOMEM;
	b->n++;
	return 0;
}

static int
by_size(const void *left, const void *right)
{
	const struct bench_page *a = left, *b = right;

	return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

int
bench_map_find_pages(struct bench_map *b)
{
	FILE *mounts = setmntent("/proc/mounts", "re");
	int ret = mounts == NULL ? -errno : 0;
	struct mntent *m;

	while (ret == 0 && (m = getmntent(mounts)) != NULL)
		if (strcmp(m->mnt_type, "hugetlbfs") == 0)
			ret = add(b, m->mnt_dir);
	if (mounts != NULL)
		endmntent(mounts);
	if (ret < 0)
		tool_error("/proc/mounts", "can't be read: %s", strerror(-ret));
	qsort(b->pages, b->n, sizeof(*b->pages), by_size);
	return ret;
}

void
bench_map_free_pages(struct bench_map *b)
{
	while (b->n > 0)
		free(b->pages[--b->n].folder);
}
