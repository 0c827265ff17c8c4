/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Groups that the kernel attaches with their devices, because an iommufd is behind them,
 * as backend or as the container's node. An attach has the same effect as elsewhere: from
 * then on memory is pinned, and memory that can't be translated is rejected.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

#define VA UINT64_C(0x7f0000000000)

static struct ioas *ioas;

/* A member whose device can only be opened by its group. */
static struct ioas_member
grouped(int group)
{
	struct ioas_member m = *MEMBER(group);

	m.cdev = NULL;
	return m;
}

static int
attach(const struct ioas_member *m)
{
	bool viable;

	return ioas_attach(ioas, m, &viable);
}

static int
setup(void **state)
{
	if (machine_setup(state) != 0)
		return -1;
	ioas = open_space();
	fake_range(add_group(7), 0x8000000, 0x80fffff);
	return 0;
}

static int
teardown(void **state)
{
	ioas_close(ioas);
	return machine_teardown(state);
}

static int
map(uint64_t iova, uint64_t size)
{
	return ioas_map(ioas, IOAS_EAL, VA, iova, size, NULL);
}

static void
test_at_once(void **state)
{
	const struct ioas_member m = grouped(7);
	struct ioas_info info;

	assert_int_equal(attach(&m), 0);
	assert_int_equal(ioas_info_get(ioas, &info), 0);
	assert_int_equal(info.n_ranges, 2);
	assert_int_equal(info.ranges[0].last, 0x7ffffff);
	assert_int_equal(info.ranges[1].last, (UINT64_C(1) << 48) - 1);
	ioas_info_free(&info);
	fake.memlock = PAGE;
	assert_int_equal(map(0x10000, 2 * PAGE), -ENOMEM);
	fake.memlock = UINT64_MAX;
	fake.hollow = RANGE(VA, VA + PAGE - 1);
	assert_int_equal(map(0x10000, PAGE), -EFAULT);
	fake.hollow = RANGE(1, 0);
	assert_int_equal(map(0x8000000, PAGE), -EINVAL);
	assert_int_equal(map(UINT64_C(1) << 48, PAGE), -EINVAL);
	assert_int_equal(map(0x10000, PAGE), 0);
	expect_same(ioas);
	ioas_detach(ioas, &m);
	expect_same(ioas);
}

/* The survey reports what the attach will enforce, and leaves nothing open. */
static void
test_survey(void **state)
{
	const struct ioas_member m = grouped(7);
	unsigned int left = fake_leaks(NULL);
	struct ioas_info info;
	bool viable;

	assert_int_equal(ioas_survey(ioas, &m, &info, &viable), 0);
	assert_int_equal(info.n_ranges, 2);
	assert_int_equal(info.ranges[1].first, 0x8100000);
	ioas_info_free(&info);
	assert_int_equal(fake_leaks(NULL), left);
}

/* The attach rejects a member that conflicts with mappings. */
static void
test_conflict(void **state)
{
	const struct ioas_member m = grouped(7), other = grouped(8);
	unsigned int left;

	add_group(8);
	assert_int_equal(attach(&other), 0);
	assert_int_equal(map(0x8000000, PAGE), 0);
	left = fake_leaks(NULL);
	assert_int_equal(attach(&m), BY_KERNEL(-EINVAL, -EADDRINUSE));
	assert_int_equal(fake_leaks(NULL), left);
	assert_false(ioas_has_group(ioas, 7));
	assert_int_equal(ioas_n_attached(ioas), 1);
	expect_same(ioas);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x8000000, PAGE), 0);
	assert_int_equal(attach(&m), 0);
	assert_int_equal(ioas_n_attached(ioas), 2);
}

