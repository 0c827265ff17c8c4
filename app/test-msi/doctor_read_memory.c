/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Facts about hugepages, from files. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "sysfs/sysfs.h"

#define POOLS "/sys/kernel/mm/hugepages"

/* @return 0; -EBADMSG if the numbers make no sense; errors of reading */
static int
pool_read(const char *root, const char *name, struct topo_node *node)
{
	uint64_t total, unused, kib;
	struct topo_pool *p;
	int ret;

	if (sscanf(name, "hugepages-%" SCNu64 "kB", &kib) != 1)
		return 0;
	ret = sysfs_read_u64(root, &total, POOLS "/%s/nr_hugepages", name);
	if (ret == 0)
		ret = sysfs_read_u64(root, &unused, POOLS "/%s/free_hugepages", name);
	if (ret < 0)
		return ret;
	if (kib == 0 || kib > UINT64_MAX >> 20 || total > UINT64_MAX / 16 / (kib << 10) || unused > total)
		return -EBADMSG;
	if (total == 0)
		return 0;
	if (node->n_pools == TOPO_POOLS_MAX)
		return -EFBIG;
	p = &node->pool[node->n_pools++];
	*p = (struct topo_pool){ kib << 10, total * (kib << 10), unused * (kib << 10) };
	node->total += p->total;
	node->unused += p->unused;
	return 0;
}

/* A kernel without NUMA has all pools in one place. @return 0, -ENOMEM. */
static int
one_node(const char *root, struct doctor_memory *m)
{
	char **names;
	size_t n, i;
	int ret = sysfs_list(root, &names, &n, POOLS);

	if (ret != 0)
		return ret == -ENOMEM ? ret : 0;
	m->nodes = calloc(1, sizeof(*m->nodes));
	for (i = 0; m->nodes != NULL && m->ret == 0 && i < n; i++)
		m->ret = pool_read(root, names[i], m->nodes);
	sysfs_free_names(names, n);
	if (m->nodes == NULL)
		return -ENOMEM;
	m->nodes->node = -1;
	/* A part of the pools says nothing. */
	m->n_nodes = m->ret == 0;
	return 0;
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
	return ret < 0 ? ret : va_need_read(root, false, &m->mounted);
}
