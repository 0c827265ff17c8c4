/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bridge_once.h"
#include "row.h"
#include "tree.h"

#define BASE "/sys/firmware/devicetree/base"
#define SOC BASE "/soc"
#define NODE SOC "/pcie@10000000"
#define CLASS "/sys/class/pci_bus/0000:00"
#define BUS "/sys/devices/platform/soc/10000000.pcie/pci0000:00/pci_bus/0000:00"
#define NCELLS(a) (sizeof(a) / sizeof(*(a)))

static struct hole_list list;
static struct holes_look look;

static int
read_gaps(const char *root)
{
	return bridge_gaps(root, "0000:00", "0000:01:00.0", &list, &look);
}

static void
expect(const char *root, const struct iova_range *want, size_t n)
{
	size_t i;

	assert_int_equal(read_gaps(root), 0);
	assert_int_equal(list.n, n);
	EACH_ROW_OF(i, want, n, "0x%" PRIx64 "-0x%" PRIx64, want[i].first, want[i].last) {
		assert_true(list.v[i].range.first == want[i].first);
		assert_true(list.v[i].range.last == want[i].last);
		assert_int_equal(list.v[i].origin, IOVA_ORIGIN_DMA_RANGES);
		assert_int_equal(list.v[i].hardness, IOVA_SOFT);
		assert_string_equal(list.v[i].detail, "0000:00");
		assert_string_equal(list.v[i].owner, "0000:01:00.0");
	}
	holes_free(&list);
}

#define EXPECT(root, ...) do { \
	const struct iova_range want_[] = { __VA_ARGS__ }; \
	expect(root, want_, NCELLS(want_)); \
} while (0)

static void
expect_nothing(const char *root)
{
	expect(root, NULL, 0);
}

/* So many entries are odd. The others make these holes. */
#define EXPECT_ODD(root, n, ...) do { \
	EXPECT(root, __VA_ARGS__); \
	assert_int_equal(look.sight, HOLES_SEEN); \
	assert_int_equal(look.odd, n); \
} while (0)

static void
expect_odd(const char *root, unsigned int n)
{
	expect_nothing(root);
	assert_int_equal(look.sight, HOLES_SEEN);
	assert_int_equal(look.odd, n);
}

static void
one_cell(const char *root, const char *path, uint32_t cell)
{
	tree_cells(root, path, &cell, 1);
}

/* A bridge below a "soc" node. All nodes above it have 2 address and 2 size cells. */
static int
machine_setup(void **state)
{
	const char *root;

	if (tree_setup(state) != 0)
		return -1;
	root = *state;
	tree_text(root, BUS "/cpulistaffinity", "0\n");
	tree_link(root, CLASS, "../../devices/platform/soc/10000000.pcie/pci0000:00/pci_bus/0000:00");
	tree_link(root, BUS "/of_node", "../../../../../../../firmware/devicetree/base/soc/pcie@10000000");
	tree_write(root, NODE "/device_type", "pci", 4);
	one_cell(root, BASE "/#address-cells", 2);
	one_cell(root, BASE "/#size-cells", 2);
	one_cell(root, SOC "/#address-cells", 2);
	one_cell(root, SOC "/#size-cells", 2);
	return 0;
}

/* Flags and bus address, CPU address, size. */
#define ENTRY(flags, bus, cpu, size) (flags), (uint32_t)((uint64_t)(bus) >> 32), (uint32_t)(bus), \
	(uint32_t)((uint64_t)(cpu) >> 32), (uint32_t)(cpu), \
	(uint32_t)((uint64_t)(size) >> 32), (uint32_t)(size)
#define MEM64 0x43000000
#define MEM32 0x42000000
#define IO 0x01000000

#define BRIDGE(root, ...) do { \
	const uint32_t cells_[] = { __VA_ARGS__ }; \
	tree_cells(root, NODE "/dma-ranges", cells_, NCELLS(cells_)); \
} while (0)
/* The same for a node above, whose entries have no flags. */
#define ABOVE(root, path, ...) do { \
	const uint32_t cells_[] = { __VA_ARGS__ }; \
	tree_cells(root, path "/dma-ranges", cells_, NCELLS(cells_)); \
} while (0)
#define UP_ENTRY(child, parent, size) (uint32_t)((uint64_t)(child) >> 32), (uint32_t)(child), \
	(uint32_t)((uint64_t)(parent) >> 32), (uint32_t)(parent), \
	(uint32_t)((uint64_t)(size) >> 32), (uint32_t)(size)

