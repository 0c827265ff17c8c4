/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The judgement of doctor: a healthy machine has no finding, and each change of it has
 * exactly the finding that belongs to it.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor_check.h"

static void
test_healthy(void **state)
{
	(void)state;
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 0);
	assert_int_equal(doctor_worst(&found), DOCTOR_NOTE);
}

static void
test_machine(void **state)
{
	(void)state;
	facts.machine.iommu = DOCTOR_NO;
	expect_only(DOCTOR_IOMMU_OFF, "", "no IOMMU", "intel_iommu=on");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.off = (struct topo_off){ TOPO_OFF_WORD, "iommu=off", "", true };
	expect_only(DOCTOR_IOMMU_OFF, "", "no IOMMU group: the kernel command line has iommu=off",
		"replace this word by intel_iommu=on");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.off.why = TOPO_OFF_GUEST;
	expect_only(DOCTOR_IOMMU_OFF, "", "this is a guest", "noiommu.rst; this kernel has VFIO's no-IOMMU mode");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.off.why = TOPO_OFF_GUEST;
	facts.vfio.noiommu = DOCTOR_UNKNOWN;
	facts.vfio.noiommu_lacking = true;
	expect_only(DOCTOR_IOMMU_OFF, "", "this is a guest", "; this kernel lacks VFIO's no-IOMMU mode");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.arch = TOPO_ARCH_POWER;
	facts.machine.off_word = true;
	expect_only(DOCTOR_IOMMU_OFF, "", "no IOMMU", "has iommu=off: remove this word");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.arch = TOPO_ARCH_ARM;
	expect_only(DOCTOR_IOMMU_OFF, "", "no IOMMU", "SMMU");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.arch = TOPO_ARCH_UNKNOWN;
	expect_only(DOCTOR_IOMMU_OFF, "", "no IOMMU", "firmware");
	facts.machine.version = 5010;
	expect_only(DOCTOR_KERNEL_OLD, "", "older than 6.1", "later kernel");
	facts.machine.acs_override = true;
	expect_only(DOCTOR_ACS_OVERRIDE, "", "pcie_acs_override", "remove this word");
	facts.machine.iommu_bits = 39;
	expect_only(DOCTOR_IOMMU_NARROW, "", "39 bits", "");
	facts.machine.cpu_bits = 57;
	expect_only(DOCTOR_LA57, "", "57 bits (LA57), an IOMMU of 48 bits", "");
	snprintf(facts.machine.container, sizeof(facts.machine.container), "docker");
	expect_only(DOCTOR_CONTAINER, "", "container (docker)", "on the host");
	facts.machine.user_namespace = true;
	expect_only(DOCTOR_USER_NAMESPACE, "", "user namespace", "limit of locked memory");
}

static void
test_remapping(void **state)
{
	(void)state;
	facts.machine.remap = DOCTOR_NO;
	expect_only(DOCTOR_INTERRUPTS_UNISOLATED, "", "not remapped: /proc/interrupts has none", "on in the firmware");
	facts.machine.remap = DOCTOR_NO;
	snprintf(facts.machine.remap_word, sizeof(facts.machine.remap_word), "intremap=off");
	expect_only(DOCTOR_INTERRUPTS_UNISOLATED, "", "command line has intremap=off", "remove this word");
	facts.machine.remap = DOCTOR_NO;
	facts.machine.remap_foreign = true;
	snprintf(facts.machine.remap_why, sizeof(facts.machine.remap_why), "no IOMMU here");
	expect_only(DOCTOR_INTERRUPTS_UNISOLATED, "", "not remapped: no IOMMU here", "give this guest, on its host,");
	facts.machine.remap = DOCTOR_UNKNOWN;
	expect_nothing();
	/* The parameter is the finding then. */
	facts.machine.remap = DOCTOR_NO;
	facts.vfio.unsafe_type1 = DOCTOR_YES;
	expect_only(DOCTOR_UNSAFE_INTERRUPTS, "", "vfio_iommu_type1.allow_", "modprobe.d");
	facts.machine.remap = DOCTOR_NO;
	facts.vfio.unsafe_iommufd = DOCTOR_YES;
	expect_only(DOCTOR_UNSAFE_INTERRUPTS, "", "iommufd.allow_", "modprobe.d");
	/* The kernel gave a device. */
	facts.machine.remap = DOCTOR_NO;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "INTx", .raised = true };
	expect_only(DOCTOR_TRY_GOOD, BDF, "INTx", "");
}

