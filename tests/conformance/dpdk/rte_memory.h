/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK; fake_eal.c has the functions. */

#ifndef FAKE_RTE_MEMORY_H
#define FAKE_RTE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "rte_common.h"

#define RTE_EAL_NUMA_AWARE_HUGEPAGES 1
#define RTE_MAX_MEMSEG_LISTS 8
#define RTE_BAD_IOVA ((rte_iova_t)-1)
#define RTE_MEMSEG_FLAG_DO_NOT_FREE 1

struct rte_memseg {
	rte_iova_t iova;
	uint64_t addr_64;
	size_t len;
	uint32_t flags;
};

struct rte_fbarray {
	unsigned int len, count;
};

struct rte_memseg_list {
	void *base_va;
	uint64_t page_sz;
	int socket_id;
	size_t len;
	unsigned int external, heap;
	struct rte_fbarray memseg_arr;
};

enum rte_mem_event { RTE_MEM_EVENT_ALLOC, RTE_MEM_EVENT_FREE };

typedef void (*rte_mem_event_callback_t)(enum rte_mem_event event, const void *addr,
		size_t len, void *arg);
typedef int (*rte_mem_alloc_validator_t)(int node, size_t limit, size_t new_len);
typedef int (*rte_memseg_walk_t)(const struct rte_memseg_list *msl,
		const struct rte_memseg *ms, void *arg);
typedef int (*rte_memseg_contig_walk_t)(const struct rte_memseg_list *msl,
		const struct rte_memseg *ms, size_t len, void *arg);
typedef int (*rte_memseg_list_walk_t)(const struct rte_memseg_list *msl, void *arg);

int rte_mem_event_callback_register(const char *name, rte_mem_event_callback_t cb, void *arg);
int rte_mem_event_callback_unregister(const char *name, void *arg);
int rte_mem_alloc_validator_register(const char *name, rte_mem_alloc_validator_t cb, int node,
		size_t limit);
int rte_mem_alloc_validator_unregister(const char *name, int node);
int rte_memseg_walk(rte_memseg_walk_t cb, void *arg);
int rte_memseg_walk_thread_unsafe(rte_memseg_walk_t cb, void *arg);
int rte_memseg_contig_walk_thread_unsafe(rte_memseg_contig_walk_t cb, void *arg);
int rte_memseg_list_walk(rte_memseg_list_walk_t cb, void *arg);
int rte_memseg_list_walk_thread_unsafe(rte_memseg_list_walk_t cb, void *arg);
struct rte_memseg_list *rte_mem_virt2memseg_list(const void *addr);
struct rte_memseg *rte_mem_virt2memseg(const void *addr, const struct rte_memseg_list *msl);
int rte_memseg_get_fd_thread_unsafe(const struct rte_memseg *ms);
int rte_memseg_get_fd_offset_thread_unsafe(const struct rte_memseg *ms, size_t *offset);

#endif /* FAKE_RTE_MEMORY_H */
