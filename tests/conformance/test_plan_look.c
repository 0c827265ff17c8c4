/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Why a device can't be used: all reasons, in order, in words for the machine in
 * question. Where sysfs only suggests a reason, the kernel decides.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "row.h"
#include "surveyed.h"
#include "tree.h"

#define DIRECT_LINE "0x000000007b000000 0x000000007b7fffff direct\n"

/* Reasons without a remedy come first, the driver last. A look finds the same reasons. */
static void
test_all_reasons(void **state)
{
	static const char all[] = "firmware asks for a 1:1 mapping of 0x7b000000-0x7b7fffff "
		"(RMRR or RMR), and kernels since 6.6 (on Intel all) refuse such a device to user "
		"space; put it into another slot, or switch off for this slot the firmware feature "
		"that owns this memory (remote console, shared memory), unless you administer the "
		"machine through it; also: IOMMU group 2 is not viable: its member "
		SIBLING " is bound to snd_hda_intel; bind it to vfio-pci too, or to no driver: "
		REBIND(SIBLING) ", or dpdk-devbind.py -u " SIBLING "; also: is bound to igb, not to a VFIO driver; "
		"leave it there until the reasons before this one are solved";
	struct topo_snapshot snap = { .root = *state };
	struct plan_device look;
	char text[PLAN_WHY];

	machine_no_cdev(*state, NIC);
	machine_device(*state, NIC, NIC_GROUP, "igb");
	machine_device(*state, SIBLING, NIC_GROUP, "snd_hda_intel");
	machine_regions(*state, SW_MSI_LINE DIRECT_LINE);
	assert_int_equal(survey(*state, NIC), -EINVAL);
	assert_string_equal(why, all);
	assert_int_equal(pd.reasons.n, 3);
	assert_int_equal(pd.reasons.v[0].kind, PLAN_REASON_LASTING);
	assert_int_equal(pd.reasons.v[2].error, -ENXIO);
	assert_int_equal(pd.holes.n, 0);
	plan_look(&snap, &pd.topo, backend, machine_page(), &look);
	assert_int_equal(plan_reasons_text(&look.reasons, text, sizeof(text)), -EINVAL);
	assert_string_equal(text, all);
	plan_device_free(&look);
	topology_snapshot_free(&snap);
	plan_device_free(&pd);
	assert_int_equal(fake_calls(), 0);
	/* A short buffer gets a truncated text. */
	assert_int_equal(plan_reasons_text(&pd.reasons, text, 9), -EINVAL);
	assert_string_equal(text, "firmware");
}

/* Of a 1:1 mapping the kernel's version decides, and of the command. */
static void
test_direct_of_kernel(void **state)
{
	static const struct {
		const char *release;
		bool expected, leave;
	} rows[] = {
		{ "", false, true }, { "6.1.0-40-amd64\n", false, false }, { "6.5.13\n", false, false },
		{ "6.6.0\n", true, true }, { "7.2.1\n", true, true },
	};
	const char *root = *state;
	size_t i;

	machine_no_cdev(root, NIC);
	machine_device(root, NIC, NIC_GROUP, "igb");
	EACH_ROW(i, rows, "kernel %s", rows[i].release) {
		tree_text(root, "/proc/sys/kernel/osrelease", rows[i].release);
		machine_regions(root, SW_MSI_LINE DIRECT_LINE);
		assert_int_equal(survey(root, NIC), -EINVAL);
		assert_int_equal(pd.reasons.v[0].expected, rows[i].expected);
		assert_true(pd.reasons.v[0].doubtful);
		assert_non_null(strstr(why, rows[i].leave ? "; also: is bound to igb, not to a VFIO driver; leave it" :
				"; also: is bound to igb, not to a VFIO driver; rebind it with: "));
		plan_device_free(&pd);
		/* Delivered by a hypervisor. */
		machine_regions(root, SW_MSI_LINE "0x0000000008000000 0x00000000080fffff direct\n");
		assert_int_equal(survey(root, NIC), -EINVAL);
		assert_non_null(strstr(why, "accel=on"));
		assert_int_equal(pd.reasons.v[0].expected, rows[i].expected);
		plan_device_free(&pd);
	}
}

