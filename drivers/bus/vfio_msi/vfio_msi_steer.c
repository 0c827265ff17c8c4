/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Steering EAL's memory, while IOVA is VA.
 *
 * EAL reserves address space for all memory it may ever have right after the
 * buses were scanned, at a hint that nothing can change any more; where the
 * hint is not free the kernel takes the highest gap that is long enough. So a
 * window of good IOVAs is chosen and every other gap of the process is filled
 * with a mapping that has no access and no memory (a fence) until EAL has its
 * reservations. Where EAL's default lands well nothing is done.
 *
 * The fence is all or nothing: if one piece fails the others are taken away
 * and the memory lands where it lands; the check before mapping then says what
 * is wrong with it.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <numa.h>
#include <rte_eal.h>

#include "dpdk_limits.h"
#include "private.h"
#include "sysfs.h"
#include "vfio_uapi.h"

#define LOWEST_VA 0x10000ULL		/* vm.mmap_min_addr of every distribution */
#define LOWEST_MEMORY 0x100000000ULL	/* leave 32 bits to whom they matter */
#define STACK_ROOM (64ULL << 20)	/* the main thread's stack may grow so far */
#define SLACK (4ULL << 30)		/* guard pages, arrays, thread stacks */
#define WINDOW_ALIGN (1ULL << 30)

/* Gaps between the mappings of the process, or the pieces of the fence. */
struct gaps {
	struct iova_range *v;
	size_t n;
	size_t cap;
};

static struct gaps fence;

static int
gaps_add(struct gaps *g, uint64_t first, uint64_t last)
{
	if (g->n == g->cap) {
		size_t cap = g->cap == 0 ? 128 : g->cap * 2;
		struct iova_range *v = realloc(g->v, cap * sizeof(*v));

		if (v == NULL)
			return -ENOMEM;
		g->v = v;
		g->cap = cap;
	}
	g->v[g->n].first = first;
	g->v[g->n].last = last;
	g->n++;
	return 0;
}

static void
gaps_free(struct gaps *g)
{
	free(g->v);
	memset(g, 0, sizeof(*g));
}

/* Smallest 2^n - 1 that covers the stack: the end of user space. */
static uint64_t
top_of(uint64_t stack)
{
	uint64_t top = LOWEST_MEMORY;

	while (top <= stack && top < 1ULL << 63)
		top <<= 1;
	return top - 1;
}

/* Every gap of the address space, from /proc/self/maps (which is sorted). */
static int
read_gaps(struct gaps *g)
{
	char *text, *line, *save = NULL;
	uint64_t from = LOWEST_VA, top = 0;
	int ret = sysfs_read_file("", &text, NULL, "/proc/self/maps");

	if (ret < 0)
		return ret;
	for (line = strtok_r(text, "\n", &save); line != NULL && ret == 0;
	     line = strtok_r(NULL, "\n", &save)) {
		uint64_t start, end, until;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
			continue;
		if (top == 0 && strstr(line, "[stack]") != NULL) {
			top = top_of(end);
			until = start > STACK_ROOM ? start - STACK_ROOM : 0;
		} else {
			until = start;
		}
		if (start > (1ULL << 62))
			break;		/* vsyscall page of the kernel */
		if (until > from)
			ret = gaps_add(g, from, until - 1);
		from = end;
	}
	if (ret == 0 && top > from)
		ret = gaps_add(g, from, top);
	free(text);
	return ret;
}

/* Page sizes EAL can use: mounted ones, or all of the kernel's (--in-memory). */
static unsigned int
count_page_sizes(void)
{
	char **names = NULL, *text, *p;
	unsigned int mounts = 0;
	size_t n = 0;

	if (sysfs_read_file("", &text, NULL, "/proc/self/mounts") == 0) {
		for (p = text; (p = strstr(p, " hugetlbfs ")) != NULL; p++)
			mounts++;
		free(text);
	}
	if (sysfs_list("", &names, &n, "/sys/kernel/mm/hugepages") < 0)
		n = 0;
	sysfs_free_names(names, n);
	if (mounts > 0 && mounts < n)
		n = mounts;
	return n > 0 ? (unsigned int)n : 1;
}

/* Address space EAL will reserve at the most. */
static uint64_t
eal_needs(void)
{
	unsigned int nodes = numa_available() < 0 ? 1 :
		(unsigned int)numa_num_configured_nodes();
	uint64_t mb = (uint64_t)count_page_sizes() * (nodes > 0 ? nodes : 1) *
		DPDK_SHARE_MB;

	return (RTE_MIN(mb, DPDK_ALL_MB) << 20) + SLACK;
}