/* Each member keeps its own device open while it is attached. */
static void
test_siblings(void **state)
{
	const unsigned int one = BY_KERNEL(0, 1);
	struct ioas_member m = grouped(7), twin = m;
	struct fake_group *g = fake_group_add(9);
	unsigned int left;

	fake_device_add(g, "0000:01:09.0", 1);
	fake_device_add(g, "0000:01:09.1", 1);
	m.group = twin.group = 9;
	m.name = "0000:01:09.0";
	twin.name = "0000:01:09.1";
	assert_int_equal(attach(&m), 0);
	left = fake_leaks(NULL);
	/* With an iommufd each device is open and attached. */
	assert_int_equal(attach(&twin), 0);
	assert_int_equal(attach(&twin), 0);
	assert_int_equal(fake_leaks(NULL), left + 2 * one);
	ioas_detach(ioas, &twin);
	assert_int_equal(fake_leaks(NULL), left + 2 * one);
	ioas_detach(ioas, &m);
	assert_int_equal(fake_leaks(NULL), left);
	assert_int_equal(map(0x10000, PAGE), 0);
	/* The kernel requests the device: the attach and the mapping remain. */
	ioas_surrender(ioas, &twin);
	ioas_surrender(ioas, &twin);
	assert_int_equal(fake_leaks(NULL), left + 1 - 2 * one);
	assert_true(ioas_has_group(ioas, 9));
	expect_same(ioas);
	ioas_detach(ioas, &twin);
	assert_false(ioas_has_group(ioas, 9));
	expect_same(ioas);
}

/* An attach can fail at each call. It leaves nothing behind and can be repeated. */
static void
test_each_call_fails(void **state)
{
	const struct ioas_member m = grouped(7);
	unsigned int left = fake_leaks(NULL), n, calls;
	struct ioas_member foreign = m;

	/* The first attach makes more calls, so do not count those. */
	assert_int_equal(attach(&m), 0);
	ioas_detach(ioas, &m);
	calls = fake_calls();
	assert_int_equal(attach(&m), 0);
	calls = fake_calls() - calls;
	ioas_detach(ioas, &m);
	for (n = 1; n <= calls; n++) {
		fake_fail_nth(n, EIO);
		assert_int_equal(attach(&m), -EIO);
		assert_int_equal(ioas_n_attached(ioas), 0);
		assert_int_equal(fake_leaks(NULL), left);
	}
	fake_fail_nth(0, 0);
	/* A group that EAL opened remains open, without a container. */
	foreign.group_fd = vfio_uapi_open("/dev/vfio/7");
	fake_fail_nth(calls - 1, EIO);
	assert_int_equal(attach(&foreign), -EIO);
	assert_int_equal(fake_leaks(NULL), left + 1);
	assert_int_equal(attach(&foreign), 0);
	fake.memlock = 0;
	assert_int_equal(map(0x10000, PAGE), -ENOMEM);
	ioas_detach(ioas, &foreign);
	vfio_uapi_close(foreign.group_fd);
	assert_int_equal(fake_leaks(NULL), left);
}

/* The node reports whether the limit on locked memory is by user or by process. */
static void
test_memlock(void **state)
{
	struct ioas *second;

	assert_int_equal(ioas_memlock_by_user(ioas), BY_KERNEL(false, true));
	fake.by_process = true;
	second = open_space();
	assert_int_equal(ioas_memlock_by_user(second), BY_BACKEND(false, true));
	ioas_close(second);
}

#define PROBE 4	/* number of the call after the open of the node and its checks */

/* A filter of system calls (seccomp, SELinux) denies a call that only an iommufd has. */
static void
test_denied(void **state)
{
	static const int denied[] = { EPERM, EACCES, EIO }, lacking[] = { EMFILE, ENOMEM };
	struct ioas *second = NULL;
	size_t i;

	if (backend != IOAS_BACKEND_TYPE1)
		return;
	EACH_ROW(i, denied, "%s", strerror(denied[i])) {
		fake_fail_nth(PROBE, denied[i]);
		second = open_space();
		assert_string_equal(fake_failed(), "vfio_uapi_iommufd_rlimit_mode");
		assert_int_equal(ioas_backend_of(second), IOAS_BACKEND_TYPE1);
		ioas_close(second);
	}
	EACH_ROW(i, lacking, "%s", strerror(lacking[i])) {
		fake_fail_nth(PROBE, lacking[i]);
		assert_int_equal(ioas_open(backend, NULL, layout, &second, NULL), -lacking[i]);
	}
	fake_fail_nth(0, 0);
}

int
main(void)
{
#define anchor_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		anchor_test(test_at_once),
		anchor_test(test_survey),
		anchor_test(test_conflict),
		anchor_test(test_siblings),
		anchor_test(test_each_call_fails),
		anchor_test(test_memlock),
		anchor_test(test_denied),
	};

	return RUN_ON_BACKENDS("ioas_anchor", tests);
}
