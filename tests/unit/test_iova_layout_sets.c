/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The contents of a layout: allowed ranges, holes, release, look-ups and walks. The
 * self-check runs after each test.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iova_fixture.h"

static void
expect_full(void)
{
	struct iova_range out;

	assert_int_equal(iova_layout_place(layout, 0, 1, TOP, "x", &out), -ENOSPC);
}

/* ---- allow ---- */

static void
allow_intersects(void **state)
{
	const struct iova_range a[] = { { 0x5000, 0x8fff }, { 0x1000, 0x1fff }, { 0x2000, 0x3fff } };
	const struct iova_range b[] = { { 0x8000, TOP }, { 0x3000, 0x5fff }, { 0x3800, 0x4000 } };

	assert_int_equal(iova_layout_allow(layout, a, 3, "0000:00:01.0", NULL), 0);
	expect_dump("allowed  0x0000000000001000-0x0000000000003fff\n"
		"free     0x0000000000001000-0x0000000000003fff  12 KiB\n"
		"allowed  0x0000000000005000-0x0000000000008fff\n"
		"free     0x0000000000005000-0x0000000000008fff  16 KiB\n");
	assert_int_equal(iova_layout_allow(layout, b, 3, "0000:00:02.0", NULL), 0);
	expect_dump("allowed  0x0000000000003000-0x0000000000003fff\n"
		"free     0x0000000000003000-0x0000000000003fff  4 KiB\n"
		"allowed  0x0000000000005000-0x0000000000005fff\n"
		"free     0x0000000000005000-0x0000000000005fff  4 KiB\n"
		"allowed  0x0000000000008000-0x0000000000008fff\n"
		"free     0x0000000000008000-0x0000000000008fff  4 KiB\n");
}

static void
allow_names_the_device_that_sets_the_bound(void **state)
{
	struct iova_range wide = RANGE(0, 0xffff), narrow = RANGE(0x1000, 0xffff);

	assert_int_equal(iova_layout_allow(layout, &wide, 1, "wide", NULL), 0);
	assert_int_equal(iova_layout_allow(layout, &narrow, 1, "narrow", NULL), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0, 0), false, &why), -ERANGE);
	assert_string_equal(why.hole.owner, "narrow");
	assert_int_equal(iova_layout_test(layout, RANGE(TOP, TOP), false, &why), -ERANGE);
	assert_string_equal(why.hole.owner, "wide");
}

static void
allow_refuses_to_strand_used_ranges(void **state)
{
	const struct iova_range split[] = { { 0, 0x2fff }, { 0x3001, TOP } };
	const struct iova_range whole[] = { { 0, 0x2fff }, { 0x3000, TOP } };

	place_at(0x2000, 0x3fff);
	assert_int_equal(iova_layout_allow(layout, split, 2, "late", &why), -ERANGE);
	expect_conflict(0x2000, 0x3fff, false);
	assert_string_equal(why.hole.owner, "late");
	assert_int_equal(iova_layout_allow(layout, &split[0], 1, "late", NULL), -ERANGE);
	expect_dump("allowed  0x0000000000000000-0xffffffffffffffff\n"
		"free     0x0000000000000000-0x0000000000001fff  8 KiB\n"
		"used     0x0000000000002000-0x0000000000003fff  8 KiB  fixed\n"
		"free     0x0000000000004000-0xffffffffffffffff  15.9 EiB\n");
	assert_int_equal(iova_layout_allow(layout, whole, 2, "late", &why), 0);
}

static void
allow_may_leave_nothing(void **state)
{
	allow(0, 0xfff);
	allow(0x1000, 0x1fff);
	expect_dump("");
	expect_full();
	assert_int_equal(iova_layout_test(layout, RANGE(0, 0), false, &why), -ERANGE);
	expect_conflict(0, TOP, false);
	assert_string_equal(why.hole.owner, "");
	add_hole(0, TOP, IOVA_HARD);
}

static void
allow_checks_its_words(void **state)
{
	const struct iova_range ranges[] = { { 0, 0xfff }, { 0x2000, 0x1fff } };

	assert_int_equal(iova_layout_allow(layout, ranges, 0, "x", NULL), -EINVAL);
	assert_int_equal(iova_layout_allow(layout, ranges, 2, "x", NULL), -EINVAL);
	assert_int_equal(iova_layout_allow(layout, ranges, 1, "", NULL), -EINVAL);
	assert_int_equal(iova_layout_allow(layout, ranges, 1, NULL, NULL), -EINVAL);
	place_at(0, TOP);
}

/* ---- holes ---- */

