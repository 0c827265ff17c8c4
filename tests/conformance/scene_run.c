/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"
#include "scene_run.h"
#include "sysfs/sysfs.h"
#include "tree.h"

/* What scandir() does not pass. */
static bool with_trees;

/* cmocka passes the name of the fixture. */
static int
scene_setup(void **state)
{
	struct scene_test *test = calloc(1, sizeof(*test));
	void *root = NULL;

	if (test == NULL || tree_setup(&root) != 0)
		return -1;
	test->name = *state;
	test->root = root;
	*state = test;
	return machine_setup(&root);
}

static int
scene_teardown(void **state)
{
	struct scene_test *test = *state;
	void *root = test->root;
	int ret = tree_teardown(&root);

	free(test);
	return machine_teardown(&root) != 0 ? -1 : ret;
}

static bool
has(const char *name, const char *file)
{
	char path[TREE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", tree_fixture(name), file);
	return access(path, R_OK) == 0;
}

static int
is_scene(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && (has(entry->d_name, "machine") ||
		(with_trees && has(entry->d_name, "sys/bus/pci/devices")));
}

char *
scene_results(const char *name, const char *file, const char *text)
{
	char *want;

	if (sysfs_read_file("", &want, NULL, "%s/%s", tree_fixture(name), file) != 0)
		fail_msg("%s has no file \"%s\", which would be\n%s", name, file, text);
	return want;
}

static int
tests_run(const char *group, void (*test)(void **state), char *const *names, size_t n)
{
	struct CMUnitTest *tests = calloc(n, sizeof(*tests));
	size_t i;
	int failed;

	if (tests == NULL)
		return 1;
	for (i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = test,
			.setup_func = scene_setup,
			.teardown_func = scene_teardown,
			.initial_state = names[i],
		};
	failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
	free(tests);
	return failed;
}

int
scene_run(const char *group, bool trees, void (*test)(void **state), char *const *names, size_t n)
{
	struct dirent **found;
	char **all;
	int count, i, failed;

	if (n > 0)
		return tests_run(group, test, names, n);
	with_trees = trees;
	count = scandir(tree_fixture("."), &found, is_scene, alphasort);
	all = count > 0 ? calloc((size_t)count, sizeof(*all)) : NULL;
	if (all == NULL) {
		fprintf(stderr, "no scenes in %s\n", tree_fixture("."));
		return 1;
	}
	for (i = 0; i < count; i++)
		all[i] = found[i]->d_name;
	failed = tests_run(group, test, all, (size_t)count);
	for (i = 0; i < count; i++)
		free(found[i]);
	free(found);
	free(all);
	return failed;
}
