/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bridge_check.h"
#include "bridge_once.h"
#include "row.h"
#include "tree.h"

static void
test_iomem(void **state)
{
	static const struct iova_range x86[] = {
		{ 0xa0000, 0xbffff }, { 0xc0000000, 0xfebfffff }, { 0xc000000000, 0xc7ffffffff },
	};
	static const struct iova_range nested[] = {
		{ 0xc0001000, 0xeebfffff }, { 0xeec00000, 0xeecfffff },
		{ 0x4000000000, 0x7fffffffff },
	};
	static const struct iova_range virt[] = {
		{ 0x10000000, 0x3efeffff }, { 0x8000000000, 0xffffffffff },
	};

	bridge_check(tree_fixture("x86-vtd"), HOLES_SOURCE_IOMEM, x86, 3);
	bridge_check(tree_fixture("iomem"), HOLES_SOURCE_IOMEM, nested, 3);
	/* The bus finds the windows by the name of the node, which has no "ranges" here. */
	bridge_check(tree_fixture("arm-smmuv3"), HOLES_SOURCE_IOMEM, virt, 2);
}

/* A denied read does not mean "no window": the bus asks the next source. */
static void
test_iomem_zeros(void **state)
{
	bridge_check(tree_fixture("iomem-zeros"), HOLES_SOURCE_NONE, NULL, 0);
	bridge_check_sight(tree_fixture("iomem-zeros"), HOLES_IN_IOMEM, HOLES_DENIED);
}

static void
test_iomem_lines(void **state)
{
	static const char *const bad[] = {
		"20000000-2fffffff: PCI Bus 0000:00 : PCI Bus 0000:00\n",
		"2fffffff-20000000 : PCI Bus 0000:00\n", "20000000 : PCI Bus 0000:00\n",
		"0x20000000-0x2fffffff : PCI Bus 0000:00\n", "-2fffffff : PCI Bus 0000:00\n",
		"20000000+2fffffff : PCI Bus 0000:00\n",
		"20000000-10000000000000000 : PCI Bus 0000:00\n", " : PCI Bus 0000:00\n",
		"20000000-2fffffff : PCI Bus 0000:00", "20000000-2ffffff",
	};
	static const struct iova_range want = { 0x20000000, 0x2fffffff };
	static const struct iova_range first = { 0x10000000, 0x1fffffff };
	static const char nul[] = "\0 : x\n20000000-2fffffff : PCI Bus 0000:00\n";
	struct iova_range many[256];
	const char *root = *state;
	char text[257 * 40] = "";
	size_t i;

	EACH_ROW(i, bad, "%s", bad[i]) {
		snprintf(text, sizeof(text), "10000000-1fffffff : PCI Bus 0000:00\n%s", bad[i]);
		tree_text(root, "/proc/iomem", text);
		bridge_check_odd(root, HOLES_IN_IOMEM, 1, HOLES_SOURCE_IOMEM, &first, 1);
	}
	tree_write(root, "/proc/iomem", nul, sizeof(nul) - 1);
	bridge_check(root, HOLES_SOURCE_IOMEM, &want, 1);
	tree_text(root, "/proc/iomem", "word\n\nzz-yy : PCI Bus 0000:01\n"
			"20000000-2fffffff : PCI Bus 0000:00\n"
			"30000000-3fffffff : PCI Bus 0000:001\n"
			"40000000-4fffffff : pcie@10000000\n50000000-5fffffff : \n"
			"60000000-6fffffff : x PCI Bus 0000:00\n");
	bridge_check(root, HOLES_SOURCE_IOMEM, &want, 1);
	for (i = 0; i < 256; i++)
		many[i] = (struct iova_range){ 1, 2 };
	for (text[0] = '\0', i = 0; i < 257; i++)
		strcat(text, "1-2 : PCI Bus 0000:00\n");
	tree_text(root, "/proc/iomem", text);
	bridge_check_odd(root, HOLES_IN_IOMEM, 1, HOLES_SOURCE_IOMEM, many, 256);
}

