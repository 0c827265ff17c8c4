/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Surveys that depend on answers of the kernel: who holds a device or a node, which
 * backend is chosen, what an address space requires.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "surveyed.h"
#include "tree.h"

#define NODE BY_BACKEND("/dev/vfio/2", "/dev/vfio/devices/vfio0")

static void
test_attach_failures(void **state)
{
	machine_group->held = true;
	FAILS(-EBUSY, NODE, "another process", "fuser -v ");
	machine_holder(*state, TREE_PID, "testpmd\n", "/dev/vfio/2");
	FAILS(-EBUSY, "/dev/vfio/2", "process " TREE_PID_TEXT " (testpmd)",
			"stop it if you don't need it, or use another device");
	machine_holder(*state, TREE_PID, "testpmd\n", "/dev/null");
	machine_holder(*state, (int)getpid(), "self\n", "/dev/vfio/2");
	FAILS(-EBUSY, "/dev/vfio/2", "this process already", "--no-pci");
	machine_holder(*state, (int)getpid(), "self\n", "/dev/null");
	machine_group->held = false;
	machine_group->denied = true;
	FAILS(-EACCES, BY_BACKEND("no permission", "can't be used: Permission denied"), NODE);
	machine_group->denied = false;
	machine_group->isolated = false;
	FAILS(-EPERM, "group 2", "isolate",
			BY_KERNEL("vfio_iommu_type1.allow_unsafe_interrupts=1",
				"iommufd.allow_unsafe_interrupts=1"));
	lacks("remapping");
	machine_group->isolated = true;
	machine_group->viable = false;
	FAILS(-EPERM, "group 2", BY_BACKEND("not viable", "another process"));
	machine_group->viable = true;
	machine_group->direct = true;
	FAILS(-EINVAL, "group 2", "reserved regions", "dmesg");
	machine_group->direct = false;
	assert_int_equal(survey(*state, NIC), 0);
	plan_device_free(&pd);
}

