/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The facts of doctor, read from a tree of files. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor_tree.h"
#include "sysfs/sysfs.h"
#include "va_kernel.h"

#define BASE UINT64_C(0x100000000)	/* EAL's own place */

static void
test_empty(void **state)
{
	read_again(*state, false);
	assert_int_equal(facts.machine.iommu, DOCTOR_UNKNOWN);
	assert_string_equal(facts.machine.kernel, "");
	assert_int_equal(facts.vfio.driver, DOCTOR_NO);
	assert_int_equal(facts.vfio.noiommu, DOCTOR_UNKNOWN);
	assert_int_equal(facts.memory.n_nodes, 0);
	assert_int_equal(facts.memory.mounts, DOCTOR_UNKNOWN);
	read_again(*state, true);
	assert_int_equal(facts.vfio.driver, DOCTOR_UNKNOWN);
	assert_int_equal(facts.vfio.container, DOCTOR_UNKNOWN);
}

static void
test_machine(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/sys/kernel/osrelease", "6.12.3-x\n");
	tree_text(root, "/proc/cpuinfo", "vendor_id\t: GenuineIntel\n"
		"address sizes\t: 52 bits physical, 57 bits virtual\n");
	tree_text(root, "/proc/cmdline", "quiet intel_iommu=off pcie_acs_override=downstream\n");
	tree_text(root, "/sys/bus/pci/devices/x", "");
	read_again(root, false);
	assert_string_equal(facts.machine.kernel, "6.12.3-x");
	assert_int_equal(facts.machine.version, 6012);
	assert_int_equal(facts.machine.arch, TOPO_ARCH_X86);
	assert_int_equal(facts.machine.cpu_bits, 57);
	assert_int_equal(facts.machine.iommu, DOCTOR_NO);
	assert_false(facts.machine.off_word);
	assert_int_equal(facts.machine.off.why, TOPO_OFF_WORD);
	assert_string_equal(facts.machine.off.word, "intel_iommu=off");
	assert_true(facts.machine.acs_override);
	assert_string_equal(facts.machine.container, "");
	assert_false(facts.machine.user_namespace);

	/* A no-IOMMU group is none. */
	tree_text(root, "/sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu, DOCTOR_NO);
	tree_text(root, "/sys/kernel/iommu_groups/1/reserved_regions", "");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu, DOCTOR_YES);
	assert_int_equal(facts.machine.groups, 1);
}

/* What can't be read, or may be hidden, is not absent. */
static void
test_iommu_unknown(void **state)
{
	const char *root = *state;

	tree_text(root, "/sys/bus/pci/devices/x", "");
	tree_text(root, "/run/.containerenv", "");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu, DOCTOR_UNKNOWN);
	tree_text(root, "/sys/kernel/iommu_groups/1/reserved_regions", "");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu, DOCTOR_YES);
}

static void
test_iommu_unread(void **state)
{
	const char *root = *state;

	/* A file in place of a folder: an error, and not -ENOENT. */
	tree_text(root, "/sys/bus/pci/devices/x", "");
	tree_text(root, "/sys/class/iommu", "");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu, DOCTOR_UNKNOWN);
	tree_text(root, "/sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu, DOCTOR_UNKNOWN);
}

static void
test_groups_unread(void **state)
{
	const char *root = *state;

	tree_text(root, "/sys/bus/pci/devices/x", "");
	tree_text(root, "/sys/kernel/iommu_groups", "");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu, DOCTOR_UNKNOWN);
}

static void
test_intel_bits(void **state)
{
	const char *root = *state;

	/* MGAW 48; 3 and 4 levels. */
	tree_text(root, "/sys/class/iommu/dmar0/intel-iommu/cap", "d2008c40660462\n");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu_bits, 39);
	assert_string_equal(facts.machine.iommus, "dmar0");
	tree_text(root, "/sys/class/iommu/dmar0/intel-iommu/cap", "d2008c222f0606\n");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu_bits, 48);
	tree_text(root, "/sys/class/iommu/dmar1/intel-iommu/cap", "nonsense\n");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu_bits, 48);
	assert_string_equal(facts.machine.iommus, "dmar0, dmar1");
	tree_text(root, "/sys/class/iommu/dmar1/intel-iommu/cap", "1c0000c40660462\n");
	read_again(root, false);
	assert_int_equal(facts.machine.iommu_bits, 39);
}

