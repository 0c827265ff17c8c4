/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Growth of EAL's memory while all IOVAs are assigned: rejected without free IOVAs.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake_eal_growth.h"
#include "sync_space.h"

#define GROWN (96 * GIB)
#define HUGE (32 * MIB)
#define WARNED "WARNING: memory of NUMA node 0 can't grow by 0x"

/*
 * EAL's memory from the start is at LARGE. Of the IOVAs behind it only "pages" are free, from
 * an address on that HUGE does not divide.
 */
static void
leave_room(uint64_t pages)
{
	sync_assign();
	expect_mapped(EAL_VA, LARGE, 4 * LARGE);
	add_hole((5 + pages) * LARGE, TOP_IOVA, IOVA_HARD);
}

static void
test_rejected(void **state)
{
	leave_room(3);
	fake_eal_pool(0, LARGE, 512);
	assert_int_equal(fake_eal_alloc(GROWN, 4, LARGE, 0), -1);
	assert_int_equal(said(WARNED "800000 bytes in pages of 2048 KiB: there are too few free IOVAs"), 1);
	assert_int_equal(mappings_count(sync_ioas), 1);
	/* Nothing is left of the trial, and it is logged once. */
	assert_int_equal(fake_eal_alloc(GROWN, 3, LARGE, 0), 0);
	expect_mapped(GROWN, 5 * LARGE, LARGE);
	assert_int_equal(fake_eal_alloc(GROWN + GIB, 1, LARGE, 0), -1);
	fake_eal_free(GROWN);
	assert_int_equal(fake_eal_alloc(GROWN + GIB, 1, LARGE, 0), 0);
	expect_mapped(GROWN + GIB, 5 * LARGE, LARGE);
	assert_int_equal(said("WARNING"), 1);
	assert_int_equal(said("ERR"), 0);
	assert_int_equal(dma_sync_refused().times, 0);
}

/* The free IOVAs need not be in one range. */
static void
test_in_pieces(void **state)
{
	leave_room(4);
	add_hole(6 * LARGE, 7 * LARGE - 1, IOVA_HARD);
	fake_eal_pool(0, LARGE, 512);
	assert_int_equal(fake_eal_alloc(GROWN, 3, LARGE, 0), 0);
	expect_mapped(GROWN, 7 * LARGE, LARGE);
	expect_mapped(GROWN + 2 * LARGE, 5 * LARGE, LARGE);
	assert_int_equal(fake_eal_alloc(GROWN + GIB, 1, LARGE, 0), -1);
}

/* The rules of the devices that left are valid while no device is attached. */
static void
test_absent(void **state)
{
	leave_room(3);
	fake_eal_pool(0, LARGE, 512);
	dma_sync_stop();
	assert_int_equal(fake_eal_alloc(GROWN, 4, LARGE, 0), -1);
	assert_int_equal(said(WARNED), 1);
	assert_int_equal(fake_eal_alloc(GROWN, 2, LARGE, 0), 0);
	assert_int_equal(fake_eal_iova(GROWN), 5 * LARGE);
	assert_int_equal(fake_eal_alloc(GROWN + GIB, 2, LARGE, 0), -1);
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	expect_mapped(GROWN, 5 * LARGE, LARGE);
	assert_int_equal(fake_eal_alloc(GROWN + GIB, 2, LARGE, 0), -1);
	assert_int_equal(fake_eal_alloc(GROWN + GIB, 1, LARGE, 0), 0);
	expect_mapped(GROWN + GIB, 7 * LARGE, LARGE);
}

/* EAL has pages of the small size only: growth by a multiple of the large one is such pages. */
static void
test_small_pages(void **state)
{
	leave_room(16);
	fake_eal_list(GROWN + GIB, HUGE);
	fake_eal_pool(0, LARGE, 512);
	fake_eal_pool(0, HUGE, 0);
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), 0);
	expect_mapped(GROWN, 5 * LARGE, LARGE);
	assert_string_equal(fake_eal_said, "");
	assert_int_equal(fake_eal_alloc(GROWN + 2 * GIB, 1, LARGE, 0), -1);
	assert_int_equal(said("in pages of 2048 KiB"), 1);
}

/* There are not enough of the large size. */
static void
test_few_large_pages(void **state)
{
	leave_room(35);
	fake_eal_list(GROWN + GIB, HUGE);
	fake_eal_pool(0, LARGE, 512);
	fake_eal_pool(0, HUGE, 1);
	/* One aligned range of HUGE is free, not two. */
	assert_int_equal(fake_eal_alloc(GROWN, 32, LARGE, 0), 0);
	assert_string_equal(fake_eal_said, "");
}

/* EAL can take either size, and does not say which. */
static void
test_either_size(void **state)
{
	leave_room(16);
	fake_eal_list(GROWN + GIB, HUGE);
	fake_eal_pool(0, LARGE, 512);
	fake_eal_pool(0, HUGE, 1);
	assert_int_equal(fake_eal_alloc(GROWN, 1, HUGE, 0), -1);
	assert_int_equal(said(WARNED "2000000 bytes in pages of 32768 KiB"), 1);
	assert_int_equal(fake_eal_alloc(GROWN, 15, LARGE, 0), 0);
	expect_mapped(GROWN, 5 * LARGE, LARGE);
}

