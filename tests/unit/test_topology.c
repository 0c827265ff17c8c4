/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "topology.h"
#include "tree.h"

#define ROUNDS 10000
#define BDF "0000:00:01.0"
#define DIR "/sys/devices/pci0000:00/" BDF
#define EMPTY_ROW "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"

static struct topo_addr
addr(const char *bdf)
{
	struct topo_addr a;

	assert_int_equal(topology_parse_bdf(bdf, &a), 0);
	return a;
}

static int
read_bdf(const char *root, const char *bdf, struct topo_device *dev)
{
	struct topo_addr a = addr(bdf);

	return topology_read(root, &a, dev);
}

/* The least that makes a device, at @p path below /sys. */
static void
device_make(const char *root, const char *path)
{
	static const char *const files[][2] = {
		{ "vendor", "0x8086\n" }, { "device", "0x10c9\n" }, { "class", "0x020000\n" },
		{ "subsystem_vendor", "0x1af4\n" }, { "subsystem_device", "0x1100\n" },
	};
	char name[512], target[512];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "/sys%s/%s", path, files[i][0]);
		tree_text(root, name, files[i][1]);
	}
	snprintf(name, sizeof(name), "/sys/bus/pci/devices/%s", strrchr(path, '/') + 1);
	snprintf(target, sizeof(target), "../../..%s", path);
	tree_link(root, name, target);
}

static void
test_parse_bdf(void **state)
{
	static const struct {
		const char *in, *out;
	} good[] = {
		{ "0000:01:00.0", "0000:01:00.0" }, { "01:1f.7", "0000:01:1f.7" },
		{ "10000:e1:00.1", "10000:e1:00.1" }, { "ffffffff:ff:1f.7", "ffffffff:ff:1f.7" },
		{ "0:1:2.3", "0000:01:02.3" }, { "ABCD:EF:0A.0", "abcd:ef:0a.0" },
	};
	static const char *const bad[] = {
		"", ":", "::.", "0000:01:00", "0000:01:00.", "0000:01:00.8", "0000:01:20.0",
		"0000:100:00.0", "100000000:01:00.0", "0000:01:00.0 ", " 0000:01:00.0",
		"0000:01:00.00", "0000:0x1:00.0", "-1:01:00.0", "00:01:02:03.0", "0000.01.00.0",
		":01:00.0", "0000::00.0", "0000:01:.0", "0000:01:00.0\n", "0000:01:000.0",
	};
	struct topo_addr a;
	char out[TOPO_BDF_LEN];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(topology_parse_bdf(good[i].in, &a), 0);
		topology_format_bdf(&a, out, sizeof(out));
		assert_string_equal(out, good[i].out);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(topology_parse_bdf(bad[i], &a), -EINVAL);
	assert_int_equal(topology_parse_bus("10000:e0", &a), 0);
	topology_format_bus(&a, out, sizeof(out));
	assert_string_equal(out, "10000:e0");
	assert_int_equal(topology_parse_bus("0000:00:00.0", &a), -EINVAL);
	assert_int_equal(topology_parse_bus("00", &a), -EINVAL);
	assert_int_equal(topology_parse_bus("../x:00", &a), -EINVAL);
}

static void
test_addr_cmp(void **state)
{
	static const char *const sorted[] = {
		"0000:00:00.0", "0000:00:00.1", "0000:00:01.0", "0000:01:00.0", "0001:00:00.0",
	};
	size_t i, j;

	for (i = 0; i < 5; i++)
		for (j = 0; j < 5; j++) {
			struct topo_addr a = addr(sorted[i]), b = addr(sorted[j]);

			assert_int_equal(topology_addr_cmp(&a, &b), i < j ? -1 : i > j);
		}
}

