/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Facts about hugepages, from files. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "sysfs/sysfs.h"

#define POOLS "/sys/kernel/mm/hugepages"

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

/* Free memory of a node, or of the machine; 0 if that is unknown. */
static uint64_t
free_read(const char *root, int node)
{
	char path[SYSFS_PATH_MAX], *text, *at;
	uint64_t kib = 0;

	if (node >= 0)
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	else
		snprintf(path, sizeof(path), "/proc/meminfo");
	if (sysfs_read_file(root, &text, NULL, "%s", path) != 0)
		return 0;
	at = strstr(text, "MemFree:");
	if (at != NULL)
		kib = strtoull(at + strlen("MemFree:"), NULL, 10);
	free(text);
	return kib > UINT64_MAX >> 10 ? 0 : kib << 10;
}

int
doctor_read_memory(const char *root, bool elsewhere, struct doctor_memory *m)
{
	size_t i;
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
	for (i = 0; i < m->n_nodes; i++)
		m->free_bytes[i] = free_read(root, m->nodes[i].node);
	m->mounts = sysfs_exists(root, "/proc/self/mounts") == 0 ? DOCTOR_YES : DOCTOR_UNKNOWN;
	ret = va_need_read(root, true, &m->sizes);
	if (ret == 0)
		ret = va_need_read(root, false, &m->mounted);
	for (i = 0; ret == 0 && i < m->mounted.n_pages; i++)
		ret = va_need_mount(root, m->mounted.page[i], m->mount[i].path) == -ENOMEM ? -ENOMEM : 0;
	/* Those of the process that captured another machine are no limits of an application. */
	if (ret == 0 && !elsewhere)
		doctor_read_limits(root, NULL, m);
	return ret;
}
