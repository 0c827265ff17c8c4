/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "holes.h"
#include "tree.h"

#define ROUNDS 10000
#define NODE "/sys/firmware/devicetree/base/pcie@10000000"
#define PLATFORM "/sys/devices/platform/4010000000.pcie"
#define CELLS_MAX 4096

static void
check(const struct hole_list *list, const struct iova_range *want, size_t n)
{
	size_t i;

	assert_int_equal(list->n, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(list->v[i].range.first, want[i].first);
		assert_int_equal(list->v[i].range.last, want[i].last);
		assert_int_equal(list->v[i].origin, IOVA_ORIGIN_HOST_BRIDGE);
		assert_int_equal(list->v[i].hardness, IOVA_SOFT);
		assert_string_equal(list->v[i].detail, "0000:00");
		assert_string_equal(list->v[i].owner, "0000:01:00.0");
	}
}

static int
bridge(const char *root, struct hole_list *list, enum holes_source *source)
{
	return holes_host_bridge(root, "0000:00", false, "0000:01:00.0", list, source);
}

static void
check_tree(const char *root, enum holes_source source, const struct iova_range *want, size_t n)
{
	struct hole_list list = { 0 };
	enum holes_source got = HOLES_SOURCE_NONE;

	assert_int_equal(bridge(root, &list, &got), 0);
	assert_int_equal(got, source);
	check(&list, want, n);
	holes_free(&list);
}

/* An error leaves the list and the source as they were. */
static void
check_bad(const char *root)
{
	struct hole_list list = { 0 };
	enum holes_source source = HOLES_SOURCE_RESOURCES;

	assert_int_equal(holes_builtin(&list, 4096), 0);
	assert_int_equal(bridge(root, &list, &source), -EBADMSG);
	assert_int_equal(list.n, 2);
	assert_int_equal(source, HOLES_SOURCE_RESOURCES);
	holes_free(&list);
}

static void
cells_write(const char *root, const char *path, const uint32_t *cells, size_t n)
{
	uint8_t bytes[CELLS_MAX * 4];
	size_t i;

	assert_in_range(n, 0, CELLS_MAX);
	for (i = 0; i < n; i++) {
		bytes[4 * i] = (uint8_t)(cells[i] >> 24);
		bytes[4 * i + 1] = (uint8_t)(cells[i] >> 16);
		bytes[4 * i + 2] = (uint8_t)(cells[i] >> 8);
		bytes[4 * i + 3] = (uint8_t)cells[i];
	}
	tree_write(root, path, bytes, 4 * n);
}

/* As on an arm64 "virt": the platform device has the link. */
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
	cells_write(root, NODE "/ranges", virt_ranges, VIRT_CELLS);
	check_tree(root, HOLES_SOURCE_DEVICE_TREE, virt_windows, 2);
	/* It is asked first. */
	tree_text(root, "/proc/iomem", "20000000-2fffffff : PCI Bus 0000:00\n");
	check_tree(root, HOLES_SOURCE_DEVICE_TREE, virt_windows, 2);
}

/* The three places of the link, each of which must do alone; and none above. */
static void
test_dt_links(void **state)
{
	const char *root = *state;
	char path[TREE_PATH_MAX];

	dt_machine(root);
	cells_write(root, NODE "/ranges", virt_ranges, VIRT_CELLS);
	snprintf(path, sizeof(path), "%s" PLATFORM "/of_node", root);
	assert_int_equal(remove(path), 0);
	check_tree(root, HOLES_SOURCE_NONE, NULL, 0);
	tree_link(root, "/sys/devices/platform/of_node",
			"../../firmware/devicetree/base/pcie@10000000");
	check_tree(root, HOLES_SOURCE_NONE, NULL, 0);

	tree_link(root, PLATFORM "/pci0000:00/of_node",
			"../../../../firmware/devicetree/base/pcie@10000000");
	check_tree(root, HOLES_SOURCE_DEVICE_TREE, virt_windows, 2);
	snprintf(path, sizeof(path), "%s" PLATFORM "/pci0000:00/of_node", root);
	assert_int_equal(remove(path), 0);
	tree_link(root, PLATFORM "/pci0000:00/pci_bus/0000:00/of_node",
			"../../../../../../firmware/devicetree/base/pcie@10000000");
	check_tree(root, HOLES_SOURCE_DEVICE_TREE, virt_windows, 2);
}

