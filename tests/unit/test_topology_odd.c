/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "row.h"
#include "topology_bdf.h"
#include "topology/topology_machine.h"
#include "topology/topology_snapshot.h"
#include "tree.h"

#define BDF "0000:00:01.0"
#define DIR "/sys/devices/pci0000:00/" BDF
#define EMPTY_ROW "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"

/* If an older kernel lacks a file, the field is unknown. */
static void
test_missing_files(void **state)
{
	const char *root = *state;
	struct topo_device d;

	tree_device(root, "/devices/pci0000:00/" BDF);
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_int_equal(d.numa_node, -1);
	assert_int_equal(d.group, -1);
	assert_string_equal(d.driver, "");
	assert_string_equal(d.cdev, "");
	assert_string_equal(d.iommu, "");
	assert_int_equal(d.max_vfs, 0);
	tree_text(root, DIR "/vfio-dev/vfio-old/dev", "");
	tree_text(root, DIR "/vfio-dev/power/state", "");
	tree_text(root, DIR "/vfio-dev/vfio1\033[2J/dev", "");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_string_equal(d.cdev, "");
	tree_text(root, DIR "/vfio-dev/vfio12/dev", "");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_string_equal(d.cdev, "vfio12");
	assert_string_equal(d.cdev_noiommu, "");
	tree_text(root, DIR "/vfio-dev/noiommu-old/dev", "");
	tree_text(root, DIR "/vfio-dev/noiommu-vfio/dev", "");
	tree_text(root, DIR "/vfio-dev/noiommu-vfio3/dev", "");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_string_equal(d.cdev, "vfio12");
	assert_string_equal(d.cdev_noiommu, "noiommu-vfio3");
	assert_true(topology_is_vfio(&d));
	assert_int_equal(d.bar[0].len, 0);
	assert_int_equal(read_bdf(root, "0000:00:02.0", &d), -ENOENT);
}

