/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "row.h"
#include "tree.h"
#include "va_kernel.h"
#include "va/va_need.h"
#include "va/va_space.h"

#define BASE UINT64_C(0x100000000)

static uint64_t
top_of(const char *root, uint64_t end, uint64_t window)
{
	struct va_space space;
	uint64_t top;

	va_kernel_start(end, window);
	va_kernel_maps(root);
	assert_int_equal(va_space_read(root, BASE, &space), 0);
	assert_int_equal(va_kernel_left(), 0);
	top = space.top;
	assert_int_equal(space.gap[space.n - 1].last, top);
	va_space_free(&space);
	return top;
}

/* Only on x86 with 4 levels is the last page of 47 bits not part of user space. */
static void
test_top(void **state)
{
	static const struct {
		const char *name;
		uint64_t end, window, top;
	} v[] = {
		{ "x86, 4 levels", VA_X86_4LEVEL, VA_X86_4LEVEL, 0x7fffffffefff },
		{ "x86, 5 levels", VA_X86_5LEVEL, VA_X86_4LEVEL, 0x7fffffffffff },
		{ "Arm, 39 bits", VA_ARM64(39), VA_ARM64(39), 0x7fffffffff },
		{ "Arm, 42 bits", VA_ARM64(42), VA_ARM64(42), 0x3ffffffffff },
		{ "Arm, 47 bits", VA_ARM64(47), VA_ARM64(47), 0x7fffffffffff },
		{ "Arm, 48 bits", VA_ARM64(48), VA_ARM64(48), 0xffffffffffff },
		{ "Arm, 52 bits", VA_ARM64(52), VA_ARM64(48), 0xffffffffffff },
	};
	size_t i;

	EACH_ROW(i, v, "%s", v[i].name)
		assert_int_equal(top_of(*state, v[i].end, v[i].window), v[i].top);
}

static void
test_gaps(void **state)
{
	struct va_space s;

	va_kernel_start(VA_X86_4LEVEL, VA_X86_4LEVEL);
	va_kernel_map(0x180000000, 0x180000fff, "");
	va_kernel_maps(*state);
	assert_int_equal(va_space_read(*state, BASE, &s), 0);
	assert_int_equal(s.n, 7);
	assert_int_equal(s.gap[2].first, 0x1421000);
	assert_int_equal(s.gap[2].last, 0x17fffffff);
	assert_int_equal(s.gap[3].first, 0x180001000);
	/* The gap leaves room for the stack. */
	assert_int_equal(s.gap[4].last, VA_X86_4LEVEL - 0x2200000 - (64 << 20) - 1);
	assert_int_equal(s.next, BASE);
	va_space_free(&s);
}

/* If the configuration of EAL is at the base address, EAL continues after it. */
static void
test_next(void **state)
{
	struct va_space s;

	va_kernel_start(VA_X86_4LEVEL, VA_X86_4LEVEL);
	va_kernel_map(BASE, BASE + 0xdfff, "/run/dpdk/rte/config");
	va_kernel_map(BASE + 0xe000, BASE + 0xefff, "/tmp/something");
	va_kernel_maps(*state);
	assert_int_equal(va_space_read(*state, BASE, &s), 0);
	assert_int_equal(s.next, BASE + 0xe000);
	assert_true(s.has_config);
	va_space_free(&s);
	assert_int_equal(va_space_read(*state, BASE << 1, &s), 0);
	assert_int_equal(s.next, BASE << 1);
	assert_false(s.has_config);
	va_space_free(&s);
}

/* With --base-virtaddr, the configuration ends at the given address. */
static void
test_next_of_given_base(void **state)
{
	const uint64_t base = 0x140000000;
	struct va_space s;

	va_kernel_start(VA_X86_4LEVEL, VA_X86_4LEVEL);
	va_kernel_map(base - 0x12000, base - 1, "/run/dpdk/rte/config");
	va_kernel_maps(*state);
	assert_int_equal(va_space_read(*state, base, &s), 0);
	assert_int_equal(s.next, base);
	assert_true(s.has_config);
	va_space_free(&s);
}

