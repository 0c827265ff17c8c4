/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Rows for addresses: what holds for any ranges, and some that are known. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "picture_check.h"
#include "tree.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TOP UINT64_MAX

static struct addr_scale scale;

static void
make(const struct addr_want *wants, size_t n)
{
	addr_scale_free(&scale);
	assert_int_equal(addr_scale_make(wants, n, &scale), 0);
	scale_check(&scale, wants, n);
}

static int
teardown(void **state)
{
	addr_scale_free(&scale);
	return 0;
}

static struct addr_want
want(uint64_t first, uint64_t last)
{
	return (struct addr_want){ { first, last }, true, false };
}

static void
nothing_is_one_piece(void **state)
{
	make(NULL, 0);
	assert_int_equal(scale.n, 1);
	assert_int_equal(addr_scale_find(&scale, 0), 0);
	assert_int_equal(addr_scale_find(&scale, TOP), 0);
}

/* At both ends of the space, in the middle, one byte, and all of it. */
static void
one_range_is_visible(void **state)
{
	static const struct iova_range ranges[] = {
		{ 0, 0 }, { 0, 4095 }, { 0, TOP }, { 0, TOP - 1 }, { 1, TOP }, { 1, 1 },
		{ TOP, TOP }, { TOP - 4095, TOP }, { TOP - 1, TOP - 1 }, { 8 * MIB, 9 * MIB - 1 },
		{ UINT64_C(1) << 63, TOP }, { 0, (UINT64_C(1) << 63) - 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		const struct addr_want w = want(ranges[i].first, ranges[i].last);

		make(&w, 1);
		assert_int_equal(scale.n, 1 + (w.range.first > 0) + (w.range.last < TOP));
	}
}

static void
invalid_range_is_rejected(void **state)
{
	const struct addr_want w[] = { want(0, 4095), want(2, 1) };

	addr_scale_free(&scale);
	assert_int_equal(addr_scale_make(w, 2, &scale), -EINVAL);
	assert_null(scale.v);
}

/* Ranges of similar length share a scale, and their rows have the ratio of their lengths. */
static void
similar_ranges_are_to_scale(void **state)
{
	const struct addr_want w[] = { want(0, GIB - 1), want(GIB, 3 * GIB - 1),
		want(3 * GIB, 7 * GIB - 1) };
	size_t i;

	make(w, 3);
	assert_int_equal(scale.n, 4);
	for (i = 0; i < 3; i++) {
		assert_int_equal(scale.v[i].fit, ADDR_TO_SCALE);
		assert_int_equal(scale.v[i].shift, scale.v[0].shift);
		assert_int_equal(scale.v[i].rows, scale.v[0].rows << i);
	}
	assert_int_equal(scale.v[3].fit, ADDR_SHORTENED);
}

/* Small ranges, far away large ones: each group has its scale, with a break between. */
static void
distant_groups_have_scales_of_their_own(void **state)
{
	const uint64_t far = UINT64_C(1) << 44;
	const struct addr_want w[] = { want(0, MIB - 1), want(MIB, 3 * MIB - 1),
		want(far, far + 64 * GIB - 1), want(far + 64 * GIB, far + 192 * GIB - 1) };
	const struct addr_piece *v;

	make(w, 4);
	v = scale.v;
	assert_int_equal(scale.n, 6);
	assert_true(v[0].fit == ADDR_TO_SCALE && v[1].fit == ADDR_TO_SCALE);
	assert_int_equal(v[2].fit, ADDR_SHORTENED);
	assert_true(v[3].fit == ADDR_TO_SCALE && v[4].fit == ADDR_TO_SCALE);
	assert_true(v[0].shift == v[1].shift && v[1].shift < v[3].shift);
	assert_true(v[3].shift == v[4].shift && (v[2].begins || v[3].begins));
	assert_int_equal(2 * v[3].rows, v[4].rows);
}

/* A hole of a page between ranges of GiB has a row, and does not cost them their scale. */
static void
small_hole_is_enlarged(void **state)
{
	const struct addr_want w[] = { want(0, 2 * GIB - 1), want(2 * GIB, 2 * GIB + 4095),
		want(2 * GIB + 4096, 6 * GIB - 1) };

	make(w, 3);
	assert_int_equal(scale.v[1].fit, ADDR_ENLARGED);
	assert_int_equal(scale.v[1].rows, 1);
	assert_true(scale.v[0].fit == ADDR_TO_SCALE && scale.v[2].fit == ADDR_TO_SCALE);
	assert_int_equal(2 * scale.v[0].rows, scale.v[2].rows);
}

/* Each label has a row; without labels one row is enough. */
static void
labels_get_rows(void **state)
{
	struct addr_want w[20];
	size_t i;

	for (i = 0; i < 20; i++)
		w[i] = want(GIB, GIB + MIB - 1);
	make(w, 20);
	assert_int_equal(scale.v[1].labels, 20);
	assert_true(scale.v[1].rows >= 20);
	for (i = 0; i < 20; i++)
		w[i].labelled = false;
	make(w, 20);
	assert_true(scale.v[1].rows <= ADDR_ROWS_MOST);
}

/* Where only a filler is, the scale follows the others. */
static void
filler_is_shortened(void **state)
{
	struct addr_want w[] = { want(0, GIB - 1), want(GIB, TOP) };

	w[1].filler = true;
	make(w, 2);
	assert_true(scale.v[1].filler && !scale.v[0].filler);
	assert_int_equal(scale.v[0].fit, ADDR_TO_SCALE);
	assert_int_equal(scale.v[1].fit, ADDR_SHORTENED);
}

static void
thousand_holes_are_visible(void **state)
{
	struct addr_want w[1000];
	size_t i;

	for (i = 0; i < 1000; i++)
		w[i] = want(i * 3 * MIB, i * 3 * MIB + 4095);
	make(w, 1000);
	assert_int_equal(scale.n, 2000);
	/* Nested: each begins and ends within the one before. */
	for (i = 0; i < 1000; i++)
		w[i] = want(i * MIB, TOP - i * MIB);
	make(w, 1000);
	assert_int_equal(scale.n, 1999);
}

/* Ranges of any length anywhere, many of them at the ends of the space. */
static void
random_ranges_are_visible(void **state)
{
	const int rounds = 2000;
	uint64_t seed = 14;
	int round;

	for (round = 0; round < rounds; round++) {
		struct addr_want w[24];
		size_t n = tree_random(&seed) % 25, i;

		for (i = 0; i < n; i++) {
			const uint64_t first = tree_random(&seed) >> tree_random(&seed) % 64;
			const uint64_t span = tree_random(&seed) >> tree_random(&seed) % 64;

			w[i] = want(first, span > TOP - first ? TOP : first + span);
			if (tree_random(&seed) % 8 == 0)
				w[i].range = (struct iova_range){ TOP - span, TOP };
			w[i].labelled = tree_random(&seed) % 2 == 0;
			w[i].filler = tree_random(&seed) % 4 == 0;
		}
		make(w, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_one_piece),
		cmocka_unit_test(one_range_is_visible),
		cmocka_unit_test(invalid_range_is_rejected),
		cmocka_unit_test(similar_ranges_are_to_scale),
		cmocka_unit_test(distant_groups_have_scales_of_their_own),
		cmocka_unit_test(small_hole_is_enlarged),
		cmocka_unit_test(labels_get_rows),
		cmocka_unit_test(filler_is_shortened),
		cmocka_unit_test(thousand_holes_are_visible),
		cmocka_unit_test(random_ranges_are_visible),
	};

	return cmocka_run_group_tests_name("addr_scale", tests, NULL, teardown);
}
