/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What is known about EAL's memory on another machine: the good addresses. The free
 * addresses of a process there are unknown.
 */

#include <inttypes.h>
#include <stdio.h>

#include <rte_eal.h>

#include "dpdk_limits.h"
#include "test_msi.h"

#define GIB 30

static void
print_need(const struct va_need *need)
{
	unsigned int i;

	if (need->n_pages == 0)
		printf("  no hugepages can be used: hugetlbfs is not mounted, or that is not known\n");
	for (i = 0; i < need->n_pages; i++)
		printf("%s%" PRIu64 " KiB", i == 0 ? "  pages of " : ", ", need->page[i] >> 10);
	for (i = 0; need->n_pages > 0 && i < need->n_nodes; i++)
		printf("%s%u", i == 0 ? ", on NUMA nodes " : ", ", need->node[i]);
	if (need->n_pages > 0)
		printf("\n");
}

/* Search between the default start of EAL's memory and the end of user space. */
struct search {
	struct iova_range within;
	unsigned int n;
};

static int
print_good(const struct iova_range *range, void *arg)
{
	struct search *s = arg;
	struct iova_range r = iova_range_cut(*range, s->within);

	if (iova_range_valid(r))
		printf("%s0x%" PRIx64 "-0x%" PRIx64 "\n", s->n++ == 0 ?
			"  good addresses   " : "                   ", r.first, r.last);
	return 0;
}

void
print_elsewhere(const struct iova_layout *layout, const struct tool_root *root)
{
	const uint64_t first = rte_eal_get_baseaddr();
	const uint64_t known = root->machine.user_last;
	struct va_need need;
	struct search s = { .within = { first, known != 0 ? known : UINT64_MAX } };

	printf("\nEAL's memory (IOVA = VA) on that machine\n");
	if (root->captured)
		printf("  Linux %s, %s, pages of %" PRIu64 " bytes\n", root->machine.kernel,
			root->machine.arch, root->answers.page_size);
	if (va_need_read(root->path, false, &need) == 0)
		print_need(&need);
	if (known != 0)
		printf("  user space ends at 0x%" PRIx64 "\n", known);
	else
		printf("  where user space ends there is not known\n");
	printf("  by default it begins at 0x%" PRIx64 " and takes up to %" PRIu64
		" GiB per page size and NUMA node\n",
		first, dpdk_va_limits(0).type_bytes >> GIB);
	iova_layout_foreach_free(layout, print_good, &s);
	if (s.n == 0)
		printf("  no good address from there on\n");
	printf("  where memory will lie depends on what is free in the process: run layout there\n");
}
