/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_nodes.h"

#define NODES "/sys/devices/system/node"
#define POOLS "/sys/kernel/mm/hugepages"
#define NODE_MAX 4095		/* the kernel has at most 1024 */
#define POOL_KIB_MAX (UINT64_C(1) << 34)
#define PAGES_MAX (UINT64_C(1) << 40)

/* @return the number behind a prefix, or -1. */
static int64_t
number_behind(const char *name, const char *prefix, const char *suffix, uint64_t max)
{
	const char *digits = name + strlen(prefix);
	unsigned long long value;
	char *end;

	if (strncmp(name, prefix, strlen(prefix)) != 0 || *digits < '0' || *digits > '9')
		return -1;
	errno = 0;
	value = strtoull(digits, &end, 10);
	return errno != 0 || value > max || strcmp(end, suffix) != 0 ? -1 : (int64_t)value;
}

static int
read_pages(const char *root, const char *folder, const char *pool, const char *file, uint64_t *pages)
{
	int ret = sysfs_read_u64(root, pages, "%s/%s/%s", folder, pool, file);

	return ret == 0 && *pages > PAGES_MAX ? -EINVAL : ret;
}

static int
add_pool(struct topo_node *out, uint64_t size, uint64_t total, uint64_t unused)
{
	uint64_t bytes;
	unsigned int i;

	/* Readers divide by the size of a page. */
	if (size == 0 || unused > total || __builtin_mul_overflow(total, size, &bytes) ||
	    __builtin_add_overflow(out->total, bytes, &out->total))
		return -EINVAL;
	out->unused += unused * size;
	if (total == 0)
		return 0;
	if (out->n_pools == TOPO_POOLS_MAX)
		return -EFBIG;
	for (i = out->n_pools++; i > 0 && out->pool[i - 1].page < size; i--)
		out->pool[i] = out->pool[i - 1];
	out->pool[i] = (struct topo_pool){ size, bytes, unused * size };
	return 0;
}

/* Add the pages of each size. A missing folder has none. */
static int
pools_read(const char *root, const char *folder, struct topo_node *out)
{
	char **pools;
	size_t n, i;
	int ret = sysfs_list(root, &pools, &n, "%s", folder);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	for (i = 0; ret == 0 && i < n; i++) {
		int64_t kib = number_behind(pools[i], "hugepages-", "kB", POOL_KIB_MAX);
		uint64_t total, unused;

		if (kib < 0)
			continue;
		ret = read_pages(root, folder, pools[i], "nr_hugepages", &total);
		if (ret == 0)
			ret = read_pages(root, folder, pools[i], "free_hugepages", &unused);
		if (ret == 0)
			ret = add_pool(out, (uint64_t)kib * 1024, total, unused);
	}
	sysfs_free_names(pools, n);
	return ret;
}

static int
node_read(const char *root, struct topo_node *out)
{
	char folder[sizeof(NODES "/node/hugepages") + 12];

	snprintf(folder, sizeof(folder), NODES "/node%d/hugepages", out->node);
	return pools_read(root, folder, out);
}

int
topology_pools_read(const char *root, struct topo_node *out)
{
	*out = (struct topo_node){ .node = -1 };
	return pools_read(root, POOLS, out);
}

static int
by_number(const void *a, const void *b)
{
	return ((const struct topo_node *)a)->node - ((const struct topo_node *)b)->node;
}

int
topology_nodes_read(const char *root, struct topo_node **nodes, size_t *n)
{
	size_t listed, i;
	char **names;
	int ret = sysfs_list(root, &names, &listed, NODES);

	*nodes = NULL;
	*n = 0;
	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	*nodes = calloc(listed + 1, sizeof(**nodes));
	if (*nodes == NULL)
		ret = -ENOMEM;
	for (i = 0; ret == 0 && i < listed; i++) {
		int64_t number = number_behind(names[i], "node", "", NODE_MAX);

		if (number < 0)
			continue;
		(*nodes)[*n].node = (int)number;
		ret = node_read(root, &(*nodes)[(*n)++]);
	}
	sysfs_free_names(names, listed);
	if (ret < 0) {
		free(*nodes);
		*nodes = NULL;
		*n = 0;
		return ret;
	}
	qsort(*nodes, *n, sizeof(**nodes), by_number);
	return 0;
}

/* Whether the kernel makes no more pages of a size when they are requested. */
static bool
pool_is_fixed(const char *root, const char *pool)
{
	uint64_t limit, surplus;

	return read_pages(root, POOLS, pool, "nr_overcommit_hugepages", &limit) == 0 &&
		read_pages(root, POOLS, pool, "surplus_hugepages", &surplus) == 0 &&
		limit <= surplus;
}

bool
topology_may_have(const char *root, int node, uint64_t page, uint64_t bytes)
{
	char folder[sizeof(NODES "/node/hugepages") + 12] = POOLS;
	char pool[sizeof("hugepages-kB") + 20];
	uint64_t total;

	if (node >= 0)
		snprintf(folder, sizeof(folder), NODES "/node%d/hugepages", node);
	snprintf(pool, sizeof(pool), "hugepages-%" PRIu64 "kB", page / 1024);
	if (!pool_is_fixed(root, pool) ||
	    read_pages(root, folder, pool, "nr_hugepages", &total) < 0)
		return true;
	return bytes / page <= total;
}