/* More members than fit: the first ones of each kind remain, and the rest is counted. */
static void
test_many_members(void **state)
{
	char bdf[16];
	int i;

	for (i = 4; i < 14; i++) {
		snprintf(bdf, sizeof(bdf), "0000:00:%02x.0", i);
		machine_device(*state, bdf, NIC_GROUP, "snd_hda_intel");
	}
	machine_regions(*state, SW_MSI_LINE DIRECT_LINE);
	machine_no_cdev(*state, NIC);
	machine_device(*state, NIC, NIC_GROUP, "igb");
	FAILS(-EINVAL, "1:1", "member 0000:00:04.0 is", "member 0000:00:06.0 is",
			"has 7 more members on kernel drivers", "iommu_groups/2/devices",
			"is bound to igb");
	lacks("0000:00:07.0");
}

/* The maximum number of reasons with the maximum length: none is truncated. */
static void
test_long_reasons(void **state)
{
	struct plan_reasons reasons = { 0 };
	char text[PLAN_WHY], words[PLAN_TEXT];
	size_t i;

	memset(words, 'x', sizeof(words));
	words[PLAN_TEXT - 1] = '\0';
	for (i = 0; i < PLAN_REASONS; i++) {
		words[PLAN_TEXT - 2] = (char)('0' + i);
		plan_reason_add(&reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -EPERM, "%s", words);
	}
	assert_int_equal(plan_reasons_text(&reasons, text, sizeof(text)), -EPERM);
	assert_int_equal(strlen(text), PLAN_REASONS * (PLAN_TEXT - 1) +
			(PLAN_REASONS - 1) * strlen("; also: "));
	assert_string_equal(text + strlen(text) - strlen(words), words);
}

/* In a full list a certain reason, or a doubtful one of an earlier kind, replaces another one. */
static void
test_full_reasons(void **state)
{
	struct plan_reasons reasons = { 0 };
	size_t i;

	for (i = 0; i < PLAN_REASONS; i++)
		plan_reason_add(&reasons, PLAN_REASON_DRIVER, i == 0, -ENXIO, "driver %zu", i);
	plan_reason_add(&reasons, PLAN_REASON_DRIVER, PLAN_DOUBTFUL, -EPERM, "doubtful, as late");
	assert_string_equal(reasons.v[0].text, "driver 0");
	plan_reason_add(&reasons, PLAN_REASON_PLATFORM, PLAN_DOUBTFUL, -EPERM, "doubtful, earlier");
	assert_string_equal(reasons.v[0].text, "doubtful, earlier");
	assert_string_equal(reasons.v[1].text, "driver 1");
	plan_reason_add(&reasons, PLAN_REASON_ACCESS, PLAN_CERTAIN, -EBUSY, "certain");
	assert_string_equal(reasons.v[0].text, "certain");
	/* All reasons are certain: a doubtful one replaces none. */
	plan_reason_add(&reasons, PLAN_REASON_LASTING, PLAN_DOUBTFUL, -EPERM, "doubtful, first");
	assert_string_equal(reasons.v[0].text, "certain");
	assert_string_equal(reasons.v[PLAN_REASONS - 1].text, "driver 5");
	assert_int_equal(reasons.n, PLAN_REASONS);
}

/* If the kernel lets the process open the device, suspected reasons are dropped. */
static void
test_kernel_decides(void **state)
{
	machine_regions(*state, SW_MSI_LINE DIRECT_LINE);
	machine_device(*state, SIBLING, NIC_GROUP, "tolerated");
	assert_int_equal(survey(*state, NIC), 0);
	assert_int_equal(pd.reasons.n, 0);
	plan_device_free(&pd);
	/* The kernel rejects it: sysfs explains the error. */
	machine_group->direct = true;
	FAILS(-EINVAL, "1:1 mapping of 0x7b000000-0x7b7fffff", BY_BACKEND("", "member " SIBLING));
	lacks(BY_BACKEND("member", "dmesg"));
	lacks("dmesg");
	machine_group->direct = false;
	machine_group->viable = false;
	FAILS(-EINVAL, "1:1 mapping", "not viable: its member " SIBLING);
	lacks("a member is bound");
	machine_group->viable = true;
	machine_regions(*state, SW_MSI_LINE);
	machine_unlink(*state, SIBLING, "driver");
	machine_group->isolated = false;
	FAILS(-EPERM, "does not isolate its interrupts");
	machine_group->isolated = true;
	/* The kernel can't be called: the message adds the suspected reasons. */
	machine_regions(*state, SW_MSI_LINE DIRECT_LINE);
	*BY_BACKEND(&fake.no_node, &fake.no_iommufd) = true;
	FAILS(-EINVAL, "1:1 mapping", "; also: ", "can't be used: No such file");
}