static void
test_vfio(void **state)
{
	(void)state;
	facts.vfio.driver = DOCTOR_NO;
	device.plan.topo.driver[0] = '\0';
	expect_only(DOCTOR_VFIO_DRIVER, "", "not loaded", "modprobe vfio-pci");
	facts.vfio.container = facts.vfio.iommufd = DOCTOR_NO;
	expect_only(DOCTOR_VFIO_NODE, "", "neither /dev/vfio/vfio nor /dev/iommu", "modprobe vfio-pci");
	/* Another type of IOMMU. */
	facts.vfio.container = facts.vfio.iommufd = DOCTOR_NO;
	facts.machine.arch = TOPO_ARCH_POWER;
	expect_only(DOCTOR_VFIO_NODE, "", "neither /dev/vfio/vfio nor /dev/iommu", "modprobe vfio_iommu_spapr_tce");
	facts.vfio.container = DOCTOR_NO;
	expect_nothing();
	facts.vfio.compat = DOCTOR_YES;
	expect_only(DOCTOR_VFIO_COMPAT, "", "is an iommufd", "");
	facts.vfio.noiommu = DOCTOR_YES;
	expect_only(DOCTOR_NOIOMMU_MODE, "", "no-IOMMU mode is on", "backend=noiommu: echo N >");
	facts.vfio.unsafe_type1 = DOCTOR_YES;
	expect_only(DOCTOR_UNSAFE_INTERRUPTS, "", "vfio_iommu_type1.allow_", "modprobe.d");
	facts.vfio.unsafe_iommufd = DOCTOR_YES;
	expect_only(DOCTOR_UNSAFE_INTERRUPTS, "", "iommufd.allow_", "modprobe.d");
	facts.vfio.entry_limit = 1000;
	expect_only(DOCTOR_ENTRY_LIMIT, "", "1024 hugepages, and type1 allows 1000", "echo 1152 >");
}

static void
test_user(void **state)
{
	(void)state;
	facts.user.memlock = 8 << 20;
	expect_only(DOCTOR_MEMLOCK_SMALL, "", "this shell may lock 8192 KiB", "ulimit -S -l 2097152, which lasts as long as this shell");
	facts.user.memlock = GIB;
	expect_only(DOCTOR_MEMLOCK_SHORT, "", "may lock 1024 MiB of memory, and there are 2048 MiB",
		"ulimit -S -l 2097152, which lasts as long as this shell");
	facts.user.memlock = 0;
	facts.user.locks_all = true;
	expect_nothing();
	snprintf(facts.user.unit, sizeof(facts.user.unit), "fast.service");
	facts.user.unit_found = DOCTOR_YES;
	facts.user.memlock = 8 << 20;
	expect_only(DOCTOR_MEMLOCK_SMALL, "", "the unit fast.service may lock", "LimitMEMLOCK=2097152K");
	snprintf(facts.user.unit, sizeof(facts.user.unit), "no.service");
	facts.user.unit_found = DOCTOR_NO;
	expect_only(DOCTOR_UNIT_UNKNOWN, "", "has no unit no.service", "systemctl status no.service");
	snprintf(facts.user.unit, sizeof(facts.user.unit), "no.service");
	facts.user.unit_found = DOCTOR_UNKNOWN;
	expect_only(DOCTOR_UNIT_UNKNOWN, "", "systemd can't be asked about the unit no.service", "systemctl");
	snprintf(facts.user.unit, sizeof(facts.user.unit), "fast.service");
	facts.user.unit_found = DOCTOR_YES;
	snprintf(facts.user.unit_hides, sizeof(facts.user.unit_hides), "PrivateDevices=yes");
	expect_only(DOCTOR_UNIT_DEVICES, "", "PrivateDevices=yes, which keeps it from device nodes",
		"mkdir -p '/etc/systemd/system/fast.service.d' && { echo '[Service]'; echo PrivateDevices=no; echo DeviceAllow=/dev/vfio/vfio rw;");
}

