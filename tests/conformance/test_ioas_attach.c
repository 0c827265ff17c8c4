/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Members of an address space: survey, attach, detach, devices, and ranges that are kept
 * from later members.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

/* A failed attach or survey leaves nothing behind, for the first group and the second. */
static void
test_attach_errors(void **state)
{
	/* With iommufd only the kernel knows of members with a kernel driver. */
	const struct {
		const char *name;
		int id, error;
		bool viable;
	} rows[] = {
		{ "denied", 1, -EACCES, true },
		{ "held", 2, -EBUSY, true },
		{ "not viable", 3, -EPERM, BY_BACKEND(false, true) },
		{ "not isolated", 4, -EPERM, true },
		{ "wants a 1:1 mapping", 5, -EINVAL, true },
		{ "held by its other node", 6, BY_BACKEND(-EBUSY, -EINVAL), true },
		{ "not there", 99, -ENOENT, true },
	};
	struct ioas *ioas = open_space();
	unsigned int round, left;
	struct ioas_info info;
	bool viable;
	size_t i;

	add_group(1)->denied = true;
	add_group(2)->held = true;
	add_group(3)->viable = false;
	add_group(4)->isolated = false;
	add_group(5)->direct = true;
	add_group(6)->held = backend == IOAS_BACKEND_TYPE1;
	fake_device_held("0000:01:06.0", true);
	add_group(7);
	for (round = 0; round < 2; round++) {
		left = fake_leaks(NULL);
		EACH_ROW(i, rows, "%s", rows[i].name) {
			assert_int_equal(ioas_attach(ioas, MEMBER(rows[i].id), &viable), rows[i].error);
			assert_int_equal(viable, rows[i].viable);
			assert_int_equal(ioas_n_attached(ioas), round);
			assert_int_equal(fake_leaks(NULL), left);
			assert_int_equal(ioas_survey(ioas, MEMBER(rows[i].id), &info, &viable),
					rows[i].error);
			assert_int_equal(viable, rows[i].viable);
			assert_null(info.ranges);
			assert_int_equal(fake_leaks(NULL), left);
		}
		if (round == 0)
			attach_group(ioas, 7);
	}
	ioas_close(ioas);
}

/* The limits of a group conflict with mappings. */
static void
test_attach_conflict(void **state)
{
	struct ioas *ioas = open_space();
	bool viable;

	add_group(7);
	fake_range(add_group(8), 0x8000000, 0x80fffff);
	add_group(9)->aperture = RANGE(0, 0x8000000 - 1);
	attach_group(ioas, 7);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x8000000, PAGE, NULL), 0);
	assert_int_equal(ioas_attach(ioas, MEMBER(8), &viable),
			BY_KERNEL(-EINVAL, -EADDRINUSE));
	assert_true(viable);
	assert_int_equal(ioas_attach(ioas, MEMBER(9), &viable),
			BY_KERNEL(-EINVAL, -EADDRINUSE));
	expect_same(ioas);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x8000000, PAGE), 0);
	attach_group(ioas, 8);
	attach_group(ioas, 9);
	assert_int_equal(ioas_n_attached(ioas), 3);
	/* The range is free again after the kernel rejects the map. */
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x8000000, PAGE, NULL), -EINVAL);
	expect_same(ioas);
	ioas_close(ioas);
}

static void
test_counting(void **state)
{
	struct ioas *ioas = open_space();
	unsigned int left;

	add_group(7);
	add_group(8);
	attach_group(ioas, 7);
	left = fake_leaks(NULL);
	attach_group(ioas, 7);
	assert_int_equal(ioas_n_attached(ioas), 1);
	assert_int_equal(fake_leaks(NULL), left);
	attach_group(ioas, 8);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000, PAGE, NULL), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x20000, PAGE, NULL), 0);
	ioas_detach(ioas, MEMBER(99));
	ioas_detach(ioas, MEMBER(7));
	assert_int_equal(ioas_n_attached(ioas), 2);
	ioas_detach(ioas, MEMBER(7));
	ioas_detach(ioas, MEMBER(7));
	assert_int_equal(ioas_n_attached(ioas), 1);
	assert_int_equal(mappings_count(ioas), 2);
	expect_same(ioas);
	/* The last detach removes all mappings, also from the layout. */
	ioas_detach(ioas, MEMBER(8));
	assert_int_equal(ioas_n_attached(ioas), 0);
	assert_int_equal(mappings_count(ioas), 0);
	expect_same(ioas);
	assert_int_equal(fake_leaks(NULL), 1);
	if (BY_KERNEL(true, false))
		assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000, PAGE, NULL), -EINVAL);
	expect_same(ioas);
	/* The next group to attach sets the IOMMU again. */
	attach_group(ioas, 8);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000, PAGE, NULL), 0);
	expect_same(ioas);
	ioas_close(ioas);
}