/* The kernel reports that the group is viable, so another reason applies. */
static void
test_kernel_refutes(void **state)
{
	machine_device(*state, SIBLING, NIC_GROUP, "tolerated");
	machine_group->isolated = false;
	FAILS(-EPERM, BY_BACKEND("does not isolate its interrupts", "member " SIBLING));
	lacks(BY_BACKEND(SIBLING, "isolate"));
	machine_group->viable = false;
	FAILS(-EPERM, "not viable: its member " SIBLING);
	lacks("isolate");
}

/* A firmware region and a rejected token give the same errno: the message has both. */
static void
test_token_or_firmware(void **state)
{
	const struct plan_request request = { .root = *state, .addr = { .dev = 3 }, .backend = backend,
		.vf_token = "00000000-0000-0000-0000-000000000001" };
	struct ioas *space = NULL;

	machine_regions(*state, SW_MSI_LINE DIRECT_LINE);
	machine_group->direct = true;
	assert_int_equal(plan_survey(&request, &space, &pd, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "firmware asks for a 1:1 mapping"));
	assert_non_null(strstr(why, "; also: the kernel refuses the device or its VF token"));
	plan_device_free(&pd);
}

/* A group is missing. What helps depends on the machine below the root. */
static void
test_no_group(void **state)
{
	static const char neutral[] = "is in no IOMMU group: the kernel shows no IOMMU; if the "
		"machine has one, switch it on in the firmware and the kernel";

	machine_unlink(*state, NIC, "iommu_group");
	says(*state, -ENOTSUP, neutral);
	tree_text(*state, "/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
	FAILS(-ENOTSUP, "no IOMMU group", "VT-d, AMD-Vi", "intel_iommu=on");
	tree_text(*state, "/proc/cpuinfo", "processor\t: 0\nBogoMIPS\t: 50.00\n"
			"CPU implementer\t: 0x41\n");
	FAILS(-ENOTSUP, "no SMMU", "IORT", "iommu-map");
	lacks("intel");
	tree_text(*state, "/proc/cpuinfo", "processor\t: 0\ncpu\t\t: POWER9, altivec supported\n");
	FAILS(-ENOTSUP, "sPAPR");
	lacks("intel");
	/* A captured tree has no cpuinfo, but names of firmware tables. */
	tree_text(*state, "/proc/cpuinfo", "");
	tree_text(*state, "/sys/firmware/acpi/tables/DMAR", "");
	FAILS(-ENOTSUP, "intel_iommu=on");
	/* An IOMMU that works, but not for this device. */
	tree_text(*state, "/sys/class/iommu/dmar0/name", "");
	FAILS(-ENOTSUP, "has an IOMMU, but its firmware");
	lacks("intel");
}

/* The host bridge is a node of the device tree: it says whether there is an IOMMU. */
static void
test_device_tree(void **state)
{
	tree_text(*state, "/sys/class/iommu/10000051.iommu/name", "");
	tree_text(*state, "/sys/firmware/devicetree/base/pcie@1/compatible", "x");
	tree_link(*state, "/sys/devices/pci0000:00/of_node",
			"../../firmware/devicetree/base/pcie@1");
	machine_unlink(*state, NIC, "iommu_group");
	machine_no_cdev(*state, NIC);
	machine_unlink(*state, NIC, "driver");
	FAILS(-ENOTSUP, "no iommu-map", "; also: is bound to no driver; bind it to vfio-pci when "
			"the reasons before this one are solved");
	lacks("devbind");
	lacks("intel");
	lacks("group appears then");
	tree_text(*state, "/sys/firmware/devicetree/base/pcie@1/iommu-map", "x");
	says(*state, -ENXIO, "is bound to no driver; bind it with: " REBIND(NIC)
			"; its IOMMU group appears then (before Linux 6.15 this IOMMU creates a "
			"group when a driver binds)");
}

/* Linux before 6.15 behind an SMMU: the device must be bound to get a group. */
static void
test_unbound_behind_smmu(void **state)
{
	tree_text(*state, "/sys/class/iommu/smmu3.0x0000000009050000/name", "");
	machine_no_cdev(*state, NIC);
	machine_unlink(*state, NIC, "driver");
	machine_unlink(*state, NIC, "iommu_group");
	FAILS(-ENXIO, "is bound to no driver; bind it with: " REBIND(NIC), "IOMMU group appears then");
	lacks("switch");
	/* A driver is bound, but there is no group. */
	machine_device(*state, NIC, NIC_GROUP, "igb");
	machine_unlink(*state, NIC, "iommu_group");
	FAILS(-ENOTSUP, "has an IOMMU, but its firmware", "; also: is bound to igb, not to a VFIO "
			"driver; leave it there until the reasons before this one are solved");
}

#define GRUB " (GRUB: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub), and reboot"
#define INTEL "vendor_id\t: GenuineIntel\nflags\t\t: fpu vme\n"
#define AMD "vendor_id\t: AuthenticAMD\nflags\t\t: fpu vme\n"
#define GUEST "vendor_id\t: GenuineIntel\nflags\t\t: fpu hypervisor lahf_lm\nbugs\t: x\n"

/* A PC without an IOMMU: one cause and one remedy. */
static void
test_iommu_off(void **state)
{
	static const struct {
		const char *words, *table, *cpu, *text;
	} rows[] = {
		{ "quiet intel_iommu=off\n", "DMAR", INTEL,
			"the kernel command line has intel_iommu=off; replace this word by intel_iommu=on" GRUB },
		{ "iommu=off\n", "FACP", INTEL,
			"the kernel command line has iommu=off; replace this word by intel_iommu=on" GRUB },
		{ "amd_iommu=off\n", "IVRS", AMD, "the kernel command line has amd_iommu=off; remove this word" GRUB },
		/* The other vendor's word does nothing. */
		{ "intel_iommu=off\n", "IVRS", AMD, "offers an IOMMU (ACPI: IVRS), but the kernel does not use it" },
		{ "amd_iommu=off iommu=off\n", "DMAR", INTEL,
			"the kernel command line has iommu=off; replace this word by intel_iommu=on" GRUB },
		{ "iommu=off amd_iommu=off\n", "DMAR", INTEL,
			"the kernel command line has iommu=off; replace this word by intel_iommu=on" GRUB },
		{ "quiet\n", "DMAR", INTEL, "the firmware offers an IOMMU (ACPI: DMAR), which this kernel uses on request "
			"only; add intel_iommu=on to the kernel command line" GRUB },
		{ "intel_iommu=on,sm_on\n", "DMAR", INTEL,
			"offers an IOMMU (ACPI: DMAR), but the kernel does not use it; see why: dmesg" },
		{ "\n", "IVRS", AMD, "offers an IOMMU (ACPI: IVRS), but the kernel does not use it; see why: dmesg" },
		{ "\n", "FACP", GUEST, "this is a guest, and its host gives it no IOMMU; give it one on the host" },
		{ "\n", "FACP", AMD, "the firmware offers no IOMMU; switch it on there" },
		/* No tables, or no flags: nobody knows. */
		{ "\n", NULL, GUEST, "the IOMMU is off or does not cover it; switch it on in the firmware" },
		{ "\n", "FACP", "vendor_id\t: GenuineIntel\n", "the IOMMU is off or does not cover it; switch" },
	};
	const char *root = *state;
	char path[64], text[TREE_PATH_MAX];
	size_t i;

	machine_no_cdev(root, NIC);
	machine_unlink(root, NIC, "iommu_group");
	EACH_ROW(i, rows, "%s, %s", rows[i].words, rows[i].text) {
		tree_text(root, "/proc/cmdline", rows[i].words);
		tree_text(root, "/proc/cpuinfo", rows[i].cpu);
		snprintf(path, sizeof(path), "/sys/firmware/acpi/tables/%s", rows[i].table != NULL ? rows[i].table : "");
		if (rows[i].table != NULL)
			tree_text(root, path, "");
		snprintf(text, sizeof(text), "is in no IOMMU group: %s%s",
			strncmp(rows[i].text, "offers", 6) == 0 ? "the firmware " : "", rows[i].text);
		FAILS(-ENOTSUP, text);
		snprintf(text, sizeof(text), "%s%s", root, path);
		if (rows[i].table != NULL)
			assert_int_equal(unlink(text), 0);
	}
}

static void
test_noiommu_words(void **state)
{
	tree_text(*state, "/sys/kernel/iommu_groups/2/name", "vfio-noiommu\n");
	says(*state, -ENOTSUP, "is in a no-IOMMU group; no IOMMU for it is visible here; only if "
			"the device and the application may read and write all memory of this "
			"machine, give backend=noiommu, as root");
	tree_text(*state, "/proc/cpuinfo", "vendor_id\t: AuthenticAMD\n");
	FAILS(-ENOTSUP, "group; if the machine has an IOMMU", "remove amd_iommu=off");
	tree_text(*state, "/proc/cmdline", "amd_iommu=off\n");
	FAILS(-ENOTSUP, "group; the kernel command line has amd_iommu=off; remove this word" GRUB
			"; only if the device and the application", "give backend=noiommu, as root");
}

/* A member that is no PCI function has a name and a driver. */
static void
test_foreign_member(void **state)
{
	tree_text(*state, "/sys/devices/platform/140a0000.pcie/uevent", "");
	tree_link(*state, "/sys/kernel/iommu_groups/2/devices/140a0000.pcie",
			"../../../../devices/platform/140a0000.pcie");
	machine_group->viable = false;
	FAILS(-EPERM, BY_BACKEND("a member is bound", "does not isolate"));
	tree_link(*state, "/sys/devices/platform/140a0000.pcie/driver",
			"../../../bus/platform/drivers/tegra194-pcie");
	FAILS(-EPERM, "its member 140a0000.pcie (tegra194-pcie) is not a PCI device", "\"iommus\"");
	lacks("a member is bound");
}

/* A member that can't be read rejects no device. Only the kernel knows if it blocks the group. */
static void
test_odd_member(void **state)
{
	static const char odd[] = "IOMMU group 2 may not be viable: its member " SIBLING
		" can't be read (an ID, a number or a link is missing or invalid), and it may be "
		"bound to a kernel driver; see: ls -l /sys/bus/pci/devices/" SIBLING;
	struct topo_snapshot snap = { .root = *state };
	struct plan_device look;
	size_t i, hard = 0;

	machine_device(*state, SIBLING, NIC_GROUP, "vfio-pci");
	tree_text(*state, "/sys/bus/pci/devices/" SIBLING "/class", "odd\n");
	assert_int_equal(survey(*state, NIC), 0);
	/* It is still a function: peer-to-peer is possible. */
	for (i = 0; i < pd.holes.n; i++)
		hard += pd.holes.v[i].origin == IOVA_ORIGIN_HOST_BRIDGE &&
			pd.holes.v[i].hardness == IOVA_HARD;
	assert_int_equal(hard, 2);
	plan_look(&snap, &pd.topo, backend, machine_page(), &look);
	assert_int_equal(look.reasons.n, 1);
	assert_string_equal(look.reasons.v[0].text, odd);
	assert_true(look.reasons.v[0].doubtful);
	plan_device_free(&look);
	topology_snapshot_free(&snap);
	plan_device_free(&pd);
	machine_group->viable = false;
	FAILS(-ENODATA, odd, BY_BACKEND("; also: IOMMU group 2 is not viable: a member is bound",
			"; also: the kernel refuses IOMMU group 2"));
	machine_device(*state, "0000:00:05.0", NIC_GROUP, "igb");
	tree_text(*state, "/sys/bus/pci/devices/0000:00:05.0/vendor", "odd\n");
	FAILS(-ENODATA, "its member " SIBLING " and 1 more can't be read");
	/* The device itself. */
	machine_group->viable = true;
	tree_text(*state, "/sys/bus/pci/devices/" NIC "/class", "odd\n");
	FAILS(-ENODATA, "sysfs of " NIC " can't be read", "check that /sys is mounted and readable");
}

/* Without asking the kernel: does every kernel reject the NIC? */
static bool
rejected(const char *root)
{
	struct topo_snapshot snap = { .root = root };
	struct plan_device look;
	bool stands;

	plan_look(&snap, &pd.topo, backend, machine_page(), &look);
	assert_int_equal(look.reasons.n, 1);
	assert_true(look.reasons.v[0].doubtful);
	stands = plan_reason_stands(&look.reasons.v[0]);
	plan_device_free(&look);
	topology_snapshot_free(&snap);
	return stands;
}

/*
 * Of the drivers of PCI bridges, only shpchp must be unbound: it serves hotplug slots,
 * and the devices below remain. Other drivers of bridges between PCI buses stay bound.
 * Bridges to ISA and host bridges (lpc_ich, ie31200_edac) are endpoints, which vfio-pci
 * accepts. Kernels before 5.19 accept a group whose bridge has any driver.
 */
static void
test_bridge_drivers(void **state)
{
	static const struct {
		const char *class, *driver, *words, *never;
		bool rejected;
	} rows[] = {
		{ "0x060400\n", "shpchp", "its bridge " SIBLING " is bound to shpchp; unbind it: "
			"echo " SIBLING " > /sys", "vfio-pci" },
		{ "0x060401\n", "other", "its bridge " SIBLING " is bound to other; leave it there, "
			"and put the device into another slot", "unbind" },
		{ "0x060940\n", "other", "leave it there, and put the device", "unbind" },
		{ "0x060100\n", "lpc_ich", "its member " SIBLING " is bound to lpc_ich; check that "
			"the machine does not need it, then bind it to vfio-pci too, or to no "
			"driver: " SYSFS_REBIND(SIBLING), "devbind", true },
		{ "0x060000\n", "ie31200_edac", "or to no driver: " SYSFS_REBIND(SIBLING),
			"devbind", true },
		{ "0x020000\n", "shpchp", "or to no driver: " REBIND(SIBLING), "unbind", true },
	};
	size_t i;

	machine_group->viable = false;
	EACH_ROW(i, rows, "%s of class %s", rows[i].driver, rows[i].class) {
		machine_device(*state, SIBLING, NIC_GROUP, rows[i].driver);
		tree_text(*state, "/sys/bus/pci/devices/" SIBLING "/class", rows[i].class);
		FAILS(-EPERM, rows[i].words);
		lacks(rows[i].never);
		assert_int_equal(rejected(*state), rows[i].rejected);
	}
}

/* Without a driver there is nothing to unbind. */
static void
test_no_driver(void **state)
{
	machine_no_cdev(*state, NIC);
	machine_unlink(*state, NIC, "driver");
	says(*state, -ENXIO, "is bound to no driver; bind it with: " REBIND(NIC));
	tree_text(*state, "/sys/bus/pci/devices/" NIC "/class", "0x00ff00\n");
	says(*state, -ENXIO, "is bound to no driver; bind it with: " SYSFS_BIND(NIC)
			SYSFS_PROBE(NIC));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_all_reasons),
		PLAN_TEST(test_direct_of_kernel),
		PLAN_TEST(test_many_members),
		PLAN_TEST(test_long_reasons),
		PLAN_TEST(test_full_reasons),
		PLAN_TEST(test_kernel_decides),
		PLAN_TEST(test_kernel_refutes),
		PLAN_TEST(test_token_or_firmware),
		PLAN_TEST(test_no_group),
		PLAN_TEST(test_device_tree),
		PLAN_TEST(test_unbound_behind_smmu),
		PLAN_TEST(test_iommu_off),
		PLAN_TEST(test_noiommu_words),
		PLAN_TEST(test_foreign_member),
		PLAN_TEST(test_odd_member),
		PLAN_TEST(test_bridge_drivers),
		PLAN_TEST(test_no_driver),
	};

	return RUN_ON_BACKENDS("plan_look", tests);
}