/* The cure that keeps the isolation comes first, where the IOMMU has interrupt remapping. */
static void
test_remapping(void **state)
{
	static const char *const targets[] = { "../../virtual/iommu/dmar0", "../../virtual/iommu/ivhd1" };
	const char *link = "/sys/bus/pci/devices/" NIC "/iommu";
	unsigned int i;

	machine_group->isolated = false;
	for (i = 0; i < 2; i++) {
		machine_unlink(*state, NIC, "iommu");
		tree_link(*state, link, targets[i]);
		FAILS(-EPERM, "isolate its interrupts, or another process has a device of the group; switch interrupt remapping on in the firmware (VT-d, AMD-Vi) and remove intremap=off",
				"; or, if you trust every device, set the module parameter ");
	}
	/* A guest on x86: no firmware gives this IOMMU interrupt remapping. */
	tree_text(*state, "/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
	machine_unlink(*state, NIC, "iommu");
	tree_link(*state, link, "../../virtio0/iommu/0000:00:0a.0");
	FAILS(-EPERM, "isolate its interrupts, or another process has a device of the group; if you trust every device, set the module parameter ");
	lacks("remapping");
}

/* POWER has no module parameter for those who trust all devices. */
static void
test_power_refuses(void **state)
{
	struct plan_request request = { .root = *state, .backend = backend };
	struct ioas *space = NULL;
	struct ioas_member m;

	if (backend != IOAS_BACKEND_TYPE1 || over_iommufd || per_group)
		return;
	fake.power.on = true;
	topology_parse_bdf(NIC, &request.addr);
	assert_int_equal(plan_survey(&request, &space, &pd, why, sizeof(why)), 0);
	assert_int_equal(pd.backend, IOAS_BACKEND_SPAPR);
	m = plan_member(&pd, NULL);
	assert_int_equal(plan_explain_attach(*state, space, &m, -EPERM, true, why, sizeof(why)),
			-EPERM);
	assert_string_equal(why, "the kernel refuses IOMMU group 2: another process may have a device of the group, or a security policy forbids it; see dmesg");
	plan_device_free(&pd);
	ioas_close(space);
}

/* A process that holds the character device is found, although the kernel returns EINVAL. */
static void
test_held_device(void **state)
{
	if (backend != IOAS_BACKEND_IOMMUFD)
		return;
	fake_device_held(NIC, true);
	FAILS(-EINVAL, "group 2", "dmesg");
	machine_holder(*state, TREE_PID, "testpmd\n", "/dev/vfio/devices/vfio0");
	FAILS(-EBUSY, "/dev/vfio/devices/vfio0", "process " TREE_PID_TEXT " (testpmd)",
			"stop it if you don't need it");
}

static void
test_node_failures(void **state)
{
	bool *missing = BY_BACKEND(&fake.no_node, &fake.no_iommufd);
	bool *denied = BY_BACKEND(&fake.node_denied, &fake.iommufd_denied);
	const char *node = BY_BACKEND("/dev/vfio/vfio", "/dev/iommu");

	*missing = true;
	FAILS(-ENOENT, node, "No such file", BY_BACKEND("modprobe vfio-pci", "CONFIG_IOMMUFD"));
	*missing = false;
	*denied = true;
	FAILS(-EACCES, node, "Permission denied", "access to the node");
	*denied = false;
	fake.lie = BY_KERNEL(FAKE_CAP_CYCLE, FAKE_ALIGN_ODD);
	FAILS(-EBADMSG, "IOVA ranges", "Bad message; see dmesg");
	fake.lie = FAKE_TRUTH;
	if (backend == IOAS_BACKEND_TYPE1) {
		fake.no_type1v2 = true;
		FAILS(-ENOTSUP, "/dev/vfio/vfio", "not supported");
		fake.no_type1v2 = false;
		machine_group->id = 3;
		FAILS(-ENOENT, "/dev/vfio/2", "does not exist here");
	} else {
		fake.no_cdevs = true;
		FAILS(-ENOENT, NODE, "No such file", "CONFIG_VFIO_DEVICE_CDEV");
	}
}

/* The first device chooses for all; the log names a device that asks for another backend. */
static void
test_choice(void **state)
{
	struct plan_request request = { .root = *state };
	struct plan_device second;
	struct ioas *space = NULL;

	if (backend == IOAS_BACKEND_TYPE1)
		fake.no_iommufd = true;
	topology_parse_bdf(NIC, &request.addr);
	assert_int_equal(plan_survey(&request, &space, &pd, why, sizeof(why)), 0);
	assert_int_equal(pd.backend, BACKEND);
	assert_non_null(strstr(pd.backend_why, BY_BACKEND("no iommufd, as /dev/iommu can't be opened",
				"kernel and device support it")));
	assert_false(pd.backend_failed);
	/* iommufd exists, but can't be opened. */
	if (backend == IOAS_BACKEND_TYPE1) {
		ioas_close(space);
		space = NULL;
		plan_device_free(&pd);
		fake.no_iommufd = false;
		fake.iommufd_denied = true;
		assert_int_equal(plan_survey(&request, &space, &pd, why, sizeof(why)), 0);
		assert_non_null(strstr(pd.backend_why, "/dev/iommu can't be opened: Permission"));
		assert_true(pd.backend_failed);
	}
	/* iommufd does not support a device without a character device, so it is not tried. */
	if (backend == IOAS_BACKEND_TYPE1) {
		ioas_close(space);
		space = NULL;
		machine_unlink(*state, NIC, "vfio-dev/vfio0/dev");
		plan_device_free(&pd);
		assert_int_equal(plan_survey(&request, &space, &pd, why, sizeof(why)), 0);
		assert_string_equal(pd.backend_why,
				"no iommufd, as the device has no character device");
		assert_false(pd.backend_failed);
	}
	fake_device_add(fake_group_add(3), SIBLING, 4);
	machine_device(*state, SIBLING, 3, "vfio-pci");
	machine_regions_of(*state, 3, SW_MSI_LINE);
	topology_parse_bdf(SIBLING, &request.addr);
	request.backend = BY_BACKEND(IOAS_BACKEND_IOMMUFD, IOAS_BACKEND_TYPE1);
	assert_int_equal(plan_survey(&request, &space, &second, why, sizeof(why)), -EINVAL);
	plan_device_free(&second);
	assert_non_null(strstr(why, BY_BACKEND("backend=iommufd was requested", "backend=type1 was requested")));
	assert_non_null(strstr(why, BY_BACKEND("chose type1", "chose iommufd")));
	request.backend = IOAS_BACKEND_AUTO;
	assert_int_equal(plan_survey(&request, &space, &second, why, sizeof(why)), 0);
	assert_int_equal(second.backend, BACKEND);
	assert_string_equal(second.backend_why, "");
	plan_device_free(&second);
	plan_device_free(&pd);
	ioas_close(space);
}

/* A later device that can't translate a range that memory may grow into. */
static void
test_kept(void **state)
{
	static const struct iova_range list = { 0x100000000, 0x1ffffffff };
	struct plan_request request = { .root = *state, .backend = backend };
	struct plan_device second;
	struct ioas *space = NULL;
	struct fake_group *g;
	unsigned int left;
	bool viable;
	struct ioas_member m;

	topology_parse_bdf(NIC, &request.addr);
	assert_int_equal(plan_survey(&request, &space, &pd, why, sizeof(why)), 0);
	m = plan_member(&pd, NULL);
	assert_int_equal(ioas_attach(space, &m, &viable), 0);
	assert_int_equal(ioas_keep(space, &list, 1), 0);
	left = fake_leaks(NULL);
	g = fake_group_add(3);
	g->aperture.last = UINT32_MAX;
	fake_device_add(g, SIBLING, 4);
	machine_device(*state, SIBLING, 3, "vfio-pci");
	machine_regions_of(*state, 3, SW_MSI_LINE);
	topology_parse_bdf(SIBLING, &request.addr);
	assert_int_equal(plan_survey(&request, &space, &second, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "aperture lacks 0x100000000-0x1ffffffff of "
				"0x100000000-0x1ffffffff"));
	assert_non_null(strstr(why, "start-up"));
	plan_device_free(&second);
	/* The same for a reserved region of the kernel. */
	g->aperture.last = UINT64_MAX;
	fake_range(g, 0x180000000, 0x18000ffff);
	machine_regions_of(*state, 3, SW_MSI_LINE "0x180000000 0x18000ffff reserved\n");
	assert_int_equal(plan_survey(&request, &space, &second, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "reserved 0x180000000-0x18000ffff overlaps "
				"0x100000000-0x1ffffffff, which EAL's memory may grow into"));
	plan_device_free(&second);
	assert_int_equal(fake_leaks(NULL), left);
	plan_device_free(&pd);
	ioas_close(space);
}

static bool
is_current(const char *root)
{
	struct topo_snapshot snap = { .root = root };
	bool current = plan_is_current(&snap, &pd);

	topology_snapshot_free(&snap);
	return current;
}

/* The character device of a surveyed device goes to another one. */
static void
test_rebound(void **state)
{
	fake_device_add(fake_group_add(3), SIBLING, 4);
	machine_device(*state, SIBLING, 3, "vfio-pci");
	machine_regions_of(*state, 3, SW_MSI_LINE);
	assert_int_equal(survey(*state, NIC), 0);
	assert_true(is_current(*state));
	machine_unbind(*state, SIBLING);
	assert_true(is_current(*state));
	machine_unbind(*state, NIC);
	assert_false(is_current(*state));
	machine_bind(*state, SIBLING, 3);
	machine_bind(*state, NIC, NIC_GROUP);
	assert_string_equal(fake_cdev(SIBLING), pd.cdev);
	assert_false(is_current(*state));
	plan_device_free(&pd);
	assert_int_equal(survey(*state, NIC), 0);
	assert_string_equal(fake_cdev(NIC), pd.cdev);
	assert_true(is_current(*state));
	plan_device_free(&pd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_attach_failures),
		PLAN_TEST(test_remapping),
		PLAN_TEST(test_power_refuses),
		PLAN_TEST(test_held_device),
		PLAN_TEST(test_node_failures),
		PLAN_TEST(test_choice),
		PLAN_TEST(test_kept),
		PLAN_TEST(test_rebound),
	};

	return RUN_ON_BACKENDS("plan_attach", tests);
}
