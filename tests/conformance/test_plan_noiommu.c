/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The survey of a device without an IOMMU, with backend=noiommu.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "machine.h"
#include "surveyed.h"
#include "tree.h"

#define MODE "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

/* The NIC is in a no-IOMMU group. */
static int
setup(void **state)
{
	backend = IOAS_BACKEND_NOIOMMU;
	if (tree_machine_setup(state) != 0)
		return -1;
	tree_text(*state, "/sys/kernel/iommu_groups/2/name", "vfio-noiommu\n");
	machine_no_cdev(*state, NIC);
	machine_unlink(*state, NIC, "iommu");
	machine_regions(*state, "");
	machine_group->noiommu = true;
	return 0;
}

static void
test_good(void **state)
{
	assert_int_equal(survey(*state, NIC), 0);
	assert_int_equal(pd.backend, IOAS_BACKEND_NOIOMMU);
	assert_string_equal(pd.backend_why, "backend=noiommu");
	assert_int_equal(pd.info.n_ranges, 0);
	assert_int_equal(pd.msi, PLAN_MSI_CLEAR);
	plan_device_free(&pd);
}

/* What the process, the kernel or the node lacks. */
static void
test_refused(void **state)
{
	fake.no_rawio = true;
	FAILS(-EPERM, "refuses /dev/vfio/noiommu-2", "CAP_SYS_RAWIO", "CAP_SYS_ADMIN");
	fake.no_rawio = false;
	machine_group->denied = true;
	FAILS(-EACCES, "no permission to open /dev/vfio/noiommu-2", "not enough");
	machine_group->denied = false;
	fake.noiommu_off = true;
	FAILS(-ENOTSUP, "no-IOMMU mode is off", "echo 1 > " MODE);
	lacks("descriptors");
	fake.noiommu_off = false;
	machine_holder(*state, TREE_PID, "dpdk-testpmd", "/dev/vfio/noiommu-2");
	machine_group->held = true;
	FAILS(-EBUSY, "/dev/vfio/noiommu-2 is held by process " TREE_PID_TEXT " (dpdk-testpmd)");
}

/* Each error of the kernel is reported, and nothing remains. */
static void
test_each_call_fails(void **state)
{
	unsigned int n, length;

	assert_int_equal(survey(*state, NIC), 0);
	plan_device_free(&pd);
	length = fake_calls();
	for (n = 1; n <= length; n++) {
		fake_fail_nth(n, EIO);
		if (survey(*state, NIC) == 0 && fake_failed() != NULL &&
				strcmp(fake_failed(), "vfio_uapi_group_unset_container") != 0)
			fail_msg("%s failed, and nothing is reported", fake_failed());
		plan_device_free(&pd);
		assert_int_equal(fake_leaks(stderr), 0);
	}
}

/* No group: what makes it appear depends on the mode. */
static void
test_no_group(void **state)
{
	machine_unlink(*state, NIC, "driver");
	machine_unlink(*state, NIC, "iommu_group");
	FAILS(-ENOTSUP, "load vfio with its no-IOMMU mode", "; also: is bound to no driver");
	tree_text(*state, "/sys/module/vfio/uevent", "");
	FAILS(-ENOTSUP, "CONFIG_VFIO_NOIOMMU");
	tree_text(*state, MODE, "N\n");
	FAILS(-ENOTSUP, "mode is off; switch it on, then bind", "echo 1 > " MODE);
	tree_text(*state, MODE, "Y\n");
	FAILS(-ENXIO, "is bound to no driver; bind it with");
	lacks("also");
	machine_device(*state, NIC, NIC_GROUP, "vfio-pci");
	machine_unlink(*state, NIC, "iommu_group");
	FAILS(-ENOTSUP, "mode is on; bind it again: dpdk-devbind.py -u " NIC ", then " REBIND(NIC));
	tree_text(*state, "/sys/bus/pci/devices/" NIC "/class", "0x00ff00\n");
	FAILS(-ENOTSUP, "mode is on; bind it again: " SYSFS_REBIND(NIC));
}

static void
test_has_iommu(void **state)
{
	tree_text(*state, "/sys/kernel/iommu_groups/2/name", "\n");
	machine_regions(*state, SW_MSI_LINE);
	FAILS(-EINVAL, "has an IOMMU", "drop the key");
	lacks("also");
}

#define NOIOMMU_TEST(t) cmocka_unit_test_setup_teardown(t, setup, tree_machine_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NOIOMMU_TEST(test_good),
		NOIOMMU_TEST(test_refused),
		NOIOMMU_TEST(test_each_call_fails),
		NOIOMMU_TEST(test_no_group),
		NOIOMMU_TEST(test_has_iommu),
	};

	return cmocka_run_group_tests_name("plan_noiommu", tests, NULL, NULL);
}
