/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * An address space with several legs: a kernel that needs a container per group, some of
 * them with a window. The other tests of test_ioas*.c run with this backend too. This
 * file has the tests that need legs.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

#define VA UINT64_C(0x7f0000000000)
#define GIB (UINT64_C(1) << 30)
#define ATTACH_CALLS 6	/* an attach with a leg of its own makes more */

static struct ioas *ioas;

static int
attach(int group)
{
	bool viable;

	return ioas_attach(ioas, member(group), &viable);
}

static int
map(uint64_t iova)
{
	return ioas_map(ioas, IOAS_EAL, VA + iova, iova, PAGE, NULL);
}

static int
unmap(uint64_t iova)
{
	return ioas_unmap(ioas, IOAS_EAL, iova, PAGE);
}

/* The layout as text; freed by the caller. */
static char *
dump(void)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(iova_layout_dump(layout, f), 0);
	fclose(f);
	return text;
}

/* Groups 7 and 8 are attached, 9 and 10 are not. */
static int
setup(void **state)
{
	int group;

	if (machine_setup(state) < 0)
		return -1;
	for (group = 7; group <= 10; group++)
		add_group(group);
	ioas = open_space();
	return attach(7) < 0 || attach(8) < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	ioas_close(ioas);
	return machine_teardown(state);
}

/* A later leg gets all mappings. A leg that is closed changes nothing in the others. */
static void
test_late_attach(void **state)
{
	const struct ioas_file file = { .fd = 1000000 };
	const struct ioas_memory mem = { .va = VA, .file = &file };
	unsigned int left = fake_leaks(NULL);

	assert_int_equal(map(GIB), 0);
	assert_int_equal(map(2 * GIB), 0);
	assert_int_equal(ioas_map_memory(ioas, IOAS_APPLICATION, &mem, 3 * GIB, PAGE, NULL), 0);
	assert_int_equal(fake_n_mappings(), 2 * 3);
	assert_int_equal(attach(9), 0);
	assert_int_equal(fake_n_mappings(), 3 * 3);
	assert_int_equal(mappings_count(ioas), 3);
	expect_same(ioas);
	/* Close the first leg, then the middle one. */
	ioas_detach(ioas, MEMBER(7));
	expect_same(ioas);
	assert_int_equal(map(4 * GIB), 0);
	assert_int_equal(unmap(GIB), 0);
	expect_same(ioas);
	assert_int_equal(attach(7), 0);
	ioas_detach(ioas, MEMBER(9));
	expect_same(ioas);
	assert_int_equal(fake_n_mappings(), 2 * 3);
	ioas_unmap_all(ioas);
	expect_same(ioas);
	assert_int_equal(fake_leaks(NULL), left);
	/* The last leg remains open for the next attach. */
	ioas_detach(ioas, MEMBER(7));
	ioas_detach(ioas, MEMBER(8));
	assert_int_equal(fake_leaks(NULL), 1);
	assert_int_equal(attach(10), 0);
	assert_int_equal(map(GIB), 0);
	expect_same(ioas);
}

/* A map succeeds in all legs or in none, in whichever leg it fails. */
static void
test_map_fails_in_a_leg(void **state)
{
	unsigned int n;

	assert_int_equal(attach(9), 0);
	assert_int_equal(map(GIB), 0);
	for (n = 1; n <= 3; n++) {
		fake_fail_nth(n, ENOMEM);
		assert_int_equal(map(2 * GIB), -ENOMEM);
		assert_string_equal(fake_failed(), "vfio_uapi_map_dma");
		assert_int_equal(mappings_count(ioas), 1);
		expect_same(ioas);
	}
	assert_int_equal(map(2 * GIB), 0);
	expect_same(ioas);
}

