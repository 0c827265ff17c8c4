/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What doctor reads about limits of control groups on hugepages. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor.h"
#include "tree.h"

#define GROUP "/sys/fs/cgroup/kubepods.slice/pod.slice"

static struct doctor_memory memory = { .sizes = { .page = { 2 << 20 }, .n_pages = 1 } };

static void
expect_limit(const char *root, const char *group, const char *file, uint64_t bytes)
{
	doctor_read_limits(root, group, &memory);
	assert_string_equal(memory.limit[0].file, file);
	if (*file != '\0')
		assert_int_equal(memory.limit[0].bytes, bytes);
}

/* The smallest limit of a group and of those above it. */
static void
test_limits(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/self/status", "Mems_allowed:\t3\nMems_allowed_list:\t0-1\nx\n");
	tree_text(root, "/proc/self/cgroup", "0::/kubepods.slice/pod.slice/a.scope\n");
	tree_text(root, GROUP "/a.scope/hugetlb.2MB.max", "max\n");
	expect_limit(root, NULL, "", 0);
	assert_string_equal(memory.allowed, "0-1");
	tree_text(root, GROUP "/hugetlb.2MB.max", "4194304\n");
	expect_limit(root, NULL, GROUP "/hugetlb.2MB.max", 4194304);
	tree_text(root, GROUP "/a.scope/hugetlb.2MB.max", "6291456\n");
	expect_limit(root, NULL, GROUP "/hugetlb.2MB.max", 4194304);
	tree_text(root, GROUP "/a.scope/hugetlb.2MB.rsvd.max", "0\n");
	expect_limit(root, NULL, GROUP "/a.scope/hugetlb.2MB.rsvd.max", 0);
	tree_text(root, GROUP "/a.scope/hugetlb.2MB.rsvd.max", "-1\n");
	tree_text(root, GROUP "/hugetlb.2MB.max", "99999999999999999999\n");
	expect_limit(root, NULL, GROUP "/a.scope/hugetlb.2MB.max", 6291456);
	/* Another size. */
	tree_text(root, GROUP "/a.scope/hugetlb.2MB.max", "1x\n");
	tree_text(root, GROUP "/a.scope/hugetlb.1GB.max", "0\n");
	expect_limit(root, NULL, "", 0);
	/* A container shows its own group as the first one. */
	tree_text(root, "/sys/fs/cgroup/hugetlb.2MB.max", "0\n");
	tree_text(root, "/proc/self/cgroup", "0::/\n");
	expect_limit(root, NULL, "/sys/fs/cgroup/hugetlb.2MB.max", 0);
	tree_text(root, "/proc/self/cgroup", "0::/docker/not-shown\n");
	expect_limit(root, NULL, "/sys/fs/cgroup/hugetlb.2MB.max", 0);
	/* These groups are others. */
	tree_text(root, "/proc/self/cgroup", "0::/../other\n");
	expect_limit(root, NULL, "", 0);
}

/* Version 1, and units. */
static void
test_limits_others(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/self/cgroup", "x\n12:memory:/b\n11:net_cls,hugetlb:/b\n1:name=hugetlb:/\n");
	tree_text(root, "/sys/fs/cgroup/hugetlb/hugetlb.2MB.limit_in_bytes", "9223372036852678656\n");
	tree_text(root, "/sys/fs/cgroup/hugetlb/b/hugetlb.2MB.limit_in_bytes", "2097152\n");
	tree_text(root, "/sys/fs/cgroup/hugetlb/c/hugetlb.2MB.rsvd.limit_in_bytes", "1\n");
	expect_limit(root, NULL, "/sys/fs/cgroup/hugetlb/b/hugetlb.2MB.limit_in_bytes", 2097152);
	expect_limit(root, "/c", "/sys/fs/cgroup/hugetlb/c/hugetlb.2MB.rsvd.limit_in_bytes", 1);
	/* A unit that does not run. */
	expect_limit(root, "", "", 0);
	tree_text(root, "/sys/fs/cgroup/system.slice/hugetlb.2MB.max", "0\n");
	tree_text(root, "/sys/fs/cgroup/system.slice/cpuset.mems.effective", "1\n");
	tree_text(root, "/sys/fs/cgroup/cpuset.mems.effective", "0-1\n");
	expect_limit(root, "/system.slice/a.service", "/sys/fs/cgroup/system.slice/hugetlb.2MB.max", 0);
	assert_string_equal(memory.allowed, "1");
	expect_limit(root, "/other.slice", "", 0);
	assert_string_equal(memory.allowed, "0-1");
}

/* A list that is too long would lose nodes. */
static void
test_nodes(void **state)
{
	const char *root = *state;
	char text[600] = "Mems_allowed_list:\t";
	int i;

	for (i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d,", 2 * i);
	tree_text(root, "/proc/self/status", text);
	doctor_read_limits(root, NULL, &memory);
	assert_string_equal(memory.allowed, "");
	tree_text(root, "/sys/fs/cgroup/a/cpuset.mems.effective", text + strlen("Mems_allowed_list:\t"));
	doctor_read_limits(root, "/a", &memory);
	assert_string_equal(memory.allowed, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)
		T(test_limits), T(test_limits_others), T(test_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
