/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * External memory of a heap: where its addresses are no good IOVAs it gets others, IOVAs that
 * the application chose stay or are rejected, and it is mapped as a whole or not at all.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "sync_space.h"

/* The memory is rejected as a whole, and what is logged includes @p text. */
static void
expect_rejected(uint64_t va, uint64_t last, const char *text)
{
	expect_start();
	assert_int_equal(fake_eal_iova(va), NOWHERE | va);
	assert_int_equal(fake_eal_iova(last), NOWHERE | last);
	assert_int_equal(said("ERR: memory of a heap at VA 0x"), 1);
	assert_int_equal(said("NOT mapped for DMA"), 1);
	assert_int_equal(said("until then EAL's memory can't grow if EAL has a DMA mask"), 1);
	if (said(text) != 1)
		fail_msg("%s: not in: %s", text, fake_eal_said);
	assert_int_equal(dma_sync_refused().bytes, last + LARGE - va);
	fake_eal_free(va);
	assert_int_equal(dma_sync_refused().bytes, 0);
	expect_start();
}

static void
test_bad_va(void **state)
{
	heap_add(BAD_VA, 4);
	expect_mapped(BAD_VA, LARGE, 4 * LARGE);
	assert_int_equal(mappings_count(sync_ioas), 2);
	assert_int_equal(said("NOTICE: memory of a heap at VA 0x7f0000600000-0x7f0000dfffff gets IOVAs from 0x200000 on, as its VA is outside of the IOMMU aperture"), 1);
	/* The next is behind it, and removal returns its IOVAs. */
	heap_add(BAD_VA + GIB, 2);
	expect_mapped(BAD_VA + GIB, 5 * LARGE, 2 * LARGE);
	fake_eal_free(BAD_VA);
	heap_add(BAD_VA + 2 * GIB, 3);
	expect_mapped(BAD_VA + 2 * GIB, LARGE, 3 * LARGE);
	fake_eal_free(BAD_VA + GIB);
	fake_eal_free(BAD_VA + 2 * GIB);
	expect_start();
	assert_int_equal(said("ERR"), 0);
}

/* Only the last page is out of reach: all get IOVAs, which are contiguous. */
static void
test_last_page(void **state)
{
	heap_add(TOP_IOVA + 1 - 3 * LARGE, 4);
	expect_mapped(TOP_IOVA + 1 - 3 * LARGE, LARGE, 4 * LARGE);
	heap_add(MSI - 0xe00000, 8);
	expect_mapped(MSI - 0xe00000, 5 * LARGE, 8 * LARGE);
	assert_int_equal(said("as its VA meets 0xfee00000-0xfeefffff (MSI, from 0000:01:07.0)"), 1);
}

static void
test_good(void **state)
{
	heap_add(GOOD_VA, 4);
	expect_mapped(GOOD_VA, GOOD_VA, 4 * LARGE);
	heap_add_at(BAD_VA, 4, 80 * GIB - BAD_VA);
	expect_mapped(BAD_VA, 80 * GIB, 4 * LARGE);
	fake_eal_heap_add(BAD_VA + GIB, 2, LARGE, NULL);
	assert_int_equal(fake_eal_iova(BAD_VA + GIB), RTE_BAD_IOVA);
	assert_int_equal(mappings_count(sync_ioas), 3);
	assert_string_equal(fake_eal_said, "");
	fake_eal_free(BAD_VA + GIB);
	fake_eal_free(BAD_VA);
	fake_eal_free(GOOD_VA);
	expect_start();
}

/* Also small pages: the IOVA equals the VA modulo 2 MiB. */
static void
test_small_pages(void **state)
{
	uint64_t iovas[FAKE_EAL_PAGES], va = BAD_VA + 5 * PAGE;
	unsigned int i;

	for (i = 0; i < 3; i++)
		iovas[i] = va + i * PAGE;
	fake_eal_heap_add(va, 3, PAGE, iovas);
	expect_mapped(va, PAGE, 3 * PAGE);
	fake_eal_free(va);
	expect_start();
}

static void
test_chosen_in_hole(void **state)
{
	heap_add_at(BAD_VA, 4, MSI - 0xe00000 - 2 * LARGE + 7 * LARGE - BAD_VA);
	expect_rejected(BAD_VA, BAD_VA + 3 * LARGE,
		"which the application chose, meets 0xfee00000-0xfeefffff (MSI, from 0000:01:07.0)");
}