/* The limits of one member alone. The survey keeps a device open, but not a group. */
static void
test_survey(void **state)
{
	struct ioas *ioas = open_space();
	unsigned int left = fake_leaks(NULL), round, calls;
	struct ioas_info info;
	bool viable;

	fake_range(add_group(7), 0x8000000, 0x80fffff);
	fake_range(add_group(8), 0xfee00000, 0xfeefffff);
	attach_group(ioas, 7);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0xfee00000, PAGE, NULL), 0);
	left = fake_leaks(NULL);
	for (round = 0; round < 2; round++) {
		assert_int_equal(ioas_survey(ioas, MEMBER(8), &info, &viable), 0);
		assert_int_equal(info.n_ranges, 2);
		assert_int_equal(info.ranges[0].last, 0xfedfffff);
		ioas_info_free(&info);
		assert_int_equal(ioas_n_attached(ioas), 1);
		assert_int_equal(fake_leaks(NULL), left + BY_BACKEND(0, 1));
	}
	/* The device is held, but not attached. */
	assert_int_equal(ioas_open_device(ioas, MEMBER(8)), -ENODEV);
	ioas_detach(ioas, MEMBER(8));
	assert_int_equal(ioas_attach(ioas, MEMBER(8), &viable), BY_KERNEL(-EINVAL, -EADDRINUSE));
	assert_int_equal(fake_leaks(NULL), left + BY_BACKEND(0, 1));
	ioas_release(ioas, MEMBER(7));
	ioas_release(ioas, MEMBER(8));
	ioas_release(ioas, MEMBER(8));
	assert_int_equal(fake_leaks(NULL), left);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0xfee00000, PAGE), 0);
	/* The attach does not bind a held device again. */
	assert_int_equal(ioas_survey(ioas, MEMBER(8), &info, &viable), 0);
	ioas_info_free(&info);
	calls = fake_calls();
	attach_group(ioas, 8);
	if (backend == IOAS_BACKEND_IOMMUFD)
		assert_int_equal(fake_calls(), calls + 1);
	ioas_release(ioas, MEMBER(8));
	assert_int_equal(ioas_n_attached(ioas), 2);
	/* The limits of an attached member are those of the address space. */
	assert_int_equal(ioas_survey(ioas, MEMBER(8), &info, &viable), 0);
	assert_int_equal(info.n_ranges, 3);
	ioas_info_free(&info);
	ioas_detach(ioas, MEMBER(8));
	ioas_detach(ioas, MEMBER(7));
	/* The close of the space releases a held device. */
	assert_int_equal(ioas_survey(ioas, MEMBER(8), &info, &viable), 0);
	ioas_info_free(&info);
	ioas_close(ioas);
}

static int
newcomer(struct ioas *ioas, int group, struct ioas_kept *why)
{
	struct ioas_info info;
	bool viable;
	int ret = ioas_survey(ioas, MEMBER(group), &info, &viable);

	assert_int_equal(ret, 0);
	ret = ioas_keep_test(ioas, &info, why);
	ioas_info_free(&info);
	return ret;
}

