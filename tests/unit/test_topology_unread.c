/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Files that are optional for a device, and what is reported if they can't be read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "row.h"
#include "topology_bdf.h"
#include "topology/topology_machine.h"
#include "tree.h"

#define BDF "0000:00:01.0"
#define DIR "/sys/devices/pci0000:00/" BDF

/* An unreadable optional value is unknown and noted. A missing file is not noted. */
static void
test_unread(void **state)
{
	static const struct {
		const char *file, *text, *names;
	} rows[] = {
		{ "numa_node", "-1\n", "" }, { "numa_node", "2147483647\n", "" },
		{ "numa_node", "-2\n", "numa_node" }, { "numa_node", "4294967296\n", "numa_node" },
		{ "numa_node", "x\n", "numa_node" }, { "sriov_numvfs", "65535\n", "" },
		{ "sriov_numvfs", "65536\n", "sriov_numvfs" }, { "sriov_numvfs", "", "sriov_numvfs" },
		{ "resource", "odd\n", "resource" },
	};
	const char *root = *state;
	char path[128], names[TOPO_UNREAD_LEN];
	struct topo_device d;
	struct topo_use use;
	struct topo_snapshot snap = { .root = root };
	size_t i;

	tree_text(root, "/sys/class/net/lo/operstate", "");
	EACH_ROW(i, rows, "%s: %s", rows[i].file, rows[i].text) {
		tree_device(root, "/devices/pci0000:00/" BDF);
		snprintf(path, sizeof(path), DIR "/%s", rows[i].file);
		tree_text(root, path, rows[i].text);
		assert_int_equal(read_bdf(root, BDF, &d), 0);
		topology_unread_names(&d, names, sizeof(names));
		assert_string_equal(names, rows[i].names);
		tree_text(root, DIR "/numa_node", "0\n");
		tree_text(root, DIR "/sriov_numvfs", "0\n");
	}
	/* Unreadable files, even for root. */
	tree_link(root, DIR "/numa_node", "numa_node");
	tree_link(root, DIR "/sriov_numvfs", "sriov_numvfs");
	tree_link(root, DIR "/resource", "resource");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	topology_unread_names(&d, names, sizeof(names));
	assert_string_equal(names, "numa_node, sriov_numvfs, resource");
	assert_int_equal(d.numa_node, -1);
	/* There may be virtual functions, which depend on the driver. */
	topology_use(&snap, &d, &use);
	assert_int_equal(use.kind, TOPO_USE_UNSEEN);
	topology_snapshot_free(&snap);
}

/* If the name of a group can't be read, the node in /dev/vfio shows whether it has an IOMMU. */
static void
test_group_name_denied(void **state)
{
	const char *root = *state;
	struct topo_device d;

	tree_device(root, "/devices/pci0000:00/" BDF);
	tree_link(root, DIR "/iommu_group", "../../../kernel/iommu_groups/7");
	tree_link(root, "/sys/kernel/iommu_groups/7/name", "name");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_int_equal(d.group, 7);
	assert_false(d.group_noiommu);
	tree_text(root, "/dev/vfio/noiommu-7", "");
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_true(d.group_noiommu);
}

/* If the physical function can't be read, its driver is not unbound. */
static void
test_depends_unread(void **state)
{
	const char *root = *state;
	struct topo_device d, other = { .bdf = "0000:00:02.0" };

	tree_device(root, "/devices/pci0000:00/" BDF);
	assert_int_equal(read_bdf(root, BDF, &d), 0);
	assert_false(topology_depends(root, &d, &other));
	tree_link(root, DIR "/physfn", "../a-name-of-more-than-forty-characters-in-all");
	assert_true(topology_depends(root, &d, &other));
	tree_link(root, DIR "/physfn", "../0000:00:03.0");
	assert_false(topology_depends(root, &d, &other));
	tree_link(root, DIR "/physfn", "../0000:00:02.0");
	assert_true(topology_depends(root, &d, &other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unread, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_group_name_denied, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_depends_unread, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests_name("topology_unread", tests, NULL, NULL);
}