static void
test_container(void **state)
{
	const char *root = *state;

	tree_text(root, "/run/.containerenv", "");
	tree_text(root, "/proc/self/uid_map", "         0          0 4294967295\n");
	read_again(root, false);
	assert_string_equal(facts.machine.container, "podman");
	assert_false(facts.machine.user_namespace);
	tree_text(root, "/.dockerenv", "");
	tree_text(root, "/proc/self/uid_map", "         0     100000      65536\n");
	read_again(root, false);
	assert_string_equal(facts.machine.container, "docker");
	assert_true(facts.machine.user_namespace);
	tree_text(root, "/run/systemd/container", "lxc\n");
	read_again(root, false);
	assert_string_equal(facts.machine.container, "lxc");
}

/* containerd and CRI-O leave no file that names them. */
static void
test_pod(void **state)
{
	const char *root = *state;

	tree_text(root, "/etc/hosts", "127.0.0.1\tlocalhost\n");
	tree_link(root, "/proc/self/ns/pid", "pid:[4026531836]");
	read_again(root, false);
	assert_string_equal(facts.machine.container, "");
	tree_link(root, "/proc/self/ns/pid", "pid:[4026532299]");
	read_again(root, false);
	assert_string_equal(facts.machine.container, "PID namespace");
	tree_text(root, "/etc/hosts", "# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n");
	read_again(root, false);
	assert_string_equal(facts.machine.container, "kubernetes");
}

/* A pod may bring its own hosts, and live among the process IDs of the machine. */
static void
test_pod_secrets(void **state)
{
	const char *root = *state;

	tree_link(root, "/proc/self/ns/pid", "pid:[4026531836]");
	tree_text(root, "/run/secrets/kubernetes.io/serviceaccount/token", "x");
	read_again(root, false);
	assert_string_equal(facts.machine.container, "kubernetes");
}

#define DEVICE "/devices/pci0000:00/0000:01:00.0"

static void
vfio_device(const char *root)
{
	tree_device(root, DEVICE);
	tree_link(root, "/sys" DEVICE "/iommu_group", "../../../kernel/iommu_groups/57");
	tree_link(root, "/sys" DEVICE "/driver", "../../../bus/pci/drivers/vfio-pci");
	tree_text(root, "/sys/kernel/iommu_groups/57/reserved_regions", "");
}

/* Which nodes of devices are missing. */
static void
test_nodes(void **state)
{
	const struct doctor_given given = { .addr = { 0, 1, 0, 0 } };
	const char *root = *state;

	vfio_device(root);
	tree_text(root, "/dev/vfio/vfio", "");
	read_again(root, false);
	assert_int_equal(doctor_devices(root, NULL, 0, NULL, &facts), 0);
	assert_int_equal(facts.n, 1);
	assert_false(facts.named);
	assert_string_equal(facts.v[0].node[0].path, "/dev/vfio/vfio");
	assert_false(facts.v[0].node[0].absent);
	assert_string_equal(facts.v[0].node[1].path, "/dev/vfio/57");
	assert_true(facts.v[0].node[1].absent);
	assert_string_equal(facts.v[0].node[2].path, "");
	tree_text(root, "/dev/vfio/57", "");
	read_again(root, false);
	assert_int_equal(doctor_devices(root, &given, 1, NULL, &facts), 0);
	assert_true(facts.named);
	assert_false(facts.v[0].node[1].absent);
}

static bool
has_finding(enum doctor_id id, const char *cure)
{
	struct doctor_findings found = { 0 };
	bool has = false;
	size_t i;

	doctor_judge(&facts, &found);
	for (i = 0; i < found.n; i++)
		has |= found.v[i].id == id && strstr(found.v[i].cure, cure) != NULL;
	doctor_findings_free(&found);
	return has;
}