/* The address on the bus counts, not the CPU's; and the number of cells. */
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
	const char *root = *state;

	dt_machine(root);
	cells_write(root, NODE "/#address-cells", &three, 1);
	cells_write(root, NODE "/#size-cells", &two, 1);
	cells_write(root, "/sys/firmware/devicetree/base/#address-cells", &one, 1);
	cells_write(root, NODE "/ranges", ranges, sizeof(ranges) / sizeof(*ranges));
	check_tree(root, HOLES_SOURCE_DEVICE_TREE, want, 2);
	cells_write(root, NODE "/#address-cells", &two, 1);
	check_bad(root);
	cells_write(root, NODE "/#address-cells", &three, 1);
	cells_write(root, NODE "/#size-cells", &one, 1);
	check_bad(root);
	cells_write(root, NODE "/#size-cells", &two, 1);
	tree_write(root, NODE "/#size-cells", "\0\0\2", 3);
	check_bad(root);
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
	cells_write(root, NODE "/ranges", virt_ranges, VIRT_CELLS - 1);
	check_bad(root);
	tree_write(root, NODE "/ranges", "\2", 1);
	check_bad(root);
	cells_write(root, NODE "/ranges", wraps, 7);
	check_bad(root);
	cells_write(root, NODE "/ranges", fits, 7);
	check_tree(root, HOLES_SOURCE_DEVICE_TREE, &top, 1);
	for (i = 0; i < 257; i++)
		memcpy(many + 7 * i, virt_ranges, 7 * sizeof(*many));
	memcpy(many, fits, sizeof(fits));
	cells_write(root, NODE "/ranges", many, 257 * 7);
	check_bad(root);
	cells_write(root, NODE "/ranges", many, 256 * 7);
	check_tree(root, HOLES_SOURCE_DEVICE_TREE, &top, 1);
	for (i = 0; i < 3; i++) {
		cells_write(root, "/sys/firmware/devicetree/base/#address-cells", &counts[i], 1);
		check_bad(root);
	}
}

/* A node without a memory window says nothing; the next source is asked. */
static void
test_dt_empty(void **state)
{
	static const struct iova_range want = { 0x20000000, 0x2fffffff };
	const char *root = *state;

	dt_machine(root);
	tree_text(root, "/proc/iomem", "20000000-2fffffff : pcie@10000000\n");
	check_tree(root, HOLES_SOURCE_IOMEM, &want, 1);
	cells_write(root, NODE "/ranges", virt_ranges, 0);
	check_tree(root, HOLES_SOURCE_IOMEM, &want, 1);
	cells_write(root, NODE "/ranges", virt_ranges, 7);
	check_tree(root, HOLES_SOURCE_IOMEM, &want, 1);
	tree_link(root, PLATFORM "/of_node", "of_node");
	check_tree(root, HOLES_SOURCE_NONE, NULL, 0);
	tree_link(root, PLATFORM "/of_node", "../../../..");
	check_tree(root, HOLES_SOURCE_NONE, NULL, 0);
}

static void
test_iomem(void **state)
{
	static const struct iova_range x86[] = {
		{ 0xa0000, 0xbffff }, { 0xc0000000, 0xfebfffff }, { 0xc000000000, 0xc7ffffffff },
	};
	static const struct iova_range nested[] = {
		{ 0xc0001000, 0xeebfffff }, { 0xeec00000, 0xeecfffff }, { 0x4000000000, 0x7fffffffff },
	};

	check_tree(tree_fixture("x86-vtd"), HOLES_SOURCE_IOMEM, x86, 3);
	check_tree(tree_fixture("iomem"), HOLES_SOURCE_IOMEM, nested, 3);
	/* By the name of the node; that has no "ranges" there. */
	check_tree(tree_fixture("arm-smmuv3"), HOLES_SOURCE_IOMEM, virt_windows, 2);
}

/* Not allowed to look is not "no window": the next source is asked. */
static void
test_iomem_zeros(void **state)
{
	check_tree(tree_fixture("iomem-zeros"), HOLES_SOURCE_NONE, NULL, 0);
}

