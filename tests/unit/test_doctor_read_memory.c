/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The facts of doctor about hugepages, read from a tree of files. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "doctor.h"
#include "tree.h"

static struct doctor_memory memory;

static void
memory_free(void)
{
	free(memory.nodes);
	free(memory.free_bytes);
	memory = (struct doctor_memory){ 0 };
}

static void
read_again(const char *root, bool elsewhere)
{
	memory_free();
	assert_int_equal(doctor_read_memory(root, elsewhere, &memory), 0);
}

static int
teardown(void **state)
{
	memory_free();
	return tree_teardown(state);
}

static void
test_memory(void **state)
{
	const char *root = *state;

	/* Without NUMA. */
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "10\n");
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "3\n");
	tree_text(root, "/proc/meminfo", "MemTotal:  100 kB\nMemFree:   50 kB\n");
	tree_text(root, "/proc/self/mounts", "huge /mnt hugetlbfs rw,pagesize=1G 0 0\n"
		"hugetlbfs /dev/hugepages hugetlbfs rw,pagesize=2M 0 0\n"
		"hugetlbfs /tmp/huge hugetlbfs rw,pagesize=2M 0 0\n");
	read_again(root, false);
	assert_int_equal(memory.ret, 0);
	assert_int_equal(memory.n_nodes, 1);
	assert_int_equal(memory.nodes[0].node, -1);
	assert_int_equal(memory.nodes[0].total, 20 << 20);
	assert_int_equal(memory.nodes[0].unused, 6 << 20);
	assert_int_equal(memory.free_bytes[0], 50 << 10);
	assert_int_equal(memory.mounted.n_pages, 1);
	assert_string_equal(memory.mount[0].path, "/dev/hugepages");
	assert_int_equal(memory.mount[0].open, DOCTOR_UNKNOWN);
	assert_int_equal(memory.sizes.n_pages, 1);
	assert_int_equal(memory.sizes.page[0], 2 << 20);
	assert_int_equal(memory.mounts, DOCTOR_YES);

	/* What can't be read is not 0. */
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "x\n");
	read_again(root, false);
	assert_int_equal(memory.ret, -EINVAL);
	assert_int_equal(memory.n_nodes, 0);
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "1\n");
	read_again(root, true);
	assert_int_equal(memory.ret, 0);
	assert_int_equal(memory.n_nodes, 0);
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "2\n");
	read_again(root, false);
	assert_int_equal(memory.ret, -EINVAL);
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "1\n");
	read_again(root, false);
	assert_int_equal(memory.nodes[0].n_pools, 2);
	assert_int_equal(memory.nodes[0].pool[0].page, 1 << 30);
	assert_int_equal(memory.nodes[0].pool[1].page, 2 << 20);

	tree_text(root, "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "4\n");
	tree_text(root, "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "4\n");
	tree_text(root, "/sys/devices/system/node/node0/meminfo", "Node 0 MemFree:   7 kB\n");
	read_again(root, false);
	assert_int_equal(memory.n_nodes, 1);
	assert_int_equal(memory.nodes[0].node, 0);
	assert_int_equal(memory.nodes[0].total, 8 << 20);
	assert_int_equal(memory.free_bytes[0], 7 << 10);
}

/* A cache of files can become free: half of it, and no more than the machine has. */
static void
test_soon_free(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/meminfo", "MemTotal:  100 kB\nMemFree:   50 kB\n");
	tree_text(root, "/sys/devices/system/node/node0/meminfo", "Node 0 MemFree:   7 kB\nNode 0 Active(file):   16 kB\n"
		"Node 0 Inactive(file):   24 kB\n");
	read_again(root, false);
	assert_int_equal(memory.free_bytes[0], 27 << 10);
	tree_text(root, "/proc/meminfo", "MemTotal:  100 kB\nMemFree:   50 kB\nMemAvailable:    9 kB\n");
	read_again(root, false);
	assert_int_equal(memory.free_bytes[0], 9 << 10);
}

/* Pages that the kernel makes on request. */
static void
test_overcommit(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/self/mounts", "");
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages", "10\n");
	read_again(root, false);
	assert_int_equal(memory.sizes.page[1], 2 << 20);
	assert_int_equal(memory.overcommit[1], 0);
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/surplus_hugepages", "4\n");
	read_again(root, false);
	assert_int_equal(memory.overcommit[1], 12 << 20);
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages", "18446744073709551615\n");
	read_again(root, false);
	assert_int_equal(memory.overcommit[1], UINT64_C(1) << 56);
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/surplus_hugepages", "18446744073709551615\n");
	read_again(root, false);
	assert_int_equal(memory.overcommit[1], 0);
}

/* Files of another user that have the names of EAL's default prefix. */
static void
test_left(void **state)
{
	const char *root = *state;
	/* Root can remove all, and the files are this user's. */
	const uid_t other = getuid() + 1;

	assert_false(doctor_has_left(root, "/dev/hugepages", other));
	tree_text(root, "/dev/hugepages/fastmap_0", "");
	tree_text(root, "/dev/hugepages/rtemap", "");
	assert_false(doctor_has_left(root, "/dev/hugepages", other));
	tree_text(root, "/dev/hugepages/rtemap_0", "");
	assert_true(doctor_has_left(root, "/dev/hugepages", other));
	assert_false(doctor_has_left(root, "/dev/hugepages", getuid()));
	assert_false(doctor_has_left(root, "/dev/hugepages", 0));
	assert_false(doctor_has_left(root, "/dev", other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, tree_setup, teardown)
		T(test_memory), T(test_soon_free), T(test_overcommit), T(test_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