static void
test_dpdk(void **state)
{
	(void)state;
	facts.dpdk.installed = DOCTOR_NO;
	expect_only(DOCTOR_PLUGIN_MISSING, "", "/lib/x.so does not exist", "install");
	snprintf(facts.dpdk.broken, sizeof(facts.dpdk.broken), "librte_x.so.1: cannot open");
	expect_only(DOCTOR_PLUGIN_BROKEN, "", "/lib/x.so can't be loaded: librte_x.so.1: cannot open", "install the bus for this DPDK again");
	snprintf(facts.dpdk.other, sizeof(facts.dpdk.other), "/lib/librte_eal.so.26.0");
	expect_only(DOCTOR_DPDK_OTHER, "", "/lib/librte_eal.so.26.0 is another DPDK", "if the application uses it");
	snprintf(facts.dpdk.version, sizeof(facts.dpdk.version), "DPDK 26.07.0");
	expect_only(DOCTOR_DPDK_UNTRIED, "", "DPDK 26.07.0", "");
	snprintf(facts.dpdk.version, sizeof(facts.dpdk.version), "DPDK 25.12.0-rc1");
	expect_only(DOCTOR_DPDK_UNTRIED, "", "DPDK 25.12.0-rc1", "");
	snprintf(facts.dpdk.version, sizeof(facts.dpdk.version), "DPDK 21.11.0");
	expect_only(DOCTOR_DPDK_UNTRIED, "", "DPDK 21.11.0", "");
	snprintf(facts.dpdk.version, sizeof(facts.dpdk.version), "2x");
	expect_only(DOCTOR_DPDK_UNTRIED, "", "this is 2x", "");
	snprintf(facts.dpdk.version, sizeof(facts.dpdk.version), "DPDK 23.11.2");
	expect_only(DOCTOR_DPDK_BETWEEN, "", "DPDK 23.11.2", "");
	snprintf(facts.dpdk.version, sizeof(facts.dpdk.version), "DPDK 22.11.11");
	expect_nothing();
	facts.dpdk.version[0] = '\0';
	expect_nothing();
}

static void
reason(enum plan_doubt doubt, int error, const char *text)
{
	plan_reason_add(&device.plan.reasons, PLAN_REASON_PLATFORM, doubt, error, "%s", text);
	device.used = false;
}

static void
test_devices(void **state)
{
	(void)state;
	facts.n = 0;
	/* dpdk-devbind.py does not know every device. */
	expect_only(DOCTOR_DEVICE_NONE, "", "no device is bound",
		"choose one that this machine does not need, and bind it with the command that this prints for it: dpdk-test-msi list");
	reason(PLAN_CERTAIN, -ENXIO, "is bound to x; its interface is up: if nothing needs that, rebind it");
	expect_only(DOCTOR_DEVICE_UNUSABLE, BDF, "is bound to x",
		"its interface is up: if nothing needs that, rebind it");
	device.used = false;
	snprintf(device.why, sizeof(device.why), "it conflicts");
	expect_only(DOCTOR_DEVICE_UNUSABLE, BDF, "it conflicts", "");
	reason(PLAN_DOUBTFUL, -EINVAL, "firmware asks for a 1:1 mapping; put it elsewhere");
	expect_only(DOCTOR_DEVICE_DOUBTFUL, BDF, "1:1 mapping", "put it elsewhere");
	reason(PLAN_EXPECTED, -EPERM, "group 7 is not viable; bind its member");
	expect_only(DOCTOR_DEVICE_UNUSABLE, BDF, "not viable", "bind its member");
	reason(PLAN_CERTAIN, -EBUSY, "is held by process 1 (x); stop it");
	expect_only(DOCTOR_DEVICE_HELD, BDF, "is held by process 1 (x)", "stop it");
	reason(PLAN_CERTAIN, -ENODATA, "was not asked; name the device");
	expect_only(DOCTOR_DEVICE_UNASKED, BDF, "was not asked", "name the device");
	facts.n_odd = 1;
	expect_only(DOCTOR_DEVICE_UNREAD, "0000:02:00.0", "can't be used: odd", "compare it");
	snprintf(device.plan.bridge_via, sizeof(device.plan.bridge_via), "0000:00:0e.0");
	expect_only(DOCTOR_DEVICE_VMD, BDF, "behind VMD 0000:00:0e.0", "");
	snprintf(device.plan.alias_why, sizeof(device.plan.alias_why), "shares its ID; give both");
	expect_only(DOCTOR_DEVICE_ALIAS, BDF, "shares its ID", "give both");
	device.plan.bridge.in[HOLES_IN_IOMEM].sight = HOLES_DENIED;
	expect_only(DOCTOR_WINDOWS_UNREAD, BDF, "/proc/iomem", "as root");
	device.plan.bridge.in[HOLES_IN_ROWS].odd = 3;
	expect_only(DOCTOR_WINDOWS_UNREAD, BDF, "3 lines or entries", "hole=FIRST-LAST");
	snprintf(device.plan.msi_why, sizeof(device.plan.msi_why), "the reason");
	device.plan.msi = PLAN_MSI_LOST;
	expect_only(DOCTOR_MSI_LOST, BDF, "MSI can't arrive: ", "msi=off");
	device.plan.msi = PLAN_MSI_LIKELY_LOST;
	expect_only(DOCTOR_MSI_LIKELY_LOST, BDF, "MSI may not arrive: ", "dpdk-test-msi irq vfio_msi:" BDF);
	device.plan.msi = PLAN_MSI_UNSURE;
	expect_only(DOCTOR_MSI_UNSURE, BDF, "not known whether MSI arrives: ", "dpdk-test-msi irq");
}