static void
test_read_nic(void **state)
{
	const char *root = tree_fixture("arm-smmuv3");
	struct topo_device d;

	assert_int_equal(read_bdf(root, "0000:00:03.0", &d), 0);
	assert_string_equal(d.bdf, "0000:00:03.0");
	assert_int_equal(d.vendor, 0x8086);
	assert_int_equal(d.device, 0x10c9);
	assert_int_equal(d.subvendor, 0x8086);
	assert_int_equal(d.subdevice, 0xa03c);
	assert_int_equal(d.class_id, 0x020000);
	assert_false(d.is_bridge);
	assert_int_equal(d.numa_node, 0);
	assert_int_equal(d.group, 2);
	assert_false(d.group_noiommu);
	assert_string_equal(d.driver, "vfio-pci");
	assert_string_equal(d.cdev, "vfio0");
	assert_string_equal(d.iommu, "smmu3.0x0000000009050000");
	assert_int_equal(d.max_vfs, 2);
	assert_int_equal(d.bar[0].phys, 0x10200000);
	assert_int_equal(d.bar[0].len, 0x20000);
	assert_int_equal(d.bar[0].flags, 0x40200);
	assert_int_equal(d.bar[4].len, 0);
	assert_string_equal(d.root_bus, "0000:00");
	assert_int_equal(d.n_up, 0);
}

static void
test_read_behind_bridge(void **state)
{
	struct topo_device d;

	assert_int_equal(read_bdf(tree_fixture("arm-smmuv3"), "0000:01:00.0", &d), 0);
	assert_int_equal(d.numa_node, -1);
	assert_int_equal(d.n_up, 1);
	assert_string_equal(d.up[0], "0000:00:02.0");
	assert_int_equal(read_bdf(tree_fixture("arm-smmuv3"), d.up[0], &d), 0);
	assert_true(d.is_bridge);
	assert_int_equal(read_bdf(tree_fixture("pci-bridge-group"), "0000:02:01.0", &d), 0);
	assert_int_equal(d.n_up, 2);
	assert_string_equal(d.up[0], "0000:01:00.0");
	assert_string_equal(d.up[1], "0000:00:02.0");
	assert_string_equal(d.root_bus, "0000:00");
}

static void
test_list(void **state)
{
	static const char *const want[] = {
		"0000:00:00.0", "0000:00:02.0", "0000:00:03.0", "0000:00:05.0", "0000:01:00.0",
	};
	struct topo_device *v;
	size_t n, i;

	assert_int_equal(topology_list(tree_fixture("arm-smmuv3"), &v, &n), 0);
	assert_int_equal(n, 5);
	for (i = 0; i < n; i++)
		assert_string_equal(v[i].bdf, want[i]);
	free(v);
	assert_int_equal(topology_list(tree_fixture("rmrr"), &v, &n), -ENOENT);
}

