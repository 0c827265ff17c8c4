/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * External memory of a heap while all IOVAs are assigned.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sync_space.h"

static int
setup(void **state)
{
	if (sync_setup(state) < 0)
		return -1;
	sync_assign();
	return 0;
}

/* Nothing is mapped except EAL's memory from the start. */
static void
expect_eal(void)
{
	expect_mapped(EAL_VA, LARGE, 4 * LARGE);
	assert_int_equal(mappings_count(sync_ioas), 1);
}

static void
again(void)
{
	dma_sync_stop();
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
}

/* Without IOVAs it is not for DMA. */
static void
test_without(void **state)
{
	const uint64_t some[] = { RTE_BAD_IOVA, GIB };

	fake_eal_heap_add(BAD_VA, 2, LARGE, NULL);
	fake_eal_heap_add(BAD_VA + GIB, 2, LARGE, some);
	assert_int_equal(fake_eal_iova(BAD_VA), RTE_BAD_IOVA);
	assert_int_equal(fake_eal_iova(BAD_VA + GIB), RTE_BAD_IOVA);
	expect_mapped(BAD_VA + GIB + LARGE, 6 * LARGE, LARGE);
	fake_eal_free(BAD_VA + GIB);
	expect_eal();
	again();
	expect_eal();
	dma_sync_stop();
	fake_eal_heap_add(BAD_VA + GIB, 2, LARGE, NULL);
	assert_int_equal(fake_eal_iova(BAD_VA + GIB), RTE_BAD_IOVA);
	assert_string_equal(fake_eal_said, "");
}

static void
test_without_before(void **state)
{
	dma_sync_stop();
	dma_sync_forget();
	fake_eal_heap_add(BAD_VA, 2, LARGE, NULL);
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	assert_int_equal(fake_eal_iova(BAD_VA), RTE_BAD_IOVA);
	assert_int_equal(mappings_count(sync_ioas), 1);
}

/* The kernel can't pin it: it is not mapped when devices return, either. */
static void
test_not_pinned(void **state)
{
	fake_fail_nth(1, EFAULT);
	heap_add_at(BAD_VA, 2, GIB);
	assert_non_null(fake_failed());
	assert_int_equal(fake_eal_iova(BAD_VA), NOWHERE | BAD_VA);
	assert_int_equal(fake_eal_iova(BAD_VA + LARGE), NOWHERE | (BAD_VA + LARGE));
	assert_int_equal(said("ERR: memory of a heap at VA 0x"), 1);
	assert_int_equal(said("which the bus chose,"), 1);
	assert_int_equal(said("pass other IOVAs"), 0);
	assert_int_equal(dma_sync_refused().bytes, 2 * LARGE);
	expect_eal();
	again();
	expect_eal();
	assert_int_equal(dma_sync_refused().bytes, 2 * LARGE);
	fake_eal_free(BAD_VA);
	assert_int_equal(dma_sync_refused().bytes, 0);
}

/* The second of two pieces fails: the first is unmapped. */
static void
test_whole(void **state)
{
	add_hole(6 * LARGE, 64 * MIB - 1, IOVA_HARD);
	add_hole(64 * MIB + LARGE, TOP_IOVA, IOVA_HARD);
	fake_fail_nth(2, ENOMEM);
	heap_add(BAD_VA, 2);
	assert_non_null(fake_failed());
	assert_int_equal(fake_eal_iova(BAD_VA), NOWHERE | BAD_VA);
	expect_eal();
	heap_add(BAD_VA + GIB, 3);
	assert_int_equal(said("there are too few free IOVAs to assign"), 1);
	expect_eal();
	heap_add(BAD_VA + 2 * GIB, 2);
	expect_mapped(BAD_VA + 2 * GIB, 5 * LARGE, LARGE);
	expect_mapped(BAD_VA + 2 * GIB + LARGE, 64 * MIB, LARGE);
}

/* No device is attached: removed memory returns its IOVAs. */
static void
test_absent(void **state)
{
	heap_add(BAD_VA, 3);
	dma_sync_stop();
	heap_add(BAD_VA + GIB, 2);
	assert_int_equal(fake_eal_iova(BAD_VA + GIB), 8 * LARGE);
	fake_eal_free(BAD_VA);
	heap_add(BAD_VA + 2 * GIB, 3);
	assert_int_equal(fake_eal_iova(BAD_VA + 2 * GIB), 5 * LARGE);
	fake_eal_free(BAD_VA + GIB);
	heap_add(BAD_VA + 3 * GIB, 2);
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	expect_mapped(BAD_VA + 2 * GIB, 5 * LARGE, 3 * LARGE);
	expect_mapped(BAD_VA + 3 * GIB, 8 * LARGE, 2 * LARGE);
	assert_string_equal(fake_eal_said, "");
}

/* A secondary process has added it, and may have copies of its IOVAs. */
static void
test_attached(void **state)
{
	fake_eal_heap_attach(GOOD_VA, 2, LARGE);
	expect_mapped(GOOD_VA, GOOD_VA, 2 * LARGE);
	again();
	expect_mapped(GOOD_VA, GOOD_VA, 2 * LARGE);
	fake_eal_free(GOOD_VA);
	expect_eal();
	assert_string_equal(fake_eal_said, "");
	fake_eal_heap_attach(BAD_VA, 2, LARGE);
	assert_int_equal(fake_eal_iova(BAD_VA), NOWHERE | BAD_VA);
	assert_int_equal(said("ERR"), 1);
	assert_int_equal(said("; the bus can't choose other IOVAs, as a secondary process added this memory"), 1);
	expect_eal();
	again();
	expect_eal();
	fake_eal_free(BAD_VA);
	assert_int_equal(dma_sync_refused().bytes, 0);
}

/* While no device is attached: the IOVAs are taken, or it is rejected. */
static void
test_attached_absent(void **state)
{
	dma_sync_stop();
	fake_eal_heap_attach(5 * LARGE, 2, LARGE);
	heap_add(BAD_VA, 1);
	assert_int_equal(fake_eal_iova(BAD_VA), 7 * LARGE);
	fake_eal_heap_attach(7 * LARGE, 1, LARGE);
	assert_int_equal(fake_eal_iova(7 * LARGE), NOWHERE | (7 * LARGE));
	assert_int_equal(said("ERR"), 1);
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	expect_mapped(5 * LARGE, 5 * LARGE, 2 * LARGE);
	expect_mapped(BAD_VA, 7 * LARGE, LARGE);
}

#define assigned_test(t) cmocka_unit_test_setup_teardown(t, setup, sync_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		assigned_test(test_without),
		assigned_test(test_without_before),
		assigned_test(test_not_pinned),
		assigned_test(test_whole),
		assigned_test(test_absent),
		assigned_test(test_attached),
		assigned_test(test_attached_absent),
	};

	return RUN_ON_BACKENDS("external memory with assigned IOVAs", tests);
}
