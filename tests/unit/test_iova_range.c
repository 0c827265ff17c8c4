/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Closed intervals: arithmetic at both ends of the 64 bit space. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iova/iova_range.h"

static const struct iova_range all = { 0, UINT64_MAX };

static void
valid_means_ordered(void **state)
{
	assert_true(iova_range_valid(all));
	assert_true(iova_range_valid((struct iova_range){ 5, 5 }));
	assert_false(iova_range_valid((struct iova_range){ 6, 5 }));
}

static void
span_of_everything_fits(void **state)
{
	assert_true(iova_range_span(all) == UINT64_MAX);
	assert_true(iova_range_span((struct iova_range){ 5, 5 }) == 0);
}

static void
size_of_everything_does_not_fit(void **state)
{
	assert_true(iova_range_size((struct iova_range){ 5, 5 }) == 1);
	assert_true(iova_range_size((struct iova_range){ 1, UINT64_MAX }) == UINT64_MAX);
	assert_true(iova_range_size(all) == 0);
}

static void
overlap_counts_both_ends(void **state)
{
	struct iova_range mid = { 10, 20 };

	assert_true(iova_range_overlap(mid, all));
	assert_true(iova_range_overlap(mid, (struct iova_range){ 0, 10 }));
	assert_true(iova_range_overlap(mid, (struct iova_range){ 20, 30 }));
	assert_true(iova_range_overlap(mid, (struct iova_range){ 12, 13 }));
	assert_false(iova_range_overlap(mid, (struct iova_range){ 0, 9 }));
	assert_false(iova_range_overlap(mid, (struct iova_range){ 21, UINT64_MAX }));
}

static void
covers_is_not_overlap(void **state)
{
	struct iova_range mid = { 10, 20 };

	assert_true(iova_range_covers(all, mid));
	assert_true(iova_range_covers(mid, mid));
	assert_false(iova_range_covers(mid, all));
	assert_false(iova_range_covers(mid, (struct iova_range){ 9, 20 }));
	assert_false(iova_range_covers(mid, (struct iova_range){ 10, 21 }));
}

static void
cut_is_invalid_when_apart(void **state)
{
	struct iova_range r = iova_range_cut((struct iova_range){ 10, 20 },
			(struct iova_range){ 15, 30 });

	assert_true(r.first == 15 && r.last == 20);
	r = iova_range_cut((struct iova_range){ 10, 20 }, (struct iova_range){ 21, 30 });
	assert_false(iova_range_valid(r));
}

static void
make_stops_at_the_top(void **state)
{
	struct iova_range r;

	assert_true(iova_range_make(0x1000, 0x1000, &r));
	assert_true(r.first == 0x1000 && r.last == 0x1fff);
	assert_true(iova_range_make(UINT64_MAX, 1, &r));
	assert_true(r.first == UINT64_MAX && r.last == UINT64_MAX);
	assert_true(iova_range_make(0, UINT64_MAX, &r));
	assert_true(r.last == UINT64_MAX - 1);
	assert_false(iova_range_make(0x1000, 0, &r));
	assert_false(iova_range_make(UINT64_MAX, 2, &r));
	assert_false(iova_range_make(2, UINT64_MAX, &r));
}

static void
hull_contains_all(void **state)
{
	static const struct iova_range v[] = { { 5, 9 }, { 0, 0 }, { 3, UINT64_MAX }, { 7, 8 } };
	struct iova_range hull = iova_range_hull(v, 1);

	assert_true(hull.first == 5 && hull.last == 9);
	hull = iova_range_hull(v, 2);
	assert_true(hull.first == 0 && hull.last == 9);
	hull = iova_range_hull(v, 4);
	assert_true(hull.first == 0 && hull.last == UINT64_MAX);
}

static void
align_up_stops_at_the_top(void **state)
{
	const uint64_t top = UINT64_C(1) << 63;
	uint64_t a;

	assert_true(iova_align_up(0, 1, &a) && a == 0);
	assert_true(iova_align_up(UINT64_MAX, 1, &a) && a == UINT64_MAX);
	assert_true(iova_align_up(1, 0x1000, &a) && a == 0x1000);
	assert_true(iova_align_up(0x1000, 0x1000, &a) && a == 0x1000);
	assert_true(iova_align_up(top, top, &a) && a == top);
	assert_false(iova_align_up(top + 1, top, &a));
	assert_true(iova_align_up(UINT64_MAX - 0xfff, 0x1000, &a) && a == UINT64_MAX - 0xfff);
	assert_false(iova_align_up(UINT64_MAX - 0xffe, 0x1000, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_means_ordered),
		cmocka_unit_test(span_of_everything_fits),
		cmocka_unit_test(size_of_everything_does_not_fit),
		cmocka_unit_test(overlap_counts_both_ends),
		cmocka_unit_test(covers_is_not_overlap),
		cmocka_unit_test(cut_is_invalid_when_apart),
		cmocka_unit_test(make_stops_at_the_top),
		cmocka_unit_test(hull_contains_all),
		cmocka_unit_test(align_up_stops_at_the_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