static void
test_odd_maps(void **state)
{
	struct va_space s;

	assert_int_equal(va_space_read(*state, BASE, &s), -ENOENT);
	va_kernel_start(VA_X86_4LEVEL, VA_X86_4LEVEL);
	tree_text(*state, "/proc/self/maps", "nothing\n5-4 is none\n");
	assert_int_equal(va_space_read(*state, BASE, &s), -EBADMSG);
	/* A mapping has whole pages. */
	tree_text(*state, "/proc/self/maps", "0-1 ---p 00000000 00:00 0\n1001-2001 ---p 00000000 00:00 0\n");
	assert_int_equal(va_space_read(*state, BASE, &s), -EBADMSG);
	/* If mmap() fails, the end of the existing mappings is used. */
	va_kernel_maps(*state);
	va_kernel_limit();
	assert_int_equal(va_space_read(*state, BASE, &s), 0);
	assert_int_equal(s.top, VA_X86_4LEVEL - 0x2000000 - 1);
	va_space_free(&s);
}

#define NODE "/sys/devices/system/node/node"
#define HUGE "/sys/kernel/mm/hugepages/hugepages-"

static void
test_need(void **state)
{
	const char *root = *state;
	struct va_need need;

	assert_int_equal(va_need_read(root, false, &need), 0);
	assert_int_equal(need.n_pages, 0);
	assert_int_equal(need.n_nodes, 1);
	tree_text(root, HUGE "2048kB/nr_hugepages", "1\n");
	tree_text(root, HUGE "1048576kB/nr_hugepages", "1\n");
	tree_text(root, HUGE "64kB/nr_hugepages", "1\n");
	tree_text(root, HUGE "3kB/nr_hugepages", "1\n");
	tree_text(root, "/proc/self/mounts", "sysfs /sys sysfs rw 0 0\n"
		"hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n"
		"none /mnt hugetlbfs rw,pagesize=1024M,uid=1 0 0\n"
		"x /tmp/hugetlbfs tmpfs rw,pagesize=64k 0 0\n");
	tree_text(root, NODE "0/cpulist", "0-3\n");
	tree_text(root, NODE "1/cpulist", "\n");
	tree_text(root, NODE "8/cpulist", "4\n");
	assert_int_equal(va_need_read(root, false, &need), 0);
	assert_int_equal(need.n_pages, 2);
	assert_int_equal(need.page[0], 1 << 30);
	assert_int_equal(need.page[1], 2 << 20);
	assert_int_equal(need.n_nodes, 2);
	assert_int_equal(need.node[1], 8);
	assert_int_equal(va_need_read(root, true, &need), 0);
	assert_int_equal(need.n_pages, 3);
	assert_int_equal(need.page[2], 64 << 10);
}

/* numa=fake: each processor is in the lists of several nodes. */
static void
test_fake_nodes(void **state)
{
	const char *root = *state;
	struct va_need need;

	tree_text(root, NODE "0/cpulist", "0-1\n");
	tree_text(root, NODE "1/cpulist", "0-1\n");
	tree_text(root, NODE "2/cpulist", "1,8-10\n");
	tree_text(root, NODE "3/cpulist", "8,10,9000\n");
	assert_int_equal(va_need_read(root, false, &need), 0);
	assert_int_equal(need.n_nodes, 2);
	assert_int_equal(need.node[0], 0);
	assert_int_equal(need.node[1], 2);
}

/* For EAL a processor that does not exist is on node 0, so this node always counts. */
static void
test_no_processor(void **state)
{
	const char *root = *state;
	struct va_need need;

	tree_text(root, NODE "1/cpulist", "0-3\n");
	assert_int_equal(va_need_read(root, false, &need), 0);
	assert_int_equal(need.n_nodes, 2);
	assert_int_equal(need.node[0], 0);
	assert_int_equal(need.node[1], 1);
	tree_text(root, NODE "0/cpulist", "\n");
	assert_int_equal(va_need_read(root, false, &need), 0);
	assert_int_equal(need.n_nodes, 2);
	assert_int_equal(need.node[0], 0);
	assert_int_equal(need.node[1], 1);
}

int
main(void)
{
#define SPACE_TEST(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		SPACE_TEST(test_top),
		SPACE_TEST(test_gaps),
		SPACE_TEST(test_next),
		SPACE_TEST(test_next_of_given_base),
		SPACE_TEST(test_odd_maps),
		SPACE_TEST(test_need),
		SPACE_TEST(test_fake_nodes),
		SPACE_TEST(test_no_processor),
	};

	return cmocka_run_group_tests_name("va_space", tests, NULL, NULL);
}
