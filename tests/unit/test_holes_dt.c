/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bridge_check.h"
#include "row.h"
#include "tree.h"

#define NODE "/sys/firmware/devicetree/base/pcie@10000000"
#define PLATFORM "/sys/devices/platform/4010000000.pcie"

/* A machine like arm64 "virt", where the platform device has the link. */
static void
dt_machine(const char *root)
{
	tree_text(root, PLATFORM "/pci0000:00/pci_bus/0000:00/cpulistaffinity", "0\n");
	tree_link(root, "/sys/class/pci_bus/0000:00",
			"../../devices/platform/4010000000.pcie/pci0000:00/pci_bus/0000:00");
	tree_link(root, PLATFORM "/of_node", "../../../firmware/devicetree/base/pcie@10000000");
	tree_write(root, NODE "/device_type", "pci", 4);
}

/* "ranges" of QEMU's "virt": I/O, a 32 bit and a 64 bit window. */
static const uint32_t virt_ranges[] = {
	0x01000000, 0, 0x00000000, 0, 0x3eff0000, 0, 0x00010000,
	0x02000000, 0, 0x10000000, 0, 0x10000000, 0, 0x2eff0000,
	0x03000000, 0x80, 0, 0x80, 0, 0x80, 0,
};

static const struct iova_range virt_windows[] = {
	{ 0x10000000, 0x3efeffff }, { 0x8000000000, 0xffffffffff },
};

#define VIRT_CELLS (sizeof(virt_ranges) / sizeof(*virt_ranges))

static void
test_dt(void **state)
{
	const char *root = *state;

	dt_machine(root);
	tree_cells(root, NODE "/ranges", virt_ranges, VIRT_CELLS);
	bridge_check(root, HOLES_SOURCE_DEVICE_TREE, virt_windows, 2);
	/* The device tree has priority over iomem. */
	tree_text(root, "/proc/iomem", "20000000-2fffffff : PCI Bus 0000:00\n");
	bridge_check(root, HOLES_SOURCE_DEVICE_TREE, virt_windows, 2);
}

/* Each of the three places of the link must suffice. A link above them does not count. */
static void
test_dt_links(void **state)
{
	const char *root = *state;
	char path[TREE_PATH_MAX];

	dt_machine(root);
	tree_cells(root, NODE "/ranges", virt_ranges, VIRT_CELLS);
	snprintf(path, sizeof(path), "%s" PLATFORM "/of_node", root);
	assert_int_equal(remove(path), 0);
	bridge_check(root, HOLES_SOURCE_NONE, NULL, 0);
	tree_link(root, "/sys/devices/platform/of_node",
			"../../firmware/devicetree/base/pcie@10000000");
	bridge_check(root, HOLES_SOURCE_NONE, NULL, 0);

	tree_link(root, PLATFORM "/pci0000:00/of_node",
			"../../../../firmware/devicetree/base/pcie@10000000");
	bridge_check(root, HOLES_SOURCE_DEVICE_TREE, virt_windows, 2);
	snprintf(path, sizeof(path), "%s" PLATFORM "/pci0000:00/of_node", root);
	assert_int_equal(remove(path), 0);
	tree_link(root, PLATFORM "/pci0000:00/pci_bus/0000:00/of_node",
			"../../../../../../firmware/devicetree/base/pcie@10000000");
	bridge_check(root, HOLES_SOURCE_DEVICE_TREE, virt_windows, 2);
}

/* The bus address counts, not the CPU address. The numbers of cells apply. */
static void
test_dt_offset(void **state)
{
	static const uint32_t three = 3, two = 2, one = 1;
	static const uint32_t ranges[] = {
		0x02000000, 0, 0x00000000, 0x44000000, 0, 0x10000000,
		0x43000000, 4, 0x00000000, 0x60000000, 1, 0x00000000,
		0x00000000, 0, 0x00000000, 0x40000000, 0, 0x00010000,
		0x02000000, 0, 0x50000000, 0x40000000, 0, 0x00000000,
	};
	static const struct iova_range want[] = {
		{ 0, 0xfffffff }, { 0x400000000, 0x4ffffffff },
	};
	static const struct iova_range next = { 0x20000000, 0x2fffffff };
	const char *root = *state;

	dt_machine(root);
	tree_cells(root, NODE "/#address-cells", &three, 1);
	tree_cells(root, NODE "/#size-cells", &two, 1);
	tree_cells(root, "/sys/firmware/devicetree/base/#address-cells", &one, 1);
	tree_cells(root, NODE "/ranges", ranges, sizeof(ranges) / sizeof(*ranges));
	bridge_check(root, HOLES_SOURCE_DEVICE_TREE, want, 2);
	/* If a number of cells is invalid, the bus asks the next source. */
	tree_text(root, "/proc/iomem", "20000000-2fffffff : pcie@10000000\n");
	tree_cells(root, NODE "/#address-cells", &two, 1);
	bridge_check_odd(root, HOLES_IN_RANGES, 1, HOLES_SOURCE_IOMEM, &next, 1);
	tree_cells(root, NODE "/#address-cells", &three, 1);
	tree_cells(root, NODE "/#size-cells", &one, 1);
	bridge_check_odd(root, HOLES_IN_RANGES, 1, HOLES_SOURCE_IOMEM, &next, 1);
	tree_cells(root, NODE "/#size-cells", &two, 1);
	tree_write(root, NODE "/#size-cells", "\0\0\0\2\0", 5);
	bridge_check_odd(root, HOLES_IN_RANGES, 1, HOLES_SOURCE_IOMEM, &next, 1);
}

