/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Hugepages of NUMA nodes, from trees of files. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "row.h"
#include "topology/topology_nodes.h"
#include "tree.h"

#define NODES "/sys/devices/system/node"
#define POOLS "/sys/kernel/mm/hugepages"
#define SMALL "hugepages-2048kB"
#define LARGE "hugepages-1048576kB"
#define MIB (UINT64_C(1) << 20)

static void
pool(const char *root, const char *node, const char *name, const char *total, const char *unused)
{
	char path[256];

	snprintf(path, sizeof(path), NODES "/%s/hugepages/%s/nr_hugepages", node, name);
	tree_text(root, path, total);
	snprintf(path, sizeof(path), NODES "/%s/hugepages/%s/free_hugepages", node, name);
	tree_text(root, path, unused);
}

/* Nodes are sorted by number, pools are added up, other names are ignored. */
static void
test_read(void **state)
{
	const char *root = *state;
	struct topo_node *nodes;
	size_t n;

	assert_int_equal(topology_nodes_read(root, &nodes, &n), 0);
	assert_int_equal(n, 0);
	free(nodes);
	pool(root, "node10", SMALL, "8\n", "3\n");
	pool(root, "node10", LARGE, "2\n", "1\n");
	pool(root, "node10", "hugepages-xkB", "9\n", "9\n");
	pool(root, "node2", SMALL, "0\n", "0\n");
	pool(root, "node2x", SMALL, "7\n", "7\n");
	tree_text(root, NODES "/node3/cpulist", "0-3\n");
	tree_text(root, NODES "/possible", "0-3\n");
	assert_int_equal(topology_nodes_read(root, &nodes, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(nodes[0].node, 2);
	assert_int_equal(nodes[0].total, 0);
	assert_int_equal(nodes[1].node, 3);
	assert_int_equal(nodes[1].total, 0);
	assert_int_equal(nodes[2].node, 10);
	assert_int_equal(nodes[2].total, 2 * 8 * MIB + 2 * 1024 * MIB);
	assert_int_equal(nodes[2].unused, 2 * 3 * MIB + 1024 * MIB);
	assert_int_equal(nodes[0].n_pools, 0);
	assert_int_equal(nodes[2].n_pools, 2);
	assert_int_equal(nodes[2].pool[0].page, 1024 * MIB);
	assert_int_equal(nodes[2].pool[0].total, 2 * 1024 * MIB);
	assert_int_equal(nodes[2].pool[0].unused, 1024 * MIB);
	assert_int_equal(nodes[2].pool[1].page, 2 * MIB);
	assert_int_equal(nodes[2].pool[1].total, 2 * 8 * MIB);
	assert_int_equal(nodes[2].pool[1].unused, 2 * 3 * MIB);
	free(nodes);
}

/* What can't be is an error, and nothing is left allocated. */
static void
test_odd(void **state)
{
	static const struct {
		const char *total, *unused;
	} rows[] = {
		{ "x\n", "0\n" }, { "1\n", "2\n" }, { "1\n", "-1\n" }, { "1\n", "" },
		{ "1099511627777\n", "0\n" }, { "18446744073709551616\n", "0\n" },
	};
	const char *root = *state;
	struct topo_node *nodes;
	char name[32];
	size_t i, n;

	EACH_ROW(i, rows, "%s %s", rows[i].total, rows[i].unused) {
		pool(root, "node0", SMALL, rows[i].total, rows[i].unused);
		assert_true(topology_nodes_read(root, &nodes, &n) < 0);
		assert_null(nodes);
		assert_int_equal(n, 0);
	}
	/* More sizes than any processor has. */
	pool(root, "node0", SMALL, "1\n", "0\n");
	for (i = 0; i < TOPO_POOLS_MAX; i++) {
		snprintf(name, sizeof(name), "hugepages-%ukB", 4U << i);
		pool(root, "node1", name, "1\n", "1\n");
	}
	assert_int_equal(topology_nodes_read(root, &nodes, &n), 0);
	assert_int_equal(n, 2);
	free(nodes);
	pool(root, "node1", SMALL, "1\n", "1\n");
	assert_int_equal(topology_nodes_read(root, &nodes, &n), -EFBIG);
	pool(root, "node1", SMALL, "0\n", "0\n");
	/* Each count is possible, but not the sum. */
	pool(root, "node0", SMALL, "1\n", "0\n");
	pool(root, "node0", "hugepages-17179869184kB", "1048576\n", "0\n");
	assert_int_equal(topology_nodes_read(root, &nodes, &n), -EINVAL);
	pool(root, "node0", "hugepages-17179869184kB", "0\n", "0\n");
	assert_int_equal(topology_nodes_read(root, &nodes, &n), 0);
	free(nodes);
	pool(root, "node0", "hugepages-0kB", "1\n", "0\n");
	assert_int_equal(topology_nodes_read(root, &nodes, &n), -EINVAL);
}

/* Pools of a kernel without NUMA are read alike. */
static void
test_one_place(void **state)
{
	const char *root = *state;
	struct topo_node all;

	assert_int_equal(topology_pools_read(root, &all), 0);
	assert_int_equal(all.node, -1);
	assert_int_equal(all.n_pools, 0);
	tree_text(root, POOLS "/" SMALL "/nr_hugepages", "8\n");
	assert_int_equal(topology_pools_read(root, &all), -ENOENT);
	tree_text(root, POOLS "/" SMALL "/free_hugepages", "3\n");
	tree_text(root, POOLS "/" LARGE "/nr_hugepages", "2\n");
	tree_text(root, POOLS "/" LARGE "/free_hugepages", "1\n");
	assert_int_equal(topology_pools_read(root, &all), 0);
	assert_int_equal(all.total, 2 * 8 * MIB + 2 * 1024 * MIB);
	assert_int_equal(all.unused, 2 * 3 * MIB + 1024 * MIB);
	assert_int_equal(all.n_pools, 2);
	assert_int_equal(all.pool[0].page, 1024 * MIB);
	assert_int_equal(all.pool[1].page, 2 * MIB);
	tree_text(root, POOLS "/" SMALL "/free_hugepages", "9\n");
	assert_int_equal(topology_pools_read(root, &all), -EINVAL);
}

static void
whole(const char *root, const char *name, const char *total, const char *limit, const char *surplus)
{
	char path[256];

	snprintf(path, sizeof(path), POOLS "/%s/nr_hugepages", name);
	tree_text(root, path, total);
	snprintf(path, sizeof(path), POOLS "/%s/nr_overcommit_hugepages", name);
	tree_text(root, path, limit);
	snprintf(path, sizeof(path), POOLS "/%s/surplus_hugepages", name);
	tree_text(root, path, surplus);
}

/* One size, of one node or of all: pages in use count, as files of EAL may have them. */
static void
test_may_have(void **state)
{
	const char *root = *state;

	whole(root, SMALL, "16\n", "0\n", "0\n");
	whole(root, LARGE, "1\n", "0\n", "0\n");
	pool(root, "node0", SMALL, "8\n", "3\n");
	pool(root, "node0", LARGE, "0\n", "0\n");
	pool(root, "node1", SMALL, "8\n", "0\n");
	pool(root, "node1", LARGE, "1\n", "0\n");
	assert_true(topology_may_have(root, 0, 2 * MIB, 16 * MIB));
	assert_false(topology_may_have(root, 0, 2 * MIB, 18 * MIB));
	assert_false(topology_may_have(root, 0, 1024 * MIB, 1024 * MIB));
	assert_true(topology_may_have(root, 1, 1024 * MIB, 1024 * MIB));
	assert_false(topology_may_have(root, 1, 1024 * MIB, 2048 * MIB));
	assert_true(topology_may_have(root, -1, 2 * MIB, 32 * MIB));
	assert_false(topology_may_have(root, -1, 2 * MIB, 34 * MIB));
	assert_true(topology_may_have(root, -1, 1024 * MIB, 1024 * MIB));
	/* The kernel makes pages up to its limit, on any node. */
	whole(root, LARGE, "1\n", "1\n", "0\n");
	assert_true(topology_may_have(root, 0, 1024 * MIB, 1024 * MIB));
	assert_false(topology_may_have(root, 0, 2 * MIB, 18 * MIB));
	whole(root, LARGE, "1\n", "1\n", "1\n");
	assert_false(topology_may_have(root, 0, 1024 * MIB, 1024 * MIB));
}

/* What can't be read is no bound. */
static void
test_may_have_unread(void **state)
{
	static const struct {
		const char *total, *limit, *surplus;
	} rows[] = {
		{ "0\n", "x\n", "0\n" }, { "0\n", "0\n", "" }, { "0\n", "-1\n", "0\n" },
		{ "1099511627777\n", "0\n", "0\n" }, { "18446744073709551616\n", "0\n", "0\n" },
		{ "0\n", "1099511627777\n", "1099511627777\n" },
	};
	const char *root = *state;
	size_t i;

	assert_true(topology_may_have(root, -1, 2 * MIB, 2 * MIB));
	assert_true(topology_may_have(root, 0, 2 * MIB, 2 * MIB));
	EACH_ROW(i, rows, "%s %s %s", rows[i].total, rows[i].limit, rows[i].surplus) {
		whole(root, SMALL, rows[i].total, rows[i].limit, rows[i].surplus);
		assert_true(topology_may_have(root, -1, 2 * MIB, 2 * MIB));
	}
	/* The size of another pool, and a node without folder. */
	whole(root, SMALL, "0\n", "0\n", "0\n");
	assert_false(topology_may_have(root, -1, 2 * MIB, 2 * MIB));
	assert_true(topology_may_have(root, -1, 1024 * MIB, 1024 * MIB));
	tree_text(root, NODES "/node0/cpulist", "0\n");
	assert_true(topology_may_have(root, 0, 2 * MIB, 2 * MIB));
	pool(root, "node0", SMALL, "0\n", "0\n");
	assert_false(topology_may_have(root, 0, 2 * MIB, 2 * MIB));
	/* Only the node's folder can be read: the kernel may make pages. */
	pool(root, "node0", LARGE, "0\n", "0\n");
	assert_true(topology_may_have(root, 0, 1024 * MIB, 1024 * MIB));
	assert_true(topology_may_have(root, 1, 2 * MIB, 2 * MIB));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_odd, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_one_place, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_may_have, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_may_have_unread, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests_name("topology_nodes", tests, NULL, NULL);
}