static void
hard_hole_does_not_go_over_used(void **state)
{
	struct iova_hole hole = a_hole(0x2fff, 0x8fff, IOVA_ORIGIN_DIRECT, IOVA_HARD);

	place_at(0x1000, 0x2fff);
	place_at(0x4000, 0x4fff);
	assert_int_equal(iova_layout_add_hole(layout, &hole, &why), -EADDRINUSE);
	expect_conflict(0x1000, 0x2fff, false);
	assert_null(iova_layout_hole_in(layout, RANGE(0, TOP)));
	hole.hardness = IOVA_SOFT;
	assert_int_equal(iova_layout_add_hole(layout, &hole, &why), 0);
	expect_conflict(0, 0, false);
	assert_non_null(iova_layout_lookup(layout, 0x4000));
}

static void
same_hole_is_kept_once(void **state)
{
	struct iova_hole hole = a_hole(0x1000, 0x1fff, IOVA_ORIGIN_HOST_BRIDGE, IOVA_SOFT);

	strcpy(hole.detail, "0000:00");
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	strcpy(hole.owner, "0000:00:04.0");
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	strcpy(hole.detail, "0000:80");
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	hole.hardness = IOVA_HARD;
	hole.owner[0] = '\0';
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	allow(0x1000, 0x1fff);
	expect_dump("allowed  0x0000000000001000-0x0000000000001fff\n"
		"hole     0x0000000000001000-0x0000000000001fff  "
		"host bridge 0000:00, soft, estimated, from 0000:00:03.0\n"
		"hole     0x0000000000001000-0x0000000000001fff  "
		"host bridge 0000:80, soft, estimated, from 0000:00:04.0\n"
		"hole     0x0000000000001000-0x0000000000001fff  host bridge 0000:80, hard, estimated\n");
}

static void
hole_in_finds_the_lowest(void **state)
{
	const struct iova_hole *hole;

	add_hole(0x1000, 0x9000, IOVA_SOFT);
	add_hole(0x1000, 0x2000, IOVA_HARD);
	add_hole(0x5000, 0x6000, IOVA_HARD);
	add_hole(TOP, TOP, IOVA_HARD);
	hole = iova_layout_hole_in(layout, RANGE(0, 0x1000));
	assert_non_null(hole);
	assert_true(hole->range.last == 0x2000);
	hole = iova_layout_hole_in(layout, RANGE(0x2001, 0x5000));
	assert_non_null(hole);
	assert_true(hole->range.last == 0x9000);
	hole = iova_layout_hole_in(layout, RANGE(0x9001, TOP));
	assert_non_null(hole);
	assert_true(hole->range.first == TOP);
	assert_null(iova_layout_hole_in(layout, RANGE(0, 0xfff)));
	assert_null(iova_layout_hole_in(layout, RANGE(0x9001, TOP - 1)));
	assert_null(iova_layout_hole_in(layout, RANGE(0x2000, 0x1000)));
}

static void
hole_checks_its_words(void **state)
{
	const struct iova_hole good = a_hole(0, 0xfff, IOVA_ORIGIN_USER, IOVA_HARD);
	struct iova_hole bad = good;

	bad.range.first = 0x1000;
	assert_int_equal(iova_layout_add_hole(layout, &bad, NULL), -EINVAL);
	bad = good;
	bad.origin = IOVA_ORIGIN_COUNT;
	assert_int_equal(iova_layout_add_hole(layout, &bad, NULL), -EINVAL);
	bad = good;
	bad.hardness = IOVA_HARD + 1;
	assert_int_equal(iova_layout_add_hole(layout, &bad, NULL), -EINVAL);
	bad = good;
	memset(bad.detail, 'x', sizeof(bad.detail));
	assert_int_equal(iova_layout_add_hole(layout, &bad, NULL), -EINVAL);
	bad = good;
	memset(bad.owner, 'x', sizeof(bad.owner));
	assert_int_equal(iova_layout_add_hole(layout, &bad, &why), -EINVAL);
	expect_conflict(0, 0, false);
	assert_null(iova_layout_hole_in(layout, RANGE(0, TOP)));
}

/* ---- release, look-up, walks ---- */

