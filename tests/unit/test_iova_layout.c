/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Placement: the lowest fit, alignment, the limit, both ends of the address space, and
 * the conflict reported when a place is rejected. The self-check runs after each test.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iova_fixture.h"

/* Place a range and expect this first address. */
static void
place(uint64_t span, uint64_t align, uint64_t limit, uint64_t want)
{
	struct iova_range out;

	assert_int_equal(iova_layout_place(layout, span, align, limit, "memory", &out), 0);
	assert_true(out.first == want);
	assert_true(out.last == want + span);
}

static void
place_fails(uint64_t span, uint64_t align, uint64_t limit, int want)
{
	struct iova_range out = RANGE(7, 9);

	assert_int_equal(iova_layout_place(layout, span, align, limit, "memory", &out), want);
	assert_true(out.first == 7 && out.last == 9);
}

/* ---- place ---- */

static void
place_takes_the_lowest(void **state)
{
	place(4 * KIB - 1, 1, TOP, 0);
	place(4 * KIB - 1, 1, TOP, 4 * KIB);
	place(8 * KIB - 1, 1, TOP, 8 * KIB);
	assert_int_equal(iova_layout_release(layout, RANGE(4 * KIB, 8 * KIB - 1)), 0);
	place(8 * KIB - 1, 1, TOP, 16 * KIB);
	place(4 * KIB - 1, 1, TOP, 4 * KIB);
}

static void
place_aligns(void **state)
{
	add_hole(0, 0, IOVA_HARD);
	place(0, 1, TOP, 1);
	place(0, 2 * MIB, TOP, 2 * MIB);
	place(GIB - 1, GIB, TOP, GIB);
	place(0, UINT64_C(1) << 63, TOP, UINT64_C(1) << 63);
	place_fails(0, UINT64_C(1) << 63, TOP, -ENOSPC);
}

/* An extent may be long enough and still have no aligned place. */
static void
place_passes_over_long_extents_without_an_aligned_place(void **state)
{
	add_hole(0, 0, IOVA_HARD);
	add_hole(2 * MIB + MIB, 2 * MIB + MIB, IOVA_HARD);
	add_hole(6 * MIB - 1, 6 * MIB - 1, IOVA_HARD);
	place(2 * MIB - 1, 2 * MIB, TOP, 6 * MIB);
}

static void
place_keeps_the_limit(void **state)
{
	place_fails(4 * KIB - 1, 4 * KIB, 4 * KIB - 2, -ENOSPC);
	place(4 * KIB - 1, 4 * KIB, 4 * KIB - 1, 0);
	place_fails(4 * KIB - 1, 4 * KIB, 8 * KIB - 2, -ENOSPC);
	place(4 * KIB - 1, 4 * KIB, 8 * KIB - 1, 4 * KIB);
	place_fails(0, 1, 0, -ENOSPC);
	place_fails(0, 1, 8 * KIB - 1, -ENOSPC);
}

static void
place_fills_everything(void **state)
{
	place(TOP, 1, TOP, 0);
	place_fails(0, 1, TOP, -ENOSPC);
	assert_int_equal(iova_layout_release(layout, RANGE(0, TOP)), 0);
	place(TOP, UINT64_C(1) << 63, TOP, 0);
}

static void
place_finds_the_top(void **state)
{
	allow(TOP - 8191, TOP);
	place(4095, 4096, TOP, TOP - 8191);
	place_fails(4095, 4096, TOP - 1, -ENOSPC);
	place_fails(4096, 1, TOP, -ENOSPC);
	place(4095, 4096, TOP, TOP - 4095);
	assert_int_equal(iova_layout_release(layout, RANGE(TOP - 4095, TOP)), 0);
	add_hole(TOP - 4095, TOP - 1, IOVA_HARD);
	place_fails(0, 2, TOP, -ENOSPC);
	place(0, 1, TOP, TOP);
}

static void
place_checks_its_words(void **state)
{
	struct iova_range out;

	place_fails(0, 0, TOP, -EINVAL);
	place_fails(0, 3, TOP, -EINVAL);
	place_fails(0, TOP, TOP, -EINVAL);
	assert_int_equal(iova_layout_place(layout, 0, 1, TOP, "", &out), -EINVAL);
	assert_int_equal(iova_layout_place(layout, 0, 1, TOP, NULL, &out), -EINVAL);
}

static void
place_cuts_long_names(void **state)
{
	char name[100] = "";
	const struct iova_used *used;

	memset(name, 'x', sizeof(name) - 1);
	assert_int_equal(iova_layout_place_at(layout, RANGE(5, 6), name, NULL), 0);
	used = iova_layout_lookup(layout, 5);
	assert_non_null(used);
	assert_int_equal(strlen(used->what), IOVA_OWNER_LEN - 1);
}

