/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "row.h"
#include "topology_bdf.h"
#include "topology/topology_snapshot.h"
#include "tree.h"

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

	EACH_ROW(i, good, "%s", good[i].in) {
		assert_int_equal(topology_parse_bdf(good[i].in, &a), 0);
		topology_format_bdf(&a, out, sizeof(out));
		assert_string_equal(out, good[i].out);
	}
	EACH_ROW(i, bad, "%s", bad[i])
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

	EACH_ROW(i, sorted, "%s", sorted[i])
		EACH_ROW(j, sorted, "%s", sorted[j]) {
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
	struct topo_snapshot snap = { .root = tree_fixture("arm-smmuv3") };
	struct topo_set set;
	size_t i;

	assert_int_equal(topology_snapshot_all(&snap, &set), 0);
	assert_int_equal(set.n, 5);
	assert_int_equal(set.n_odd, 0);
	EACH_ROW(i, want, "%s", want[i])
		assert_string_equal(set.v[i]->bdf, want[i]);
	topology_snapshot_free(&snap);
	snap.root = tree_fixture("rmrr");
	assert_int_equal(topology_snapshot_all(&snap, &set), -ENOENT);
	topology_snapshot_free(&snap);
}

static void
test_group(void **state)
{
	const char *root = tree_fixture("pci-bridge-group");
	struct topo_snapshot snap = { .root = root };
	const struct topo_device **v;
	struct topo_set set;

	assert_int_equal(topology_snapshot_group(&snap, 7, &set), 0);
	assert_int_equal(set.n, 3);
	v = set.v;
	assert_string_equal(v[0]->bdf, "0000:01:00.0");
	assert_true(v[0]->is_bridge);
	assert_string_equal(v[0]->driver, "");
	assert_false(topology_blocks_group(v[0]));
	assert_true(topology_is_vfio(v[1]));
	assert_false(topology_blocks_group(v[1]));
	assert_string_equal(v[2]->driver, "e1000");
	assert_false(topology_is_vfio(v[2]));
	assert_true(topology_blocks_group(v[2]));
	assert_int_equal(topology_snapshot_group(&snap, 99, &set), -ENOENT);
	assert_int_equal(topology_snapshot_group(&snap, -1, &set), -ENOENT);
	topology_snapshot_free(&snap);
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
		{ "mlx5_vfio_pci", "", false, true, false },
		{ "xe-vf", "vfio1", false, true, false },
		{ "pci-stub", "", false, false, false }, { "pcieport", "", true, false, false },
		{ "pcieport", "", false, false, true }, { "shpchp", "", true, false, true },
		{ "igb", "", false, false, true }, { "lpc_ich", "", true, false, true },
	};
	size_t i;

	EACH_ROW(i, rows, "%s%s%s", rows[i].driver, rows[i].cdev,
			rows[i].bridge ? ", a bridge" : "") {
		struct topo_device d = { .is_bridge = rows[i].bridge };

		snprintf(d.driver, sizeof(d.driver), "%s", rows[i].driver);
		snprintf(d.cdev, sizeof(d.cdev), "%s", rows[i].cdev);
		assert_int_equal(topology_is_vfio(&d), rows[i].vfio);
		assert_int_equal(topology_blocks_group(&d), rows[i].blocks);
	}
}

/* Each property of a function differs once. */
static void
test_same(void **state)
{
	struct topo_device d, o;
#define DIFFERS(member, value) do { \
	o = d; \
	o.member = (value); \
	assert_false(topology_same(&d, &o)); \
} while (0)

	assert_int_equal(read_bdf(tree_fixture("arm-smmuv3"), "0000:00:03.0", &d), 0);
	assert_int_equal(read_bdf(tree_fixture("arm-smmuv3"), "0000:00:03.0", &o), 0);
	assert_true(topology_same(&d, &o));
	DIFFERS(addr.dev, 4);
	DIFFERS(vendor, 1);
	DIFFERS(device, 1);
	DIFFERS(subvendor, 1);
	DIFFERS(subdevice, 1);
	DIFFERS(class_id, 1);
	DIFFERS(pcie, !d.pcie);
	DIFFERS(numa_node, 3);
	DIFFERS(group, 77);
	DIFFERS(group_noiommu, true);
	DIFFERS(driver[0], 'x');
	DIFFERS(cdev[0], 'x');
	DIFFERS(cdev_noiommu[0], 'x');
	DIFFERS(iommu[0], 'x');
	DIFFERS(max_vfs, 9);
	DIFFERS(bar[0].phys, 1);
	DIFFERS(bar[1].len, 1);
	DIFFERS(bar[5].flags, 1);
	DIFFERS(unread, TOPO_UNREAD_VFS);
	DIFFERS(root_bus[0], 'x');
	DIFFERS(n_up, d.n_up + 1);