static void
test_noiommu(void **state)
{
	const char *root = *state;
	struct topo_device d;

	tree_device(root, "/devices/pci0000:00/" BDF);
	tree_link(root, DIR "/iommu_group", "../../../kernel/iommu_groups/0");
	tree_text(root, "/sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_int_equal(d.group, 0);
	assert_true(d.group_noiommu);
	tree_text(root, "/sys/kernel/iommu_groups/0/name", "other\n");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_false(d.group_noiommu);
}

/* Names from another machine are printed, so they must not control the terminal. */
static void
test_names(void **state)
{
	const char *root = *state;
	char name[TOPO_NAME_LEN], driver[TOPO_NAME_LEN];
	struct topo_device d;

	tree_device(root, "/devices/pci0000:00/" BDF);
	tree_link(root, DIR "/driver", "../../../bus/pci/drivers/vfio\033[2J");
	tree_link(root, DIR "/iommu", "../../virtual/iommu/dmar\n0");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_string_equal(d.driver, "vfio?[2J");
	assert_string_equal(d.iommu, "dmar?0");
	tree_link(root, "/sys/kernel/iommu_groups/7/devices/a\rb/driver", "../drivers/c\td");
	assert_true(topology_foreign_member(root, 7, name, driver));
	assert_string_equal(name, "a?b");
	assert_string_equal(driver, "c?d");
}

/* A domain behind a function, like that of a VMD, and a deep chain of bridges. */
static void
test_paths(void **state)
{
	const char *root = *state;
	char path[512] = "/devices/pci0000:00";
	struct topo_device d;
	int i, n;

	tree_device(root, "/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0"
			"/10000:e1:00.0");
	assert_int_equal(read_bdf(root, "10000:e1:00.0", &d), 0);
	assert_string_equal(d.root_bus, "10000:e0");
	assert_int_equal(d.n_up, 1);
	assert_string_equal(d.up[0], "10000:e0:06.0");

	for (i = 0; i < TOPO_DEPTH + 4; i++) {
		n = (int)strlen(path);
		snprintf(path + n, sizeof(path) - (size_t)n, "/0000:%02x:00.0", i);
	}
	tree_device(root, path);
	assert_int_equal(read_bdf(root, "0000:13:00.0", &d), 0);
	assert_int_equal(d.n_up, TOPO_DEPTH);
	assert_string_equal(d.up[0], "0000:12:00.0");
	assert_string_equal(d.up[TOPO_DEPTH - 1], "0000:03:00.0");
	assert_string_equal(d.root_bus, "0000:00");
}

/* Each of these makes reading the device fail. The output is not modified. */
static void
test_odd(void **state)
{
	static const struct {
		const char *file, *text, *good;
	} rows[] = {
		{ DIR "/vendor", "0x10000\n", "0x8086\n" }, { DIR "/device", "", "0x1\n" },
		{ DIR "/class", "0x1000000\n", "0x020000\n" },
		{ DIR "/class", "net\n", "0x020000\n" },
	};
	static const struct {
		const char *link, *target, *good;
	} links[] = {
		{ DIR "/iommu_group", "../groups/x1", "../groups/1" },
		{ DIR "/iommu_group", "../groups/-1", "../groups/1" },
		{ DIR "/iommu_group", "../groups/2147483648", "../groups/2147483647" },
		{ DIR "/iommu_group", "../groups/1x", "../groups/1" },
		{ DIR "/driver", "../a-driver-name-of-forty-one-characters-long", "../d" },
	};
	const char *root = *state;
	struct topo_device d = { .vendor = 77 };
	size_t i;

	tree_device(root, "/devices/pci0000:00/" BDF);
	EACH_ROW(i, rows, "%s: %s", rows[i].file, rows[i].text) {
		tree_text(root, rows[i].file, rows[i].text);
		assert_int_equal(read_bdf(root, BDF, &d), -ENODATA);
		tree_text(root, rows[i].file, rows[i].good);
	}
	EACH_ROW(i, links, "%s -> %s", links[i].link, links[i].target) {
		tree_link(root, links[i].link, links[i].target);
		assert_int_equal(read_bdf(root, BDF, &d), -ENODATA);
		tree_link(root, links[i].link, links[i].good);
	}
	assert_int_equal(d.vendor, 77);
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	tree_link(root, "/sys/bus/pci/devices/" BDF, "../../../devices");
	assert_int_equal(read_bdf(root, BDF, &d), -ENODATA);
	tree_device(root, "/devices/pci0000:00/0000:00:07.0");
	tree_link(root, "/sys/bus/pci/devices/" BDF, "../../../devices/pci0000:00/0000:00:07.0");
	assert_int_equal(read_bdf(root, BDF, &d), -ENODATA);
	tree_link(root, "/sys/bus/pci/devices/" BDF, BDF);
	assert_int_equal(read_bdf(root, BDF, &d), -ENODATA);
}

/* A link without a target belongs to a function that was just removed. */
static void
test_list_gone(void **state)
{
	const char *root = *state;
	struct topo_snapshot snap = { .root = root };
	struct topo_set set;

	tree_device(root, "/devices/pci0000:00/" BDF);
	tree_link(root, "/sys/bus/pci/devices/0000:00:00.0", "../gone");
	tree_link(root, "/sys/bus/pci/devices/word", "../gone");
	assert_int_equal(topology_snapshot_all(&snap, &set), 0);
	assert_int_equal(set.n, 1);
	assert_string_equal(set.v[0]->bdf, BDF);
	topology_snapshot_free(&snap);
	/* The order is by number, not by name. */
	tree_device(root, "/devices/pci10000:00/10000:00:00.0");
	tree_device(root, "/devices/pci2000:00/2000:00:00.0");
	assert_int_equal(topology_snapshot_all(&snap, &set), 0);
	assert_int_equal(set.n, 3);
	assert_string_equal(set.v[1]->bdf, "2000:00:00.0");
	assert_string_equal(set.v[2]->bdf, "10000:00:00.0");
	assert_int_equal(set.n_odd, 0);
	topology_snapshot_free(&snap);
}

/* An unreadable device is listed as odd, in a group and in all. The others are read. */
static void
test_set_odd(void **state)
{
	static const char *const good[] = { BDF, "0000:00:04.0" };
	static const char *const odd[] = { "0000:00:02.0", "0000:00:03.0" };
	const char *root = *state;
	struct topo_snapshot snap = { .root = root };
	const struct topo_device *dev = NULL;
	struct topo_set set[2];
	struct topo_addr a;
	char path[128], target[160];
	size_t i;

	for (i = 1; i < 5; i++) {
		snprintf(path, sizeof(path), "/devices/pci0000:00/0000:00:%02zx.0", i);
		tree_device(root, path);
		snprintf(target, sizeof(target), "../../../..%s", path);
		snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/7/devices/0000:00:%02zx.0", i);
		tree_link(root, path, target);
	}
	tree_text(root, "/sys/bus/pci/devices/0000:00:02.0/vendor", "odd\n");
	tree_link(root, "/sys/bus/pci/devices/0000:00:03.0/iommu_group", "../groups/x");
	assert_int_equal(topology_snapshot_group(&snap, 7, &set[0]), 0);
	assert_int_equal(topology_snapshot_all(&snap, &set[1]), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(set[i / 2].n, 2);
		assert_int_equal(set[i / 2].n_odd, 2);
		assert_string_equal(set[i / 2].v[i % 2]->bdf, good[i % 2]);
		assert_string_equal(set[i / 2].v[2 + i % 2]->bdf, odd[i % 2]);
		a = addr(odd[i % 2]);
		assert_int_equal(topology_snapshot_device(&snap, &a, &dev), -ENODATA);
		assert_null(dev);
	}
	topology_snapshot_free(&snap);
}

static void
test_rows(void **state)
{
	static const char *const odd[] = {
		"0x0 0x0", "0x2 0x0 0x200", "0x2000 0x2fff 0x200 ", "", "2000 2fff 200",
	};
	struct topo_device d = { 0 };
	const char *root = *state;
	struct topo_addr a = addr(BDF);
	struct topo_bar rows[TOPO_ROWS];
	char text[TOPO_ROWS * sizeof(EMPTY_ROW) + 64] = "";
	size_t n, i;

	tree_device(root, "/devices/pci0000:00/" BDF);
	tree_text(root, DIR "/resource", "0x1000 0x1fff 0x200\n"
			"0x0 0xffffffffffffffff 0x200\n" "0x2000 0x1fff 0x200\n" "0x0 0x0 0x200\n"
			"0x1 0xffffffffffffffff 0x200\n");
	assert_int_equal(topology_resource_rows(root, &a, rows, &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(rows[0].len, 0x1000);
	for (i = 1; i < 4; i++)
		assert_int_equal(rows[i].len, 0);
	assert_int_equal(rows[4].len, UINT64_MAX);
	for (i = 0; i < TOPO_ROWS; i++)
		strcat(text, EMPTY_ROW);
	tree_text(root, DIR "/resource", text);
	assert_int_equal(topology_resource_rows(root, &a, rows, &n), 0);
	assert_int_equal(n, TOPO_ROWS);
	strcat(text, EMPTY_ROW);
	tree_text(root, DIR "/resource", text);
	assert_int_equal(topology_resource_rows(root, &a, rows, &n), -ENODATA);
	assert_int_equal(n, TOPO_ROWS);
	/* An odd row is read as empty. The other rows and the device remain readable. */
	EACH_ROW(i, odd, "%s", odd[i]) {
		snprintf(text, sizeof(text), "%s\n0x1000 0x1fff 0x200\n", odd[i]);
		tree_text(root, DIR "/resource", text);
		assert_int_equal(topology_resource_rows(root, &a, rows, &n), -ENODATA);
		assert_int_equal(n, 2);
		assert_int_equal(rows[0].len, 0);
		assert_int_equal(rows[1].phys, 0x1000);
		assert_int_equal(read_bdf(root, BDF, &d), 0);
		assert_int_equal(d.bar[0].len, 0);
		assert_int_equal(d.bar[1].len, 0x1000);
	}
	tree_text(root, DIR "/resource", "0x2000 0x2fff 0x200");
	assert_int_equal(topology_resource_rows(root, &a, rows, &n), -ENODATA);
	assert_int_equal(n, 0);
}

static void
test_holder(void **state)
{
	const char *root = *state;
	struct topo_snapshot snap = { .root = root };
	struct topo_holder h = { 0 };
	size_t before;
	char own[64];

	assert_int_equal(topology_snapshot_holder(&snap, "/dev/vfio/7", &h), -ENOENT);
	tree_text(root, "/proc/self/comm", "no number\n");
	tree_link(root, "/proc/self/fd/3", "/dev/vfio/7");
	tree_link(root, "/proc/5000012/fd/3", "/dev/vfio/70");
	tree_link(root, "/proc/5000012/fd/4", "/dev/vfio/7 (deleted)");
	tree_text(root, "/proc/5000013/comm", "no fd folder\n");
	snprintf(own, sizeof(own), "/proc/%d/fd/3", (int)getpid());
	tree_link(root, own, "/dev/vfio/7");
	before = tree_open_fds();
	assert_int_equal(topology_snapshot_holder(&snap, "/dev/vfio/7", &h), -ENOENT);
	assert_true(topology_holds(root, "/dev/vfio/7"));
	assert_false(topology_holds(root, "/dev/vfio/70"));
	tree_link(root, "/proc/" TREE_PID_TEXT "/fd/0", "/dev/null");
	tree_link(root, "/proc/" TREE_PID_TEXT "/fd/9", "/dev/vfio/7");
	tree_text(root, "/proc/" TREE_PID_TEXT "/comm", "qemu \033[31m\nx\n");
	/* The snapshot does not include a newer process. The next scan does. */
	assert_int_equal(topology_snapshot_holder(&snap, "/dev/vfio/7", &h), -ENOENT);
	topology_snapshot_free(&snap);
	assert_int_equal(topology_snapshot_holder(&snap, "/dev/vfio/7", &h), 0);
	topology_snapshot_free(&snap);
	assert_int_equal(h.pid, TREE_PID);
	assert_string_equal(h.comm, "qemu ?[31m?x");
	assert_int_equal(tree_open_fds(), before);
}

/* Devices below the highest bridge to a conventional bus are aliases of each other. */
static void
test_aliases(void **state)
{
#define PORT "/devices/pci0000:00/0000:00:09.0"
#define BRIDGE PORT "/0000:01:00.0"
	static const char *const all[] = {
		"/devices/pci0000:00/0000:00:05.0", PORT, BRIDGE, BRIDGE "/0000:02:01.0",
		BRIDGE "/0000:02:02.0", BRIDGE "/0000:02:03.0", BRIDGE "/0000:02:03.0/0000:03:00.0",
		PORT "/0000:01:01.0",
	};
	static const struct {
		const char *bdf;
		size_t n;
	} rows[] = {
		{ "0000:02:01.0", 3 }, { "0000:03:00.0", 3 },
		{ "0000:00:05.0", 0 }, { "0000:01:01.0", 0 },
	};
	static const char *const alike[] = { "0000:02:01.0", "0000:02:02.0", "0000:03:00.0" };
	const char *root = *state;
	struct topo_snapshot snap = { .root = root };
	char path[128];
	struct topo_device d;
	struct topo_set set;
	size_t i, j;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		tree_device(root, all[i]);
	tree_text(root, "/sys" BRIDGE "/class", "0x060400\n");
	tree_text(root, "/sys" BRIDGE "/0000:02:03.0/class", "0x060400\n");
	/* These are PCI Express: the port, the bridge, its neighbour, one below conventional. */
	for (i = 1; i < 8; i++)
		if (i < 3 || i > 5) {
			snprintf(path, sizeof(path), "/sys%s/current_link_speed", all[i]);
			tree_text(root, path, "2.5 GT/s PCIe\n");
		}
	EACH_ROW(i, rows, "%s", rows[i].bdf) {
		assert_int_equal(read_bdf(root, rows[i].bdf, &d), 0);
		assert_int_equal(topology_snapshot_aliases(&snap, &d, &set), 0);
		assert_int_equal(set.n, rows[i].n);
		for (j = 0; j < set.n; j++)
			assert_string_equal(set.v[j]->bdf, alike[j]);
	}
	topology_snapshot_free(&snap);
	/* Unreadable devices count, including an unreadable bridge on the conventional bus. */
	tree_text(root, "/sys" BRIDGE "/0000:02:02.0/vendor", "odd\n");
	tree_text(root, "/sys" BRIDGE "/0000:02:03.0/device", "odd\n");
	assert_int_equal(read_bdf(root, "0000:03:00.0", &d), 0);
	assert_int_equal(topology_snapshot_aliases(&snap, &d, &set), 0);
	assert_int_equal(set.n, 2);
	assert_int_equal(set.n_odd, 2);
	assert_string_equal(set.v[0]->bdf, alike[0]);
	assert_string_equal(set.v[1]->bdf, alike[2]);
	assert_string_equal(set.v[2]->bdf, alike[1]);
	assert_string_equal(set.v[3]->bdf, "0000:02:03.0");
	topology_snapshot_free(&snap);
	/* A device with an unknown path counts, too. */
	tree_link(root, "/sys/bus/pci/devices/0000:07:00.0", "../../../devices");
	assert_int_equal(topology_snapshot_aliases(&snap, &d, &set), 0);
	assert_int_equal(set.n_odd, 3);
	assert_string_equal(set.v[4]->bdf, "0000:07:00.0");
	topology_snapshot_free(&snap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_missing_files, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_noiommu, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_names, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_paths, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_odd, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_list_gone, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_set_odd, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_rows, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_aliases, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_holder, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests_name("topology_odd", tests, NULL, NULL);
}