static void
release_wants_exactly_the_range(void **state)
{
	place_at(0x1000, 0x2fff);
	assert_int_equal(iova_layout_release(layout, RANGE(0x1000, 0x1fff)), -ENOENT);
	assert_int_equal(iova_layout_release(layout, RANGE(0x2000, 0x2fff)), -ENOENT);
	assert_int_equal(iova_layout_release(layout, RANGE(0, 0x3000)), -ENOENT);
	assert_int_equal(iova_layout_release(layout, RANGE(0x2fff, 0x1000)), -ENOENT);
	assert_int_equal(iova_layout_release(layout, RANGE(0x1000, 0x2fff)), 0);
	assert_int_equal(iova_layout_release(layout, RANGE(0x1000, 0x2fff)), -ENOENT);
	place_at(0, TOP);
}

static void
release_spares_holes_that_overlap_each_other(void **state)
{
	place_at(0, 0xffff);
	add_hole(0x1000, 0x4fff, IOVA_SOFT);
	add_hole(0x2000, 0x2fff, IOVA_SOFT);
	add_hole(0x4000, 0x5fff, IOVA_SOFT);
	add_hole(0xf000, 0x1ffff, IOVA_SOFT);
	assert_int_equal(iova_layout_release(layout, RANGE(0, 0xffff)), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0, 0xfff), true, NULL), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0x5fff, 0x6000), true, NULL), -EADDRINUSE);
	assert_int_equal(iova_layout_test(layout, RANGE(0x6000, 0xefff), true, NULL), 0);
}

static void
lookup_finds_by_any_address(void **state)
{
	place_at(0x1000, 0x1fff);
	place_at(TOP - 1, TOP);
	assert_null(iova_layout_lookup(layout, 0));
	assert_null(iova_layout_lookup(layout, 0xfff));
	assert_true(iova_layout_lookup(layout, 0x1000)->range.last == 0x1fff);
	assert_true(iova_layout_lookup(layout, 0x1fff)->range.first == 0x1000);
	assert_null(iova_layout_lookup(layout, 0x2000));
	assert_string_equal(iova_layout_lookup(layout, TOP)->what, "fixed");
}

/* Stop at the second call. */
static int
second(unsigned int *calls)
{
	return ++*calls == 2 ? 42 : 0;
}

static int
second_range(const struct iova_range *range, void *calls)
{
	return second(calls);
}

static int
second_hole(const struct iova_hole *hole, void *calls)
{
	return second(calls);
}

static int
second_used(const struct iova_used *used, void *calls)
{
	return second(calls);
}

static void
walks_stop_when_told(void **state)
{
	const struct iova_range ranges[] = { { 0, 0x1fff }, { 0x4000, 0x5fff }, { 0x8000, TOP } };
	unsigned int calls;

	assert_int_equal(iova_layout_allow(layout, ranges, 3, "x", NULL), 0);
	for (calls = 0; calls < 3; calls++) {
		add_hole(ranges[calls].first, ranges[calls].first, IOVA_SOFT);
		place_at(ranges[calls].first + 4, ranges[calls].first + 7);
	}
	calls = 0;
	assert_int_equal(iova_layout_foreach_allowed(layout, second_range, &calls), 42);
	calls = 0;
	assert_int_equal(iova_layout_foreach_free(layout, second_range, &calls), 42);
	calls = 0;
	assert_int_equal(iova_layout_foreach_hole(layout, second_hole, &calls), 42);
	calls = 0;
	assert_int_equal(iova_layout_foreach_used(layout, second_used, &calls), 42);
	assert_int_equal(calls, 2);
	assert_int_equal(iova_layout_foreach_allowed(layout, second_range, &calls), 0);
	assert_int_equal(calls, 5);
}

/* ---- forget ---- */

static void
expect_bound(uint64_t addr, const char *owner)
{
	assert_int_equal(iova_layout_test(layout, RANGE(addr, addr), false, &why), -ERANGE);
	assert_string_equal(why.hole.owner, owner);
}

/* Devices with the same ranges: each end is named after the first that remains. */
static void
forget_names_the_first_that_remains(void **state)
{
	struct iova_range low = RANGE(0x1000, 0xffff), high = RANGE(0x1000, 0x1ffff);
	struct iova_hole hole = a_hole(0x4000, 0x4fff, IOVA_ORIGIN_RESERVED, IOVA_HARD);
	static const struct {
		const char *name;
		bool high;
	} devices[] = {
		{ "a", false }, { "b", true }, { "c", false }, { "d", true }, { "a", true },
	};
	size_t i;

	for (i = 0; i < 5; i++) {
		assert_int_equal(iova_layout_allow(layout, devices[i].high ? &high : &low, 1,
				devices[i].name, NULL), 0);
		strcpy(hole.owner, devices[i].name);
		assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	}
	expect_bound(0, "a");
	expect_bound(0x18000, "a");
	iova_layout_forget(layout, "a");
	expect_bound(0, "b");
	expect_bound(0x18000, "c");
	expect_bound(0x20000, "c");
	assert_string_equal(iova_layout_hole_in(layout, RANGE(0x4000, 0x4000))->owner, "b");
	iova_layout_forget(layout, "b");
	expect_bound(0, "c");
	assert_string_equal(iova_layout_hole_in(layout, RANGE(0x4000, 0x4000))->owner, "c");
	iova_layout_forget(layout, "c");
	expect_bound(0, "d");
	expect_bound(0x20000, "d");
	assert_int_equal(iova_layout_test(layout, RANGE(0x18000, 0x18000), false, &why), 0);
	iova_layout_forget(layout, "d");
	expect_dump("allowed  0x0000000000000000-0xffffffffffffffff\n"
		"free     0x0000000000000000-0xffffffffffffffff  16 EiB\n");
}