static void
test_iomem_lines(void **state)
{
	static const char *const bad[] = {
		"20000000-2fffffff: PCI Bus 0000:00 : PCI Bus 0000:00\n",
		"2fffffff-20000000 : PCI Bus 0000:00\n", "20000000 : PCI Bus 0000:00\n",
		"0x20000000-0x2fffffff : PCI Bus 0000:00\n", "-2fffffff : PCI Bus 0000:00\n",
		"20000000-10000000000000000 : PCI Bus 0000:00\n", " : PCI Bus 0000:00\n",
		"20000000-2fffffff : PCI Bus 0000:00", "20000000-2ffffff",
	};
	static const struct iova_range want = { 0x20000000, 0x2fffffff };
	const char *root = *state;
	char text[257 * 40] = "";
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "10000000-1fffffff : PCI Bus 0000:00\n%s", bad[i]);
		tree_text(root, "/proc/iomem", text);
		check_bad(root);
	}
	tree_text(root, "/proc/iomem", "word\n\nzz-yy : PCI Bus 0000:01\n"
			"20000000-2fffffff : PCI Bus 0000:00\n30000000-3fffffff : PCI Bus 0000:001\n"
			"40000000-4fffffff : pcie@10000000\n50000000-5fffffff : \n"
			"60000000-6fffffff : x PCI Bus 0000:00\n");
	check_tree(root, HOLES_SOURCE_IOMEM, &want, 1);
	tree_text(root, "/proc/iomem", "20000000-2fffffff : PCI Bus 0000:00\n"
			"00000000-00000000 : PCI Bus 0000:00\n");
	check_tree(root, HOLES_SOURCE_NONE, NULL, 0);
	for (text[0] = '\0', i = 0; i < 257; i++)
		strcat(text, "1-2 : PCI Bus 0000:00\n");
	tree_text(root, "/proc/iomem", text);
	check_bad(root);
}

static void
test_resources(void **state)
{
	static const struct iova_range bridged = { 0xfe600000, 0xfe7fffff };

	check_tree(tree_fixture("pci-bridge-group"), HOLES_SOURCE_RESOURCES, &bridged, 1);
}

/* A device of the root bus 0000:00 with one row in "resource". */
static void
resource_make(const char *root, const char *bus, const char *bdf, const char *row)
{
	static const char *const ids[] = {
		"vendor", "device", "class", "subsystem_vendor", "subsystem_device",
	};
	char name[128], target[128];
	size_t i;

	for (i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "/sys/devices/pci%s/%s/%s", bus, bdf, ids[i]);
		tree_text(root, name, "0x1\n");
	}
	snprintf(name, sizeof(name), "/sys/devices/pci%s/%s/resource", bus, bdf);
	tree_text(root, name, row);
	snprintf(name, sizeof(name), "/sys/bus/pci/devices/%s", bdf);
	snprintf(target, sizeof(target), "../../../devices/pci%s/%s", bus, bdf);
	tree_link(root, name, target);
}

/* Below and above 4 GiB apart, rounded out; only memory that has a place. */
static void
test_resources_hull(void **state)
{
	static const struct iova_range want[] = {
		{ 0xe0100000, 0xe03fffff }, { 0x4000000000, 0x40008fffff },
	};
	static const struct iova_range across[] = {
		{ 0xe0100000, 0xffffffff }, { 0x100000000, 0x40008fffff },
	};
	const char *root = *state;

	resource_make(root, "0000:00", "0000:00:01.0", "0xe01ff000 0xe01fffff 0x40200\n"
			"0x4000080000 0x40000fffff 0x14220c\n" "0x6000 0x601f 0x40101\n");
	resource_make(root, "0000:00", "0000:00:02.0", "0xe0300000 0xe0300fff 0x40200\n"
			"0x4000800000 0x400080ffff 0x14220c\n" "0x0 0xfff 0x40200\n"
			"0x1000 0x1fff 0x20040200\n" "0x2000 0x2fff 0x10000200\n");
	resource_make(root, "0001:00", "0001:00:01.0", "0x80000000 0x8fffffff 0x40200\n");
	check_tree(root, HOLES_SOURCE_RESOURCES, want, 2);
	resource_make(root, "0000:00", "0000:00:03.0", "0xf0000000 0x10fffffff 0x40200\n");
	check_tree(root, HOLES_SOURCE_RESOURCES, across, 2);
	/* Zeros in iomem change nothing. */
	tree_text(root, "/proc/iomem", "00000000-00000000 : PCI Bus 0000:00\n");
	check_tree(root, HOLES_SOURCE_RESOURCES, across, 2);
	resource_make(root, "0000:00", "0000:00:04.0", "0xf0000000\n");
	check_bad(root);
}