/* What EAL has of the large size already, it can't take again. */
static void
test_held_pages(void **state)
{
	leave_room(42);
	assert_int_equal(fake_eal_alloc(GROWN + GIB, 1, HUGE, 0), 0);
	expect_mapped(GROWN + GIB, HUGE, HUGE);
	fake_eal_pool(0, LARGE, 512);
	fake_eal_pool(0, HUGE, 1);
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), 0);
	assert_string_equal(fake_eal_said, "");
	/* After EAL freed it, it can. */
	fake_eal_free(GROWN);
	fake_eal_free(GROWN + GIB);
	fake_eal_list(GROWN + GIB, HUGE);
	add_hole(2 * HUGE - LARGE, 2 * HUGE - 1, IOVA_HARD);
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), -1);
	assert_int_equal(said("in pages of 32768 KiB"), 1);
}

/* EAL takes the page that a file of an earlier run keeps, though the kernel counts it as used. */
static void
test_pages_in_files(void **state)
{
	leave_room(16);
	fake_eal_list(GROWN + GIB, HUGE);
	fake_eal_pool(0, LARGE, 512);
	fake_eal_pool(0, HUGE, 1);
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), -1);
	assert_int_equal(said(WARNED "2000000 bytes in pages of 32768 KiB"), 1);
}

/* EAL returns the pages of another node, unless it can't find out the node. */
static void
test_other_node(void **state)
{
	leave_room(16);
	fake_eal_list(GROWN + GIB, HUGE);
	fake_eal_pool(0, LARGE, 512);
	fake_eal_pool(0, HUGE, 0);
	fake_eal_pool(1, HUGE, 1);
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), 0);
	assert_string_equal(fake_eal_said, "");
	fake_eal_free(GROWN);
	fake_eal_no_numa = true;
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), -1);
	assert_int_equal(said("in pages of 32768 KiB"), 1);
}

/* The kernel makes pages when they are requested, up to its limit. */
static void
test_overcommit(void **state)
{
	leave_room(16);
	fake_eal_list(GROWN + GIB, HUGE);
	fake_eal_pool(0, LARGE, 512);
	fake_eal_pool(0, HUGE, 0);
	fake_eal_overcommit(HUGE, 4, 3);
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), -1);
	assert_int_equal(said("in pages of 32768 KiB"), 1);
	fake_eal_overcommit(HUGE, 4, 4);
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), 0);
}

/* If the pages can't be counted, EAL may be able to take them. */
static void
test_unknown_pages(void **state)
{
	leave_room(16);
	fake_eal_list(GROWN + GIB, HUGE);
	fake_eal_pool(0, LARGE, 512);
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), -1);
	assert_int_equal(said("in pages of 32768 KiB"), 1);
	assert_int_equal(fake_eal_alloc(GROWN, 15, LARGE, 0), 0);
}

/* No size has pages, but the administrator may add some: only the IOVAs count. */
static void
test_no_pages(void **state)
{
	leave_room(16);
	fake_eal_list(GROWN + GIB, HUGE);
	fake_eal_pool(0, LARGE, 0);
	fake_eal_pool(0, HUGE, 0);
	assert_int_equal(fake_eal_alloc(GROWN, 17, LARGE, 0), -1);
	assert_int_equal(fake_eal_alloc(GROWN, 32, LARGE, 0), -1);
	assert_int_equal(fake_eal_alloc(GROWN, 16, LARGE, 0), 0);
	expect_mapped(GROWN, 5 * LARGE, LARGE);
}

/* With IOVA as VA, and after the end, nothing is rejected. */
static void
test_forgotten(void **state)
{
	leave_room(3);
	fake_eal_pool(0, LARGE, 512);
	assert_int_equal(fake_eal_is_validated(), 1);
	dma_sync_stop();
	assert_int_equal(fake_eal_is_validated(), 1);
	dma_sync_forget();
	assert_int_equal(fake_eal_is_validated(), 0);
	assert_int_equal(fake_eal_alloc(GROWN, 4, LARGE, 0), 0);
	fake_eal_free(GROWN);
	/* It is registered once, and its warning is logged again. */
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	dma_sync_stop();
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	assert_string_equal(fake_eal_said, "");
	assert_int_equal(fake_eal_alloc(GROWN, 4, LARGE, 0), -1);
	assert_int_equal(said(WARNED), 1);
}

/* Memory can't grow: that there is no validator is no error. */
static void
test_legacy(void **state)
{
	fake_eal_is_legacy = 1;
	dma_sync_stop();
	dma_sync_forget();
	fake_iova_mode = RTE_IOVA_PA;
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	assert_int_equal(fake_eal_is_validated(), 0);
	assert_string_equal(fake_eal_said, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		sync_test(test_rejected),
		sync_test(test_in_pieces),
		sync_test(test_absent),
		sync_test(test_small_pages),
		sync_test(test_few_large_pages),
		sync_test(test_either_size),
		sync_test(test_held_pages),
		sync_test(test_pages_in_files),
		sync_test(test_other_node),
		sync_test(test_overcommit),
		sync_test(test_unknown_pages),
		sync_test(test_no_pages),
		sync_test(test_forgotten),
		sync_test(test_legacy),
	};

	return RUN_ON_BACKENDS("growth with assigned IOVAs", tests);
}
