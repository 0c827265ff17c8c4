/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices that are reset together: which ones, and that the reset succeeds only for a
 * process that has all of them.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

#define NIC "0000:01:07.0"
#define TWIN "0000:01:07.1"	/* in the NIC's group */
#define OTHER "0000:01:08.0"
#define ELSEWHERE "0000:02:00.0"

static struct ioas *ioas;
static int device;

static void
attach(int group)
{
	bool viable;

	assert_int_equal(ioas_attach(ioas, MEMBER(group), &viable), 0);
}

/* Groups 7 (two functions) and 8 are on one bus, group 9 on another. The NIC is open. */
static int
setup(void **state)
{
	struct fake_group *g;

	if (machine_setup(state) != 0)
		return -1;
	g = add_group(7);
	fake_device_add(g, TWIN, 1);
	add_group(8);
	fake_device_add(fake_group_add(9), ELSEWHERE, 1);
	fake_device_no_reset(NIC);
	ioas = open_space();
	attach(7);
	device = ioas_open_device(ioas, MEMBER(7));
	return device < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	vfio_uapi_close(device);
	ioas_close(ioas);
	return machine_teardown(state);
}

/* The kernel lists these three devices. Only the last one may belong to another process. */
static void
expect_set(const struct ioas_reset_set *set, bool other_is_ours)
{
	static const char *const names[] = { NIC, TWIN, OTHER };
	size_t i;

	assert_int_equal(set->n, 3);
	for (i = 0; i < 3; i++) {
		assert_string_equal(set->v[i].name, names[i]);
		assert_int_equal(set->v[i].group, BY_BACKEND(i < 2 ? 7 : 8, -1));
		assert_int_equal(set->v[i].ours, i < 2 || other_is_ours);
	}
}

static void
test_all_ours(void **state)
{
	struct ioas_reset_set set;

	attach(8);
	assert_int_equal(vfio_uapi_reset(device), -EINVAL);
	assert_int_equal(ioas_reset_set_get(ioas, device, 0, &set), 0);
	expect_set(&set, true);
	assert_int_equal(ioas_reset_all(ioas, device, &set), 0);
	assert_int_equal(fake_resets(NIC), 1);
	assert_int_equal(fake_resets(TWIN), 1);
	assert_int_equal(fake_resets(OTHER), 1);
	assert_int_equal(fake_resets(ELSEWHERE), 0);
	/* A device of the list that was detached since then is no longer ours. */
	ioas_detach(ioas, MEMBER(8));
	fake_device_held(OTHER, true);
	assert_int_equal(ioas_reset_all(ioas, device, &set), BY_BACKEND(-EPERM, -EINVAL));
	assert_int_equal(fake_resets(NIC), 1);
	ioas_reset_set_free(&set);
	ioas_reset_set_free(&set);
}

static void
test_not_ours(void **state)
{
	struct ioas_reset_set set;
	unsigned int calls;

	assert_int_equal(ioas_reset_set_get(ioas, device, 0, &set), 0);
	expect_set(&set, false);
	calls = fake_calls();
	assert_int_equal(ioas_reset_all(ioas, device, &set), -EPERM);
	assert_int_equal(fake_calls(), calls);
	assert_int_equal(fake_resets(NIC), 0);
	ioas_reset_set_free(&set);
}

static void
test_impossible(void **state)
{
	struct ioas_reset_set set;

	fake.no_hot_reset = true;
	assert_int_equal(ioas_reset_set_get(ioas, device, 0, &set), -ENODEV);
	assert_null(set.v);
	ioas_reset_set_free(&set);
}

/* More than the first guess has room for. */
static void
test_many(void **state)
{
	struct fake_group *g = fake_group_add(10);
	struct ioas_reset_set set;
	char name[24];
	unsigned int i;

	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "0000:01:10.%u", i);
		fake_device_add(g, name, 1);
	}
	assert_int_equal(ioas_reset_set_get(ioas, device, 0, &set), 0);
	assert_int_equal(set.n, 11);
	assert_string_equal(set.v[10].name, name);
	assert_false(set.v[10].ours);
	ioas_reset_set_free(&set);
}