/* If a container masks /sys/firmware, the input is reported as hidden. */
static void
test_sight(void **state)
{
	const char *root = *state;

	expect_nothing(tree_fixture("x86-vtd"));
	assert_int_equal(look.sight, HOLES_ABSENT);
	BRIDGE(root, ENTRY(MEM64, 0, 0, 0x80000000));
	EXPECT(root, { 0x80000000, UINT64_MAX });
	assert_int_equal(look.sight, HOLES_SEEN);
	assert_int_equal(look.odd, 0);
	tree_link(root, BUS "/of_node", "../../../../../../../firmware/devicetree/base/soc/pcie@2");
	expect_nothing(root);
	assert_int_equal(look.sight, HOLES_HIDDEN);
}

/* No hole without a tree, without the property, if it is empty or has only I/O entries. */
static void
test_nothing(void **state)
{
	const char *root = *state;
	char path[TREE_PATH_MAX];

	expect_nothing(tree_fixture("x86-vtd"));
	expect_nothing(root);
	tree_cells(root, NODE "/dma-ranges", NULL, 0);
	expect_nothing(root);
	BRIDGE(root, ENTRY(IO, 0, 0, 0x10000), ENTRY(MEM64, 0x1000, 0x1000, 0));
	expect_nothing(root);
	tree_cells(root, SOC "/dma-ranges", NULL, 0);
	expect_nothing(root);
	/* A link to outside the device tree is not a node. */
	BRIDGE(root, ENTRY(MEM64, 0, 0, 0x80000000));
	snprintf(path, sizeof(path), "%s" BUS "/of_node", root);
	tree_link(root, BUS "/of_node", "../../../../../../../kernel");
	tree_text(root, "/sys/kernel/dma-ranges", "x");
	expect_nothing(root);
	assert_int_equal(bridge_gaps(root, "00", "", &list, &look), -EINVAL);
	assert_int_equal(list.n, 0);
}

/* Gaps below, between and above entries. Entries in any order, adjacent and overlapping. */
static void
test_gaps(void **state)
{
	const char *root = *state;

	BRIDGE(root, ENTRY(MEM64, 0x800000000, 0x800000000, 0x800000000),
		ENTRY(MEM32, 0x80000000, 0x80000000, 0x80000000));
	EXPECT(root, { 0, 0x7fffffff }, { 0x100000000, 0x7ffffffff }, { 0x1000000000, UINT64_MAX });
	BRIDGE(root, ENTRY(MEM64, 0, 0, 0x80000000), ENTRY(MEM64, 0x80000000, 0x80000000, 0x1000),
		ENTRY(MEM64, 0x40000000, 0x40000000, 0x40000000));
	EXPECT(root, { 0x80001000, UINT64_MAX });
	/* An entry up to the end of the address space. */
	BRIDGE(root, ENTRY(MEM64, 0x100000000, 0, 0xffffffff00000000));
	EXPECT(root, { 0, 0xffffffff });
	BRIDGE(root, ENTRY(MEM64, 0, 0, UINT64_MAX), ENTRY(MEM64, 0x10000, 0x10000, 1));
	EXPECT(root, { UINT64_MAX, UINT64_MAX });
	BRIDGE(root, ENTRY(MEM64, 0, 0, UINT64_MAX), ENTRY(MEM64, UINT64_MAX, UINT64_MAX, 1));
	expect_nothing(root);
	/* The bus address of the entry counts, not the CPU address. */
	BRIDGE(root, ENTRY(MEM64, 0, 0x4000000000, 0x40000000));
	EXPECT(root, { 0x40000000, UINT64_MAX });
	/* One cell for the CPU address. */
	one_cell(root, SOC "/#address-cells", 1);
	one_cell(root, SOC "/#size-cells", 1);
	ABOVE(root, NODE, MEM64, 1, 0, 0x80000000, 0, 0x40000000);
	EXPECT(root, { 0, 0xffffffff }, { 0x140000000, UINT64_MAX });
}

