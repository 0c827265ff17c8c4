/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What doctor learns from the nodes that all devices share. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "doctor_live.h"

static int
setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static void
test_open(void **state)
{
	struct doctor_vfio vfio = { .driven = true, .iommufd_driven = true, .container_error = -1, .iommufd_error = -1 };

	(void)state;
	doctor_live_vfio(&vfio);
	assert_int_equal(vfio.container_error, 0);
	assert_int_equal(vfio.iommufd_error, 0);
	assert_int_equal(vfio.compat, DOCTOR_NO);
	fake.compat = true;
	doctor_live_vfio(&vfio);
	assert_int_equal(vfio.compat, DOCTOR_YES);
}

/* The cgroup of a container forbids a node whose mode allows it. */
static void
test_forbidden(void **state)
{
	struct doctor_vfio vfio = { .driven = true, .iommufd_driven = true };

	(void)state;
	fake_fail_nth(1, EPERM);
	doctor_live_vfio(&vfio);
	assert_string_equal(fake_failed(), "vfio_uapi_open");
	assert_int_equal(vfio.container_error, -EPERM);
	assert_int_equal(vfio.iommufd_error, 0);
	assert_int_equal(vfio.compat, DOCTOR_UNKNOWN);
	vfio.driven = false;
	vfio.container_error = 0;
	fake_fail_nth(1, EPERM);
	doctor_live_vfio(&vfio);
	assert_int_equal(vfio.container_error, 0);
	assert_int_equal(vfio.iommufd_error, -EPERM);
}

/* To open a node without a driver would load modules. */
static void
test_not_driven(void **state)
{
	struct doctor_vfio vfio = { 0 };

	(void)state;
	fake_fail_nth(1, EPERM);
	doctor_live_vfio(&vfio);
	assert_null(fake_failed());
	assert_int_equal(vfio.container_error, 0);
	assert_int_equal(vfio.compat, DOCTOR_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_open, setup), cmocka_unit_test_setup(test_forbidden, setup),
		cmocka_unit_test_setup(test_not_driven, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