/* What becomes free when a device leaves, between used ranges and another device's hole. */
static void
forget_frees_what_is_not_used(void **state)
{
	struct iova_range range = RANGE(0x1000, 0x8fff);
	struct iova_hole hole = a_hole(0, 0xffff, IOVA_ORIGIN_HOST_BRIDGE, IOVA_SOFT);

	allow(0, 0xffff);
	assert_int_equal(iova_layout_allow(layout, &range, 1, "0000:00:03.0", NULL), 0);
	add_hole(0x7000, 0xcfff, IOVA_SOFT);
	strcpy(hole.owner, "other");
	hole.range = RANGE(0xb000, 0xdfff);
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	place_at(0x2000, 0x2fff);
	place_at(0x6000, 0x7fff);
	iova_layout_forget(layout, "0000:00:03.0");
	assert_false(iova_layout_lookup(layout, 0x2000) == NULL);
	assert_int_equal(iova_layout_test(layout, RANGE(0x8000, 0xafff), true, &why), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0xb000, 0xb000), true, &why), -EADDRINUSE);
	assert_int_equal(iova_layout_test(layout, RANGE(0xe000, 0xffff), true, &why), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0, 0x1fff), true, &why), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0x10000, 0x10000), true, &why), -ERANGE);
}

static void
forget_keeps_what_others_brought(void **state)
{
	const struct iova_range low = RANGE(0, 0xffff), high = RANGE(0x2000, TOP);
	struct iova_hole hole = a_hole(0x4000, 0x4fff, IOVA_ORIGIN_MSI, IOVA_HARD);

	assert_int_equal(iova_layout_allow(layout, &low, 1, hole.owner, NULL), 0);
	assert_int_equal(iova_layout_allow(layout, &high, 1, "other", NULL), 0);
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	strcpy(hole.owner, "other");
	assert_int_equal(iova_layout_add_hole(layout, &hole, NULL), 0);
	add_hole(0x8000, 0x8fff, IOVA_SOFT);
	place_at(0x8000, 0x9fff);

	iova_layout_forget(layout, "0000:00:03.0");
	assert_int_equal(iova_layout_test(layout, RANGE(0x10000, TOP), true, NULL), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0x1fff, 0x1fff), true, &why), -ERANGE);
	assert_string_equal(why.hole.owner, "other");
	assert_int_equal(iova_layout_test(layout, RANGE(0x4000, 0x4000), false, &why),
		-EADDRINUSE);
	assert_string_equal(why.hole.owner, "other");
	iova_layout_forget(layout, "");
	iova_layout_forget(layout, "nobody");
	iova_layout_forget(layout, "other");
	assert_int_equal(iova_layout_release(layout, RANGE(0x8000, 0x9fff)), 0);
	expect_dump("allowed  0x0000000000000000-0xffffffffffffffff\n"
		"free     0x0000000000000000-0xffffffffffffffff  16 EiB\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		layout_test(allow_intersects),
		layout_test(allow_names_the_device_that_sets_the_bound),
		layout_test(allow_refuses_to_strand_used_ranges),
		layout_test(allow_may_leave_nothing),
		layout_test(allow_checks_its_words),
		layout_test(hard_hole_does_not_go_over_used),
		layout_test(same_hole_is_kept_once),
		layout_test(hole_in_finds_the_lowest),
		layout_test(hole_checks_its_words),
		layout_test(release_wants_exactly_the_range),
		layout_test(release_spares_holes_that_overlap_each_other),
		layout_test(lookup_finds_by_any_address),
		layout_test(walks_stop_when_told),
		layout_test(forget_keeps_what_others_brought),
		layout_test(forget_names_the_first_that_remains),
		layout_test(forget_frees_what_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