static void
test_group(void **state)
{
	const char *root = tree_fixture("pci-bridge-group");
	struct topo_device *v;
	size_t n;

	assert_int_equal(topology_group(root, 7, &v, &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(v[0].bdf, "0000:01:00.0");
	assert_true(v[0].is_bridge);
	assert_string_equal(v[0].driver, "");
	assert_false(topology_blocks_group(&v[0]));
	assert_true(topology_is_vfio(&v[1]));
	assert_false(topology_blocks_group(&v[1]));
	assert_string_equal(v[2].driver, "e1000");
	assert_false(topology_is_vfio(&v[2]));
	assert_true(topology_blocks_group(&v[2]));
	free(v);
	assert_int_equal(topology_group(root, 99, &v, &n), -ENOENT);
	assert_int_equal(topology_group(root, -1, &v, &n), -ENOENT);
}

static void
test_blocks(void **state)
{
	static const struct {
		const char *driver, *cdev;
		bool bridge, vfio, blocks;
	} rows[] = {
		{ "", "", false, false, false }, { "", "", true, false, false },
		{ "vfio-pci", "vfio3", false, true, false }, { "vfio-pci", "", false, true, false },
		{ "mlx5_vfio_pci", "", false, true, false }, { "xe-vf", "vfio1", false, true, false },
		{ "pci-stub", "", false, false, false }, { "pcieport", "", true, false, false },
		{ "pcieport", "", false, false, true }, { "shpchp", "", true, false, true },
		{ "igb", "", false, false, true }, { "lpc_ich", "", true, false, true },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct topo_device d = { .is_bridge = rows[i].bridge };

		snprintf(d.driver, sizeof(d.driver), "%s", rows[i].driver);
		snprintf(d.cdev, sizeof(d.cdev), "%s", rows[i].cdev);
		assert_int_equal(topology_is_vfio(&d), rows[i].vfio);
		assert_int_equal(topology_blocks_group(&d), rows[i].blocks);
	}
}

/* Files an older kernel does not have leave fields unknown. */
static void
test_missing_files(void **state)
{
	const char *root = *state;
	struct topo_device d;

	device_make(root, "/devices/pci0000:00/" BDF);
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_int_equal(d.numa_node, -1);
	assert_int_equal(d.group, -1);
	assert_string_equal(d.driver, "");
	assert_string_equal(d.cdev, "");
	assert_string_equal(d.iommu, "");
	assert_int_equal(d.max_vfs, 0);
	assert_int_equal(d.bar[0].len, 0);
	assert_int_equal(read_bdf(root, "0000:00:02.0", &d), -ENOENT);
}

static void
test_noiommu(void **state)
{
	const char *root = *state;
	struct topo_device d;

	device_make(root, "/devices/pci0000:00/" BDF);
	tree_link(root, DIR "/iommu_group", "../../../kernel/iommu_groups/0");
	tree_text(root, "/sys/kernel/iommu_groups/0/name", "vfio-noiommu\n");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_int_equal(d.group, 0);
	assert_true(d.group_noiommu);
	tree_text(root, "/sys/kernel/iommu_groups/0/name", "other\n");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_false(d.group_noiommu);
}

/* A domain behind a function, as VMD makes it; and a deep chain of bridges. */
static void
test_paths(void **state)
{
	const char *root = *state;
	char path[512] = "/devices/pci0000:00";
	struct topo_device d;
	int i, n;

	device_make(root, "/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0");
	assert_int_equal(read_bdf(root, "10000:e1:00.0", &d), 0);
	assert_string_equal(d.root_bus, "10000:e0");
	assert_int_equal(d.n_up, 1);
	assert_string_equal(d.up[0], "10000:e0:06.0");

	for (i = 0; i < TOPO_DEPTH + 4; i++) {
		n = (int)strlen(path);
		snprintf(path + n, sizeof(path) - (size_t)n, "/0000:%02x:00.0", i);
	}
	device_make(root, path);
	assert_int_equal(read_bdf(root, "0000:13:00.0", &d), 0);
	assert_int_equal(d.n_up, TOPO_DEPTH);
	assert_string_equal(d.up[0], "0000:12:00.0");
	assert_string_equal(d.up[TOPO_DEPTH - 1], "0000:03:00.0");
	assert_string_equal(d.root_bus, "0000:00");
}

/* Each of these makes the device unreadable, and nothing is written. */
static void
test_odd(void **state)
{
	static const struct {
		const char *file, *text, *good;
	} rows[] = {
		{ DIR "/vendor", "0x10000\n", "0x8086\n" }, { DIR "/device", "", "0x1\n" },
		{ DIR "/class", "0x1000000\n", "0x020000\n" }, { DIR "/class", "net\n", "0x020000\n" },
		{ DIR "/numa_node", "4294967296\n", "-1\n" }, { DIR "/numa_node", "x\n", "0\n" },
		{ DIR "/sriov_numvfs", "65536\n", "65535\n" },
		{ DIR "/resource", "0x0 0x0\n", EMPTY_ROW },
		{ DIR "/resource", "0x2 0x0 0x200\n", EMPTY_ROW },
		{ DIR "/resource", "0x2000 0x2fff 0x200", EMPTY_ROW },
		{ DIR "/resource", "0x2000 0x2fff 0x200 \n", EMPTY_ROW },
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

	device_make(root, "/devices/pci0000:00/" BDF);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		tree_text(root, rows[i].file, rows[i].text);
		assert_int_equal(read_bdf(root, BDF, &d), -ENODATA);
		tree_text(root, rows[i].file, rows[i].good);
	}
	for (i = 0; i < sizeof(links) / sizeof(*links); i++) {
		tree_link(root, links[i].link, links[i].target);
		assert_int_equal(read_bdf(root, BDF, &d), -ENODATA);
		tree_link(root, links[i].link, links[i].good);
	}
	assert_int_equal(d.vendor, 77);
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_int_equal(d.max_vfs, 65535);
	tree_link(root, "/sys/bus/pci/devices/" BDF, "../../../devices");
	assert_int_equal(read_bdf(root, BDF, &d), -ENODATA);
	tree_link(root, "/sys/bus/pci/devices/" BDF, BDF);
	assert_int_equal(read_bdf(root, BDF, &d), -ELOOP);
}

/* A link without a target is a function that just went away. */
static void
test_list_gone(void **state)
{
	const char *root = *state;
	struct topo_device *v;
	size_t n;

	device_make(root, "/devices/pci0000:00/" BDF);
	tree_link(root, "/sys/bus/pci/devices/0000:00:00.0", "../gone");
	tree_link(root, "/sys/bus/pci/devices/word", "../gone");
	assert_int_equal(topology_list(root, &v, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(v[0].bdf, BDF);
	free(v);
	tree_text(root, DIR "/vendor", "odd\n");
	assert_int_equal(topology_list(root, &v, &n), -ENODATA);
}

static void
test_rows(void **state)
{
	const char *root = *state;
	struct topo_addr a = addr(BDF);
	struct topo_bar rows[TOPO_ROWS];
	char text[TOPO_ROWS * sizeof(EMPTY_ROW) + 64] = "";
	size_t n, i;

	device_make(root, "/devices/pci0000:00/" BDF);
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
}

static void
test_holder(void **state)
{
	const char *root = *state;
	struct topo_holder h = { 0 };
	size_t before;
	char own[64];

	assert_int_equal(topology_holder(root, "/dev/vfio/7", &h), -ENOENT);
	tree_text(root, "/proc/self/comm", "no number\n");
	tree_link(root, "/proc/self/fd/3", "/dev/vfio/7");
	tree_link(root, "/proc/12/fd/3", "/dev/vfio/70");
	tree_link(root, "/proc/12/fd/4", "/dev/vfio/7 (deleted)");
	tree_text(root, "/proc/13/comm", "no fd folder\n");
	snprintf(own, sizeof(own), "/proc/%d/fd/3", (int)getpid());
	tree_link(root, own, "/dev/vfio/7");
	before = tree_open_fds();
	assert_int_equal(topology_holder(root, "/dev/vfio/7", &h), -ENOENT);
	tree_link(root, "/proc/4000000/fd/0", "/dev/null");
	tree_link(root, "/proc/4000000/fd/9", "/dev/vfio/7");
	tree_text(root, "/proc/4000000/comm", "qemu \033[31m\nx\n");
	assert_int_equal(topology_holder(root, "/dev/vfio/7", &h), 0);
	assert_int_equal(h.pid, 4000000);
	assert_string_equal(h.comm, "qemu ?[31m?x");
	assert_int_equal(tree_open_fds(), before);
}

static void
test_noise(void **state)
{
	static const char sample[] = "0x0000000010200000 0x000000001021ffff 0x0000000000040200\n"
			EMPTY_ROW;
	static const char bdf[] = "0000:01:00.0";
	struct topo_bar rows[TOPO_ROWS];
	const char *root = *state;
	struct topo_addr a = addr(BDF), parsed;
	uint64_t seed = 3;
	char data[256];
	size_t len, n;
	int i, ret, good = 0;

	for (i = 0; i < ROUNDS; i++) {
		len = tree_noise(&seed, sample, strlen(sample), data, sizeof(data));
		tree_write(root, "/sys/bus/pci/devices/" BDF "/resource", data, len);
		ret = topology_resource_rows(root, &a, rows, &n);
		assert_true(ret == 0 || ret == -ENODATA);
		good += ret == 0;
		len = tree_noise(&seed, bdf, strlen(bdf), data, sizeof(data) - 1);
		data[len] = '\0';
		ret = topology_parse_bdf(data, &parsed);
		assert_true(ret == 0 || ret == -EINVAL);
		ret = topology_parse_bus(data, &parsed);
		assert_true(ret == 0 || ret == -EINVAL);
	}
	assert_in_range(good, ROUNDS / 20, ROUNDS * 3 / 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_bdf),
		cmocka_unit_test(test_addr_cmp),
		cmocka_unit_test(test_read_nic),
		cmocka_unit_test(test_read_behind_bridge),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test_setup_teardown(test_missing_files, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_noiommu, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_paths, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_odd, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_list_gone, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_rows, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_holder, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_noise, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
