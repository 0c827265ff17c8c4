/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_errno.h>

#include "fake_eal.h"
#include "fake_eal_growth.h"

#define POOLS 4

static struct {
	rte_mem_alloc_validator_t cb;	/* NULL: none is registered */
	int node;
	size_t limit;
} validator;

static struct {
	uint64_t page, unused;
} pools[POOLS];
static unsigned int n_pools;

void
fake_eal_growth_reset(void)
{
	validator.cb = NULL;
	n_pools = 0;
}

void
fake_eal_pool(uint64_t page, uint64_t unused)
{
	if (n_pools == POOLS)
		abort();
	pools[n_pools].page = page;
	pools[n_pools++].unused = unused;
}

bool
__wrap_topology_has_unused(const char *root __rte_unused, int node __rte_unused, uint64_t page,
		uint64_t bytes)
{
	unsigned int i;

	for (i = 0; i < n_pools; i++)
		if (pools[i].page == page)
			return pools[i].unused >= bytes;
	return false;
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
