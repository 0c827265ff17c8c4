/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Cost of a large machine without the kernel: processor time (the minimum of several
 * rounds) and bytes of memory.
 *
 * plan: 256 devices in 64 groups and 1,000 reserved regions. Either the groups share the
 * regions, or every device has all of them.
 *
 * map: 1 TiB in pages of 2 MiB on 8 NUMA nodes, one call for each page. The devices are attached
 * before, and leave with a mapping for each node. With a container for each group there is one
 * device: each container would get all mappings.
 */

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "common.h"
#include "plan/plan.h"

#define DEVICES 256
#define GROUPS 64
#define HOLES 1000
#define ROUNDS 3
#define HUGE_PAGE (UINT64_C(2) << 20)
#define NODES 8
#define NODE_PAGES ((UINT64_C(1) << 40) / HUGE_PAGE / NODES)
#define N_PAGES (NODES * NODE_PAGES)

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static size_t
bytes_in_use(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static double
least(double a, double b)
{
	return a == 0 || b < a ? b : a;
}

/* ---- plan ---- */

static struct plan_device devices[DEVICES];

/* Regions of 64 KiB, one in each 16 MiB from 4 GiB on. */
static struct iova_range
region(size_t i)
{
	const uint64_t first = (UINT64_C(4) << 30) + i * (UINT64_C(16) << 20);

	return RANGE(first, first + 0xffff);
}

/* The kernel's ranges leave out what it reserves. */
static void
device_make(struct plan_device *pd, size_t i, bool all)
{
	const size_t group = i % GROUPS;
	const size_t from = all ? 0 : group * HOLES / GROUPS;
	const size_t to = all ? HOLES : (group + 1) * HOLES / GROUPS;
	struct iova_hole hole = {
		.origin = IOVA_ORIGIN_RESERVED, .hardness = IOVA_HARD, .by = IOVA_BY_KERNEL,
	};
	uint64_t first = 0;
	size_t k;

	*pd = (struct plan_device){ .topo.group = (int)group };
	snprintf(pd->topo.bdf, sizeof(pd->topo.bdf), "0000:%02hhx:%02hhx.0",
		(unsigned char)(i / 32), (unsigned char)(i % 32));
	snprintf(hole.owner, sizeof(hole.owner), "%s", pd->topo.bdf);
	pd->info.ranges = calloc(to - from + 1, sizeof(*pd->info.ranges));
	assert_non_null(pd->info.ranges);
	for (k = from; k < to; k++) {
		hole.range = region(k);
		assert_int_equal(holes_add(&pd->holes, &hole), 0);
		pd->info.ranges[pd->info.n_ranges++] = RANGE(first, hole.range.first - 1);
		first = hole.range.last + 1;
	}
	pd->info.ranges[pd->info.n_ranges++] = RANGE(first, (UINT64_C(1) << 48) - 1);
}

static void
plan_once(double *add, double *forget, size_t *bytes)
{
	const size_t before = bytes_in_use();
	char why[PLAN_TEXT] = "";
	struct iova_layout *all;
	double start = now_ms();
	size_t i;

	assert_int_equal(iova_layout_create(&all), 0);
	for (i = 0; i < DEVICES; i++)
		assert_int_equal(plan_add(all, &devices[i], why, sizeof(why)), 0);
	*add = least(*add, now_ms() - start);
	*bytes = bytes_in_use() - before;
	assert_int_equal(iova_layout_check(all, stderr), 0);
	start = now_ms();
	for (i = 0; i < DEVICES; i++)
		plan_remove(all, &devices[i]);
	*forget = least(*forget, now_ms() - start);
	assert_int_equal(iova_layout_check(all, stderr), 0);
	iova_layout_destroy(all);
}

static void
bench_plan(void **state)
{
	double add, forget;
	size_t i, bytes;
	int all, round;

	puts("plan: devices  groups  regions of each    add ms  remove ms        bytes");
	for (all = 0; all < 2; all++) {
		for (i = 0; i < DEVICES; i++)
			device_make(&devices[i], i, all != 0);
		add = forget = 0;
		for (round = 0; round < ROUNDS; round++)
			plan_once(&add, &forget, &bytes);
		printf("          %3d      %2d             %4zu  %8.2f   %8.2f  %11zu\n", DEVICES,
				GROUPS, devices[0].holes.n, add, forget, bytes);
		for (i = 0; i < DEVICES; i++)
			plan_device_free(&devices[i]);
	}
}

/* ---- map ---- */

/* Nodes are 1 TiB apart, as EAL reserves addresses for more memory than exists. */
static uint64_t
page_at(uint64_t i)
{
	return ((i / NODE_PAGES + 1) << 40) + i % NODE_PAGES * HUGE_PAGE;
}

static void
map_once(struct ioas *ioas, double *map, double *unmap, size_t *bytes)
{
	const size_t before = bytes_in_use();
	double start = now_ms();
	uint64_t page;

	for (page = 0; page < N_PAGES; page++)
		assert_int_equal(ioas_map(ioas, IOAS_EAL, page_at(page), page_at(page), HUGE_PAGE,
				NULL), 0);
	*map = least(*map, now_ms() - start);
	*bytes = bytes_in_use() - before;
	start = now_ms();
	while (page-- > 0)
		assert_int_equal(ioas_unmap(ioas, IOAS_EAL, page_at(page), HUGE_PAGE), 0);
	*unmap = least(*unmap, now_ms() - start);
}

static double
attach(struct ioas *ioas, size_t n)
{
	static char names[DEVICES][32];
	struct ioas_member m = { .group_fd = -1 };
	struct fake_group *groups[GROUPS];
	double start;
	bool viable;
	size_t i;

	for (i = 0; i < n; i++) {
		if (i < GROUPS)
			groups[i] = fake_group_add((int)i);
		snprintf(names[i], sizeof(names[i]), "0000:%02hhx:%02hhx.0",
		(unsigned char)(i / 32), (unsigned char)(i % 32));
		fake_device_add(groups[i % GROUPS], names[i], 1);
	}
	start = now_ms();
	for (i = 0; i < n; i++) {
		m.group = (int)(i % GROUPS);
		m.name = names[i];
		m.cdev = backend == IOAS_BACKEND_IOMMUFD ? fake_cdev(names[i]) : NULL;
		assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	}
	return now_ms() - start;
}

/* Devices leave while memory is mapped: a run for each node. */
static double
leave(struct ioas *ioas)
{
	double start;
	uint64_t node;

	for (node = 0; node < NODES; node++)
		assert_int_equal(ioas_map(ioas, IOAS_EAL, page_at(node * NODE_PAGES),
				page_at(node * NODE_PAGES), NODE_PAGES * HUGE_PAGE, NULL), 0);
	start = now_ms();
	ioas_close(ioas);
	return now_ms() - start;
}

static void
bench_map(void **state)
{
	const size_t n = per_group ? 1 : DEVICES;
	double attached, map = 0, unmap = 0;
	struct ioas *ioas;
	size_t bytes, i;
	int round;

	fake.dma_limit = N_PAGES;
	ioas = open_space();
	for (i = 0; i < HOLES; i++)
		add_hole(region(i).first, region(i).last, IOVA_HARD);
	attached = attach(ioas, n);
	/* The fake kernel's array grows in the first round only. */
	for (round = 0; round < ROUNDS; round++)
		map_once(ioas, &map, &unmap, &bytes);
	printf("map: %-19s %7llu pages  map %7.1f ms, %4.0f ns each  unmap %7.1f ms, %4.0f ns each  %zu bytes each\n",
			per_group ? "container per group" : ioas_backend_name(BACKEND),
			(unsigned long long)N_PAGES, map, map * 1e6 / N_PAGES, unmap,
			unmap * 1e6 / N_PAGES, (bytes + N_PAGES - 1) / N_PAGES);
	printf("     %3zu devices, %2zu groups: attach %.2f ms, close %.2f ms\n", n,
			n < GROUPS ? n : GROUPS, attached, leave(ioas));
}

int
main(void)
{
	const struct CMUnitTest plan[] = { cmocka_unit_test(bench_plan) };
	const struct CMUnitTest map[] = { machine_test(bench_map) };
	int failed;

	mallopt(M_MMAP_THRESHOLD, 1 << 18);
	failed = cmocka_run_group_tests_name("plan", plan, NULL, NULL);
	return failed + RUN_ON_BACKENDS("map", map);
}
