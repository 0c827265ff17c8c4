/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for the parser of device arguments without DPDK. */

#ifndef FUZZ_RTE_KVARGS_H
#define FUZZ_RTE_KVARGS_H

#define RTE_KVARGS_MAX 32

struct rte_kvargs_pair {
	char *key;
	char *value;
};

struct rte_kvargs {
	char *str;
	unsigned int count;
	struct rte_kvargs_pair pairs[RTE_KVARGS_MAX];
};

struct rte_kvargs *rte_kvargs_parse(const char *args, const char *const valid_keys[]);
void rte_kvargs_free(struct rte_kvargs *kvlist);

#endif /* FUZZ_RTE_KVARGS_H */
