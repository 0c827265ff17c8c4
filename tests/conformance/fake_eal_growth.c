/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <rte_errno.h>

#include "fake_eal.h"
#include "fake_eal_growth.h"
#include "tree.h"
#include "uapi/vfio_uapi_numa.h"

#define NODES "/sys/devices/system/node"
#define POOLS "/sys/kernel/mm/hugepages"
#define N_POOLS 8

static struct {
	rte_mem_alloc_validator_t cb;	/* NULL: none is registered */
	int node;
	size_t limit;
} validator;

static struct pool {
	int node;
	uint64_t page;
	unsigned int total;
} pools[N_POOLS];
static unsigned int n_pools;

bool fake_eal_no_numa;
static char *root;	/* NULL: no files */

void
fake_eal_growth_reset(void)
{
	validator.cb = NULL;
	n_pools = 0;
	fake_eal_no_numa = false;
	if (root != NULL)
		assert_int_equal(tree_teardown((void **)&root), 0);
	root = NULL;
}

static void
put(const char *folder, uint64_t page, const char *file, unsigned int n)
{
	char path[256], text[16];

	if (root == NULL)
		assert_int_equal(tree_setup((void **)&root), 0);
	snprintf(path, sizeof(path), "%s/hugepages-%" PRIu64 "kB/%s", folder, page >> 10, file);
	snprintf(text, sizeof(text), "%u\n", n);
	tree_text(root, path, text);
}

void
fake_eal_overcommit(uint64_t page, unsigned int limit, unsigned int surplus)
{
	put(POOLS, page, "nr_overcommit_hugepages", limit);
	put(POOLS, page, "surplus_hugepages", surplus);
}

void
fake_eal_pool(int node, uint64_t page, unsigned int total)
{
	unsigned int i, sum = total;
	char folder[64];

	assert_in_range(n_pools, 0, N_POOLS - 1);
	for (i = 0; i < n_pools; i++)
		if (pools[i].page == page)
			sum += pools[i].total;
	pools[n_pools++] = (struct pool){ node, page, total };
	snprintf(folder, sizeof(folder), NODES "/node%d/hugepages", node);
	put(folder, page, "nr_hugepages", total);
	put(folder, page, "free_hugepages", 0);
	put(POOLS, page, "nr_hugepages", sum);
	put(POOLS, page, "free_hugepages", 0);
	fake_eal_overcommit(page, 0, 0);
}

bool
__wrap_topology_may_have(const char *of __rte_unused, int node, uint64_t page, uint64_t bytes)
{
	return __real_topology_may_have(root != NULL ? root : "/nonexistent", node, page, bytes);
}

bool
vfio_uapi_has_numa(void)
{
	return !fake_eal_no_numa;
}

bool
fake_eal_is_validated(void)
{
	return validator.cb != NULL;
}

bool
fake_eal_rejects(uint64_t len)
{
	return validator.cb != NULL && len >= validator.limit &&
		validator.cb(validator.node, validator.limit, len) < 0;
}

int
rte_mem_alloc_validator_register(const char *name __rte_unused, rte_mem_alloc_validator_t cb,
		int node, size_t limit)
{
	rte_errno = fake_eal_is_legacy ? ENOTSUP : EEXIST;
	if (fake_eal_is_legacy || validator.cb != NULL)
		return -1;
	validator.cb = cb;
	validator.node = node;
	validator.limit = limit;
	return 0;
}

int
rte_mem_alloc_validator_unregister(const char *name __rte_unused, int node __rte_unused)
{
	validator.cb = NULL;
	return 0;
}