/* Some kernels print a line of zeros among others. Only zeros alone mean "denied". */
static void
test_iomem_sight(void **state)
{
	static const struct iova_range want = { 0x20000000, 0x2fffffff };
	const char *root = *state;
	char path[TREE_PATH_MAX];

	bridge_check_sight(root, HOLES_IN_IOMEM, HOLES_HIDDEN);
	tree_text(root, "/proc/iomem", "00000000-00000000 : PCI Bus 0000:00\n"
			"20000000-2fffffff : PCI Bus 0000:00\n"
			"00000000-00000000 : PCI Bus 0000:00\n");
	bridge_check(root, HOLES_SOURCE_IOMEM, &want, 1);
	bridge_check_sight(root, HOLES_IN_IOMEM, HOLES_SEEN);
	tree_text(root, "/proc/iomem", "00000000-00000000 : PCI Bus 0000:00\n"
			"20000000-2fffffff : PCI Bus 0000:80\n");
	bridge_check(root, HOLES_SOURCE_NONE, NULL, 0);
	bridge_check_sight(root, HOLES_IN_IOMEM, HOLES_DENIED);
	/* If the kernel does not list this bridge, nothing is hidden. */
	tree_text(root, "/proc/iomem", "00000000-00000000 : PCI Bus 0000:80\n");
	bridge_check_sight(root, HOLES_IN_IOMEM, HOLES_SEEN);
	/* Containers mount /dev/null over files and an empty directory over directories. */
	tree_text(root, "/proc/iomem", "");
	bridge_check_sight(root, HOLES_IN_IOMEM, HOLES_HIDDEN);
	snprintf(path, sizeof(path), "%s/proc/iomem", root);
	assert_int_equal(remove(path), 0);
	tree_text(root, "/proc/iomem/x", "");
	bridge_check_sight(root, HOLES_IN_IOMEM, HOLES_HIDDEN);
}

/* Lines of other bridges and domains do not apply to this one. */
static void
test_iomem_others(void **state)
{
	static const struct iova_range want[] = {
		{ 0x10000000, 0x1fffffff }, { 0x20000000, 0x2fffffff }, { 0x21000000, 0x21ffffff },
	};
	const char *root = *state;

	tree_text(root, "/proc/iomem", "10000000-1fffffff : PCI Bus 0001:00\n"
			"20000000-2fffffff : PCI Bus 10000:00\n30000000-3fffffff : PCI Bus 0000:80\n");
	bridge_check(root, HOLES_SOURCE_NONE, NULL, 0);
	tree_text(root, "/proc/iomem", "");
	bridge_check(root, HOLES_SOURCE_NONE, NULL, 0);
	/* Adjacent and nested windows remain separate. The layout merges them. */
	tree_text(root, "/proc/iomem", "10000000-1fffffff : PCI Bus 0000:00\n"
			"20000000-2fffffff : PCI Bus 0000:00\n"
			"  21000000-21ffffff : PCI Bus 0000:00\n");
	bridge_check(root, HOLES_SOURCE_IOMEM, want, 3);
	/* The kernel does not print CR LF, so this name does not match. */
	tree_text(root, "/proc/iomem", "10000000-1fffffff : PCI Bus 0000:00\r\n");
	bridge_check(root, HOLES_SOURCE_NONE, NULL, 0);
}

static void
test_resources(void **state)
{
	static const struct iova_range bridged = { 0xfe600000, 0xfe7fffff };

	bridge_check(tree_fixture("pci-bridge-group"), HOLES_SOURCE_RESOURCES, &bridged, 1);
}

/* Make a function below a root bus, with these rows in "resource". */
static void
resource_make(const char *root, const char *bus, const char *bdf, const char *rows)
{
	char path[128];

	snprintf(path, sizeof(path), "/devices/pci%s/%s", bus, bdf);
	tree_device(root, path);
	snprintf(path, sizeof(path), "/sys/devices/pci%s/%s/resource", bus, bdf);
	tree_text(root, path, rows);
}

/* One hull below 4 GiB and one above, rounded outwards. Only memory with an address counts. */
static void
test_resources_hull(void **state)
{
	static const struct iova_range want[] = {
		{ 0xe0100000, 0xe03fffff }, { 0x4000000000, 0x40008fffff },
	};
	static const struct iova_range across[] = {
		{ 0xe0100000, 0xffffffff }, { 0x100000000, 0x40008fffff },
	};
	static const struct iova_range more[] = {
		{ 0xe0100000, 0xffffffff }, { 0x100000000, 0x50000fffff },
	};
	const char *root = *state;
	char path[TREE_PATH_MAX];

	resource_make(root, "0000:00", "0000:00:01.0", "0xe01ff000 0xe01fffff 0x40200\n"
			"0x4000080000 0x40000fffff 0x14220c\n" "0x6000 0x601f 0x40101\n");
	resource_make(root, "0000:00", "0000:00:02.0", "0xe0300000 0xe0300fff 0x40200\n"
			"0x4000800000 0x400080ffff 0x14220c\n" "0x0 0xfff 0x40200\n"
			"0x1000 0x1fff 0x20040200\n" "0x2000 0x2fff 0x10000200\n");
	resource_make(root, "0001:00", "0001:00:01.0", "0x80000000 0x8fffffff 0x40200\n");
	bridge_check(root, HOLES_SOURCE_RESOURCES, want, 2);
	resource_make(root, "0000:00", "0000:00:03.0", "0xf0000000 0x10fffffff 0x40200\n");
	bridge_check(root, HOLES_SOURCE_RESOURCES, across, 2);
	/* Zeros in iomem make no difference. */
	tree_text(root, "/proc/iomem", "00000000-00000000 : PCI Bus 0000:00\n");
	bridge_check(root, HOLES_SOURCE_RESOURCES, across, 2);
	/* A function that is removed during the scan has no file. */
	resource_make(root, "0000:00", "0000:00:05.0", "");
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:00:05.0/resource", root);
	assert_int_equal(remove(path), 0);
	bridge_check(root, HOLES_SOURCE_RESOURCES, across, 2);
	/* An odd row is skipped. The other rows count. */
	resource_make(root, "0000:00", "0000:00:04.0", "0xf0000000\n"
			"0x5000000000 0x50000fffff 0x14220c\n");
	bridge_check_odd(root, HOLES_IN_ROWS, 1, HOLES_SOURCE_RESOURCES, more, 2);
}

