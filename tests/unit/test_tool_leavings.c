/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Files that an EAL leaves: those with its prefix are removed, where EAL makes them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tool_leavings.h"
#include "tree.h"

/* No process of this host has it, also where the folder is not one of the test. */
static const char *
own_prefix(void)
{
	static char prefix[TOOL_PREFIX_LEN];

	snprintf(prefix, sizeof(prefix), "unit-test-%d", (int)getpid());
	return prefix;
}

/* Files of others stay, and so does what is behind a link. */
static void
only_own_files_are_removed(void **state)
{
	const char *root = *state, *prefix = own_prefix();
	char text[TREE_PATH_MAX * 2], path[TREE_PATH_MAX];

	tree_empty(root, "/huge/%smap_0", prefix);
	tree_empty(root, "/huge/%smap_17", prefix);
	tree_empty(root, "/huge/%smap_dir/file", prefix);
	tree_empty(root, "/huge/%s", prefix);
	tree_empty(root, "/huge/not%smap_0", prefix);
	tree_empty(root, "/other/%smap_0", prefix);
	tree_empty(root, "/dpdk/%s/config", prefix);
	tree_empty(root, "/dpdk/%s2/config", prefix);
	tree_empty(root, "/away/config");
	snprintf(path, sizeof(path), "/dpdk/%s/link", prefix);
	tree_link(root, path, "../../away");
	snprintf(path, sizeof(path), "/huge/%smap_link", prefix);
	tree_link(root, path, "../away");
	snprintf(text, sizeof(text), "none %s/huge hugetlbfs rw 0 0\nnone %s/other tmpfs rw 0 0\n", root, root);
	tree_text(root, "/mounts", text);
	snprintf(path, sizeof(path), "%s/mounts", root);
	tool_leavings_remove(path, prefix);
	assert_false(tree_exists(root, "/huge/%smap_0", prefix));
	assert_false(tree_exists(root, "/huge/%smap_17", prefix));
	assert_false(tree_exists(root, "/dpdk/%s", prefix));
	assert_true(tree_exists(root, "/huge/%smap_dir/file", prefix));
	assert_true(tree_exists(root, "/huge/%smap_link", prefix));
	assert_true(tree_exists(root, "/huge/%s", prefix));
	assert_true(tree_exists(root, "/huge/not%smap_0", prefix));
	assert_true(tree_exists(root, "/other/%smap_0", prefix));
	assert_true(tree_exists(root, "/dpdk/%s2/config", prefix));
	assert_true(tree_exists(root, "/away/config"));
	/* Nothing is there any more. */
	tool_leavings_remove(path, prefix);
	tool_leavings_remove("/nonexistent", prefix);
}

/* In /tmp another user can make them before EAL does. */
static void
a_link_in_place_of_the_folder_is_not_followed(void **state)
{
	const char *prefix = own_prefix();
	char path[TREE_PATH_MAX];

	tree_text(*state, "/away/config", "");
	tree_text(*state, "/dpdk/other", "");
	snprintf(path, sizeof(path), "/dpdk/%s", prefix);
	tree_link(*state, path, "../away");
	tool_leavings_remove("/nonexistent", prefix);
	assert_true(tree_exists(*state, "/away/config"));
	assert_true(tree_exists(*state, "/dpdk/other"));
}

static void
a_link_in_place_of_dpdk_is_not_followed(void **state)
{
	const char *prefix = own_prefix();

	tree_empty(*state, "/away/%s/config", prefix);
	tree_link(*state, "/dpdk", "away");
	tool_leavings_remove("/nonexistent", prefix);
	assert_true(tree_exists(*state, "/away/%s/config", prefix));
}

