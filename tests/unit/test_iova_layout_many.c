/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Layouts with many ranges. The tests do not measure time: a search that is not
 * logarithmic takes minutes. The self-check verifies that no tree is deeper than
 * 2 * log2(n + 1).
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iova_fixture.h"

#define MANY 100000
#define PAGE (4 * KIB)

static void
place_many(unsigned int n, uint64_t span)
{
	struct iova_range out;
	unsigned int i;

	for (i = 0; i < n; i++)
		assert_int_equal(iova_layout_place(layout, span, PAGE, TOP, "x", &out), 0);
}

static void
release_every_other(unsigned int n)
{
	uint64_t page;

	for (page = 0; page < n; page += 2)
		assert_int_equal(iova_layout_release(layout,
				RANGE(page * PAGE, page * PAGE + PAGE - 1)), 0);
	assert_int_equal(iova_layout_check(layout, stderr), 0);
}

/* Each long range must skip all the short extents below. */
static void
long_ranges_skip_short_extents(void **state)
{
	struct iova_range out;

	place_many(MANY, PAGE - 1);
	release_every_other(MANY);
	place_many(MANY, 2 * PAGE - 1);
	assert_int_equal(iova_layout_check(layout, stderr), 0);
	assert_int_equal(iova_layout_place(layout, PAGE - 1, PAGE, TOP, "x", &out), 0);
	assert_true(out.first == 0);
	assert_true(iova_layout_lookup(layout, MANY * PAGE + PAGE)->range.first == MANY * PAGE);
}

/* The same, if the search begins at an extent that is long but not aligned. */
static void
aligned_ranges_skip_short_extents(void **state)
{
	struct iova_range out;
	unsigned int i;

	place_many(MANY, PAGE - 1);
	release_every_other(MANY);
	place_at(0, PAGE - 1);
	assert_int_equal(iova_layout_release(layout, RANGE(PAGE, 2 * PAGE - 1)), 0);
	for (i = 0; i < MANY; i++)
		assert_int_equal(iova_layout_place(layout, 2 * PAGE - 1, 2 * PAGE, TOP, "x",
				&out), 0);
	assert_true(out.first == (MANY + 2 * (MANY - 1)) * PAGE);
}

/* Finding the hole at a high address must not walk all holes below it. */
static void
many_holes_are_looked_up(void **state)
{
	struct iova_hole hole = a_hole(0, 0, IOVA_ORIGIN_USER, IOVA_SOFT);
	uint64_t i;

	for (i = 0; i < MANY; i++) {
		hole.range = RANGE(i * PAGE, i * PAGE + 2 * PAGE);
		assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	}
	hole = a_hole(MANY * 2 * PAGE, TOP, IOVA_ORIGIN_MSI, IOVA_HARD);
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	for (i = 0; i < MANY; i++) {
		place_at(i * PAGE + 1, i * PAGE + 1);
		assert_int_equal(iova_layout_test(layout, RANGE(TOP, TOP), false, &why),
			-EADDRINUSE);
	}
	expect_conflict(MANY * 2 * PAGE, TOP, true);
	for (i = 0; i < MANY; i++)
		assert_int_equal(iova_layout_release(layout,
				RANGE(i * PAGE + 1, i * PAGE + 1)), 0);
}

/* One release may uncover thousands of extents and must not allocate memory. */
static void
release_bares_many_extents(void **state)
{
	uint64_t i;

	place_at(0, 2 * MANY * PAGE - 1);
	for (i = 0; i < MANY; i++)
		add_hole(2 * i * PAGE, 2 * i * PAGE + PAGE - 1, IOVA_SOFT);
	assert_int_equal(iova_layout_release(layout, RANGE(0, 2 * MANY * PAGE - 1)), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(PAGE, 2 * PAGE - 1), true, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		layout_test(long_ranges_skip_short_extents),
		layout_test(aligned_ranges_skip_short_extents),
		layout_test(many_holes_are_looked_up),
		layout_test(release_bares_many_extents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
