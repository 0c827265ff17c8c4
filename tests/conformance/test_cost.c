/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What a scan costs, and which files of a device it opens.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "calls.h"
#include "common.h"
#include "plan/plan.h"
#include "sriov.h"
#include "tree.h"

#define CALLS_MAX 100	/* per device */
#define FEW 16
#define MANY 64

static unsigned int n_files, n_config;

/* System calls of a scan, per device. */
static unsigned int
calls_of(size_t n, bool iomem)
{
	unsigned int calls;
	void *root;

	assert_int_equal(tree_setup(&root), 0);
	sriov_make(root, n, iomem);
	calls_reset();
	sriov_scan(root, n);
	calls = calls_count();
	assert_int_equal(tree_teardown(&root), 0);
	return calls / (unsigned int)n;
}

/* The calls per device are few, and do not increase with the number of devices. */
static void
test_calls(void **state)
{
	unsigned int few, many;
	int iomem;

	for (iomem = 0; iomem < 2; iomem++) {
		few = calls_of(FEW, iomem != 0);
		many = calls_of(MANY, iomem != 0);
		assert_in_range(few, 1, CALLS_MAX);
		assert_in_range(many, 1, few);
	}
}

/* System calls of "dpdk-test-msi list", per VF. */
static unsigned int
look_calls_of(size_t n)
{
	struct topo_snapshot snap;
	struct plan_device looked;
	const struct topo_device *dev;
	struct topo_addr addr;
	unsigned int calls;
	void *root;
	size_t i;

	assert_int_equal(tree_setup(&root), 0);
	sriov_make(root, n, true);
	for (i = 0; i < n / 2; i++)
		sriov_unbind(root, i);
	tree_link(root, "/proc/" TREE_PID_TEXT "/fd/3", "/dev/vfio/vfio");
	snap = (struct topo_snapshot){ .root = root };
	calls_reset();
	for (i = 0; i < n; i++) {
		addr = sriov_vf(i);
		assert_int_equal(topology_snapshot_device(&snap, &addr, &dev), 0);
		plan_look(&snap, dev, IOAS_BACKEND_AUTO, PAGE, &looked);
		plan_look_for_holder(&snap, &looked);
		assert_int_equal(looked.reasons.n, i < n / 2);
		assert_true(i >= n / 2 || strstr(looked.reasons.v[0].text, " is up") != NULL);
		plan_device_free(&looked);
	}
	calls = calls_count();
	topology_snapshot_free(&snap);
	assert_int_equal(tree_teardown(&root), 0);
	return calls / (unsigned int)n;
}

/* The same for looking at functions, some of them bound to kernel drivers. */
static void
test_look(void **state)
{
	unsigned int few = look_calls_of(FEW), many = look_calls_of(MANY);

	assert_in_range(few, 1, CALLS_MAX);
	assert_in_range(many, 1, few);
}

