/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL's memory without an IOMMU: IOVAs are physical addresses, so no message says to pass or
 * to choose others.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "sync_space.h"

#define HEAP_VA (64 * GIB)
#define DISTANCE GIB	/* of physical addresses of heaps from their VAs */
#define OTHERS "; the kernel has put these hugepages out of the device's reach: use others, reserve fewer, or earlier (hugepages= on the kernel command line), or use another device"
#define KEY "; hole= or dma_bits= excludes these hugepages: drop that key if the device reaches them, else use others, reserve fewer, or earlier (hugepages= on the kernel command line), or use another device"
#define PHYSICAL ": DMA there may not reach memory; check that packets arrive, or use a machine with an IOMMU\n"

static int
setup(void **state)
{
	if (machine_setup(state) < 0)
		return -1;
	fake_eal_reset();
	fake_iova_mode = RTE_IOVA_PA;
	add_group(7);
	fake.elsewhere = RANGE(HEAP_VA, HEAP_VA + GIB - 1);
	fake.distance = DISTANCE;
	sync_ioas = open_space();
	attach_group(sync_ioas, 7);
	fake_eal_alloc(EAL_VA, 4, LARGE, 1);
	return 0;
}

static void
test_start(void **state)
{
	add_hole(EAL_VA, EAL_VA + LARGE - 1, IOVA_SOFT);
	assert_int_equal(sync_start(DMA_SYNC_NONE), 0);
	assert_int_equal(said(PHYSICAL), 1);
	assert_true(ioas_covers(sync_ioas, EAL_VA, EAL_VA, 4 * LARGE));
}

static void
test_growth(void **state)
{
	assert_int_equal(sync_start(DMA_SYNC_NONE), 0);
	add_hole(WINDOW, WINDOW + LARGE - 1, IOVA_SOFT);
	add_hole(WINDOW + 4 * LARGE, WINDOW + 5 * LARGE - 1, IOVA_HARD);
	fake_eal_alloc(WINDOW, 1, LARGE, 0);
	assert_int_equal(said(PHYSICAL), 1);
	assert_int_equal(said("preallocate"), 0);
	fake_eal_alloc(WINDOW + 4 * LARGE, 1, LARGE, 0);
	assert_int_equal(said("NOT mapped for DMA, devices must not use it; the kernel has put these hugepages out of the device's reach: use others,"), 1);
}

static void
test_heap(void **state)
{
	const uint64_t at = HEAP_VA + DISTANCE;

	assert_int_equal(sync_start(DMA_SYNC_NONE), 0);
	add_hole(at, at + LARGE - 1, IOVA_SOFT);
	heap_add_at(HEAP_VA, 1, DISTANCE);
	assert_int_equal(said(PHYSICAL), 1);
	assert_true(ioas_covers(sync_ioas, HEAP_VA, at, LARGE));
	add_hole(at + LARGE, at + 2 * LARGE - 1, IOVA_HARD);
	heap_add_at(HEAP_VA + LARGE, 1, DISTANCE);
	assert_int_equal(said("(reserved, from 0000:01:00.0); the kernel has put these hugepages out of the device's reach: use others,"), 1);
	assert_int_equal(said("pass other IOVAs"), 0);
	/* These IOVAs are wrong: the application can pass the physical addresses. */
	heap_add_at(HEAP_VA + 4 * LARGE, 1, 2 * DISTANCE);
	assert_int_equal(said("the IOVA must be the physical address"), 1);
	assert_int_equal(said("; pass other IOVAs; remove it"), 1);
	heap_add_at(HEAP_VA + 5 * LARGE, 1, DISTANCE - 4 * LARGE);
	assert_int_equal(said("the IOVA must be the physical address"), 2);
	assert_int_equal(said("; pass other IOVAs; remove it"), 2);
	heap_add(HEAP_VA + 6 * LARGE, 1);
	assert_int_equal(said("the IOVA must be the physical address"), 3);
	assert_int_equal(said("; pass other IOVAs; remove it"), 3);
	assert_int_equal(said("out of the device's reach"), 1);
}

static void
test_keys_of_user(void **state)
{
	const struct iova_hole hole = { .range = { WINDOW, WINDOW + 2 * LARGE - 1 },
		.origin = IOVA_ORIGIN_USER, .hardness = IOVA_HARD, .owner = "0000:01:00.0" };

	assert_int_equal(sync_start(DMA_SYNC_NONE), 0);
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	fake_eal_alloc(WINDOW, 1, LARGE, 0);
	assert_int_equal(said("devices must not use it" KEY), 1);
	heap_add(WINDOW + LARGE, 1);
	assert_int_equal(said("(user, from 0000:01:00.0)" KEY "; remove it"), 1);
}

/* Memory from before the device. */
static void
test_before(void **state)
{
	add_hole(EAL_VA, EAL_VA, IOVA_HARD);
	assert_int_equal(sync_start(DMA_SYNC_NONE), -EADDRINUSE);
	assert_non_null(strstr(sync_why, "(reserved, from 0000:01:00.0)" OTHERS));
	iova_layout_forget(layout, "0000:01:00.0");
	heap_add_at(HEAP_VA, 1, 2 * DISTANCE);
	add_hole(HEAP_VA + 2 * DISTANCE, HEAP_VA + 2 * DISTANCE, IOVA_HARD);
	assert_int_equal(sync_start(DMA_SYNC_NONE), -EADDRNOTAVAIL);
	assert_non_null(strstr(sync_why, "the IOVA must be the physical address"));
}

int
main(void)
{
#define NOIOMMU_TEST(t) cmocka_unit_test_setup_teardown(t, setup, sync_teardown)
	const struct CMUnitTest tests[] = {
		NOIOMMU_TEST(test_start),
		NOIOMMU_TEST(test_growth),
		NOIOMMU_TEST(test_heap),
		NOIOMMU_TEST(test_keys_of_user),
		NOIOMMU_TEST(test_before),
	};

	backend = IOAS_BACKEND_NOIOMMU;
	return cmocka_run_group_tests_name("EAL's memory without an IOMMU", tests, NULL, NULL);
}