#undef DIFFERS
}

/* The IDs that DMA of a function can have. */
static void
test_sends(void **state)
{
#define PORT "/devices/pci0000:00/0000:00:09.0"
#define BRIDGE PORT "/0000:01:00.0"
	static const char *const all[] = { PORT, BRIDGE, "/devices/pci0000:00/0000:00:05.0",
		"/devices/pci0000:00/0000:00:06.1", BRIDGE "/0000:02:01.0",
		BRIDGE "/0000:02:02.0", BRIDGE "/0000:02:02.0/0000:03:00.1", PORT "/0000:01:01.0" };
	static const struct {
		const char *bdf, *id;
		bool sends;
	} rows[] = {
		{ "0000:02:01.0", "0000:02:01.0", true }, { "0000:02:01.0", "0000:02:00.0", true },
		{ "0000:02:01.0", "0000:01:00.0", true }, { "0000:02:01.0", "0000:02:02.0", false },
		{ "0000:02:01.0", "0001:02:00.0", false }, { "0000:02:01.0", "0000:02:00.1", false },
		/* Below a second bridge: the highest one sends. */
		{ "0000:03:00.1", "0000:02:00.0", true }, { "0000:03:00.1", "0000:03:00.0", false },
		{ "0000:03:00.1", "0000:03:00.1", true },
		/* A bridge, PCI Express, and a conventional function of the root bus. */
		{ "0000:02:02.0", "0000:02:00.0", false }, { "0000:01:01.0", "0000:01:00.0", false },
		{ "0000:00:06.1", "0000:00:00.0", false },
		/* Marvell and Ricoh. */
		{ "0000:00:05.0", "0000:00:05.1", true }, { "0000:00:05.0", "0000:00:05.2", false },
		{ "0000:00:05.0", "0000:00:06.1", false },
		{ "0000:00:06.1", "0000:00:06.0", true }, { "0000:00:06.1", "0000:00:06.2", false },
	};
	const char *root = *state;
	struct topo_snapshot snap = { .root = root };
	const struct topo_device *dev;
	struct topo_addr addr, id;
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		tree_device(root, all[i]);
	tree_text(root, "/sys" BRIDGE "/class", "0x060400\n");
	tree_text(root, "/sys" BRIDGE "/0000:02:02.0/class", "0x060400\n");
	tree_text(root, "/sys/devices/pci0000:00/0000:00:05.0/vendor", "0x1b4b\n");
	tree_text(root, "/sys/devices/pci0000:00/0000:00:06.1/vendor", "0x1180\n");
	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (i < 2 || i > 6) {
			snprintf(path, sizeof(path), "/sys%s/current_link_speed", all[i]);
			tree_text(root, path, "2.5 GT/s PCIe\n");
		}
	EACH_ROW(i, rows, "%s as %s", rows[i].bdf, rows[i].id) {
		assert_int_equal(topology_parse_bdf(rows[i].bdf, &addr), 0);
		assert_int_equal(topology_parse_bdf(rows[i].id, &id), 0);
		assert_int_equal(topology_snapshot_device(&snap, &addr, &dev), 0);
		assert_int_equal(topology_snapshot_sends(&snap, dev, &id), rows[i].sends);
	}
	topology_snapshot_free(&snap);
#undef BRIDGE
#undef PORT
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_bdf),
		cmocka_unit_test(test_addr_cmp),
		cmocka_unit_test(test_read_nic),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_read_behind_bridge),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test_setup_teardown(test_sends, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