/* If a failed map can't be undone, its IOVA remains in use until it is unmapped. */
static void
test_map_undo_fails(void **state)
{
	struct ioas_mapping m;
	char *text;

	add_group(12)->aperture.last = 2 * GIB - 1;
	assert_int_equal(attach(12), 0);
	/* Mapped in two legs, rejected by the third, undone in the second but not the first. */
	fake_fail_nth(5, EIO);
	assert_int_equal(map(2 * GIB), -EINVAL);
	assert_string_equal(fake_failed(), "vfio_uapi_unmap_dma");
	assert_int_equal(fake_n_mappings(), 1);
	assert_int_equal(expect_same_or_parked(ioas), 1);
	assert_int_equal(mappings_count(ioas), 0);
	assert_int_equal(ioas_lookup(ioas, 2 * GIB, &m), -ENOENT);
	assert_false(ioas_covers(ioas, VA + 2 * GIB, 2 * GIB, PAGE));
	text = dump();
	assert_non_null(strstr(text, "EAL's memory (parked)"));
	free(text);
	assert_int_equal(map(2 * GIB), -EEXIST);
	assert_int_equal(ioas_unmap(ioas, IOAS_DEVICE, 2 * GIB, PAGE), -EPERM);
	assert_int_equal(unmap(2 * GIB), 0);
	expect_same(ioas);
	ioas_detach(ioas, MEMBER(12));
	assert_int_equal(map(2 * GIB), 0);
	expect_same(ioas);
}

/* An unmap that fails in one leg is done in the others. A later unmap removes the rest. */
static void
test_unmap_fails_in_a_leg(void **state)
{
	unsigned int n;

	for (n = 1; n <= 2; n++) {
		assert_int_equal(map(GIB), 0);
		fake_fail_nth(n, EIO);
		assert_int_equal(unmap(GIB), -EIO);
		assert_int_equal(fake_n_mappings(), 1);
		assert_int_equal(mappings_count(ioas), 0);
		assert_int_equal(expect_same_or_parked(ioas), 1);
		assert_int_equal(map(GIB), -EEXIST);
		/* A new leg does not get the parked mapping. */
		assert_int_equal(attach(9), 0);
		assert_int_equal(fake_n_mappings(), 1);
		ioas_detach(ioas, MEMBER(9));
		assert_int_equal(unmap(GIB), 0);
		expect_same(ioas);
	}
	/* The leg with the parked mapping is closed. */
	assert_int_equal(map(GIB), 0);
	fake_fail_nth(1, EIO);
	assert_int_equal(unmap(GIB), -EIO);
	ioas_detach(ioas, MEMBER(8));
	assert_int_equal(fake_n_mappings(), 0);
	assert_int_equal(unmap(GIB), 0);
	/* The kernel unmaps in no leg: the mapping remains. */
	assert_int_equal(map(GIB), 0);
	fake.lie = FAKE_UNMAP_NOTHING;
	assert_int_equal(unmap(GIB), -EIO);
	fake.lie = FAKE_TRUTH;
	assert_int_equal(mappings_count(ioas), 1);
}

/* An attach can fail at each call. It changes nothing then. */
static void
test_attach_fails(void **state)
{
	const struct iova_range keep = { GIB, 8 * GIB - 1 };
	unsigned int n, calls, left;
	char *before, *after;
	bool failed = true;

	ioas_detach(ioas, MEMBER(8));
	fake.windows = true;
	fake.window = RANGE(0, 16 * GIB - 1);
	assert_int_equal(map(GIB), 0);
	assert_int_equal(map(2 * GIB), 0);
	assert_int_equal(ioas_keep(ioas, &keep, 1), 0);
	before = dump();
	left = fake_leaks(NULL);
	for (n = 1; failed; n++) {
		calls = fake_calls();
		fake_fail_nth(n, ENOMEM);
		failed = attach(8) < 0;
		assert_int_equal(failed, fake_failed() != NULL);
		if (!failed)
			break;
		assert_int_equal(fake_leaks(NULL), left);
		assert_int_equal(ioas_n_attached(ioas), 1);
		expect_same(ioas);
		after = dump();
		assert_string_equal(after, before);
		free(after);
	}
	assert_true(n > ATTACH_CALLS && fake_calls() - calls == n - 1);
	assert_int_equal(fake_n_mappings(), 4);
	expect_same(ioas);
	free(before);
}