/* Each bus above translates and limits the ranges again. */
static void
test_levels(void **state)
{
	const char *root = *state;

	/* Only the bus above has entries. */
	ABOVE(root, SOC, UP_ENTRY(0, 0, 0x10000000000));
	EXPECT(root, { 0x10000000000, UINT64_MAX });
	tree_cells(root, NODE "/dma-ranges", NULL, 0);
	EXPECT(root, { 0x10000000000, UINT64_MAX });
	/* Both: 1 GiB at 0 is 1 GiB at 0x40000000 above, which passes on the upper half. */
	BRIDGE(root, ENTRY(MEM64, 0, 0x40000000, 0x40000000));
	ABOVE(root, SOC, UP_ENTRY(0x60000000, 0, 0x80000000));
	EXPECT(root, { 0, 0x1fffffff }, { 0x40000000, UINT64_MAX });
	/* Two entries above pass on parts of one range. No entry passes on the other. */
	BRIDGE(root, ENTRY(MEM64, 0, 0x1000, 0x4000), ENTRY(MEM64, 0x100000, 0x900000, 0x1000));
	ABOVE(root, SOC, UP_ENTRY(0x1000, 0x70000, 0x1000), UP_ENTRY(0x4000, 0, 0x1000));
	EXPECT(root, { 0x1000, 0x2fff }, { 0x4000, UINT64_MAX });
	/* No address passes both levels, so the entries above are odd. */
	ABOVE(root, SOC, UP_ENTRY(0x80000000, 0, 0x1000));
	EXPECT_ODD(root, 1, { 0x4000, 0xfffff }, { 0x101000, UINT64_MAX });
	/* The root of the tree does not translate, as there is no bus above it. */
	BRIDGE(root, ENTRY(MEM64, 0, 0, 0x80000000));
	tree_cells(root, SOC "/dma-ranges", NULL, 0);
	ABOVE(root, BASE, UP_ENTRY(0, 0, 0x1000));
	EXPECT(root, { 0x80000000, UINT64_MAX });
	/* At the end of the address space above. */
	BRIDGE(root, ENTRY(MEM64, 0, UINT64_MAX - 0xfff, 0x1000));
	ABOVE(root, SOC, UP_ENTRY(UINT64_MAX - 0xff, 0, 0x100));
	EXPECT(root, { 0, 0xeff }, { 0x1000, UINT64_MAX });
}

#define MC BASE "/bus@0/memory-controller@2c00000"

static void
node_make(const char *root, const char *node, uint32_t phandle, uint32_t arguments)
{
	char path[TREE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/phandle", node);
	one_cell(root, path, phandle);
	snprintf(path, sizeof(path), "%s/#interconnect-cells", node);
	one_cell(root, path, arguments);
}

#define NAMES(root, names) \
	tree_write(root, NODE "/interconnect-names", names, sizeof(names))
#define INTERCONNECTS(root, ...) do { \
	const uint32_t cells_[] = { __VA_ARGS__ }; \
	tree_cells(root, NODE "/interconnects", cells_, NCELLS(cells_)); \
} while (0)

/* A memory controller that passes on more than the bus above the bridge. */
static void
controller_make(const char *root)
{
	one_cell(root, BASE "/bus@0/#address-cells", 2);
	one_cell(root, BASE "/bus@0/#size-cells", 2);
	one_cell(root, MC "/#address-cells", 2);
	one_cell(root, MC "/#size-cells", 2);
	node_make(root, MC, 7, 1);
	node_make(root, MC "/external-memory-controller@2c60000", 8, 0);
	ABOVE(root, MC, UP_ENTRY(0, 0, 0x8000000000));
	ABOVE(root, SOC, UP_ENTRY(0, 0, 0x40000000));
}