static void
expect_endpoint(const char *root, size_t at, uint64_t first, bool estimated)
{
	struct hole_list list = { 0 };

	assert_int_equal(holes_endpoint(root, "0000:00:0e.0", "10000:e0", true, "", &list), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[at].range.first, first);
	assert_int_equal(iova_hole_estimated(&list.v[at]), estimated);
	assert_int_equal(list.v[at].hardness, estimated ? IOVA_SOFT : IOVA_HARD);
	holes_free(&list);
}

/* A BAR of a VMD is a hard hole if config space has its bus address, else an estimate. */
static void
test_endpoint(void **state)
{
	static const uint8_t config[64] = { 0x86, 0x80, [0x13] = 0x40 };
	const char *root = *state;

	resource_make(root, "0000:00", "0000:00:0e.0", "0x80000000 0x81ffffff 0x40200\n"
			"0x82000000 0x83ffffff 0x40200\n");
	expect_endpoint(root, 0, 0x80000000, true);
	expect_endpoint(root, 1, 0x82000000, true);
	tree_write(root, "/sys/devices/pci0000:00/0000:00:0e.0/config", config, sizeof(config));
	expect_endpoint(root, 0, 0x40000000, false);
	expect_endpoint(root, 1, 0x82000000, true);
}

static void
test_arguments(void **state)
{
	static const char *const bad[] = { "", "0000", "00", "0000:00:00.0", "../..:00", "x:00" };
	const char *root = tree_fixture("x86-vtd");
	struct hole_list list = { 0 };
	struct holes_view view = { 0 };
	size_t i;

	EACH_ROW(i, bad, "%s", bad[i])
		assert_int_equal(bridge_windows(root, bad[i], false, "", &list, &view),
				-EINVAL);
	assert_int_equal(list.n, 0);
	assert_int_equal(bridge_windows(root, "0000:00", true, "", &list, &view), 0);
	assert_int_equal(list.n, 3);
	/* No function shows its bus address, so the windows are an estimate and soft. */
	for (i = 0; i < list.n; i++) {
		assert_int_equal(list.v[i].hardness, IOVA_SOFT);
		assert_int_equal(list.v[i].by, IOVA_BY_NOBODY);
	}
	holes_free(&list);
	assert_int_equal(bridge_windows(tree_fixture("pci-bridge-group"), "0000:00", true, "",
			&list, &view), 0);
	assert_int_equal(view.source, HOLES_SOURCE_RESOURCES);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.v[0].hardness, IOVA_SOFT);
	assert_true(iova_hole_estimated(&list.v[0]));
	holes_free(&list);
	assert_int_equal(bridge_windows(root, "0000:7f", true, "", &list, &view), 0);
	assert_int_equal(view.source, HOLES_SOURCE_NONE);
	assert_int_equal(list.n, 0);
	assert_string_equal(holes_source_name(HOLES_SOURCE_NONE), "none");
	assert_string_equal(holes_source_name(HOLES_SOURCE_IOMEM), "iomem");
	assert_string_equal(holes_source_name(HOLES_SOURCE_DEVICE_TREE), "device tree");
	assert_string_equal(holes_source_name(HOLES_SOURCE_RESOURCES), "resources");
	assert_string_equal(holes_source_name((enum holes_source)77), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iomem),
		cmocka_unit_test(test_iomem_zeros),
		cmocka_unit_test_setup_teardown(test_iomem_lines, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_iomem_sight, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_iomem_others, tree_setup, tree_teardown),
		cmocka_unit_test(test_resources),
		cmocka_unit_test_setup_teardown(test_resources_hull, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_endpoint, tree_setup, tree_teardown),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests_name("holes_bridge", tests, NULL, NULL);
}