static void
test_chosen_outside(void **state)
{
	heap_add_at(BAD_VA, 2, GIB);
	expect_rejected(BAD_VA, BAD_VA + LARGE,
		"which the application chose, is outside of the IOMMU aperture");
}

/* The mapping that has the IOVAs remains, also when the heap's memory is removed. */
static void
test_chosen_in_use(void **state)
{
	heap_add_at(BAD_VA, 1, EAL_VA + LARGE - BAD_VA);
	expect_rejected(BAD_VA, BAD_VA,
		"overlaps 0x100000000-0x1007fffff, which is mapped already (EAL's memory); pass other IOVAs");
}

/* The second of two runs fails: the first is unmapped. */
static void
test_chosen_partly(void **state)
{
	const uint64_t iovas[] = { 80 * GIB, 80 * GIB + LARGE, 90 * GIB, MSI & ~(LARGE - 1) };

	fake_eal_heap_add(BAD_VA, 4, LARGE, iovas);
	expect_rejected(BAD_VA, BAD_VA + 3 * LARGE, "which the application chose, meets");
}

static void
test_chosen_twice(void **state)
{
	const uint64_t iovas[] = { 80 * GIB, 80 * GIB };

	fake_eal_heap_add(BAD_VA, 2, LARGE, iovas);
	expect_rejected(BAD_VA, BAD_VA + LARGE, "which is mapped already");
}

/* Two runs in a soft hole: one warning. */
static void
test_chosen_soft(void **state)
{
	const uint64_t iovas[] = { WINDOW, WINDOW + GIB };

	fake_eal_heap_add(BAD_VA, 2, LARGE, iovas);
	expect_mapped(BAD_VA, WINDOW, LARGE);
	expect_mapped(BAD_VA + LARGE, WINDOW + GIB, LARGE);
	assert_int_equal(said("WARNING"), 1);
	assert_int_equal(said("IOVA 0x200000000-0x2001fffff, meets 0x200000000-0x2ffffffff"), 1);
	dma_sync_stop();
	assert_int_equal(sync_start(DMA_SYNC_EXTERNAL), 0);
	expect_mapped(BAD_VA, WINDOW, LARGE);
	assert_int_equal(said("WARNING"), 1);
	fake_eal_free(BAD_VA);
	expect_start();
}

static void
test_va_soft(void **state)
{
	heap_add(WINDOW + GIB, 2);
	expect_mapped(WINDOW + GIB, LARGE, 2 * LARGE);
	assert_int_equal(said("as its VA meets 0x200000000-0x2ffffffff"), 1);
	assert_int_equal(said("WARNING"), 0);
	fake_eal_free(WINDOW + GIB);
	/* Where no other IOVA is free, a soft hole is better than none. */
	add_hole(PAGE, EAL_VA - 1, IOVA_SOFT);
	add_hole(EAL_VA + 4 * LARGE, TOP_IOVA, IOVA_SOFT);
	heap_add(WINDOW + GIB, 2);
	expect_mapped(WINDOW + GIB, WINDOW + GIB, 2 * LARGE);
	assert_int_equal(said("WARNING"), 1);
}

/* Room for EAL's memory is not used, except by the application, with a warning. */
static void
test_reserved_room(void **state)
{
	const struct iova_hole room = {
		.range = RANGE(PAGE, EAL_VA + 40 * GIB - 1), .origin = IOVA_ORIGIN_EAL,
		.owner = "EAL",
	};

	assert_int_equal(iova_layout_add_hole(layout, &room, NULL), 0);
	heap_add(BAD_VA, 2);
	expect_mapped(BAD_VA, EAL_VA + 40 * GIB, 2 * LARGE);
	assert_int_equal(said("WARNING"), 0);
	heap_add_at(BAD_VA + GIB, 2, EAL_VA + GIB - (BAD_VA + GIB));
	expect_mapped(BAD_VA + GIB, EAL_VA + GIB, 2 * LARGE);
	assert_int_equal(said("WARNING"), 1);
	assert_int_equal(said("if EAL's memory grows there, it can't be mapped"), 1);
}