/* What a trial shows replaces what is predicted. */
static void
test_trial(void **state)
{
	(void)state;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_LATER, .why = "is held by process 1 (x)" };
	expect_only(DOCTOR_TRY_SKIPPED, BDF, "were not tried: is held by process 1 (x)", "");
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_REFUSED, .why = "set-up failed: x; see dmesg" };
	expect_only(DOCTOR_TRY_REFUSED, BDF, "set-up failed: x", "see dmesg");
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_SET_UP, .kind = "MSI-X", .why = "MSI-X: lost; x" };
	expect_only(DOCTOR_TRY_LOST, BDF, "MSI-X: lost; x", "dpdk-test-msi irq vfio_msi:" BDF);
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .why = "no interrupts" };
	expect_only(DOCTOR_TRY_FEWER, BDF, "no interrupts", "");
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "MSI-X", .raised = true };
	expect_only(DOCTOR_TRY_GOOD, BDF, "MSI-X: interrupts that the device raised arrived", "");
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "MSI" };
	expect_only(DOCTOR_TRY_GOOD, BDF, "MSI: interrupts that the kernel raised arrived", "");
	/* A prediction that the device itself has refuted. */
	device.plan.msi = PLAN_MSI_LIKELY_LOST;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "MSI-X", .raised = true };
	reason(PLAN_DOUBTFUL, -EINVAL, "firmware asks for a 1:1 mapping; put it elsewhere");
	reason(PLAN_EXPECTED, -EPERM, "group 7 is not viable; bind its member");
	expect_only(DOCTOR_TRY_GOOD, BDF, "the device raised", "");
	/* The kernel's do not pass the IOMMU. */
	device.plan.msi = PLAN_MSI_LIKELY_LOST;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "MSI-X" };
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].id, DOCTOR_MSI_LIKELY_LOST);
	doctor_findings_free(&found);
	/* INTx works where MSI does not. */
	device.plan.msi = PLAN_MSI_CLEAR;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "INTx", .raised = true, .fewer = true,
		.why = "MSI-X: set-up failed: x; y" };
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].id, DOCTOR_TRY_FEWER);
	assert_string_equal(found.v[0].what, "MSI-X: set-up failed: x");
	assert_string_equal(found.v[0].cure, "y");
	assert_int_equal(found.v[1].id, DOCTOR_TRY_GOOD);
}

static void
test_layout(void **state)
{
	const struct iova_range one = { 0, 0xfff };
	const struct iova_hole hole = { one, IOVA_ORIGIN_USER, IOVA_HARD, IOVA_BY_NOBODY, "", "x" };

	(void)state;
	assert_int_equal(iova_layout_allow(facts.layout, &one, 1, "x", NULL), 0);
	assert_int_equal(iova_layout_add_hole(facts.layout, &hole, NULL), 0);
	expect_only(DOCTOR_LAYOUT_NONE, "", "no I/O virtual address remains", "fewer devices");
	facts.assumed_bits = 48;
	expect_only(DOCTOR_LIMITS_ASSUMED, "", "48 bits", "while no application uses the devices");
	facts.assumed_bits = 48;
	facts.asked = 1;
	expect_only(DOCTOR_LIMITS_ASSUMED, "", "IOMMUs of devices that were not tried are assumed", "dpdk-test-msi layout");
	facts.assumed_bits = 60;
	facts.assumed_first = UINT64_C(1) << 59;
	expect_only(DOCTOR_LIMITS_ASSUMED, "", "assumed to begin at IOVA 0x800000000000000", "while no application uses the devices");
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_SHORT };
	expect_only(DOCTOR_EAL_SHORT, "", "as large as", "fewer devices");
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_WHOLE, .moved = true };
	expect_only(DOCTOR_EAL_MOVED, "", "steers", "");
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_BAD, .shortage = VA_SHORT_OF_PAGES };
	expect_only(DOCTOR_EAL_BAD, "", "each page size and NUMA node", "one hugepage size");
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_BAD, .shortage = VA_SHORT_OF_NODES };
	expect_only(DOCTOR_EAL_BAD, "", "memory of each NUMA node", "fewer NUMA nodes, or run the application as root");
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_BAD, .shortage = VA_SHORT_OF_APERTURE };
	expect_only(DOCTOR_EAL_BAD, "", "the IOMMU translates no address between 4 GiB", "run the application as root");
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_BAD };
	expect_only(DOCTOR_EAL_BAD, "", "no free address above 4 GiB", "fewer devices or holes to one process, or run the application as root");
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_BAD, .assign = VA_ASSIGN_POSSIBLE };
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 0);
}