/* The node in "interconnects" replaces the parent of the bridge for DMA, as on Tegra. */
static void
test_dma_parent(void **state)
{
	static const struct iova_range above = { 0x8000000000, UINT64_MAX };
	const char *root = *state;

	controller_make(root);
	/* The parent applies if no node is named. */
	EXPECT(root, { 0x40000000, UINT64_MAX });
	NAMES(root, "dma-mem\0write");
	EXPECT(root, { 0x40000000, UINT64_MAX });
	INTERCONNECTS(root, 7, 0x123, 8, 7, 0x124, 8);
	EXPECT(root, above);
	/* The second entry of the list, and a node further down. */
	NAMES(root, "write\0dma-mem");
	INTERCONNECTS(root, 8, 7, 0x123);
	EXPECT(root, above);
	/* As in the kernel, the parent applies if the node, index or name does not exist. */
	INTERCONNECTS(root, 9, 7, 0x123);
	EXPECT(root, { 0x40000000, UINT64_MAX });
	INTERCONNECTS(root, 8);
	EXPECT(root, { 0x40000000, UINT64_MAX });
	NAMES(root, "dma-memory");
	EXPECT(root, { 0x40000000, UINT64_MAX });
	tree_write(root, NODE "/interconnect-names", "dma-mem", 7);
	EXPECT(root, { 0x40000000, UINT64_MAX });
	NAMES(root, "write\0dma-mem");
	one_cell(root, MC "/external-memory-controller@2c60000/#interconnect-cells", 17);
	INTERCONNECTS(root, 8, 7, 0x123);
	EXPECT(root, { 0x40000000, UINT64_MAX });
	/* The bridge names itself, so where its addresses lead is not known. */
	NAMES(root, "dma-mem");
	INTERCONNECTS(root, 5);
	node_make(root, NODE, 5, 0);
	expect_odd(root, 1);
}

/* An entry with phandle 0 has no node and no arguments. Other entries must be complete. */
static void
test_dma_parent_entries(void **state)
{
	static const struct iova_range above = { 0x8000000000, UINT64_MAX };
	const char *root = *state;

	controller_make(root);
	NAMES(root, "write\0dma-mem");
	INTERCONNECTS(root, 0, 7, 0x123);
	EXPECT(root, above);
	NAMES(root, "write\0empty\0dma-mem");
	INTERCONNECTS(root, 8, 0, 7, 0x123);
	EXPECT(root, above);
	NAMES(root, "write\0dma-mem");
	INTERCONNECTS(root, 8, 0, 7, 0x123);
	EXPECT(root, { 0x40000000, UINT64_MAX });
	/* The arguments are truncated, or their number is missing or too large. */
	INTERCONNECTS(root, 8, 7);
	EXPECT(root, { 0x40000000, UINT64_MAX });
	INTERCONNECTS(root, 8, 7, 0x123);
	one_cell(root, MC "/#interconnect-cells", 17);
	EXPECT(root, { 0x40000000, UINT64_MAX });
	tree_cells(root, MC "/#interconnect-cells", NULL, 0);
	EXPECT(root, { 0x40000000, UINT64_MAX });
	one_cell(root, MC "/#interconnect-cells", 1);
	EXPECT(root, above);
}