/* Leaves free: 3 large pages at 2 MiB, and 2 at 64 MiB. */
static void
make_scarce(void)
{
	add_hole(4 * LARGE, 64 * MIB - 1, IOVA_HARD);
	add_hole(64 * MIB + 2 * LARGE, EAL_VA - 1, IOVA_HARD);
	add_hole(EAL_VA + 4 * LARGE, TOP_IOVA, IOVA_HARD);
}

static void
test_pieces(void **state)
{
	make_scarce();
	heap_add(BAD_VA, 4);
	expect_mapped(BAD_VA, LARGE, 2 * LARGE);
	expect_mapped(BAD_VA + 2 * LARGE, 64 * MIB, 2 * LARGE);
	fake_eal_free(BAD_VA);
	expect_start();
	heap_add(BAD_VA, 6);
	expect_rejected(BAD_VA, BAD_VA + 5 * LARGE, "there are too few free IOVAs to choose others");
	/* What was reserved meanwhile is free again. */
	heap_add(BAD_VA, 5);
	assert_int_equal(mappings_count(sync_ioas), 3);
}

static void
test_kernel_fails(void **state)
{
	make_scarce();
	fake_fail_nth(2, ENOMEM);
	heap_add(BAD_VA, 4);
	assert_non_null(fake_failed());
	expect_rejected(BAD_VA, BAD_VA + 3 * LARGE, "which the bus chose,");
}

/* Devices leave: memory that is added meanwhile suits them when they return. */
static void
test_absent(void **state)
{
	heap_add(BAD_VA, 2);
	dma_sync_stop();
	assert_int_equal(mappings_count(sync_ioas), 0);
	heap_add(BAD_VA + GIB, 2);
	assert_int_equal(fake_eal_iova(BAD_VA), LARGE);
	assert_int_equal(fake_eal_iova(BAD_VA + GIB), 3 * LARGE);
	fake_eal_free(BAD_VA);
	heap_add(BAD_VA + 2 * GIB, 2);
	assert_int_equal(fake_eal_iova(BAD_VA + 2 * GIB), LARGE);
	heap_add_at(BAD_VA + 5 * GIB, 1, LARGE - BAD_VA - 5 * GIB);
	assert_int_equal(said("overlaps 0x200000-0x5fffff, which is mapped already"), 1);
	fake_eal_free(BAD_VA + 5 * GIB);
	fake_eal_said[0] = '\0';
	heap_add_at(BAD_VA + 3 * GIB, 1, MSI - BAD_VA - 3 * GIB - 0xe00000 + 6 * LARGE);
	assert_int_equal(said("ERR"), 0);
	heap_add_at(BAD_VA + 4 * GIB, 1, (MSI & ~(LARGE - 1)) - BAD_VA - 4 * GIB);
	assert_int_equal(fake_eal_iova(BAD_VA + 4 * GIB), NOWHERE | (BAD_VA + 4 * GIB));
	assert_int_equal(said("ERR"), 1);
	fake_eal_alloc(EAL_VA + GIB, 1, LARGE, 0);
	assert_int_equal(sync_start(DMA_SYNC_EXTERNAL), 0);
	expect_mapped(BAD_VA + GIB, 3 * LARGE, 2 * LARGE);
	expect_mapped(BAD_VA + 2 * GIB, LARGE, 2 * LARGE);
	expect_mapped(EAL_VA + GIB, EAL_VA + GIB, LARGE);
	assert_int_equal(dma_sync_refused().bytes, LARGE);
	fake_eal_free(BAD_VA + 4 * GIB);
	assert_int_equal(dma_sync_refused().bytes, 0);
	fake_eal_free(BAD_VA + 3 * GIB);
	fake_eal_free(BAD_VA + 2 * GIB);
	fake_eal_free(BAD_VA + GIB);
	fake_eal_free(EAL_VA + GIB);
	expect_start();
}

/* Memory from before the first device: it is in use by now. */
static void
test_before(void **state)
{
	dma_sync_stop();
	dma_sync_forget();
	heap_add(BAD_VA, 2);
	assert_int_equal(sync_start(DMA_SYNC_EXTERNAL), -ERANGE);
	assert_non_null(strstr(sync_why, "memory of a heap at VA 0x7f0000600000"));
	assert_non_null(strstr(sync_why, "the application added it before it had this device"));
	assert_int_equal(fake_eal_iova(BAD_VA), BAD_VA);
	assert_int_equal(mappings_count(sync_ioas), 0);
	fake_eal_free(BAD_VA);
	assert_int_equal(sync_start(DMA_SYNC_EXTERNAL), 0);
	expect_start();
}

