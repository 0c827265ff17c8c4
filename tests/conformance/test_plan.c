/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Surveys of an artificial machine: files for sysfs and procfs, and the fake kernel. For
 * each failure the tests check the errno and the words that matter to the user: the
 * obstacle and the remedy.
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

#define DEFAULT_LAST ((UINT64_C(1) << 48) - 1)
#define NODE "/sys/firmware/devicetree/base/pcie@10000000"
#define DMA_RANGES NODE "/dma-ranges"

static void
unlink_member(const char *root, int group, const char *bdf)
{
	char path[TREE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/kernel/iommu_groups/%d/devices/%s", root, group, bdf);
	assert_int_equal(unlink(path), 0);
}

static const struct iova_hole *
find_hole(enum iova_origin origin, size_t nth)
{
	size_t i;

	for (i = 0; i < pd.holes.n; i++)
		if (pd.holes.v[i].origin == origin && nth-- == 0)
			return &pd.holes.v[i];
	return NULL;
}

static void
expect_hole(enum iova_origin origin, size_t nth, uint64_t first, uint64_t last,
		enum iova_hardness hardness)
{
	const struct iova_hole *h = find_hole(origin, nth);

	assert_non_null(h);
	assert_int_equal(h->range.first, first);
	assert_true(h->range.last == last);
	assert_int_equal(h->hardness, hardness);
}

static void
test_good(void **state)
{
	assert_int_equal(survey(*state, NIC), 0);
	assert_string_equal(pd.topo.bdf, NIC);
	assert_int_equal(pd.topo.group, NIC_GROUP);
	assert_int_equal(pd.backend, BACKEND);
	assert_string_equal(pd.cdev, "/dev/vfio/devices/vfio0");
	assert_int_equal(pd.bridge.source, HOLES_SOURCE_IOMEM);
	assert_int_equal(pd.holes.n, 6);
	expect_hole(IOVA_ORIGIN_ZERO_PAGE, 0, 0, machine_page() - 1, IOVA_SOFT);
	expect_hole(IOVA_ORIGIN_TOP_PAGE, 0, -machine_page(), UINT64_MAX, IOVA_SOFT);
	expect_hole(IOVA_ORIGIN_SW_MSI, 0, 0x8000000, 0x80fffff, IOVA_HARD);
	expect_hole(IOVA_ORIGIN_SW_MSI_GUARD, 0, 0x8100000,
			0x8100000 + 64 * machine_page() - 1, IOVA_SOFT);
	expect_hole(IOVA_ORIGIN_HOST_BRIDGE, 0, 0x10000000, 0x3effffff, IOVA_SOFT);
	expect_hole(IOVA_ORIGIN_HOST_BRIDGE, 1, 0x8000000000, 0xffffffffff, IOVA_SOFT);
	assert_int_equal(pd.info.n_ranges, 2);
	assert_int_equal(pd.info.ranges[0].last, 0x7ffffff);
	assert_int_equal(pd.info.ranges[1].first, 0x8100000);
	assert_int_equal(pd.info.ranges[1].last, DEFAULT_LAST);
	assert_int_equal(pd.msi, PLAN_MSI_CLEAR);
	assert_string_equal(why, "");
	plan_device_free(&pd);
	assert_int_equal(fake_leaks(stderr), 0);
}

/* A sibling on a VFIO driver is accepted, but makes peer-to-peer possible. */
static void
test_shared_group(void **state)
{
	machine_device(*state, SIBLING, NIC_GROUP, "vfio-pci");
	assert_int_equal(survey(*state, NIC), 0);
	expect_hole(IOVA_ORIGIN_HOST_BRIDGE, 0, 0x10000000, 0x3effffff, IOVA_HARD);
	assert_int_equal(find_hole(IOVA_ORIGIN_HOST_BRIDGE, 0)->by, IOVA_BY_BUS);
	plan_device_free(&pd);
	/* Without access to iomem the windows are estimated. This rejects nothing. */
	machine_iomem(*state, "00000000-00000000 : PCI Bus 0000:00\n");
	assert_int_equal(survey(*state, NIC), 0);
	assert_int_equal(pd.bridge.in[HOLES_IN_IOMEM].sight, HOLES_DENIED);
	expect_hole(IOVA_ORIGIN_HOST_BRIDGE, 0, 0x10000000, 0x100fffff, IOVA_SOFT);
	assert_true(iova_hole_estimated(find_hole(IOVA_ORIGIN_HOST_BRIDGE, 0)));
	plan_device_free(&pd);
}

static void
test_sysfs_failures(void **state)
{
	struct topo_addr gone = { .bus = 9 };

	assert_int_equal(survey_addr(*state, &gone), -ENODEV);
	assert_non_null(strstr(why, "no such PCI device"));
	machine_no_cdev(*state, NIC);
	machine_unlink(*state, NIC, "driver");
	FAILS(-ENXIO, "bound to no driver", "dpdk-devbind.py -b vfio-pci " NIC);
	machine_device(*state, NIC, NIC_GROUP, "igb");
	FAILS(-ENXIO, "bound to igb", "dpdk-devbind.py -b vfio-pci " NIC);
	machine_device(*state, NIC, NIC_GROUP, "vfio-pci");
	machine_regions(*state, SW_MSI_LINE);
	machine_unlink(*state, NIC, "iommu_group");
	FAILS(-ENOTSUP, "no IOMMU group");
	/* None of these surveys called the kernel. */
	assert_int_equal(fake_calls(), 0);
}

static void
survey_good(const char *root)
{
	assert_int_equal(survey(root, NIC), 0);
	plan_device_free(&pd);
}

/*
 * Odd, hidden or denied input rejects no device, as long as the kernel reports ranges
 * without the reserved regions.
 */
static void
test_inputs(void **state)
{
	const struct holes_look *regions = &pd.bridge.in[HOLES_IN_REGIONS];
	const struct holes_look *iomem = &pd.bridge.in[HOLES_IN_IOMEM];
	char path[TREE_PATH_MAX], away[TREE_PATH_MAX];
	const char *root = *state;

	survey_good(root);
	assert_int_equal(regions->sight, HOLES_SEEN);
	assert_int_equal(regions->odd, 0);
	machine_iomem(root, "junk-10 : PCI Bus 0000:00\n10000000-3effffff : PCI Bus 0000:00\n");
	assert_int_equal(survey(root, NIC), 0);
	assert_int_equal(iomem->odd, 1);
	expect_hole(IOVA_ORIGIN_HOST_BRIDGE, 0, 0x10000000, 0x3effffff, IOVA_SOFT);
	plan_device_free(&pd);
	machine_regions(root, "nonsense\n" SW_MSI_LINE);
	assert_int_equal(survey(root, NIC), 0);
	assert_int_equal(regions->odd, 1);
	expect_hole(IOVA_ORIGIN_SW_MSI, 0, 0x8000000, 0x80fffff, IOVA_HARD);
	plan_device_free(&pd);
	fake.no_ranges = BY_KERNEL(true, false);
	if (fake.no_ranges)
		FAILS(-EBADMSG, "iommu_groups/2/reserved_regions", "before 5.4", "newer kernel");
	fake.no_ranges = false;
	snprintf(path, sizeof(path), "%s/sys/kernel/iommu_groups", root);
	snprintf(away, sizeof(away), "%s/sys/kernel/masked", root);
	assert_int_equal(rename(path, away), 0);
	survey_good(root);
	assert_int_equal(regions->sight, HOLES_HIDDEN);
	fake.no_ranges = BY_KERNEL(true, false);
	if (fake.no_ranges)
		FAILS(-EBADMSG, "iommu_groups/2/reserved_regions", "show that file");
}

static void
test_noiommu(void **state)
{
	tree_text(*state, "/sys/kernel/iommu_groups/2/name", "vfio-noiommu\n");
	FAILS(-ENOTSUP, "no-IOMMU group", "all memory of this machine, give backend=noiommu");
}

static void
test_msi(void **state)
{
	/* The window may receive the writes, but not if doorbells begin below it. */
	machine_iomem(*state, "01000000-3effffff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_LIKELY_LOST, "SW_MSI 0x8000000-0x80fffff", "window 0x1000000-0x3effffff", "bridge 0000:00");
	machine_iomem(*state, "080fffff-3effffff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_UNSURE, "reaches into the window 0x80fffff-0x3effffff");
	machine_iomem(*state, "01000000-08000fff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_LIKELY_LOST, "lies in the window 0x1000000-0x8000fff");
	machine_iomem(*state, "08100000-3effffff : PCI Bus 0000:00\n");
	assert_int_equal(survey(*state, NIC), 0);
	assert_int_equal(pd.msi, PLAN_MSI_CLEAR);
	plan_device_free(&pd);
	machine_group->aperture.last = 0x7ffefff;
	MSI(PLAN_MSI_LOST, "SW_MSI 0x8000000-0x80fffff lies above the IOMMU aperture 0x0-0x7ffefff");
	/* The ranges exclude SW_MSI even if it is inside of the aperture. */
	machine_group->aperture.last = 0x80fffff;
	MSI(PLAN_MSI_UNSURE, "may reach above the IOMMU aperture 0x0-0x7ffffff");
	/* The aperture begins above SW_MSI. */
	machine_group->aperture = (struct iova_range){ 0xa00000000, 0xaffffffff };
	MSI(PLAN_MSI_LOST, "lies below the IOMMU aperture 0xa00000000-0xaffffffff");
	machine_group->aperture = (struct iova_range){ 0x8000000, 0xffffffff };
	MSI(PLAN_MSI_UNSURE, "may reach below the IOMMU aperture 0x8100000-0xffffffff");
	/* The ranges do not exclude SW_MSI. Doorbells begin at its start. */
	machine_group->n_reserved = 0;
	machine_group->aperture = (struct iova_range){ 0x8001000, 0xffffffff };
	MSI(PLAN_MSI_LIKELY_LOST, "begins below the IOMMU aperture 0x8001000-0xffffffff");
	machine_group->aperture = (struct iova_range){ 0, 0x80ffffe };
	MSI(PLAN_MSI_UNSURE, "may reach above the IOMMU aperture 0x0-0x80ffffe");
	machine_group->aperture.last = 0x80fffff;
	assert_int_equal(survey(*state, NIC), 0);
	assert_int_equal(pd.msi, PLAN_MSI_CLEAR);
	plan_device_free(&pd);
	/* Without ranges the end of the aperture is unknown. */
	fake.no_ranges = true;
	assert_int_equal(survey(*state, NIC), 0);
	assert_int_equal(pd.msi, PLAN_MSI_CLEAR);
	assert_false(pd.msi_doubtful);
	plan_device_free(&pd);
	/* The kernel maps no doorbells for a hardware MSI window. */
	machine_regions(*state, "0x000000000c000000 0x000000000c0fffff reserved\n");
	assert_int_equal(survey(*state, NIC), 0);
	assert_int_equal(pd.msi, PLAN_MSI_CLEAR);
	plan_device_free(&pd);
}

/* Make the host bridge a node of the device tree. */
static void
link_node(const char *root)
{
	tree_text(root, "/sys/devices/pci0000:00/pci_bus/0000:00/cpulistaffinity", "0\n");
	tree_link(root, "/sys/class/pci_bus/0000:00", "../../devices/pci0000:00/pci_bus/0000:00");
	tree_link(root, "/sys/devices/pci0000:00/of_node",
			"../../firmware/devicetree/base/pcie@10000000");
}

static void
make_node(const char *root)
{
	static const uint32_t two = 2;

	link_node(root);
	tree_cells(root, "/sys/firmware/devicetree/base/#address-cells", &two, 1);
	tree_text(root, NODE "/device_type", "pci");
}

/* With estimated or hidden windows MSI is neither disabled nor reported as clear. */
static void
test_msi_unsure(void **state)
{
	const char *root = *state;

	/* SW_MSI is between two BARs. The range that spans both need not be a window. */
	tree_text(root, "/sys/bus/pci/devices/" NIC "/resource", "0x10000000 0x1001ffff 0x40200\n"
			"0x2000000 0x2003fff 0x40200\n");
	machine_iomem(root, "00000000-00000000 : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_UNSURE, "SW_MSI 0x8000000", "estimated window 0x2000000-0x100fffff");
	machine_iomem(root, "10000000-1fffffff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_CLEAR, "");
	machine_iomem(root, "");
	tree_text(root, "/sys/bus/pci/devices/" NIC "/resource", "");
	MSI(PLAN_MSI_UNSURE, "not all windows of host bridge 0000:00 are known");
	/* A device tree that a container hides may have dma-ranges. */
	machine_iomem(root, "10000000-1fffffff : PCI Bus 0000:00\n");
	tree_text(root, "/sys/bus/pci/devices/" NIC "/resource", "0x10000000 0x1001ffff 0x40200\n");
	link_node(root);
	MSI(PLAN_MSI_UNSURE, "device tree is hidden here", "show /sys/firmware/devicetree");
}

/* An entry that was ignored as invalid may affect SW_MSI. */
static void
test_msi_odd(void **state)
{
	static const uint32_t two = 2;
	static const uint32_t ranges[] = { 0x02000000, 0, 0x10000000, 0, 0x10000000, 0, 0x1000000,
		0x02000000 };
	const char *root = *state;

	machine_iomem(root, "x-3effffff : PCI Bus 0000:00\n10000000-1fffffff : PCI Bus 0000:00\n");
	MSI(PLAN_MSI_UNSURE, "1 lines or entries of /proc/iomem can't be understood",
			"one of them may contain MSI doorbells");
	machine_iomem(root, "10000000-1fffffff : PCI Bus 0000:00\n");
	machine_regions(root, "odd\n" SW_MSI_LINE);
	MSI(PLAN_MSI_UNSURE, "1 lines or entries of reserved_regions");
	/* The invalid line may be that of SW_MSI. */
	machine_regions(root, "0x8000000 msi\n");
	MSI(PLAN_MSI_UNSURE, "1 lines or entries of reserved_regions");
	machine_regions(root, SW_MSI_LINE);
	MSI(PLAN_MSI_CLEAR, "");
	/* Invalid entries of a list that is not used do not count. */
	make_node(root);
	tree_cells(root, NODE "/ranges", &two, 1);
	MSI(PLAN_MSI_CLEAR, "");
	tree_cells(root, NODE "/ranges", ranges, 8);
	MSI(PLAN_MSI_UNSURE, "1 lines or entries of ranges");
	tree_cells(root, NODE "/ranges", ranges, 7);
	MSI(PLAN_MSI_CLEAR, "");
	tree_cells(root, NODE "/dma-ranges", &two, 1);
	MSI(PLAN_MSI_UNSURE, "1 lines or entries of dma-ranges");
}

/* Addresses outside of dma-ranges are avoided. MSI writes there do not reach doorbells. */
static void
test_dma_ranges(void **state)
{
	static const uint32_t ranges[] = { 0x43000000, 0, 0x40000000, 0, 0x40000000, 0, 0x80000000 };

	make_node(*state);
	tree_cells(*state, DMA_RANGES, ranges, 7);
	assert_int_equal(survey(*state, NIC), 0);
	expect_hole(IOVA_ORIGIN_DMA_RANGES, 0, 0, 0x3fffffff, IOVA_SOFT);
	expect_hole(IOVA_ORIGIN_DMA_RANGES, 1, 0xc0000000, UINT64_MAX, IOVA_SOFT);
	plan_device_free(&pd);
	MSI(PLAN_MSI_LOST, "SW_MSI 0x8000000-0x80fffff lies outside of the dma-ranges",
			"bridge 0000:00", "MSI writes to 0x0-0x3fffffff");
	/* Doorbells begin at the start of SW_MSI. The first is outside, or only later ones. */
	tree_cells(*state, DMA_RANGES, (const uint32_t[]){ 0x43000000, 0, 0x8010000, 0, 0x8010000,
			0, 0x80000000 }, 7);
	MSI(PLAN_MSI_LIKELY_LOST, "begins outside of the dma-ranges", "to 0x0-0x800ffff");
	tree_cells(*state, DMA_RANGES, (const uint32_t[]){ 0x43000000, 0, 0, 0, 0,
			0, 0x8010000 }, 7);
	MSI(PLAN_MSI_UNSURE, "may reach outside of the dma-ranges",
			"to 0x8010000-0xffffffffffffffff");
	/* A truncated entry is ignored and counted. */
	tree_cells(*state, DMA_RANGES, ranges, 6);
	assert_int_equal(survey(*state, NIC), 0);
	assert_int_equal(pd.bridge.in[HOLES_IN_DMA_RANGES].odd, 1);
	assert_null(find_hole(IOVA_ORIGIN_DMA_RANGES, 0));
	plan_device_free(&pd);
}

#define BRIDGE "/devices/pci0000:00/0000:00:03.0"
#define FIRST "0000:01:01.0"
#define SECOND "0000:01:02.0"

/* Two functions of one group behind a bridge to conventional PCI. */
static void
aliases_make(const char *root)
{
	size_t i;

	machine_no_cdev(root, NIC);
	machine_unlink(root, NIC, "driver");
	tree_text(root, "/sys" BRIDGE "/class", "0x060400\n");
	tree_text(root, "/sys" BRIDGE "/current_link_speed", "2.5 GT/s PCIe\n");
	for (i = 0; i < 2; i++) {
		const char *bdf = i == 0 ? FIRST : SECOND;
		char path[128];

		snprintf(path, sizeof(path), BRIDGE "/%s", bdf);
		tree_device(root, path);
		snprintf(path, sizeof(path), "/sys" BRIDGE "/%s/driver", bdf);
		tree_link(root, path, "../../../../bus/pci/drivers/vfio-pci");
		snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/2/devices/%s", bdf);
		tree_link(root, path, i == 0 ? "../../../.." BRIDGE "/" FIRST :
				"../../../.." BRIDGE "/" SECOND);
	}
	tree_link(root, "/sys" BRIDGE "/" FIRST "/iommu_group", "../../kernel/iommu_groups/2");
	tree_link(root, "/sys" BRIDGE "/" SECOND "/iommu_group", "../../kernel/iommu_groups/2");
	fake_device_add(machine_group, FIRST, 4);
}

/* One group is correct; two are reported; a kernel driver on the other one is rejected. */
static void
test_aliases(void **state)
{
	const char *root = *state;

	/* This does not depend on the backend, and the functions have no character devices. */
	if (backend != IOAS_BACKEND_TYPE1)
		return;
	aliases_make(root);
	assert_int_equal(survey(root, FIRST), 0);
	assert_true(pd.aliased);
	assert_string_equal(pd.alias_why, "");
	plan_device_free(&pd);
	/* Separate groups are reported. Windows are hard, as in one group. */
	tree_link(root, "/sys" BRIDGE "/" SECOND "/iommu_group", "../../kernel/iommu_groups/9");
	unlink_member(root, 2, SECOND);
	assert_int_equal(survey(root, FIRST), 0);
	assert_non_null(strstr(pd.alias_why, "from that of " SECOND));
	expect_hole(IOVA_ORIGIN_HOST_BRIDGE, 0, 0x10000000, 0x3effffff, IOVA_HARD);
	plan_device_free(&pd);
	/* The other function can't be read, but it exists. */
	tree_text(root, "/sys" BRIDGE "/" SECOND "/vendor", "odd\n");
	assert_int_equal(survey(root, FIRST), 0);
	assert_true(pd.aliased);
	assert_non_null(strstr(pd.alias_why, "may not distinguish its DMA from that of " SECOND ", which"));
	expect_hole(IOVA_ORIGIN_HOST_BRIDGE, 0, 0x10000000, 0x3effffff, IOVA_HARD);
	plan_device_free(&pd);
	tree_text(root, "/sys" BRIDGE "/" SECOND "/vendor", "0x8086\n");
	tree_link(root, "/sys" BRIDGE "/" SECOND "/driver", "../../../../bus/pci/drivers/e1000");
	assert_int_equal(survey(root, FIRST), -EPERM);
	assert_non_null(strstr(why, "from that of " SECOND));
	assert_non_null(strstr(why, "dpdk-devbind.py -b vfio-pci " SECOND));
	plan_device_free(&pd);
	/* A bridge on a kernel driver must be unbound; it can't be bound to vfio-pci. */
	machine_unlink(root, "0000:00:03.0/" SECOND, "driver");
	tree_link(root, "/sys" BRIDGE "/driver", "../../../bus/pci/drivers/shpchp");
	machine_group->viable = false;
	assert_int_equal(survey(root, FIRST), -EPERM);
	assert_non_null(strstr(why, "its bridge 0000:00:03.0 is bound to shpchp"));
	assert_non_null(strstr(why, "devices/0000:00:03.0/driver/unbind"));
	plan_device_free(&pd);
}

/* An aliased function without a group: only the driver of SMMUv3 leaves it out. */
static void
test_alias_lost(void **state)
{
	const char *root = *state;

	if (backend != IOAS_BACKEND_TYPE1)
		return;
	aliases_make(root);
	unlink_member(root, 2, SECOND);
	machine_unlink(root, "0000:00:03.0/" SECOND, "iommu_group");
	machine_unlink(root, "0000:00:03.0/" SECOND, "driver");
	tree_link(root, "/sys" BRIDGE "/" FIRST "/iommu", "../../virtual/iommu/virtio2");
	tree_text(root, "/sys/class/iommu/virtio2/name", "");
	assert_int_equal(survey(root, SECOND), -ENXIO);
	assert_non_null(strstr(why, "is bound to no driver; bind it"));
	assert_non_null(strstr(why, "its IOMMU group appears then"));
	plan_device_free(&pd);
	/* Since Linux 6.15 groups exist from boot on: no driver would create this one. */
	tree_text(root, "/proc/sys/kernel/osrelease", "7.2.12+deb13-arm64\n");
	assert_int_equal(survey(root, SECOND), -ENOTSUP);
	assert_non_null(strstr(why, "conventional PCI bus of bridge 0000:00:03.0, and"));
	assert_null(strstr(why, "bind it"));
	plan_device_free(&pd);
	tree_text(root, "/proc/sys/kernel/osrelease", "6.12.107+deb13-arm64\n");
	tree_link(root, "/sys" BRIDGE "/" FIRST "/iommu",
			"../../virtual/iommu/smmu3.0x0000000009050000");
	assert_int_equal(survey(root, SECOND), -ENOTSUP);
	assert_non_null(strstr(why, "with " FIRST " of IOMMU group 2"));
	assert_null(strstr(why, "bind it"));
	plan_device_free(&pd);
	/* A no-IOMMU group does not cause this. */
	tree_text(root, "/sys/kernel/iommu_groups/2/name", "vfio-noiommu\n");
	assert_int_equal(survey(root, SECOND), -ENXIO);
	assert_null(strstr(why, "shares a conventional PCI bus"));
	plan_device_free(&pd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_good),
		PLAN_TEST(test_shared_group),
		PLAN_TEST(test_sysfs_failures),
		PLAN_TEST(test_inputs),
		PLAN_TEST(test_noiommu),
		PLAN_TEST(test_msi),
		PLAN_TEST(test_msi_unsure),
		PLAN_TEST(test_msi_odd),
		PLAN_TEST(test_dma_ranges),
		PLAN_TEST(test_aliases),
		PLAN_TEST(test_alias_lost),
	};

	return RUN_ON_BACKENDS("plan", tests);
}