/* Only root can make them here. */
static void
folders_of_another_user_stay(void **state)
{
	static const char *const folders[] = { "/dpdk", "/dpdk/%s" };
	const char *prefix = own_prefix();
	char path[TREE_PATH_MAX], name[TREE_PATH_MAX / 2];
	size_t i;

	if (geteuid() != 0)
		skip();
	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		tree_empty(*state, "/dpdk/%s/config", prefix);
		snprintf(name, sizeof(name), folders[i], prefix);
		snprintf(path, sizeof(path), "%s%s", (char *)*state, name);
		assert_int_equal(chown(path, 1, 1), 0);
		tool_leavings_remove("/nonexistent", prefix);
		assert_true(tree_exists(*state, "/dpdk/%s/config", prefix));
		assert_int_equal(chown(path, 0, 0), 0);
	}
	tool_leavings_remove("/nonexistent", prefix);
	assert_false(tree_exists(*state, "/dpdk/%s", prefix));
}

/* EAL of root uses RUNTIME_DIRECTORY, but not XDG_RUNTIME_DIR, which "sudo -E" leaves. */
static void
only_the_folder_that_eal_chooses_is_searched(void **state)
{
	const char *prefix = own_prefix();
	char path[TREE_PATH_MAX];

	tree_empty(*state, "/dpdk/%s/config", prefix);
	tree_empty(*state, "/runtime/dpdk/%s/config", prefix);
	snprintf(path, sizeof(path), "%s/runtime", (char *)*state);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", *state, 1), 0);
	assert_int_equal(setenv("RUNTIME_DIRECTORY", path, 1), 0);
	tool_leavings_remove("/nonexistent", prefix);
	assert_false(tree_exists(*state, "/runtime/dpdk/%s", prefix));
	assert_true(tree_exists(*state, "/dpdk/%s/config", prefix));
	assert_int_equal(unsetenv("RUNTIME_DIRECTORY"), 0);
	tool_leavings_remove("/nonexistent", prefix);
	assert_int_equal(tree_exists(*state, "/dpdk/%s/config", prefix), getuid() == 0);
	assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
}

static void
expect_folders(const char *first, const char *second)
{
	const char *const want[] = { "/var/run", first, second, geteuid() == 0 ? NULL : "/tmp" };
	const char *got[TOOL_RUNTIME_FOLDERS];
	size_t n = tool_runtime_folders(got), at = 0, i;

	for (i = 0; i < sizeof(want) / sizeof(*want); i++)
		if (want[i] != NULL) {
			assert_true(at < n);
			assert_string_equal(got[at++], want[i]);
		}
	assert_int_equal(n, at);
}

/* Each once; those of root are in no folder of a user, which "sudo -E" leaves in XDG_RUNTIME_DIR. */
static void
the_folders_of_all_eals_are_known(void **state)
{
	assert_int_equal(setenv("RUNTIME_DIRECTORY", "/a", 1), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", "/b", 1), 0);
	expect_folders("/a", geteuid() == 0 ? NULL : "/b");
	assert_int_equal(setenv("XDG_RUNTIME_DIR", "/a", 1), 0);
	expect_folders("/a", NULL);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", "/var/run", 1), 0);
	expect_folders("/a", NULL);
	assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
	assert_int_equal(unsetenv("RUNTIME_DIRECTORY"), 0);
	expect_folders(NULL, NULL);
}

/* For root, who has its own elsewhere. */
static void
the_folders_of_other_users_are_known(void **state)
{
	char got[TOOL_OTHERS_FOLDERS][TOOL_FOLDER_LEN];
	size_t n = tool_others_folders(got), i;

	(void)state;
	if (geteuid() != 0) {
		assert_int_equal(n, 0);
		return;
	}
	assert_in_range(n, 1, TOOL_OTHERS_FOLDERS);
	assert_string_equal(got[0], "/tmp");
	for (i = 1; i < n; i++)
		assert_int_equal(strncmp(got[i], "/run/user/", strlen("/run/user/")), 0);
}

static int
setup(void **state)
{
	/* For root too. */
	return tree_setup(state) != 0 ? -1 : setenv("RUNTIME_DIRECTORY", *state, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, tree_teardown)
		T(only_own_files_are_removed),
		T(a_link_in_place_of_the_folder_is_not_followed),
		T(a_link_in_place_of_dpdk_is_not_followed),
		T(folders_of_another_user_stay),
		T(only_the_folder_that_eal_chooses_is_searched),
		T(the_folders_of_all_eals_are_known),
		T(the_folders_of_other_users_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