/* Where a container hides why there is no IOMMU: the word of another vendor's does nothing. */
static void
test_other_vendor(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/cpuinfo", "vendor_id\t: GenuineIntel\n");
	tree_text(root, "/proc/cmdline", "quiet amd_iommu=off\n");
	tree_text(root, "/sys/bus/pci/devices/x", "");
	read_again(root, false);
	assert_int_equal(facts.machine.off.why, TOPO_OFF_UNKNOWN);
	assert_true(has_finding(DOCTOR_IOMMU_OFF, "intel_iommu=on"));
	assert_false(has_finding(DOCTOR_IOMMU_OFF, "amd_iommu=off"));
	tree_text(root, "/proc/cpuinfo", "cpu\t\t: POWER9 (architected), altivec supported\n");
	tree_text(root, "/proc/cmdline", "quiet iommu=off\n");
	read_again(root, false);
	assert_true(has_finding(DOCTOR_IOMMU_OFF, "has iommu=off: remove"));
}

/* Where the window of the IOMMU is higher than all addresses of a process, they are assigned. */
static void
test_power(void **state)
{
	const struct va_limits limits = VA_DEBIAN_LIMITS;
	const char *root = *state;

	vfio_device(root);
	tree_text(root, "/proc/self/maps", "10000000-10001000 r-xp 00000000 00:00 0\n"
		"7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n");
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n");
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "8\n");
	tree_text(root, "/proc/self/mounts", "hugetlbfs /dev/hugepages hugetlbfs rw,pagesize=2M 0 0\n");
	tree_text(root, "/proc/cpuinfo", "cpu\t\t: POWER9 (architected), altivec supported\n");
	read_again(root, false);
	assert_int_equal(doctor_devices(root, NULL, 0, NULL, &facts), 0);
	assert_true(facts.v[0].used);
	assert_int_equal(facts.assumed_first, UINT64_C(1) << 59);
	assert_int_equal(doctor_eal_place(root, BASE, &limits, VA_ASSIGN_UNPRIVILEGED, &facts), 0);
	assert_int_equal(facts.eal.quality, VA_BAD);
	assert_int_equal(facts.eal.shortage, VA_SHORT_OF_APERTURE);
	assert_true(has_finding(DOCTOR_EAL_BAD, "run the application as root"));
	assert_false(has_finding(DOCTOR_EAL_BAD, "fewer devices"));
	facts.eal.assign = VA_ASSIGN_UNBUILT;
	assert_true(has_finding(DOCTOR_EAL_BAD, "build DPDK with -Denable_iova_as_pa=true, and run"));
	facts.eal.assign = VA_ASSIGN_POSSIBLE;
	assert_false(has_finding(DOCTOR_EAL_BAD, ""));
	/* Another processor. */
	tree_text(root, "/proc/cpuinfo", "vendor_id\t: GenuineIntel\n");
	read_again(root, false);
	assert_int_equal(doctor_devices(root, NULL, 0, NULL, &facts), 0);
	assert_int_equal(facts.assumed_bits, 48);
	assert_int_equal(facts.assumed_first, 0);
	assert_int_equal(doctor_eal_place(root, BASE, &limits, VA_ASSIGN_UNPRIVILEGED, &facts), 0);
	assert_true(facts.eal.quality != VA_BAD);
}

static void
test_noiommu_lacking(void **state)
{
	const char *root = *state;

	read_again(root, false);
	assert_false(facts.vfio.noiommu_lacking);
	tree_text(root, "/sys/module/vfio/uevent", "");
	read_again(root, false);
	assert_true(facts.vfio.noiommu_lacking);
}

