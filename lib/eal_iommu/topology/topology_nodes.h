/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Hugepages of the NUMA nodes, or of the whole machine.
 */

#ifndef TOPOLOGY_NODES_H
#define TOPOLOGY_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TOPO_POOLS_MAX 8

/** The hugepages of one size. */
struct topo_pool {
	uint64_t page;		/**< bytes */
	uint64_t total;		/**< bytes, including those in use */
	uint64_t unused;	/**< bytes that nobody has allocated or reserved */
};

/** The hugepages of one node. */
struct topo_node {
	int node;		/**< -1: the whole machine */
	uint64_t total;		/**< sums of all pools, bytes */
	uint64_t unused;
	struct topo_pool pool[TOPO_POOLS_MAX];	/**< those with pages, largest pages first */
	unsigned int n_pools;
};

/**
 * Read the hugepages of each NUMA node.
 *
 * @param root   "", or a tree with another machine's /sys
 * @param nodes  ascending by number; the caller frees it
 * @param n      0 where the kernel has no NUMA
 * @return 0; -ENOMEM; -EACCES, -EINVAL, ... if a count can't be read; -EFBIG for more than
 *   TOPO_POOLS_MAX sizes with pages
 */
int topology_nodes_read(const char *root, struct topo_node **nodes, size_t *n);

/**
 * Read the hugepages of the whole machine, as a kernel without NUMA has them in one place.
 *
 * @param root  as above
 * @param out   without pools where the kernel has no hugepages; undefined after an error
 * @return as topology_nodes_read(); -ENOENT if the count of a pool is missing
 */
int topology_pools_read(const char *root, struct topo_node *out);

/**
 * Whether a process may come to have so many bytes of hugepages of one size. Pages in use count
 * too: they may be in a file that the process maps. It is true if the kernel makes more pages
 * when they are requested (overcommit), and if that or the number of pages can't be read.
 *
 * @param root  as above
 * @param node  -1: pages of any node
 */
bool topology_may_have(const char *root, int node, uint64_t page, uint64_t bytes);

#ifdef __cplusplus
}
#endif

#endif /* TOPOLOGY_NODES_H */