/* Intel's VMD has domains from 0x10000 on. The kernel reports the low 16 bits. */
static void
test_wide_domain(void **state)
{
#define WIDE "10000:e1:00.0"
#define WIDE_TWIN "10000:e1:00.1"
	struct fake_group *g = fake_group_add(10);
	struct ioas_member m = { .group = 10, .group_fd = -1, .name = WIDE };
	struct ioas_reset_set set;
	bool viable;
	int wide;

	fake_device_add(g, WIDE, 1);
	fake_device_add(g, WIDE_TWIN, 1);
	m.cdev = BY_BACKEND(NULL, fake_cdev(WIDE));
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	wide = ioas_open_device(ioas, &m);
	assert_true(wide >= 0);
	assert_int_equal(ioas_reset_set_get(ioas, wide, 0x10000, &set), 0);
	assert_int_equal(set.n, 2);
	assert_string_equal(set.v[0].name, WIDE);
	assert_string_equal(set.v[1].name, WIDE_TWIN);
	assert_true(set.v[1].ours);
	assert_int_equal(ioas_reset_all(ioas, wide, &set), 0);
	assert_int_equal(fake_resets(WIDE_TWIN), 1);
	assert_int_equal(fake_resets(NIC), 0);
	ioas_reset_set_free(&set);
	/* A segment that is not of this domain is printed as it is. */
	assert_int_equal(ioas_reset_set_get(ioas, wide, 0x20001, &set), 0);
	assert_string_equal(set.v[1].name, "0000:e1:00.1");
	ioas_reset_set_free(&set);
	vfio_uapi_close(wide);
}

static void
test_lies(void **state)
{
	struct ioas_reset_set set;
	enum fake_lie lie;

	EACH_LIE(lie, FAKE_COUNT_ZERO, FAKE_COUNT_OVER + 1) {
		fake.lie = lie;
		assert_int_equal(ioas_reset_set_get(ioas, device, 0, &set), -EBADMSG);
		assert_null(set.v);
	}
	fake.lie = FAKE_TRUTH;
}

static int
get_and_reset(void)
{
	struct ioas_reset_set set;
	int ret = ioas_reset_set_get(ioas, device, 0, &set);

	if (ret == 0)
		ret = ioas_reset_all(ioas, device, &set);
	ioas_reset_set_free(&set);
	return ret;
}

static void
test_each_call_fails(void **state)
{
	static const int errors[] = { EIO, ENOMEM, EBUSY, EPERM, EINVAL, ENODEV };
	unsigned int n, calls;
	size_t i;

	attach(8);
	calls = fake_calls();
	assert_int_equal(get_and_reset(), 0);
	calls = fake_calls() - calls;
	assert_int_equal(calls, 2);
	EACH_ROW(i, errors, "%s", strerror(errors[i]))
		for (n = 1; n <= calls; n++) {
			fake_fail_nth(n, errors[i]);
			assert_int_equal(get_and_reset(), -errors[i]);
		}
	fake_fail_nth(1, ENOSPC);
	assert_int_equal(get_and_reset(), -EBADMSG);
	fake_fail_nth(0, 0);
	assert_int_equal(fake_resets(NIC), 1);
}

/* A group that the caller opened proves ownership, too. */
static void
test_foreign_group(void **state)
{
	struct ioas_member m = *MEMBER(8);
	struct ioas_reset_set set;
	bool viable;

	m.group_fd = vfio_uapi_open("/dev/vfio/8");
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	assert_int_equal(ioas_reset_set_get(ioas, device, 0, &set), 0);
	expect_set(&set, true);
	assert_int_equal(ioas_reset_all(ioas, device, &set), 0);
	assert_int_equal(fake_resets(OTHER), 1);
	ioas_reset_set_free(&set);
	ioas_detach(ioas, &m);
	vfio_uapi_close(m.group_fd);
}

/* Errors of the kernel for a reset without a valid list. */
static void
test_rules(void **state)
{
	const int none = -1, node = vfio_uapi_open(FAKE_NODE);

	assert_int_equal(vfio_uapi_hot_reset(node, NULL, 0), -ENOTTY);
	assert_int_equal(vfio_uapi_hot_reset(device, &none, 1), BY_BACKEND(-EBADF, -EINVAL));
	assert_int_equal(vfio_uapi_hot_reset(device, &node, 1), -EINVAL);
	assert_int_equal(vfio_uapi_hot_reset(device, NULL, 0), BY_BACKEND(-EINVAL, 0));
	fake.no_hot_reset = true;
	assert_int_equal(vfio_uapi_hot_reset(device, BY_BACKEND(&node, NULL), BY_BACKEND(1, 0)),
			-ENODEV);
	vfio_uapi_close(node);
}

int
main(void)
{
#define reset_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		reset_test(test_all_ours),
		reset_test(test_not_ours),
		reset_test(test_impossible),
		reset_test(test_many),
		reset_test(test_wide_domain),
		reset_test(test_lies),
		reset_test(test_each_call_fails),
		reset_test(test_foreign_group),
		reset_test(test_rules),
	};

	return RUN_ON_BACKENDS("ioas_reset", tests);
}