static void
test_vfio(void **state)
{
	const char *root = *state;

	tree_text(root, "/sys/bus/pci/drivers/vfio-pci/bind", "");
	tree_text(root, "/dev/vfio/vfio", "");
	tree_text(root, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	tree_text(root, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
	tree_text(root, "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "65535\n");
	read_again(root, false);
	assert_int_equal(facts.vfio.driver, DOCTOR_YES);
	assert_int_equal(facts.vfio.container, DOCTOR_YES);
	assert_int_equal(facts.vfio.iommufd, DOCTOR_NO);
	assert_int_equal(facts.vfio.noiommu, DOCTOR_YES);
	assert_false(facts.vfio.noiommu_lacking);
	assert_int_equal(facts.vfio.unsafe_type1, DOCTOR_NO);
	assert_int_equal(facts.vfio.unsafe_iommufd, DOCTOR_UNKNOWN);
	assert_int_equal(facts.vfio.entry_limit, 65535);
}

/* The lists of modules of the running kernel. */
static void
test_module(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/sys/kernel/osrelease", "6.1-cloud\n");
	tree_text(root, "/lib/modules/6.1-cloud/modules.dep", "kernel/drivers/net/a.ko.xz:\n");
	read_again(root, false);
	assert_int_equal(facts.vfio.module, DOCTOR_UNKNOWN);
	tree_text(root, "/lib/modules/6.1-cloud/modules.builtin", "kernel/fs/b.ko\n");
	read_again(root, false);
	assert_int_equal(facts.vfio.module, DOCTOR_NO);
	read_again(root, true);
	assert_int_equal(facts.vfio.module, DOCTOR_UNKNOWN);
	tree_text(root, "/lib/modules/6.1-cloud/modules.dep", "kernel/drivers/vfio/pci/vfio-pci.ko.xz: a\n");
	read_again(root, false);
	assert_int_equal(facts.vfio.module, DOCTOR_YES);
	tree_text(root, "/lib/modules/6.1-cloud/modules.dep", "");
	tree_text(root, "/lib/modules/6.1-cloud/modules.builtin", "kernel/drivers/vfio/pci/vfio-pci.ko\n");
	read_again(root, false);
	assert_int_equal(facts.vfio.module, DOCTOR_YES);
	/* An image of a container has any modules. */
	tree_text(root, "/lib/modules/6.1-cloud/modules.builtin", "");
	tree_text(root, "/.dockerenv", "");
	read_again(root, false);
	assert_int_equal(facts.vfio.module, DOCTOR_UNKNOWN);
	assert_int_equal(doctor_module_read(root, "../6.1-cloud"), DOCTOR_UNKNOWN);
}

/* A node may exist before its driver does: systemd creates some at boot. */
static void
test_driven(void **state)
{
	const char *root = *state;

	read_again(root, false);
	assert_false(facts.vfio.driven);
	/* This one is 1:3. */
	tree_link(root, "/dev/vfio/vfio", "/dev/null");
	read_again(root, false);
	assert_int_equal(facts.vfio.container, DOCTOR_YES);
	assert_false(facts.vfio.driven);
	tree_text(root, "/sys/dev/char/1:3", "");
	read_again(root, false);
	assert_true(facts.vfio.driven);
	/* Of a capture. */
	tree_text(root, "/dev/vfio/vfio2", "");
	assert_int_equal(sysfs_node_driven(root, "/dev/vfio/vfio2"), -ENOTTY);
}

/* Files of another machine are of the process that took them. */
static void
test_limits(void **state)
{
	const char *root = *state;

	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "1\n");
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "1\n");
	tree_text(root, "/proc/self/mounts", "");
	tree_text(root, "/proc/self/status", "Mems_allowed_list:\t0\n");
	tree_text(root, "/proc/self/cgroup", "0::/\n");
	tree_text(root, "/sys/fs/cgroup/hugetlb.2MB.max", "0\n");
	read_again(root, false);
	assert_string_equal(facts.memory.limit[0].file, "/sys/fs/cgroup/hugetlb.2MB.max");
	assert_string_equal(facts.memory.allowed, "0");
	assert_true(has_finding(DOCTOR_HUGEPAGES_LIMITED, "echo max >"));
	read_again(root, true);
	assert_string_equal(facts.memory.limit[0].file, "");
	assert_string_equal(facts.memory.allowed, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, tree_setup, facts_teardown)
		T(test_empty), T(test_machine), T(test_other_vendor), T(test_iommu_unknown), T(test_iommu_unread),
		T(test_groups_unread), T(test_intel_bits), T(test_container), T(test_pod),
		T(test_pod_secrets), T(test_nodes), T(test_power), T(test_noiommu_lacking), T(test_vfio), T(test_module), T(test_driven), T(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
