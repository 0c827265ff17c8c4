/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Machines as fixtures ("machine") and the resulting plan ("layout"). Each folder of
 * fixtures with both files is a test. The plan has the devices with their topology and
 * the source of their bridge windows, the reasons of unusable devices, every hole with
 * origin and hardness, and if a device can be used, which IOVAs EAL's memory would have and
 * where it would lie.
 */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "captured.h"
#include "common.h"
#include "plan/plan.h"
#include "scene_eal.h"
#include "scene_picture.h"
#include "scene_run.h"
#include "tree.h"

/* Print the plans, to write a layout from, or drawings, and compare nothing. */
static bool print;
static const char *drawing;	/* "--svg" or "--plot" */

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

static char *
plan_text(const char *root, const struct scene *scene, struct plan_answers *answers)
{
	char why[PLAN_WHY], bdf[TOPO_BDF_LEN], *text;
	struct plan_request request = { .root = root, .answers = answers };
	bool used = false, physical = false;
	struct ioas *space = NULL;
	size_t size;
	unsigned int i;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	for (i = 0; i < scene->n; i++) {
		struct plan_device pd;

		topology_format_bdf(&scene->survey[i], bdf, sizeof(bdf));
		request.addr = scene->survey[i];
		request.backend = scene->backend[i];
		if (plan_survey(&request, &space, &pd, why, sizeof(why)) != 0 ||
				plan_add(layout, &pd, why, sizeof(why)) != 0) {
			fprintf(f, "%s: %s\n", bdf, why);
		} else {
			tell_device(f, &pd);
			used = true;
			physical |= pd.topo.group_noiommu;
		}
		plan_device_free(&pd);
	}
	ioas_close(space);
	iova_layout_dump(layout, f);
	if (physical)
		fprintf(f, "IOVAs are physical addresses\n");
	else if (used)
		scene_eal_print(f, root, scene);
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

	snprintf(path, sizeof(path), "%s/machine", tree_fixture(name));
	scene_make(root, path, &scene);
	text = plan_text(root, &scene, NULL);
	if (drawing != NULL)
		scene_picture_print(root, &scene, strcmp(drawing, "--svg") == 0);
	else if (print)
		fputs(text, stdout);
	if (print) {
		free(text);
		return;
	}
	scene_picture_check(root, &scene, name);
	want = scene_results(name, "layout", text);
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

/* With names of fixtures: print their plans, or after --svg or --plot their pictures. */
int
main(int argc, char **argv)
{
	print = argc > 1;
	if (argc > 2 && argv[1][0] == '-')
		drawing = *++argv, argc--;
	return scene_run("scenes", false, test_scene, argv + 1, (size_t)argc - 1);
}
