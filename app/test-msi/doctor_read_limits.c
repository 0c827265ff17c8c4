/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Limits of control groups on hugepages. EAL does not know them: it counts the unused pages of the
 * machine. A group also has the limits of all groups above it.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "doctor.h"
#include "sysfs/sysfs.h"

#define V2 "/sys/fs/cgroup"
#define V1 "/sys/fs/cgroup/hugetlb"
#define NO_LIMIT (UINT64_C(1) << 62)	/* version 1 writes about 1 << 63, rounded to pages */
#define MEMS "Mems_allowed_list:"

/* Read the first line of a file. @return false if it can't be read, or is empty. */
static bool
line_of(const char *root, const char *path, char *out, size_t size)
{
	size_t len = 0;

	if (sysfs_read_start(root, out, size - 1, &len, "%s", path) != 0)
		return false;
	out[len] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return *out != '\0';
}

/* "max", or bytes. */
static void
limit_read(const char *root, const char *path, struct doctor_limit *l)
{
	char text[32], *end;
	uint64_t bytes;

	if (!line_of(root, path, text, sizeof(text)) || *text < '0' || *text > '9')
		return;
	errno = 0;
	bytes = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || bytes >= NO_LIMIT || (l->file[0] != '\0' && bytes >= l->bytes))
		return;
	l->bytes = bytes;
	strlcpy(l->file, path, sizeof(l->file));
	sysfs_mask(l->file);
}

/* The limits of one group: of pages in use, and of pages reserved by mappings. */
static void
limits_read(const char *root, const char *folder, const char *name, struct doctor_memory *m)
{
	static const char *const kinds[] = { "", "rsvd." };
	char path[SYSFS_PATH_MAX];
	unsigned int i;
	size_t j;

	for (i = 0; i < m->sizes.n_pages; i++) {
		const uint64_t page = m->sizes.page[i];
		const unsigned int shift = page >> 30 != 0 ? 30 : page >> 20 != 0 ? 20 : 10;

		for (j = 0; j < sizeof(kinds) / sizeof(*kinds); j++)
			if ((size_t)snprintf(path, sizeof(path), "%s/hugetlb.%" PRIu64 "%cB.%s%s", folder,
					page >> shift, "KMG"[shift / 10 - 1], kinds[j], name) < sizeof(path))
				limit_read(root, path, &m->limit[i]);
	}
}

/* The nodes are those of the lowest group that has a file of them. */
static void
nodes_read(const char *root, const char *folder, char *out)
{
	char path[SYSFS_PATH_MAX];

	if (*out != '\0' || (size_t)snprintf(path, sizeof(path), "%s/cpuset.mems.effective", folder) >= sizeof(path))
		return;
	/* A part of the list would forbid nodes that are allowed. */
	if (!line_of(root, path, out, DOCTOR_NODE_LIST) || strlen(out) == DOCTOR_NODE_LIST - 1)
		*out = '\0';
	sysfs_mask(out);
}

/*
 * A group and all above it. A container shows its own group as the first one, also where its path is
 * that on the machine. A path that begins with ".." is not below what is shown here.
 */
static void
group_read(const char *root, const char *mount, const char *group, const char *name,
		struct doctor_memory *m, char *nodes)
{
	char folder[SYSFS_PATH_MAX], *end;

	if (*group != '/' || strncmp(group, "/..", 3) == 0 ||
			(size_t)snprintf(folder, sizeof(folder), "%s%s", mount, group) >= sizeof(folder))
		return;
	end = folder + strlen(folder);
	do {
		while (end[-1] == '/')
			end--;
		*end = '\0';
		limits_read(root, folder, name, m);
		if (nodes != NULL)
			nodes_read(root, folder, nodes);
		end = strrchr(folder, '/');
	} while (end >= folder + strlen(mount));
}

/* Is hugetlb one of the controllers, separated by commas? */
static bool
is_hugetlb(const char *names)
{
	static const char name[] = "hugetlb";
	const char *end;

	for (;; names = end + 1) {
		end = names + strcspn(names, ",");
		if ((size_t)(end - names) == strlen(name) && strncmp(names, name, strlen(name)) == 0)
			return true;
		if (*end == '\0')
			return false;
	}
}

/* A line is NUMBER:CONTROLLERS:PATH; version 2 has no controllers. */
static void
own_groups_read(const char *root, struct doctor_memory *m)
{
	char *text, *line, *names, *path, *save;

	if (sysfs_read_file(root, &text, NULL, "/proc/self/cgroup") != 0)
		return;
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		names = strchr(line, ':');
		path = names != NULL ? strchr(names + 1, ':') : NULL;
		if (path == NULL)
			continue;
		*path++ = '\0';
		if (*++names == '\0')
			group_read(root, V2, path, "max", m, NULL);
		else if (is_hugetlb(names))
			group_read(root, V1, path, "limit_in_bytes", m, NULL);
	}
	free(text);
}

static void
own_nodes_read(const char *root, char *out)
{
	char *text, *at;

	if (sysfs_read_file(root, &text, NULL, "/proc/self/status") != 0)
		return;
	at = strstr(text, MEMS);
	if (at != NULL) {
		at += strlen(MEMS);
		at += strspn(at, " \t");
		at[strcspn(at, "\n")] = '\0';
		if (strlcpy(out, at, DOCTOR_NODE_LIST) >= DOCTOR_NODE_LIST)
			*out = '\0';
		sysfs_mask(out);
	}
	free(text);
}

void
doctor_read_limits(const char *root, const char *group, struct doctor_memory *m)
{
	memset(m->limit, 0, sizeof(m->limit));
	m->allowed[0] = '\0';
	if (group == NULL) {
		own_groups_read(root, m);
		own_nodes_read(root, m->allowed);
		return;
	}
	group_read(root, V2, group, "max", m, m->allowed);
	group_read(root, V1, group, "limit_in_bytes", m, NULL);
}