static void
test_arguments(void **state)
{
	static const char *const bad[] = { "", "0000", "00", "0000:00:00.0", "../..:00", "x:00" };
	const char *root = tree_fixture("x86-vtd");
	struct hole_list list = { 0 };
	enum holes_source source;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(holes_host_bridge(root, bad[i], false, "", &list, &source), -EINVAL);
	assert_int_equal(list.n, 0);
	assert_int_equal(holes_host_bridge(root, "0000:00", true, "", &list, &source), 0);
	for (i = 0; i < list.n; i++)
		assert_int_equal(list.v[i].hardness, IOVA_HARD);
	holes_free(&list);
	assert_int_equal(holes_host_bridge(root, "0000:7f", true, "", &list, &source), 0);
	assert_int_equal(source, HOLES_SOURCE_NONE);
	assert_int_equal(list.n, 0);
	assert_string_equal(holes_source_name(HOLES_SOURCE_NONE), "none");
	assert_string_equal(holes_source_name(HOLES_SOURCE_IOMEM), "iomem");
	assert_string_equal(holes_source_name(HOLES_SOURCE_DEVICE_TREE), "device tree");
	assert_string_equal(holes_source_name(HOLES_SOURCE_RESOURCES), "resources");
	assert_string_equal(holes_source_name((enum holes_source)77), "unknown");
}

static void
noise(const char *root, const char *path, const char *sample, size_t sample_len, uint64_t seed)
{
	int round, ret, good = 0;
	char data[512];
	size_t len, i, before = tree_open_fds();
	enum holes_source source;

	for (round = 0; round < ROUNDS; round++) {
		struct hole_list list = { 0 };

		len = tree_noise(&seed, sample, sample_len, data, sizeof(data));
		tree_write(root, path, data, len);
		ret = bridge(root, &list, &source);
		assert_true(ret == 0 || (ret == -EBADMSG && list.n == 0));
		assert_true(ret != 0 || (list.n == 0) == (source == HOLES_SOURCE_NONE));
		good += list.n > 0;
		for (i = 0; i < list.n; i++)
			assert_true(iova_range_valid(list.v[i].range));
		holes_free(&list);
	}
	assert_in_range(good, ROUNDS / 20, ROUNDS * 3 / 4);
	assert_int_equal(tree_open_fds(), before);
}

static void
test_noise_dt(void **state)
{
	uint8_t sample[sizeof(virt_ranges)];
	size_t i;

	for (i = 0; i < sizeof(sample); i++)
		sample[i] = (uint8_t)(virt_ranges[i / 4] >> (24 - 8 * (i % 4)));
	dt_machine(*state);
	noise(*state, NODE "/ranges", (const char *)sample, sizeof(sample), 4);
}

static void
test_noise_iomem(void **state)
{
	static const char sample[] = "c0000000-febfffff : PCI Bus 0000:00\n"
			"  fe800000-fe81ffff : 0000:00:03.0\n"
			"c000000000-c7ffffffff : PCI Bus 0000:00\n";

	noise(*state, "/proc/iomem", sample, strlen(sample), 5);
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
		cmocka_unit_test(test_iomem),
		cmocka_unit_test(test_iomem_zeros),
		cmocka_unit_test_setup_teardown(test_iomem_lines, tree_setup, tree_teardown),
		cmocka_unit_test(test_resources),
		cmocka_unit_test_setup_teardown(test_resources_hull, tree_setup, tree_teardown),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test_setup_teardown(test_noise_dt, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_noise_iomem, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests_name("holes_bridge", tests, NULL, NULL);
}