/* A scan opens only these files of a device: reading others may access its registers. */
static void
check_file(const char *path, size_t bytes)
{
	static const char *const allowed[] = {
		"vendor", "device", "class", "subsystem_vendor", "subsystem_device", "numa_node",
		"sriov_numvfs", "resource", "config", "vfio-dev", "dev", "devices",
	};
	const char *name = strrchr(path, '/') + 1;
	size_t i;

	if (strstr(path, "/sys/bus/pci/") == NULL && strstr(path, "/sys/devices/") == NULL)
		return;
	n_files++;
	for (i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (strcmp(name, allowed[i]) == 0)
			break;
	if (i == sizeof(allowed) / sizeof(*allowed))
		fail_msg("%s was opened", path);
	if (strcmp(name, "config") == 0) {
		n_config++;
		assert_in_range(bytes, 0, 64);
	}
}

/* Without /proc/iomem a scan reads all other sources. */
static void
test_files(void **state)
{
	n_files = n_config = 0;
	sriov_make(*state, 4, false);
	calls_file = check_file;
	sriov_scan(*state, 4);
	calls_file = NULL;
	/* 4 VFs, 2 NICs and 4 bridges. */
	assert_int_equal(n_config, 10);
	assert_in_range(n_files, 4 * 8, 10 * 12);
}

/* A scan sees one state of the machine. The next scan sees changes. */
static void
test_scans(void **state)
{
	const char *root = *state;
	const struct topo_addr addr = sriov_vf(0), other = sriov_vf(3);
	const struct topo_device *dev;
	struct plan_scan scan;
	struct topo_set set;
	char path[TREE_PATH_MAX], bdf[TOPO_BDF_LEN];

	sriov_make(root, 2, true);
	topology_format_bdf(&addr, bdf, sizeof(bdf));
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", bdf);
	plan_scan_begin(&scan, root);
	assert_int_equal(topology_snapshot_device(&scan.topo, &addr, &dev), 0);
	assert_int_equal(dev->numa_node, 0);
	assert_int_equal(topology_snapshot_device(&scan.topo, &other, &dev), -ENOENT);
	tree_text(root, path, "1\n");
	assert_int_equal(topology_snapshot_device(&scan.topo, &addr, &dev), 0);
	assert_int_equal(dev->numa_node, 0);
	plan_scan_end(&scan);

	sriov_make(root, 4, true);
	tree_text(root, path, "1\n");
	plan_scan_begin(&scan, root);
	assert_int_equal(topology_snapshot_device(&scan.topo, &addr, &dev), 0);
	assert_int_equal(dev->numa_node, 1);
	/* The function is in the list, but disappears before it is read. */
	topology_format_bdf(&other, bdf, sizeof(bdf));
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s", root, bdf);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(topology_snapshot_device(&scan.topo, &other, &dev), -ENOENT);
	assert_int_equal(topology_snapshot_group(&scan.topo, 23, &set), 0);
	assert_int_equal(set.n, 0);
	assert_int_equal(topology_snapshot_all(&scan.topo, &set), 0);
	assert_int_equal(set.n, 4 + 2 + 3);
	plan_scan_end(&scan);
}

#define cost_test(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)

static unsigned int n_phandles;

static void
count_phandles(const char *path, size_t bytes)
{
	const char *name = strrchr(path, '/');

	n_phandles += bytes > 0 && name != NULL && strcmp(name, "/phandle") == 0;
}

/* Two host bridges refer to the same node: only the first one requires a walk of the tree. */
static void
test_phandles(void **state)
{
#define DT "/sys/firmware/devicetree/base"
#define MC DT "/memory-controller@0"
	static const uint32_t cells[] = { 2, 7, 1, 0, 0, 0, 0, 0x80, 0 };
	static const char *const links[][2] = {
		{ "/sys/devices/pci0000:00/pci_bus/0000:00/of_node", "/pcie@0" },
		{ "/sys/devices/pci0001:00/pci_bus/0001:00/of_node", "/pcie@1" },
	};
	struct topo_snapshot snap = { .root = *state };
	struct holes_bridges bridges = { .snap = &snap };
	struct hole_list list = { 0 };
	struct holes_look look;
	char path[TREE_PATH_MAX];
	size_t i;

	tree_cells(*state, DT "/#address-cells", cells, 1);
	tree_cells(*state, MC "/phandle", cells + 1, 1);
	tree_cells(*state, MC "/#interconnect-cells", cells + 2, 1);
	tree_cells(*state, MC "/#address-cells", cells, 1);
	tree_cells(*state, MC "/#size-cells", cells, 1);
	tree_cells(*state, MC "/dma-ranges", cells + 3, 6);
	tree_link(*state, "/sys/class/pci_bus/0000:00", "../../devices/pci0000:00/pci_bus/0000:00");
	tree_link(*state, "/sys/class/pci_bus/0001:00", "../../devices/pci0001:00/pci_bus/0001:00");
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), DT "%s/interconnect-names", links[i][1]);
		tree_write(*state, path, "dma-mem", 8);
		snprintf(path, sizeof(path), DT "%s/interconnects", links[i][1]);
		tree_cells(*state, path, cells + 1, 2);
		snprintf(path, sizeof(path), "../../../../firmware/devicetree/base%s", links[i][1]);
		tree_link(*state, links[i][0], path);
	}
	n_phandles = 0;
	calls_file = count_phandles;
	for (i = 0; i < 2; i++) {
		assert_int_equal(holes_dma_ranges(&bridges, i == 0 ? "0000:00" : "0001:00", "",
				&list, &look), 0);
		assert_int_equal(list.n, i + 1);
		assert_int_equal(list.v[i].range.first, UINT64_C(0x8000000000));
		assert_int_equal(n_phandles, 1);
	}
	calls_file = NULL;
	holes_free(&list);
	holes_bridges_free(&bridges);
	topology_snapshot_free(&snap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_look),
		cost_test(test_files),
		cost_test(test_scans),
		cost_test(test_phandles),
	};

	return RUN_ON_BACKENDS("cost", tests);
}
