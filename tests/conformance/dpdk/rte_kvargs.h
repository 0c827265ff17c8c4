/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. Lists of KEY=VALUE; their functions are those of a test. */

#ifndef FAKE_RTE_KVARGS_H
#define FAKE_RTE_KVARGS_H

struct rte_kvargs;

struct rte_kvargs *rte_kvargs_parse(const char *text, const char *const keys[]);
const char *rte_kvargs_get(const struct rte_kvargs *list, const char *key);
unsigned int rte_kvargs_count(const struct rte_kvargs *list, const char *key);
void rte_kvargs_free(struct rte_kvargs *list);

#endif /* FAKE_RTE_KVARGS_H */
