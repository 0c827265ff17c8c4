/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Whether MSI writes arrive: devices that are not isolated, windows of the hardware, 1:1
 * mappings of firmware, sources that are absent, hidden or denied, and the place where
 * SW_MSI would be reachable. test_plan.c has the simpler cases.
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

#define OSRELEASE "/proc/sys/kernel/osrelease"
#define MIB UINT64_C(0x100000)
#define HW_LINE "0x0000000008090000 0x000000000809ffff msi\n"

/* A device that can reach others without the IOMMU: the bridge routes its writes. */
static void
test_group(void **state)
{
	machine_iomem(*state, "01000000-3effffff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_LIKELY_LOST, "SW_MSI 0x8000000-0x80fffff lies in the window 0x1000000-0x3effffff of host bridge 0000:00",
		"may route");
	machine_device(*state, SIBLING, NIC_GROUP, "vfio-pci");
	MSI(PLAN_MSI_LOST, "SW_MSI 0x8000000-0x80fffff lies in the window 0x1000000-0x3effffff of host bridge 0000:00",
		"as IOMMU group 2 does not isolate the device");
	/* Only later doorbells, or only the first ones. */
	machine_iomem(*state, "08080000-3effffff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_UNSURE, "reaches into the window 0x8080000-0x3effffff");
	machine_iomem(*state, "01000000-0807ffff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_LIKELY_LOST, "lies in the window 0x1000000-0x807ffff");
	/* An estimate is never certain. */
	machine_iomem(*state, "00000000-00000000 : PCI Bus 0000:00\n");
	tree_text(*state, "/sys/bus/pci/devices/" NIC "/resource",
		"0x10000000 0x1001ffff 0x40200\n0x2000000 0x2003fff 0x40200\n");
	MSI(PLAN_MSI_UNSURE, "estimated window 0x2000000-0x100fffff", "may route");
}

/* The device writes to the doorbell's own address, which a bridge may not pass either. */
static void
test_hardware_window(void **state)
{
	static const uint32_t two = 2, ranges[] = { 0x43000000, 0, 0x40000000, 0, 0x40000000, 0,
		0x80000000 };
	const char *node = "/sys/firmware/devicetree/base/pcie@10000000";
	char path[TREE_PATH_MAX];

	tree_text(*state, OSRELEASE, "6.12.107+deb13-arm64\n");
	machine_unlink(*state, NIC, "iommu");
	tree_link(*state, "/sys/bus/pci/devices/" NIC "/iommu",
		"../../virtio0/iommu/0000:00:0a.0");
	machine_group->n_reserved = 0;
	fake_range(machine_group, 0x8090000, 0x809ffff);
	machine_regions(*state, HW_LINE);
	MSI(PLAN_MSI_CLEAR, "");
	machine_iomem(*state, "01000000-3effffff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_LIKELY_LOST, "MSI window 0x8090000-0x809ffff lies in the window 0x1000000-0x3effffff");
	/* Where in the window doorbells are is not known. */
	machine_iomem(*state, "01000000-08098fff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_UNSURE, "MSI window 0x8090000-0x809ffff lies in the window 0x1000000-0x8098fff");
	machine_iomem(*state, "10000000-3effffff : PCI Bus 0000:00\n");
	tree_text(*state, "/sys/devices/pci0000:00/pci_bus/0000:00/cpulistaffinity", "0\n");
	tree_link(*state, "/sys/class/pci_bus/0000:00", "../../devices/pci0000:00/pci_bus/0000:00");
	tree_link(*state, "/sys/devices/pci0000:00/of_node",
		"../../firmware/devicetree/base/pcie@10000000");
	/* A device tree that is hidden may have dma-ranges. */
	MSI(PLAN_MSI_UNSURE, "device tree is hidden here");
	tree_cells(*state, "/sys/firmware/devicetree/base/#address-cells", &two, 1);
	snprintf(path, sizeof(path), "%s/device_type", node);
	tree_text(*state, path, "pci");
	snprintf(path, sizeof(path), "%s/dma-ranges", node);
	tree_cells(*state, path, ranges, 7);
	EXPECT_MSI(PLAN_MSI_LOST, "MSI window 0x8090000-0x809ffff lies outside of the dma-ranges",
		"MSI writes to 0x0-0x3fffffff");
	assert_false(pd.msi_doubtful);
	plan_device_free(&pd);
	/* On Apple's machines the port answers, which the bridge's windows do not concern. */
	machine_unlink(*state, NIC, "iommu");
	tree_link(*state, "/sys/bus/pci/devices/" NIC "/iommu",
		"../../virtual/iommu/apple-dart.681008000.iommu");
	MSI(PLAN_MSI_CLEAR, "");
	/* x86 has a window that no bridge translates. */
	machine_unlink(*state, NIC, "iommu");
	tree_link(*state, "/sys/bus/pci/devices/" NIC "/iommu", "../../virtual/iommu/dmar0");
	machine_regions(*state, "0x00000000fee00000 0x00000000feefffff msi\n");
	MSI(PLAN_MSI_CLEAR, "");
}

/* A backend that maps no doorbells in a window of the hardware. */
static void
test_backend(void **state)
{
	static const struct {
		const char *release;
		enum plan_msi msi;
		const char *words;
	} rows[] = {
		{ "6.12.107+deb13-arm64\n", PLAN_MSI_CLEAR, "" },
		{ "6.14.9\n", PLAN_MSI_CLEAR, "" },
		{ "6.15.0-rc1\n", PLAN_MSI_LOST, "so this kernel refuses vectors" },
		{ "7.2.12+deb14-arm64\n", PLAN_MSI_LOST, "so this kernel refuses vectors" },
		{ "10.0.1\n", PLAN_MSI_LOST, "so this kernel refuses vectors" },
		{ "", PLAN_MSI_UNSURE, "so this kernel may refuse vectors" },
		{ "99999999999999999999.1\n", PLAN_MSI_UNSURE, "may refuse" },
		{ "six\n", PLAN_MSI_UNSURE, "may refuse" },
		{ "6\n", PLAN_MSI_UNSURE, "may refuse" },
	};
	size_t i;

	machine_group->n_reserved = 0;
	fake_range(machine_group, 0x8090000, 0x809ffff);
	machine_regions(*state, HW_LINE);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const bool serves = BY_KERNEL(false, true);
		const enum plan_msi msi = serves ? PLAN_MSI_CLEAR : rows[i].msi;

		tree_text(*state, OSRELEASE, rows[i].release);
		EXPECT_MSI(msi, serves ? "" : rows[i].words);
		assert_int_equal(pd.msi_doubtful, msi != PLAN_MSI_CLEAR);
		if (msi == PLAN_MSI_LOST)
			assert_string_equal(pd.msi_why, "backend type1 maps no doorbells in the MSI window 0x8090000-0x809ffff, so this kernel refuses vectors; backend=iommufd maps them, if the kernel has it");
		plan_device_free(&pd);
	}
}

/* A guest whose SMMU is nested in the host's: the kernel lists SW_MSI twice. */
static void
test_nested(void **state)
{
	const char *nested = "meets SW_MSI 0x8000000-0x80fffff: a hypervisor that nests";

	machine_regions(*state, SW_MSI_LINE "0x0000000008000000 0x00000000080fffff direct\n");
	machine_group->direct = true;
	FAILS(-EINVAL, "firmware asks for a 1:1 mapping of 0x8000000-0x80fffff (RMR)", nested,
		"give this guest virtio-iommu");
	assert_int_equal(survey(*state, NIC), -EINVAL);
	lacks("another slot");
	plan_device_free(&pd);
	/* Among several it is named, wherever it is in the list. */
	machine_regions(*state, "0x0000000000100000 0x00000000001fffff direct\n" SW_MSI_LINE
		"0x0000000008000000 0x00000000080fffff direct\n");
	FAILS(-EINVAL, "0x8000000-0x80fffff and 1 more (RMR)", nested);
	/* Another 1:1 mapping is not the hypervisor's. */
	machine_regions(*state, SW_MSI_LINE "0x0000000008100000 0x00000000081fffff direct\n");
	FAILS(-EINVAL, "0x8100000-0x81fffff (RMRR or RMR)", "another slot");
	/* A kernel that allows such a device, or firmware that does. */
	machine_group->direct = false;
	machine_regions(*state, SW_MSI_LINE "0x0000000008000000 0x00000000080fffff direct\n");
	MSI(PLAN_MSI_LIKELY_LOST, "SW_MSI 0x8000000-0x80fffff meets the 1:1 mapping 0x8000000-0x80fffff of firmware");
	machine_regions(*state, SW_MSI_LINE
		"0x0000000008000000 0x0000000008000fff direct-relaxable\n");
	MSI(PLAN_MSI_LIKELY_LOST, "SW_MSI 0x8000000-0x80fffff meets the 1:1 mapping 0x8000000-0x8000fff of firmware");
}

/* What is absent, hidden or denied are three answers, each with its own words. */
static void
test_sources(void **state)
{
	const char *root = *state;
	char path[TREE_PATH_MAX];

	/* This machine has neither a device tree nor a window in iomem, and no BAR. */
	machine_iomem(root, "40000000-bfffffff : System RAM\n");
	tree_text(root, "/sys/bus/pci/devices/" NIC "/resource", "");
	EXPECT_MSI(PLAN_MSI_UNSURE, "not all windows of host bridge 0000:00 are known, and one of them may contain MSI doorbells");
	assert_null(strstr(pd.msi_why, "/proc/iomem"));
	plan_device_free(&pd);
	machine_iomem(root, "00000000-00000000 : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_UNSURE, "not all windows of host bridge 0000:00 are known",
		"/proc/iomem shows addresses to root only (CAP_SYS_ADMIN)");
	snprintf(path, sizeof(path), "%s/proc/iomem", root);
	assert_int_equal(unlink(path), 0);
	MSI(PLAN_MSI_UNSURE, "not all windows of host bridge 0000:00 are known",
		"/proc/iomem is hidden here");
}

static void
place(uint64_t page, int error, uint64_t first, uint64_t last)
{
	struct iova_layout *l;
	struct iova_range out;
	char text[PLAN_TEXT];
	int ret;

	assert_int_equal(iova_layout_create(&l), 0);
	assert_int_equal(plan_add(l, &pd, text, sizeof(text)), 0);
	ret = plan_msi_place(l, &pd, page, &out);
	iova_layout_destroy(l);
	assert_int_equal(ret, error);
	if (error != 0)
		return;
	assert_int_equal(out.first, first);
	assert_int_equal(out.last, last);
}

static void
test_place(void **state)
{
	EXPECT_MSI(PLAN_MSI_CLEAR, "");
	place(PAGE, -ENOENT, 0, 0);
	plan_device_free(&pd);
	/* IOVA 0 is not given out, so the lowest place is the second MiB. */
	machine_iomem(*state, "08000000-3effffff : PCI Bus 0000:00\n");
	EXPECT_MSI(PLAN_MSI_LIKELY_LOST, "lies in the window");
	place(PAGE, 0, MIB, 2 * MIB - 1);
	/* 64 pages of 64 KiB */
	place(16 * PAGE, 0, MIB, 5 * MIB - 1);
	plan_device_free(&pd);
	machine_iomem(*state, "00000000-0fffffff : PCI Bus 0000:00\n"
		"10000000-100fffff : PCI Bus 0000:00\n10280000-3effffff : PCI Bus 0000:00\n");
	EXPECT_MSI(PLAN_MSI_LIKELY_LOST, "lies in the window");
	place(PAGE, 0, 0x10100000, 0x101fffff);
	place(16 * PAGE, 0, 0x3f000000, 0x3f3fffff);
	plan_device_free(&pd);
	/* Outside of the aperture */
	machine_iomem(*state, "10000000-3effffff : PCI Bus 0000:00\n");
	machine_group->aperture = RANGE(0xa00000000, 0xaffffffff);
	EXPECT_MSI(PLAN_MSI_LOST, "lies below the IOMMU aperture 0xa00000000-0xaffffffff");
	place(PAGE, 0, 0xa00000000, 0xa000fffff);
	plan_device_free(&pd);
	machine_iomem(*state, "a00000000-aff0fffff : PCI Bus 0000:00\n");
	EXPECT_MSI(PLAN_MSI_LOST, "lies below the IOMMU aperture");
	place(PAGE, 0, 0xaff100000, 0xaff1fffff);
	plan_device_free(&pd);
	machine_iomem(*state, "a00000000-afff00000 : PCI Bus 0000:00\n");
	EXPECT_MSI(PLAN_MSI_LOST, "lies below the IOMMU aperture");
	place(PAGE, -ENOSPC, 0, 0);
	plan_device_free(&pd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_group),
		PLAN_TEST(test_hardware_window),
		PLAN_TEST(test_backend),
		PLAN_TEST(test_nested),
		PLAN_TEST(test_sources),
		PLAN_TEST(test_place),
	};

	return RUN_ON_BACKENDS("plan_msi", tests);
}