/* A group that can't translate the mappings or kept ranges is rejected and leaves nothing. */
static void
test_attach_conflict(void **state)
{
	const struct iova_range keep = { 4 * GIB, 5 * GIB - 1 };
	unsigned int left;

	assert_int_equal(map(GIB), 0);
	assert_int_equal(map(2 * GIB), 0);
	assert_int_equal(ioas_keep(ioas, &keep, 1), 0);
	left = fake_leaks(NULL);
	/* A hole overlaps a mapping; the aperture ends below kept ranges; no common range. */
	fake_range(add_group(11), 2 * GIB, 2 * GIB + PAGE - 1);
	assert_int_equal(attach(11), -EINVAL);
	add_group(12)->aperture.last = 4 * GIB - 1;
	assert_int_equal(attach(12), -ERANGE);
	add_group(13)->aperture = RANGE(UINT64_C(1) << 50, UINT64_MAX);
	assert_int_equal(attach(13), -ERANGE);
	assert_int_equal(fake_leaks(NULL), left);
	assert_int_equal(ioas_n_attached(ioas), 2);
	expect_same(ioas);
	assert_int_equal(ioas_keep(ioas, NULL, 0), 0);
	assert_int_equal(attach(12), 0);
	expect_same(ioas);
}

static void
expect_limits(uint64_t first, uint64_t last)
{
	struct ioas_info info;

	assert_int_equal(ioas_info_get(ioas, &info), 0);
	assert_int_equal(info.n_ranges, 1);
	assert_int_equal(info.ranges[0].first, first);
	assert_int_equal(info.ranges[0].last, last);
	ioas_info_free(&info);
}

/* The layout allows only the window of the kernel. A second window restricts it further. */
static void
test_window(void **state)
{
	const uint64_t high = UINT64_C(1) << 45;
	struct iova_conflict why;
	uint64_t iova;

	ioas_detach(ioas, MEMBER(7));
	ioas_detach(ioas, MEMBER(8));
	fake.windows = true;
	fake.window = RANGE(high, high + 4 * GIB - 1);
	assert_int_equal(attach(7), 0);
	expect_limits(high, high + 4 * GIB - 1);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, GIB, PAGE, &why), -ERANGE);
	assert_int_equal(why.with.last, high - 1);
	assert_string_equal(why.hole.owner, "IOMMU group 7");
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, PAGE, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, high);
	assert_int_equal(unmap(high), 0);
	assert_int_equal(map(high + 2 * GIB), 0);
	/* A window without the mapped range, then one with it. */
	fake.window = RANGE(high + 3 * GIB, high + 8 * GIB - 1);
	assert_int_equal(attach(8), -ERANGE);
	expect_limits(high, high + 4 * GIB - 1);
	expect_same(ioas);
	fake.window.first = high + GIB;
	assert_int_equal(attach(8), 0);
	expect_limits(high + GIB, high + 4 * GIB - 1);
	assert_int_equal(map(high), -ERANGE);
	assert_int_equal(map(high + 4 * GIB), -ERANGE);
	expect_same(ioas);
	/* A closed leg no longer restricts the layout. */
	ioas_detach(ioas, MEMBER(7));
	expect_limits(high + GIB, high + 8 * GIB - 1);
	assert_int_equal(map(high + 4 * GIB), 0);
	expect_same(ioas);
	ioas_detach(ioas, MEMBER(8));
	fake.windows = false;
	assert_int_equal(attach(7), 0);
	assert_int_equal(map(GIB), 0);
	expect_same(ioas);
}

/* A group is surveyed in a container of its own, so only its own window restricts it. */
static void
test_survey(void **state)
{
	unsigned int left = fake_leaks(NULL);
	char *before = dump(), *after;
	struct ioas_info info;
	bool viable;

	fake.windows = true;
	fake.window = RANGE(GIB, 2 * GIB - 1);
	assert_int_equal(ioas_survey(ioas, MEMBER(9), &info, &viable), 0);
	assert_int_equal(info.n_ranges, 1);
	assert_int_equal(info.ranges[0].first, GIB);
	ioas_info_free(&info);
	assert_int_equal(fake_leaks(NULL), left);
	after = dump();
	assert_string_equal(after, before);
	free(after);
	free(before);
}

int
main(void)
{
#define LEGS_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		LEGS_TEST(test_late_attach),
		LEGS_TEST(test_map_fails_in_a_leg),
		LEGS_TEST(test_map_undo_fails),
		LEGS_TEST(test_unmap_fails_in_a_leg),
		LEGS_TEST(test_attach_fails),
		LEGS_TEST(test_attach_conflict),
		LEGS_TEST(test_window),
		LEGS_TEST(test_survey),
	};

	per_group = true;
	return cmocka_run_group_tests_name("ioas_legs", tests, NULL, NULL);
}