/* ---- place_at and test ---- */

static void
place_at_tells_what_is_in_the_way(void **state)
{
	struct iova_hole hole = a_hole(0x8000, 0x8fff, IOVA_ORIGIN_SW_MSI, IOVA_HARD);

	allow(0x1000, 0xffff);
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	place_at(0x2000, 0x2fff);

	assert_int_equal(iova_layout_place_at(layout, RANGE(5, 4), "x", &why), -EINVAL);
	expect_conflict(0, 0, false);
	assert_int_equal(iova_layout_place_at(layout, RANGE(0, 0x2000), "x", &why), -ERANGE);
	expect_conflict(0, 0xfff, false);
	assert_string_equal(why.hole.owner, "0000:00:01.0");
	assert_int_equal(iova_layout_place_at(layout, RANGE(0x8fff, 0x10000), "x", &why), -ERANGE);
	expect_conflict(0x10000, TOP, false);
	assert_int_equal(iova_layout_place_at(layout, RANGE(0x2fff, 0x8000), "x", &why),
		-EADDRINUSE);
	expect_conflict(0x8000, 0x8fff, true);
	assert_int_equal(why.hole.origin, IOVA_ORIGIN_SW_MSI);
	assert_string_equal(why.hole.owner, "0000:00:03.0");
	assert_int_equal(iova_layout_place_at(layout, RANGE(0x2fff, 0x3000), "x", &why), -EEXIST);
	expect_conflict(0x2000, 0x2fff, false);
	assert_int_equal(iova_layout_place_at(layout, RANGE(0x3000, 0x7fff), "x", &why), 0);
	expect_conflict(0, 0, false);
	assert_int_equal(iova_layout_place_at(layout, RANGE(0x9000, 0x9fff), "", &why), -EINVAL);
	assert_int_equal(iova_layout_place_at(layout, RANGE(0x9000, 0x9fff), "x", NULL), 0);
}

static void
place_at_may_insist_on_a_soft_hole(void **state)
{
	add_hole(0x4000, 0x4fff, IOVA_SOFT);
	add_hole(0x6000, 0x6fff, IOVA_SOFT);
	assert_int_equal(iova_layout_place_at(layout, RANGE(0x3000, 0x8fff), "x", &why), 0);
	expect_conflict(0x4000, 0x4fff, true);
	assert_int_equal(why.hole.hardness, IOVA_SOFT);
	assert_int_equal(iova_layout_release(layout, RANGE(0x3000, 0x8fff)), 0);
	expect_dump("allowed  0x0000000000000000-0xffffffffffffffff\n"
		"free     0x0000000000000000-0x0000000000003fff  16 KiB\n"
		"hole     0x0000000000004000-0x0000000000004fff  reserved, soft, from 0000:00:03.0\n"
		"free     0x0000000000005000-0x0000000000005fff  4 KiB\n"
		"hole     0x0000000000006000-0x0000000000006fff  reserved, soft, from 0000:00:03.0\n"
		"free     0x0000000000007000-0xffffffffffffffff  15.9 EiB\n");
}

static void
test_minds_soft_holes_when_told(void **state)
{
	add_hole(0x4000, 0x4fff, IOVA_SOFT);
	assert_int_equal(iova_layout_test(layout, RANGE(0x4000, 0x4000), false, &why), 0);
	expect_conflict(0x4000, 0x4fff, true);
	assert_int_equal(iova_layout_test(layout, RANGE(0x4fff, 0x6000), true, &why), -EADDRINUSE);
	expect_conflict(0x4000, 0x4fff, true);
	assert_int_equal(iova_layout_test(layout, RANGE(0x5000, 0x6000), true, &why), 0);
	expect_conflict(0, 0, false);
	assert_int_equal(iova_layout_test(layout, RANGE(1, 0), true, NULL), -EINVAL);
	place_at(0x5000, 0x5fff);
	assert_int_equal(iova_layout_test(layout, RANGE(0x5fff, 0x6000), true, &why), -EEXIST);
	assert_int_equal(iova_layout_test(layout, RANGE(0x6000, 0x6000), true, &why), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		layout_test(place_takes_the_lowest),
		layout_test(place_aligns),
		layout_test(place_passes_over_long_extents_without_an_aligned_place),
		layout_test(place_keeps_the_limit),
		layout_test(place_fills_everything),
		layout_test(place_finds_the_top),
		layout_test(place_checks_its_words),
		layout_test(place_cuts_long_names),
		layout_test(place_at_tells_what_is_in_the_way),
		layout_test(place_at_may_insist_on_a_soft_hole),
		layout_test(test_minds_soft_holes_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
