/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices leave and return. Memory that EAL gets after dma_sync_start(), and before the
 * application's mappings are restored, does not take their IOVAs. With --legacy-mem external
 * memory is not mapped.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sync_space.h"

#define APP_VA (UINT64_C(0x7e0000000000))

/* Map memory of the application at the lowest free IOVA. */
static uint64_t
app_map(uint64_t len)
{
	uint64_t iova;

	assert_int_equal(ioas_map_any(sync_ioas, IOAS_APPLICATION, APP_VA, len, LARGE, TOP_IOVA,
			&iova), 0);
	return iova;
}

static void
app_restore(uint64_t iova, uint64_t len)
{
	assert_int_equal(ioas_map(sync_ioas, IOAS_APPLICATION, APP_VA, iova, len, NULL), 0);
	dma_sync_restored();
	expect_same(sync_ioas);
	assert_int_equal(said("ERR"), 0);
}

static void
test_assigned(void **state)
{
	sync_assign();
	assert_int_equal(app_map(2 * LARGE), 5 * LARGE);
	dma_sync_stop();
	assert_int_equal(sync_start_only(DMA_SYNC_ALL), 0);
	fake_eal_alloc(EAL_VA + GIB, 1, LARGE, 0);
	expect_mapped(EAL_VA + GIB, 7 * LARGE, LARGE);
	app_restore(5 * LARGE, 2 * LARGE);
	assert_int_equal(mappings_count(sync_ioas), 3);
}

/* What the application unmapped meanwhile is kept until the others are restored. */
static void
test_not_restored(void **state)
{
	sync_assign();
	assert_int_equal(app_map(2 * LARGE), 5 * LARGE);
	dma_sync_stop();
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	fake_eal_alloc(EAL_VA + GIB, 1, LARGE, 0);
	expect_mapped(EAL_VA + GIB, 5 * LARGE, LARGE);
	/* Nothing is kept over a stop, either. */
	dma_sync_stop();
	assert_int_equal(sync_start_only(DMA_SYNC_ALL), 0);
	dma_sync_stop();
	fake_eal_free(EAL_VA + GIB);
	fake_eal_alloc(EAL_VA + GIB, 1, LARGE, 0);
	assert_int_equal(fake_eal_iova(EAL_VA + GIB), 5 * LARGE);
}

static void
test_heap(void **state)
{
	assert_int_equal(app_map(2 * LARGE), LARGE);
	dma_sync_stop();
	assert_int_equal(sync_start_only(DMA_SYNC_EXTERNAL), 0);
	heap_add(BAD_VA, 2);
	expect_mapped(BAD_VA, 3 * LARGE, 2 * LARGE);
	/* Its VA is an IOVA of the application. */
	heap_add(LARGE, 1);
	expect_mapped(LARGE, 5 * LARGE, LARGE);
	app_restore(LARGE, 2 * LARGE);
	assert_int_equal(mappings_count(sync_ioas), 4);
}

/* The bus reserves the room of EAL's memory only when this is mapped. */
static void
test_room(void **state)
{
	fake_eal_reserve(EAL_VA, GIB);
	add_hole(PAGE, EAL_VA - 1, IOVA_SOFT);
	dma_sync_stop();
	dma_sync_forget();
	assert_int_equal(sync_start_only(DMA_SYNC_EXTERNAL), 0);
	heap_add(BAD_VA, 2);
	expect_mapped(BAD_VA, EAL_VA + GIB, 2 * LARGE);
	dma_sync_restored();
	heap_add(BAD_VA + GIB, 1);
	expect_mapped(BAD_VA + GIB, EAL_VA + 4 * LARGE, LARGE);
	assert_int_equal(said("WARNING"), 0);
}

static void
be_legacy(enum rte_iova_mode mode)
{
	dma_sync_stop();
	dma_sync_forget();
	fake_eal_is_legacy = 1;
	fake_iova_mode = mode;
}

/* Without events the bus does not learn of the removal of a heap's memory. */
static void
test_legacy(void **state)
{
	uint64_t iova;

	be_legacy(RTE_IOVA_VA);
	heap_add(GOOD_VA, 2);
	heap_add(BAD_VA, 1);
	assert_int_equal(sync_start(DMA_SYNC_EXTERNAL), 0);
	expect_start();
	iova = app_map(2 * LARGE);
	heap_add_at(APP_VA, 2, iova - APP_VA);
	dma_sync_stop();
	assert_int_equal(sync_start_only(DMA_SYNC_EXTERNAL), 0);
	expect_start();
	app_restore(iova, 2 * LARGE);
	assert_int_equal(fake_eal_iova(BAD_VA), BAD_VA);
	assert_string_equal(fake_eal_said, "");
}

static void
test_legacy_assigned(void **state)
{
	be_legacy(RTE_IOVA_PA);
	heap_add_at(APP_VA, 2, GIB - APP_VA);
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	expect_mapped(EAL_VA, LARGE, 4 * LARGE);
	assert_int_equal(mappings_count(sync_ioas), 1);
	assert_int_equal(fake_eal_iova(APP_VA), GIB);
	dma_sync_stop();
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	assert_int_equal(mappings_count(sync_ioas), 1);
	assert_int_equal(fake_eal_iova(APP_VA), GIB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		sync_test(test_assigned),
		sync_test(test_not_restored),
		sync_test(test_heap),
		sync_test(test_room),
		sync_test(test_legacy),
		sync_test(test_legacy_assigned),
	};

	return RUN_ON_BACKENDS("return of devices", tests);
}
