/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Machines as fixtures ("machine") and the resulting plan ("layout"). Each folder of
 * fixtures with both files is a test. The plan has the devices with their topology and
 * the source of their bridge windows, the reasons of unusable devices, every hole with
 * origin and hardness, and where EAL's memory would lie.
 */

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "captured.h"
#include "common.h"
#include "plan/plan.h"
#include "scene.h"
#include "tree.h"

struct scene_test {
	const char *name;
	char *root;
};

/* Print the plans, to write a layout from, and compare nothing. */
static bool print;

#define EAL_FIRST (UINT64_C(1) << 32)
#define EAL_SHARE (UINT64_C(64) << 30)

static void
tell_device(FILE *f, const struct plan_device *pd)
{
	const struct topo_device *t = &pd->topo;
	unsigned int i;

	fprintf(f, "%s: group %d on %s, root bus %s", t->bdf, t->group, t->iommu, t->root_bus);
	for (i = 0; i < t->n_up; i++)
		fprintf(f, ", below %s", t->up[i]);
	fprintf(f, ", windows from %s%s%s\n", holes_source_name(pd->bridge.source),
		pd->bridge.shifted ? ", shifted" : "",
		pd->bridge.offset_assumed ? ", offset assumed" : "");
	if (pd->msi != PLAN_MSI_CLEAR)
		fprintf(f, "  MSI %s: %s\n", plan_msi_name(pd->msi), pd->msi_why);
	if (pd->bridge_via[0] != '\0')
		fprintf(f, "  behind %s on root bus %s\n", pd->bridge_via, pd->bridge_bus);
	for (i = 0; i < HOLES_INPUTS; i++) {
		const struct holes_look *look = &pd->bridge.in[i];

		if (look->sight > HOLES_SEEN || look->odd > 0)
			fprintf(f, "  %s %s, %u odd\n", holes_input_name(i),
				holes_sight_name(look->sight), look->odd);
	}
	if (pd->alias_why[0] != '\0')
		fprintf(f, "  %s\n", pd->alias_why);
}

/* Print where EAL's memory would lie: where all of a share is usable, else most of it. */
static void
tell_eal(FILE *f)
{
	const struct iova_range eal = { EAL_FIRST, EAL_FIRST + EAL_SHARE - 1 };
	const struct iova_range all = { EAL_FIRST, UINT64_MAX };
	struct iova_range window;
	int ret;

	if (iova_layout_test(layout, eal, true, NULL) == 0) {
		fprintf(f, "EAL stays\n");
		return;
	}
	ret = plan_window(layout, all, EAL_SHARE, &window);
	if (ret == 0)
		fprintf(f, "EAL goes to 0x%" PRIx64 "\n", window.first);
	else if (iova_range_valid(window))
		fprintf(f, "EAL goes to 0x%" PRIx64 ", good to 0x%" PRIx64 "\n", window.first,
			window.last);
	else
		fprintf(f, "EAL finds no place\n");
}

static char *
plan_text(const char *root, const struct scene *scene, struct plan_answers *answers)
{
	char why[PLAN_WHY], bdf[TOPO_BDF_LEN], *text;
	struct plan_request request = { .root = root, .backend = IOAS_BACKEND_TYPE1,
		.answers = answers };
	struct ioas *space = NULL;
	size_t size;
	unsigned int i;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	for (i = 0; i < scene->n; i++) {
		struct plan_device pd;

		topology_format_bdf(&scene->survey[i], bdf, sizeof(bdf));
		request.addr = scene->survey[i];
		if (plan_survey(&request, &space, &pd, why, sizeof(why)) != 0 ||
				plan_add(layout, &pd, why, sizeof(why)) != 0)
			fprintf(f, "%s: %s\n", bdf, why);
		else
			tell_device(f, &pd);
		plan_device_free(&pd);
	}
	ioas_close(space);
	iova_layout_dump(layout, f);
	tell_eal(f);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* A capture of the machine must give the same plan. */
static void
captured_check(const char *root, const struct scene *scene, const char *name, const char *want)
{
	struct capture_device v[SCENE_SURVEYS];
	struct captured captured;
	unsigned int i;
	char *text;

	for (i = 0; i < scene->n; i++)
		v[i] = (struct capture_device){ .addr = scene->survey[i], .named = true };
	captured_make(root, v, scene->n, &captured);
	iova_layout_destroy(layout);
	assert_int_equal(iova_layout_create(&layout), 0);
	text = plan_text(captured.root, scene, &captured.answers);
	if (strcmp(text, want) != 0)
		fail_msg("%s, captured: the plan is\n%s\nand not\n%s", name, text, want);
	free(text);
	captured_free(&captured);
}

static void
scene_check(const char *root, const char *name)
{
	char path[TREE_PATH_MAX], *text, *want;
	struct scene scene;
	FILE *f;
	long len;

	snprintf(path, sizeof(path), "%s/machine", tree_fixture(name));
	scene_make(root, path, &scene);
	text = plan_text(root, &scene, NULL);
	if (print) {
		fputs(text, stdout);
		free(text);
		return;
	}
	snprintf(path, sizeof(path), "%s/layout", tree_fixture(name));
	f = fopen(path, "re");
	if (f == NULL)
		fail_msg("no %s:\n%s", path, text);
	fseek(f, 0, SEEK_END);
	len = ftell(f);
	rewind(f);
	want = calloc(1, (size_t)len + 1);
	assert_non_null(want);
	assert_int_equal(fread(want, 1, (size_t)len, f), (size_t)len);
	fclose(f);
	if (strcmp(text, want) != 0)
		fail_msg("%s: the plan is\n%s\nand not\n%s", name, text, want);
	free(want);
	if (tar_available())
		captured_check(root, &scene, name, text);
	free(text);
}

static void
test_scene(void **state)
{
	const struct scene_test *test = *state;

	scene_check(test->root, test->name);
}

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

/* Is the folder a test: does it have a machine and a layout? */
static int
is_scene(const struct dirent *entry)
{
	static const char *const files[] = { "machine", "layout" };
	char path[TREE_PATH_MAX];
	size_t i;

	if (entry->d_name[0] == '.')
		return 0;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", tree_fixture(entry->d_name), files[i]);
		if (access(path, R_OK) != 0)
			return 0;
	}
	return 1;
}

static int
tests_run(char *const *names, size_t n)
{
	struct CMUnitTest *tests = calloc(n, sizeof(*tests));
	size_t i;
	int failed;

	if (tests == NULL)
		return 1;
	for (i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = test_scene,
			.setup_func = scene_setup,
			.teardown_func = scene_teardown,
			.initial_state = names[i],
		};
	failed = _cmocka_run_group_tests("scenes", tests, n, NULL, NULL);
	free(tests);
	return failed;
}

/* With names of fixtures: print their plans. */
int
main(int argc, char **argv)
{
	struct dirent **found;
	char **names;
	int n, i, failed = 1;

	print = argc > 1;
	if (print)
		return tests_run(argv + 1, (size_t)argc - 1);
	n = scandir(tree_fixture("."), &found, is_scene, alphasort);
	names = n > 0 ? calloc((size_t)n, sizeof(*names)) : NULL;
	if (names == NULL) {
		fprintf(stderr, "no scenes in %s\n", tree_fixture("."));
		return 1;
	}
	for (i = 0; i < n; i++)
		names[i] = found[i]->d_name;
	failed = tests_run(names, (size_t)n);
	for (i = 0; i < n; i++)
		free(found[i]);
	free(found);
	free(names);
	return failed;
}