/* Runs last: nothing is in the table that no test has found. */
static void
test_all_seen(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < DOCTOR_KINDS; i++) {
		assert_non_null(doctor_kinds[i].name);
		if (!seen[i])
			fail_msg("no test finds %s", doctor_kinds[i].name);
		for (j = 0; j < i; j++)
			assert_string_not_equal(doctor_kinds[i].name, doctor_kinds[j].name);
	}
}

static void
test_order(void **state)
{
	(void)state;
	doctor_add(&found, DOCTOR_CONTAINER, NULL, "1");
	doctor_add(&found, DOCTOR_MEMLOCK_SHORT, NULL, "2");
	doctor_add(&found, DOCTOR_DEVICE_UNUSABLE, "b", "3");
	doctor_add(&found, DOCTOR_DEVICE_UNUSABLE, "a", "4");
	doctor_add(&found, DOCTOR_IOMMU_OFF, NULL, "5");
	doctor_sort(&found);
	assert_string_equal(found.v[0].what, "5");
	assert_string_equal(found.v[1].what, "3");
	assert_string_equal(found.v[2].what, "4");
	assert_string_equal(found.v[3].what, "2");
	assert_string_equal(found.v[4].what, "1");
}

/* Reasons of a device stay in the order in which they are to be solved. */
static void
test_block(void **state)
{
	(void)state;
	facts.machine.version = 5010;
	reason(PLAN_DOUBTFUL, -EINVAL, "firmware asks for a 1:1 mapping; put it elsewhere");
	plan_reason_add(&device.plan.reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENXIO, "is bound to x; rebind it");
	facts.memory.ret = -EACCES;
	snprintf(facts.machine.container, sizeof(facts.machine.container), "docker");
	facts.dpdk.installed = DOCTOR_NO;
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 6);
	assert_int_equal(found.v[0].id, DOCTOR_PLUGIN_MISSING);
	assert_int_equal(found.v[1].id, DOCTOR_DEVICE_DOUBTFUL);
	assert_int_equal(found.v[2].id, DOCTOR_DEVICE_UNUSABLE);
	assert_string_equal(found.v[2].cure, "rebind it");
	assert_int_equal(found.v[3].id, DOCTOR_KERNEL_OLD);
	assert_int_equal(found.v[5].id, DOCTOR_CONTAINER);
	doctor_block(&found, 6);
	assert_int_equal(doctor_worst(&found), DOCTOR_FAULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		T(test_healthy), T(test_machine), T(test_remapping), T(test_vfio), T(test_memory), T(test_mounts), T(test_unused), T(test_left), T(test_limits), T(test_limits_wanted), T(test_limit_of_one), T(test_overcommit), T(test_user),
		T(test_nodes), T(test_nodes_absent), T(test_nodes_passed), T(test_nodes_forbidden), T(test_driver), T(test_on_host), T(test_machine_on_host), T(test_unit_nodes), T(test_unit_mounts), T(test_runtime), T(test_mount_denied), T(test_windows_of_user),
		T(test_token), T(test_msi_off), T(test_holes_given), T(test_holes_too_large), T(test_windows_given),
		T(test_noiommu), T(test_iova_key), T(test_megabytes), T(test_unit_runs), T(test_refused), T(test_obstacle),
		T(test_dpdk),
		T(test_devices), T(test_trial), T(test_layout), T(test_all_seen), T(test_order), T(test_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
