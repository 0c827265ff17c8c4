/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs/sysfs.h"
#include "va/va_need.h"

#define PROCESSORS_MAX 8192	/* of the kernel */

/* Parse "2M", "1024k", "1G". Returns 0 unless it is a power of two. */
static uint64_t
parse_size(const char *text)
{
	static const char units[] = "kmg";
	const char *unit;
	char *end;
	uint64_t size = strtoull(text, &end, 10);
	unsigned int shift = 0;

	unit = *end != '\0' ? strchr(units, *end | 0x20) : NULL;
	if (unit != NULL)
		shift = (unsigned int)(unit - units + 1) * 10;
	if (size == 0 || (size & (size - 1)) != 0 || size > UINT64_MAX >> 1 >> shift)
		return 0;
	return size << shift;
}

/* Find the first mount of hugetlbfs with this page size. @param path  VA_MOUNT_LEN bytes */
static bool
mount_find(const char *mounts, uint64_t size, char *path)
{
	const char *line, *p;

	for (line = mounts; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		char type[16] = "", options[256] = "";
		int first = 0, last = 0;

		line += *line == '\n';
		if (sscanf(line, "%*s %n%*s%n %15s %255s", &first, &last, type, options) != 2 ||
		    strcmp(type, "hugetlbfs") != 0)
			continue;
		p = strstr(options, "pagesize=");
		if (p != NULL && parse_size(p + strlen("pagesize=")) == size) {
			snprintf(path, VA_MOUNT_LEN, "%.*s", last - first, line + first);
			return true;
		}
	}
	return false;
}

static void
add_page(struct va_need *need, uint64_t size)
{
	unsigned int i;

	if (need->n_pages == VA_PAGES_MAX)
		return;
	for (i = need->n_pages++; i > 0 && need->page[i - 1] < size; i--)
		need->page[i] = need->page[i - 1];
	need->page[i] = size;
}

static int
read_pages(const char *root, bool unmounted, struct va_need *need)
{
	char **names = NULL, *mounts = NULL, path[VA_MOUNT_LEN];
	size_t n = 0, i;
	int ret = sysfs_read_file(root, &mounts, NULL, "/proc/self/mounts");

	if (ret != -ENOMEM)
		ret = sysfs_list(root, &names, &n, "/sys/kernel/mm/hugepages");
	for (i = 0; ret == 0 && i < n; i++) {
		uint64_t size = strncmp(names[i], "hugepages-", 10) == 0 ?
			parse_size(names[i] + 10) : 0;

		if (size > 0 && (unmounted || (mounts != NULL && mount_find(mounts, size, path))))
			add_page(need, size);
	}
	if (ret == 0)
		sysfs_free_names(names, n);
	free(mounts);
	return ret == -ENOMEM ? ret : 0;
}

/*
 * Does the list, e.g. "0-3,8", have a processor that no list before had? EAL counts a
 * processor for the lowest node that has it.
 */
static bool
has_new(const char *list, bool *known)
{
	bool found = false;
	char *end;

	while (*list >= '0' && *list <= '9') {
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last && first < PROCESSORS_MAX; first++) {
			found |= !known[first];
			known[first] = true;
		}
		list = *end == ',' ? end + 1 : end;
	}
	return found;
}

static int
read_nodes(const char *root, struct va_need *need)
{
	bool known[PROCESSORS_MAX] = { false };
	unsigned int node;

	/* EAL looks up the node of each number up to its limit, and finds 0 if there is none. */
	need->node[need->n_nodes++] = 0;
	for (node = 0; node < VA_NODES_MAX; node++) {
		char *cpus;
		int ret = sysfs_read_file(root, &cpus, NULL,
				"/sys/devices/system/node/node%u/cpulist", node);

		if (ret == -ENOMEM)
			return ret;
		if (ret < 0)
			continue;
		if (has_new(cpus, known) && node > 0)
			need->node[need->n_nodes++] = node;
		free(cpus);
	}
	return 0;
}

int
va_need_read(const char *root, bool unmounted, struct va_need *out)
{
	int ret;

	memset(out, 0, sizeof(*out));
	ret = read_pages(root, unmounted, out);
	return ret < 0 ? ret : read_nodes(root, out);
}

int
va_need_mount(const char *root, uint64_t page, char *out)
{
	char *mounts;
	int ret = sysfs_read_file(root, &mounts, NULL, "/proc/self/mounts");

	if (ret < 0)
		return ret;
	ret = mount_find(mounts, page, out) ? 0 : -ENOENT;
	free(mounts);
	return ret;
}