static void
test_malformed(void **state)
{
	static const uint32_t counts[] = { 0, 5, UINT32_MAX };
	uint32_t many[257 * 7] = { 0 };
	const char *root = *state;
	size_t i;

	tree_write(root, NODE "/dma-ranges", "\2", 1);
	expect_odd(root, 1);
	BRIDGE(root, ENTRY(MEM64, 0, 0, 0x80000000), 0);
	EXPECT_ODD(root, 1, { 0x80000000, UINT64_MAX });
	tree_cells(root, NODE "/dma-ranges", many, 257 * 7);
	expect_odd(root, 1);
	/* Start plus size exceeds the address space, here and above. */
	BRIDGE(root, ENTRY(MEM64, UINT64_MAX, 0, 2));
	expect_odd(root, 1);
	BRIDGE(root, ENTRY(MEM64, 0, UINT64_MAX, 2));
	expect_odd(root, 1);
	BRIDGE(root, ENTRY(MEM64, 0, UINT64_MAX, 2), ENTRY(MEM64, UINT64_MAX, 0, 2));
	expect_odd(root, 2);
	/* One of two entries or one of two levels is odd. The other applies. */
	BRIDGE(root, ENTRY(MEM64, 0, UINT64_MAX, 2), ENTRY(MEM64, 0, 0, 0x80000000));
	EXPECT_ODD(root, 1, { 0x80000000, UINT64_MAX });
	BRIDGE(root, ENTRY(MEM64, 0, 0, 0x80000000));
	ABOVE(root, SOC, UP_ENTRY(UINT64_MAX, 0, 2));
	EXPECT_ODD(root, 1, { 0x80000000, UINT64_MAX });
	/* The second entry passes nothing that the bridge does: the property is odd as well. */
	ABOVE(root, SOC, UP_ENTRY(UINT64_MAX, 0, 2), UP_ENTRY(0x80000000, 0, 0x1000));
	EXPECT_ODD(root, 2, { 0x80000000, UINT64_MAX });
	/* Odd entries of both levels. */
	BRIDGE(root, ENTRY(MEM64, 0, UINT64_MAX, 2), ENTRY(MEM64, 0, 0, 0x80000000));
	ABOVE(root, SOC, UP_ENTRY(UINT64_MAX, 0, 2));
	EXPECT_ODD(root, 2, { 0x80000000, UINT64_MAX });
	BRIDGE(root, ENTRY(MEM64, 0, 0, 0x80000000));
	ABOVE(root, SOC, 0);
	EXPECT_ODD(root, 1, { 0x80000000, UINT64_MAX });
	/* This length is a multiple of the entry size for each of these numbers of cells. */
	tree_cells(root, SOC "/dma-ranges", many, 0);
	tree_cells(root, NODE "/dma-ranges", many, 40);
	EACH_ROW(i, counts, "%" PRIu32 " cells", counts[i]) {
		one_cell(root, SOC "/#address-cells", counts[i]);
		expect_odd(root, 1);
	}
	one_cell(root, SOC "/#address-cells", 2);
	BRIDGE(root, ENTRY(MEM64, 0, 0, 0x80000000));
	one_cell(root, NODE "/#address-cells", 2);
	expect_odd(root, 1);
	one_cell(root, NODE "/#address-cells", 3);
	one_cell(root, NODE "/#size-cells", 1);
	expect_odd(root, 1);
	one_cell(root, NODE "/#size-cells", 2);
	EXPECT(root, { 0x80000000, UINT64_MAX });
	ABOVE(root, SOC, UP_ENTRY(0, 0, 0x80000000));
	one_cell(root, SOC "/#size-cells", 3);
	EXPECT_ODD(root, 1, { 0x80000000, UINT64_MAX });
	one_cell(root, SOC "/#size-cells", 0);
	EXPECT_ODD(root, 1, { 0x80000000, UINT64_MAX });
}

/* The number of pieces is limited: 256 ranges, each split into 5 above. */
static void
test_many(void **state)
{
	const char *root = *state;
	uint32_t cells[256 * 7], up[5 * 6] = { 0 };
	size_t i;

	for (i = 0; i < 256; i++) {
		const uint32_t entry[] = { ENTRY(MEM64, i << 16, 0, 0x10000) };

		memcpy(cells + 7 * i, entry, sizeof(entry));
	}
	tree_cells(root, NODE "/dma-ranges", cells, 256 * 7);
	for (i = 0; i < 5; i++) {
		up[6 * i + 1] = (uint32_t)i * 0x2000;
		up[6 * i + 5] = 0x1000;
	}
	tree_cells(root, SOC "/dma-ranges", up, 4 * 6);
	assert_int_equal(read_gaps(root), 0);
	assert_int_equal(list.n, 1024);
	holes_free(&list);
	tree_cells(root, SOC "/dma-ranges", up, 5 * 6);
	EXPECT_ODD(root, 1, { 0x1000000, UINT64_MAX });
}

#define machine_test(t) cmocka_unit_test_setup_teardown(t, machine_setup, tree_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_nothing),
		machine_test(test_sight),
		machine_test(test_gaps),
		machine_test(test_levels),
		machine_test(test_dma_parent),
		machine_test(test_dma_parent_entries),
		machine_test(test_malformed),
		machine_test(test_many),
	};

	return cmocka_run_group_tests_name("holes_dma", tests, NULL, NULL);
}