/* Does [base, base + need) lie in one gap, but for what EAL has at base? */
static bool
default_is_good(const struct iova_layout *layout, uint64_t need)
{
	struct iova_range want, got;

	return iova_range_make(rte_eal_get_baseaddr(), need, &want) &&
		plan_window(layout, want, need, &got) == 0;
}

/* Lowest window in a gap with room for twice the need (--legacy-mem maps
 * everything twice), else for the need alone.
 */
static int
choose_window(const struct iova_layout *layout, const struct gaps *gaps,
		uint64_t need, struct iova_range *out)
{
	uint64_t rooms[] = { need * 2, need };
	struct iova_range within;
	size_t i, r;

	for (r = 0; r < RTE_DIM(rooms); r++)
		for (i = 0; i < gaps->n; i++) {
			within = gaps->v[i];
			if (within.last < LOWEST_MEMORY)
				continue;
			within.first = RTE_MAX(within.first, LOWEST_MEMORY);
			if (plan_window(layout, within, rooms[r] + WINDOW_ALIGN,
					out) < 0)
				continue;
			if (!iova_align_up(out->first, WINDOW_ALIGN, &out->first))
				continue;
			/* Cut to what is needed: low addresses that do not
			 * change from run to run, where a secondary process
			 * finds room as well.
			 */
			out->last = RTE_MIN(out->last, out->first + need * 2 - 1);
			return 0;
		}
	return -ENOSPC;
}

static int
fence_piece(uint64_t first, uint64_t last)
{
	void *got, *want = (void *)(uintptr_t)first;
	int ret;

	if (last < first)
		return 0;
	ret = vfio_uapi_mmap(want, last - first + 1, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			MAP_FIXED_NOREPLACE, -1, 0, &got);
	if (ret == -EEXIST)
		return 0;	/* another thread was faster: no gap any more */
	if (ret < 0)
		return ret;
	fence.v[fence.n].first = first;
	fence.v[fence.n++].last = last;
	return 0;
}

/* Room for the pieces is made first: no allocation between two of them. */
static int
build_fence(const struct gaps *gaps, struct iova_range window)
{
	size_t i;
	int ret = 0;

	fence.cap = gaps->n + 1;
	fence.v = calloc(fence.cap, sizeof(*fence.v));
	if (fence.v == NULL)
		return -ENOMEM;
	for (i = 0; ret == 0 && i < gaps->n; i++) {
		struct iova_range g = gaps->v[i];

		if (!iova_range_overlap(g, window)) {
			ret = fence_piece(g.first, g.last);
			continue;
		}
		if (g.first < window.first)
			ret = fence_piece(g.first, window.first - 1);
		if (ret == 0 && g.last > window.last)
			ret = fence_piece(window.last + 1, g.last);
	}
	if (ret < 0)
		vfio_msi_steer_release();
	return ret;
}

void
vfio_msi_steer(const struct iova_layout *layout)
{
	struct gaps gaps = { 0 };
	uint64_t need = eal_needs();
	struct iova_range window = { 0 };
	int ret;

	if (fence.v != NULL)
		return;
	if (default_is_good(layout, need)) {
		BUS_LOG(DEBUG, "memory is not steered: 0x%" PRIx64 " bytes from 0x%" PRIx64 " are good IOVAs",
			need, rte_eal_get_baseaddr());
		return;
	}
	ret = read_gaps(&gaps);
	if (ret == 0)
		ret = choose_window(layout, &gaps, need, &window);
	if (ret == 0)
		ret = build_fence(&gaps, window);
	gaps_free(&gaps);
	if (ret == -ENOSPC)
		BUS_LOG(WARNING, "no window of 0x%" PRIx64 " bytes is both free memory address and good IOVA; memory is not steered and may lie in a hole (see: dpdk-test-msi layout)",
			need);
	else if (ret < 0)
		BUS_LOG(WARNING, "memory can't be steered: %s; is the address space limited (ulimit -v)?",
			strerror(-ret));
	else
		BUS_LOG(INFO, "memory is steered to 0x%" PRIx64 "-0x%" PRIx64 ", %zu pieces of fence around it",
			window.first, window.last, fence.n);
}

void
vfio_msi_steer_release(void)
{
	size_t i;

	for (i = 0; i < fence.n; i++)
		vfio_uapi_munmap((void *)(uintptr_t)fence.v[i].first,
			iova_range_span(fence.v[i]) + 1);
	gaps_free(&fence);
}
