/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The kinds of memory that EAL reserves addresses for: each page size on each NUMA node,
 * detected the same way as EAL does.
 *
 * Thread safe for separate objects.
 */

#ifndef VA_NEED_H
#define VA_NEED_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VA_PAGES_MAX 8
#define VA_NODES_MAX 64

/** Page sizes and NUMA nodes. */
struct va_need {
	uint64_t page[VA_PAGES_MAX];	/**< bytes, largest first; powers of two */
	unsigned int n_pages;
	unsigned int node[VA_NODES_MAX];	/**< ascending */
	unsigned int n_nodes;
	bool plain;	/**< no hugepages: one list of system pages */
};

/**
 * Read the page sizes of mounted hugetlbfs and the nodes with processors.
 *
 * A node counts if it has a processor that no lower node has: with numa=fake a processor is
 * in all nodes that were made of one. Node 0 always counts, as EAL has processors there that
 * the machine lacks.
 *
 * If EAL can use no page size, n_pages
 * is 0.
 *
 * @param root       as in sysfs.h
 * @param unmounted  include page sizes that are not mounted (EAL's --in-memory)
 * @return 0; -ENOMEM.
 */
int va_need_read(const char *root, bool unmounted, struct va_need *out);

#define VA_MOUNT_LEN 256

/**
 * Find the mount of hugetlbfs that EAL uses for pages of one size, without its option --huge-dir:
 * the first one.
 *
 * @param out  its path, as /proc/self/mounts has it; VA_MOUNT_LEN bytes, a longer one is cut
 * @return 0; -ENOENT: there is none; errors of sysfs_read_file()
 */
int va_need_mount(const char *root, uint64_t page, char *out);

#ifdef __cplusplus
}
#endif

#endif /* VA_NEED_H */