/* Another bus, or a process, has the memory at its VAs: the IOVAs stay as they are. */
static void
test_kept(void **state)
{
	fake_eal_heap_attach(BAD_VA, 2, LARGE);
	assert_int_equal(said("a secondary process added this memory"), 1);
	fake_eal_free(BAD_VA);
	dma_sync_stop();
	assert_int_equal(sync_start(DMA_SYNC_NONE), 0);
	heap_add(BAD_VA, 2);
	assert_int_equal(fake_eal_iova(BAD_VA), BAD_VA);
	assert_int_equal(said("a device of another bus, a driver of this process"), 1);
	assert_int_equal(said("DMA mask"), 1);	/* of the first */
	fake_eal_free(BAD_VA);
	/* The removal does not unmap what has the IOVAs. */
	heap_add_at(BAD_VA, 4, EAL_VA - BAD_VA);
	assert_int_equal(fake_eal_iova(BAD_VA), EAL_VA);
	fake_eal_free(BAD_VA);
	expect_start();
	dma_sync_stop();
	assert_int_equal(fake_eal_is_watched(), 0);
}

/* All IOVAs are assigned: the application's are replaced. */
static void
test_assigned(void **state)
{
	sync_assign();
	expect_mapped(EAL_VA, LARGE, 4 * LARGE);
	heap_add_at(BAD_VA, 2, GIB);
	expect_mapped(BAD_VA, 5 * LARGE, 2 * LARGE);
	fake_eal_free(BAD_VA);
	assert_int_equal(mappings_count(sync_ioas), 1);
	assert_string_equal(fake_eal_said, "");
}

/* EAL takes neighbours for contiguous without a look at their IOVAs. */
static void
test_assigned_legacy(void **state)
{
	dma_sync_stop();
	dma_sync_forget();
	fake_iova_mode = RTE_IOVA_PA;
	fake_eal_is_legacy = 1;
	add_hole(4 * LARGE, 64 * MIB - 1, IOVA_HARD);
	add_hole(64 * MIB + 3 * LARGE, TOP_IOVA, IOVA_HARD);
	assert_int_equal(sync_start(DMA_SYNC_ALL), -ENOSPC);
	assert_non_null(strstr(sync_why, "too few free IOVAs in one range for 0x800000 bytes in 2048 KiB pages"));
	assert_int_equal(fake_eal_iova(EAL_VA), EAL_VA);
	assert_int_equal(mappings_count(sync_ioas), 0);
	fake_eal_is_legacy = 0;
	assert_int_equal(sync_start(DMA_SYNC_ALL), 0);
	expect_mapped(EAL_VA, LARGE, 2 * LARGE);
	expect_mapped(EAL_VA + 2 * LARGE, 64 * MIB, 2 * LARGE);
}

/* The limit of the fake kernel, whatever that of this process is. */
static void
test_memlock(void **state)
{
	dma_sync_stop();
	fake.memlock = 4 * LARGE - 1;
	assert_int_equal(sync_start(DMA_SYNC_EXTERNAL), -ENOMEM);
	assert_non_null(strstr(sync_why, "RLIMIT_MEMLOCK"));
	assert_int_equal(mappings_count(sync_ioas), 0);
	fake.memlock = 4 * LARGE;
	assert_int_equal(sync_start(DMA_SYNC_EXTERNAL), 0);
	expect_start();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		sync_test(test_bad_va),
		sync_test(test_last_page),
		sync_test(test_good),
		sync_test(test_small_pages),
		sync_test(test_chosen_in_hole),
		sync_test(test_chosen_outside),
		sync_test(test_chosen_in_use),
		sync_test(test_chosen_partly),
		sync_test(test_chosen_twice),
		sync_test(test_chosen_soft),
		sync_test(test_va_soft),
		sync_test(test_reserved_room),
		sync_test(test_pieces),
		sync_test(test_kernel_fails),
		sync_test(test_absent),
		sync_test(test_before),
		sync_test(test_kept),
		sync_test(test_assigned),
		sync_test(test_assigned_legacy),
		sync_test(test_memlock),
	};

	return RUN_ON_BACKENDS("external memory", tests);
}