/* A later member is rejected if, and only if, its limits conflict with a kept range. */
static void
test_keep(void **state)
{
	static const struct iova_range lists[] = {
		{ 0x10000000, 0x1fffffff }, { 0x7000000, 0x8ffffff },
		{ UINT64_C(1) << 47, (UINT64_C(1) << 49) - 1 },
	};
	/* Two adjacent ranges, the upper one first. */
	struct iova_range halves[] = { { 0x18000000, UINT64_MAX }, { 0, 0x17ffffff } };
	const struct ioas_info odd = { .ranges = halves, .n_ranges = 2 };
	struct ioas_kept why;
	struct ioas *ioas = open_space();
	bool viable;

	fake_range(add_group(7), 0x8000000, 0x80fffff);
	fake_range(add_group(8), 0x8000000, 0x80fffff);
	fake_range(add_group(9), 0x18000000, 0x18000fff);
	fake_range(add_group(10), 0x20000000, 0x2fffffff);
	add_group(11)->aperture.last = (UINT64_C(1) << 39) - 1;
	attach_group(ioas, 7);
	assert_int_equal(newcomer(ioas, 9, &why), 0);
	assert_int_equal(ioas_keep(ioas, lists, 3), 0);
	assert_int_equal(ioas_keep_test(ioas, &odd, &why), 0);
	halves[0].first = 0x18001000;
	assert_int_equal(ioas_keep_test(ioas, &odd, &why), -ERANGE);
	assert_true(why.lost.first == 0x18000000 && why.lost.last == 0x18000fff);
	/* These have the same hole as group 7, or one outside of the kept ranges. */
	assert_int_equal(newcomer(ioas, 8, &why), 0);
	attach_group(ioas, 8);
	assert_int_equal(newcomer(ioas, 10, &why), 0);
	attach_group(ioas, 10);
	assert_int_equal(newcomer(ioas, 9, &why), -ERANGE);
	assert_int_equal(why.range.first, 0x10000000);
	assert_true(why.lost.first == 0x18000000 && why.lost.last == 0x18000fff);
	assert_int_equal(newcomer(ioas, 11, &why), -ERANGE);
	assert_true(why.range.first == UINT64_C(1) << 47 &&
		why.range.last == (UINT64_C(1) << 48) - 1);
	assert_true(why.lost.first == why.range.first && why.lost.last == why.range.last);
	/* The kernel of iommufd enforces it. With several legs the product checks a new leg. */
	assert_int_equal(ioas_attach(ioas, MEMBER(9), &viable),
			per_group ? -ERANGE : BY_KERNEL(0, -EADDRINUSE));
	if (BY_KERNEL(!per_group, false))
		ioas_detach(ioas, MEMBER(9));
	/* Kept ranges prevent no map. */
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x30000000, PAGE, NULL), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000000, PAGE, NULL), 0);
	/* A new list replaces the old one. */
	assert_int_equal(ioas_keep(ioas, lists + 1, 1), 0);
	assert_int_equal(newcomer(ioas, 9, &why), 0);
	attach_group(ioas, 9);
	/* The last detach drops the list. */
	ioas_detach(ioas, MEMBER(9));
	ioas_detach(ioas, MEMBER(10));
	ioas_detach(ioas, MEMBER(8));
	ioas_detach(ioas, MEMBER(7));
	fake_range(add_group(12), 0x7000000, 0x7ffffff);
	assert_int_equal(newcomer(ioas, 12, &why), 0);
	attach_group(ioas, 12);
	ioas_close(ioas);
}

/* The kernel pins memory at the first attach, which then returns the errors. */
static void
test_before_attach(void **state)
{
	struct ioas *ioas = open_space();
	bool viable;

	if (BY_KERNEL(true, false)) {
		assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000, PAGE, NULL), -EINVAL);
		ioas_close(ioas);
		return;
	}
	add_group(7);
	fake.memlock = PAGE;
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000, 2 * PAGE, NULL), 0);
	assert_int_equal(ioas_attach(ioas, MEMBER(7), &viable), -ENOMEM);
	fake.memlock = UINT64_MAX;
	fake.hollow = RANGE(PAGE, PAGE);
	assert_int_equal(ioas_attach(ioas, MEMBER(7), &viable), -EFAULT);
	assert_int_equal(ioas_n_attached(ioas), 0);
	fake.hollow = RANGE(1, 0);
	attach_group(ioas, 7);
	expect_same(ioas);
	ioas_close(ioas);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_attach_errors),
		machine_test(test_attach_conflict),
		machine_test(test_counting),
		machine_test(test_survey),
		machine_test(test_keep),
		machine_test(test_before_attach),
	};

	return RUN_ON_BACKENDS("ioas_attach", tests);
}
