/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Facts about hugepages, from files. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "sysfs/sysfs.h"

#define POOLS "/sys/kernel/mm/hugepages"
#define OVERCOMMIT_MAX (UINT64_C(1) << 56)	/* bytes */

/* A kernel without NUMA has all pools in one place. @return 0, -ENOMEM. */
static int
one_node(const char *root, struct doctor_memory *m)
{
	/* Nothing is known without it: a capture may lack it. */
	if (sysfs_exists(root, POOLS) != 0)
		return 0;
	m->nodes = calloc(1, sizeof(*m->nodes));
	if (m->nodes == NULL)
		return -ENOMEM;
	m->ret = topology_pools_read(root, m->nodes);
	/* A part of the pools says nothing. */
	m->n_nodes = m->ret == 0;
	return m->ret == -ENOMEM ? -ENOMEM : 0;
}

/* Bytes of a line "NAME: N kB"; 0 if there is none. */
static uint64_t
line_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	const uint64_t kib = at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;

	return kib > UINT64_MAX >> 12 ? 0 : kib << 10;
}

/*
 * Memory of a node, or of the machine, that is free or soon free; 0 if that is unknown. For a node the
 * kernel does not say how much it could free: as in its MemAvailable, half of the cache of files.
 */
static uint64_t
free_read(const char *root, int node)
{
	char path[SYSFS_PATH_MAX], *text;
	uint64_t bytes;

	if (node >= 0)
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	else
		snprintf(path, sizeof(path), "/proc/meminfo");
	if (sysfs_read_file(root, &text, NULL, "%s", path) != 0)
		return 0;
	bytes = line_of(text, "MemAvailable:");
	if (bytes == 0)
		bytes = line_of(text, "MemFree:") + (line_of(text, "Active(file):") + line_of(text, "Inactive(file):")) / 2;
	free(text);
	return bytes;
}

/* What a node has can't be more than what the machine has. */
static void
all_free_read(const char *root, struct doctor_memory *m)
{
	const uint64_t most = free_read(root, -1);
	size_t i;

	for (i = 0; i < m->n_nodes; i++) {
		m->free_bytes[i] = free_read(root, m->nodes[i].node);
		if (most > 0 && m->free_bytes[i] > most)
			m->free_bytes[i] = most;
	}
}

/* Pages of each size that the kernel makes when they are requested, as EAL counts them. */
static void
overcommit_read(const char *root, struct doctor_memory *m)
{
	uint64_t limit, surplus;
	unsigned int i;

	for (i = 0; i < m->sizes.n_pages; i++) {
		const uint64_t kib = m->sizes.page[i] >> 10;

		if (sysfs_read_u64(root, &limit, POOLS "/hugepages-%" PRIu64 "kB/nr_overcommit_hugepages", kib) != 0 ||
				sysfs_read_u64(root, &surplus, POOLS "/hugepages-%" PRIu64 "kB/surplus_hugepages", kib) != 0 ||
				limit <= surplus)
			continue;
		limit = limit - surplus > OVERCOMMIT_MAX / m->sizes.page[i] ? OVERCOMMIT_MAX / m->sizes.page[i] : limit - surplus;
		m->overcommit[i] = limit * m->sizes.page[i];
	}
}

int
doctor_read_memory(const char *root, bool elsewhere, struct doctor_memory *m)
{
	unsigned int i;
	int ret;

	m->ret = topology_nodes_read(root, &m->nodes, &m->n_nodes);
	if (m->ret == -ENOMEM)
		return -ENOMEM;
	if (m->ret == 0 && m->n_nodes == 0) {
		ret = one_node(root, m);
		if (ret < 0)
			return ret;
	}
	if (elsewhere && m->ret == -ENOENT)
		m->ret = 0;
	m->free_bytes = calloc(m->n_nodes + 1, sizeof(*m->free_bytes));
	if (m->free_bytes == NULL)
		return -ENOMEM;
	all_free_read(root, m);
	m->mounts = sysfs_exists(root, "/proc/self/mounts") == 0 ? DOCTOR_YES : DOCTOR_UNKNOWN;
	ret = va_need_read(root, true, &m->sizes);
	overcommit_read(root, m);
	if (ret == 0)
		ret = va_need_read(root, false, &m->mounted);
	for (i = 0; ret == 0 && i < m->mounted.n_pages; i++)
		ret = va_need_mount(root, m->mounted.page[i], m->mount[i].path) == -ENOMEM ? -ENOMEM : 0;
	/* Those of the process that captured another machine are no limits of an application. */
	if (ret == 0 && !elsewhere)
		doctor_read_limits(root, NULL, m);
	return ret;
}

bool
doctor_has_left(const char *root, const char *folder, uid_t user)
{
	char path[SYSFS_PATH_MAX], **names;
	bool left = false;
	struct stat st;
	size_t n, i;

	if (user == 0 || sysfs_list(root, &names, &n, "%s", folder) != 0)
		return false;
	for (i = 0; i < n; i++)
		if (strncmp(names[i], "rtemap_", strlen("rtemap_")) == 0 &&
				(size_t)snprintf(path, sizeof(path), "%s%s/%s", root, folder, names[i]) < sizeof(path))
			left |= lstat(path, &st) == 0 && st.st_uid != user;
	sysfs_free_names(names, n);
	return left;
}