static void
test_dt_malformed(void **state)
{
	static const uint32_t wraps[] = { 0x03000000, UINT32_MAX, 0, 0, 0, 1, 1 };
	static const uint32_t fits[] = { 0x03000000, UINT32_MAX, 0, 0, 0, 1, 0 };
	static const struct iova_range top = { UINT64_C(0xffffffff00000000), UINT64_MAX };
	static const uint32_t counts[] = { 0, 5, UINT32_MAX };
	uint32_t many[257 * 7];
	const char *root = *state;
	size_t i;

	dt_machine(root);
	/* Odd entries are skipped. The other entries apply. */
	tree_cells(root, NODE "/ranges", virt_ranges, VIRT_CELLS - 1);
	bridge_check_odd(root, HOLES_IN_RANGES, 1, HOLES_SOURCE_DEVICE_TREE, virt_windows, 1);
	tree_write(root, NODE "/ranges", "\2", 1);
	bridge_check_odd(root, HOLES_IN_RANGES, 1, HOLES_SOURCE_NONE, NULL, 0);
	tree_cells(root, NODE "/ranges", wraps, 7);
	bridge_check_odd(root, HOLES_IN_RANGES, 1, HOLES_SOURCE_NONE, NULL, 0);
	memcpy(many, wraps, sizeof(wraps));
	memcpy(many + 7, virt_ranges, sizeof(virt_ranges));
	tree_cells(root, NODE "/ranges", many, 7 + VIRT_CELLS);
	bridge_check_odd(root, HOLES_IN_RANGES, 1, HOLES_SOURCE_DEVICE_TREE, virt_windows, 2);
	tree_cells(root, NODE "/ranges", fits, 7);
	bridge_check(root, HOLES_SOURCE_DEVICE_TREE, &top, 1);
	for (i = 0; i < 257; i++)
		memcpy(many + 7 * i, virt_ranges, 7 * sizeof(*many));
	memcpy(many, fits, sizeof(fits));
	tree_cells(root, NODE "/ranges", many, 257 * 7);
	bridge_check_odd(root, HOLES_IN_RANGES, 1, HOLES_SOURCE_DEVICE_TREE, &top, 1);
	tree_cells(root, NODE "/ranges", many, 256 * 7);
	bridge_check(root, HOLES_SOURCE_DEVICE_TREE, &top, 1);
	/* This length is a multiple of the entry size for each of these numbers of cells. */
	memset(many, 0, sizeof(many));
	tree_cells(root, NODE "/ranges", many, 40);
	EACH_ROW(i, counts, "%" PRIu32 " cells", counts[i]) {
		tree_cells(root, "/sys/firmware/devicetree/base/#address-cells", &counts[i], 1);
		bridge_check_odd(root, HOLES_IN_RANGES, 1, HOLES_SOURCE_NONE, NULL, 0);
	}
}

/* If the node has no memory window, the bus asks the next source. */
static void
test_dt_empty(void **state)
{
	static const struct iova_range want = { 0x20000000, 0x2fffffff };
	const char *root = *state;

	dt_machine(root);
	tree_text(root, "/proc/iomem", "20000000-2fffffff : pcie@10000000\n");
	bridge_check(root, HOLES_SOURCE_IOMEM, &want, 1);
	tree_cells(root, NODE "/ranges", virt_ranges, 0);
	bridge_check(root, HOLES_SOURCE_IOMEM, &want, 1);
	tree_cells(root, NODE "/ranges", virt_ranges, 7);
	bridge_check(root, HOLES_SOURCE_IOMEM, &want, 1);
	tree_link(root, PLATFORM "/of_node", "of_node");
	bridge_check(root, HOLES_SOURCE_NONE, NULL, 0);
	tree_link(root, PLATFORM "/of_node", "../../../..");
	bridge_check(root, HOLES_SOURCE_NONE, NULL, 0);
}

/* If a container masks /sys/firmware, the link exists but its target does not. */
static void
test_dt_sight(void **state)
{
	static const struct iova_range want = { 0x20000000, 0x2fffffff };
	const char *root = *state;

	bridge_check_sight(root, HOLES_IN_RANGES, HOLES_ABSENT);
	bridge_check_sight(tree_fixture("x86-vtd"), HOLES_IN_RANGES, HOLES_ABSENT);
	dt_machine(root);
	tree_cells(root, NODE "/ranges", virt_ranges, VIRT_CELLS);
	bridge_check_sight(root, HOLES_IN_RANGES, HOLES_SEEN);
	tree_link(root, PLATFORM "/of_node", "../../../firmware/devicetree/base/pcie@20000000");
	bridge_check_sight(root, HOLES_IN_RANGES, HOLES_HIDDEN);
	/* The link alone provides the name of the bridge in iomem. */
	tree_text(root, "/proc/iomem", "20000000-2fffffff : pcie@20000000\n");
	bridge_check(root, HOLES_SOURCE_IOMEM, &want, 1);
	tree_link(root, PLATFORM "/of_node", "../../../kernel");
	tree_text(root, "/sys/kernel/ranges", "x");
	bridge_check_sight(root, HOLES_IN_RANGES, HOLES_ABSENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_dt, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_dt_links, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_dt_offset, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_dt_malformed, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_dt_empty, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_dt_sight, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests_name("holes_dt", tests, NULL, NULL);
}
