/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The argument that "dpdk-test-msi layout" prints for a process that can't read the windows. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hole_argument.h"
#include "vfio_msi_values.h"

#define BDF "0000:08:00.0"

static struct plan_device plan;

static int
setup(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof(plan));
	plan.bridge.source = HOLES_SOURCE_IOMEM;
	plan.bridge.in[HOLES_IN_IOMEM].sight = HOLES_SEEN;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	holes_free(&plan.holes);
	return 0;
}

static void
give(enum iova_origin origin, uint64_t first, uint64_t last)
{
	const struct iova_hole hole = { .range = { first, last }, .origin = origin };

	assert_int_equal(holes_add(&plan.holes, &hole), 0);
}

static void
expect(const char *holes)
{
	char text[HOLE_ARGUMENT_LEN], want[HOLE_ARGUMENT_LEN];

	snprintf(want, sizeof(want), "vfio_msi:" BDF "%s", holes);
	assert_true(hole_argument(BDF, &plan, text));
	assert_string_equal(text, want);
}

/* Of a Threadripper: two of the windows touch, and other holes are known without root. */
static void
test_windows(void **state)
{
	(void)state;
	give(IOVA_ORIGIN_ZERO_PAGE, 0, 0xfff);
	give(IOVA_ORIGIN_MSI, 0xfee00000, 0xfeefffff);
	give(IOVA_ORIGIN_HOST_BRIDGE, 0x880000000, 0x443fffffff);
	give(IOVA_ORIGIN_HOST_BRIDGE, 0xc0000, 0xdffff);
	give(IOVA_ORIGIN_HOST_BRIDGE, 0xa0000, 0xbffff);
	give(IOVA_ORIGIN_RESERVED, 0xfd00000000, 0xffffffffff);
	give(IOVA_ORIGIN_USER, 0x100000000, 0x1ffffffff);
	expect(",hole=0xa0000-0xdffff,hole=0x880000000-0x443fffffff");
}

/* Both ends of the address space, a range in another one, and one that joins its neighbours. */
static void
test_joined(void **state)
{
	(void)state;
	plan.bridge.source = HOLES_SOURCE_DEVICE_TREE;
	give(IOVA_ORIGIN_DMA_RANGES, 0x2000000000, UINT64_MAX);
	give(IOVA_ORIGIN_DMA_RANGES, 0, 0xfffffff);
	give(IOVA_ORIGIN_HOST_BRIDGE, 0x3000000000, 0x3fffffffff);
	expect(",hole=0x0-0xfffffff,hole=0x2000000000-0xffffffffffffffff");
	give(IOVA_ORIGIN_HOST_BRIDGE, 0x8000000, 0x2fffffffff);
	expect(",hole=0x0-0xffffffffffffffff");
}

/* A process with hole= does not know that the window is an obstacle to MSI. */
static void
test_msi(void **state)
{
	(void)state;
	give(IOVA_ORIGIN_HOST_BRIDGE, 0x8000000, 0xfffffff);
	plan.msi = PLAN_MSI_UNSURE;
	expect(",hole=0x8000000-0xfffffff");
	plan.msi = PLAN_MSI_LIKELY_LOST;
	expect(",hole=0x8000000-0xfffffff,msi=off");
	plan.msi = PLAN_MSI_LOST;
	expect(",hole=0x8000000-0xfffffff,msi=off");
}

/* An argument has room for other keys, and its holes cover every window. */
static void
test_many(void **state)
{
	const uint64_t size = UINT64_C(1) << 40;
	char text[HOLE_ARGUMENT_LEN], *at, *save;
	struct iova_range range[64];
	size_t i, j, n = 0;

	(void)state;
	for (i = 0; i < 40; i++)
		give(IOVA_ORIGIN_HOST_BRIDGE, UINT64_MAX - size * (i * i + 2),
			UINT64_MAX - size * (i * i + 2) + size / 2);
	assert_true(hole_argument(BDF, &plan, text));
	assert_true(strlen(text) < HOLE_ARGUMENT_LEN - 1);
	assert_true(vfio_msi_values_count(strchr(text, ',') + 1) <= 16);
	assert_string_equal(strtok_r(text, ",", &save), "vfio_msi:" BDF);
	while ((at = strtok_r(NULL, ",", &save)) != NULL) {
		assert_memory_equal(at, "hole=", strlen("hole="));
		assert_int_equal(vfio_msi_value_range(at + strlen("hole="), &range[n]), 0);
		if (n > 0)
			assert_true(range[n].first > range[n - 1].last);
		n++;
	}
	assert_int_equal(n, 16);
	for (i = 0; i < plan.holes.n; i++) {
		for (j = 0; j < n && !iova_range_covers(range[j], plan.holes.v[i].range); j++)
			;
		assert_true(j < n);
	}
}

/* What this process does not see, the argument would lack. */
static void
test_none(void **state)
{
	char text[HOLE_ARGUMENT_LEN];

	(void)state;
	assert_false(hole_argument(BDF, &plan, text));
	give(IOVA_ORIGIN_HOST_BRIDGE, 0xa0000, 0xbffff);
	plan.bridge.in[HOLES_IN_DMA_RANGES].sight = HOLES_HIDDEN;
	assert_false(hole_argument(BDF, &plan, text));
	plan.bridge.in[HOLES_IN_DMA_RANGES].sight = HOLES_ABSENT;
	plan.bridge.source = HOLES_SOURCE_RESOURCES;
	assert_false(hole_argument(BDF, &plan, text));
	plan.bridge.source = HOLES_SOURCE_IOMEM;
	plan.bridge.in[HOLES_IN_IOMEM].sight = HOLES_DENIED;
	assert_false(hole_argument(BDF, &plan, text));
	plan.bridge.in[HOLES_IN_IOMEM].sight = HOLES_SEEN;
	expect(",hole=0xa0000-0xbffff");
	plan.topo.group_noiommu = true;
	assert_false(hole_argument(BDF, &plan, text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_windows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_joined, setup, teardown),
		cmocka_unit_test_setup_teardown(test_msi, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none, setup, teardown),
	};

	return cmocka_run_group_tests_name("hole_argument", tests, NULL, NULL);
}
