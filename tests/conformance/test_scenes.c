/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Machines as fixtures ("machine"), and what the plan makes of them ("layout"):
 * each device with its topology and where its bridge's windows are known from,
 * what is said of those that can't be used, every hole with origin and
 * hardness, and where EAL's memory would go.
 */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "plan.h"
#include "scene.h"
#include "tree.h"

#define EAL_FIRST (UINT64_C(1) << 32)
#define EAL_LAST ((UINT64_C(1) << 47) - 1)
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
	if (pd->msi_blocked)
		fprintf(f, "  no MSI: %s\n", pd->msi_why);
	if (pd->alias_why[0] != '\0')
		fprintf(f, "  %s\n", pd->alias_why);
}

static void
tell_eal(FILE *f)
{
	const struct iova_range eal = { EAL_FIRST, EAL_FIRST + EAL_SHARE - 1 };
	struct iova_range window;

	if (iova_layout_test(layout, eal, true, NULL) == 0)
		fprintf(f, "EAL stays\n");
	else if (plan_window(layout, RANGE(EAL_FIRST, EAL_LAST), EAL_SHARE, &window) == 0)
		fprintf(f, "EAL goes to 0x%" PRIx64 "-0x%" PRIx64 "\n", window.first, window.last);
	else
		fprintf(f, "EAL finds no place\n");
}

static char *
plan_text(const char *root, const struct scene *scene)
{
	char why[PLAN_TEXT], bdf[TOPO_BDF_LEN], *text;
	struct plan_wish wish = { .root = root, .backend = IOAS_BACKEND_TYPE1 };
	struct ioas *space = NULL;
	size_t size;
	unsigned int i;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	for (i = 0; i < scene->n; i++) {
		struct plan_device pd;

		topology_format_bdf(&scene->survey[i], bdf, sizeof(bdf));
		wish.addr = scene->survey[i];
		if (plan_survey(&wish, &space, &pd, why, sizeof(why)) != 0 ||
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

static void
scene_check(const char *root, const char *name)
{
	char path[TREE_PATH_MAX], *text, *want;
	struct scene scene;
	FILE *f;
	long len;

	snprintf(path, sizeof(path), "%s/machine", tree_fixture(name));
	scene_make(root, path, &scene);
	text = plan_text(root, &scene);
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
	free(text);
}

#define SCENE(function, name) \
	static void function(void **state) { scene_check(*state, name); }

SCENE(test_arm_acpi, "arm-smmuv3-acpi")
SCENE(test_lx2160a, "lx2160a")
SCENE(test_rcar, "rcar")
SCENE(test_xgene, "xgene-acpi")
SCENE(test_xgene_user, "xgene-acpi-user")
SCENE(test_desktop, "desktop-39bit")
SCENE(test_epyc, "epyc-naples")
SCENE(test_rmrr, "server-rmrr")

static int
scene_setup(void **state)
{
	return tree_setup(state) != 0 || machine_setup(state) != 0 ? -1 : 0;
}

static int
scene_teardown(void **state)
{
	int ret = tree_teardown(state);

	return machine_teardown(state) != 0 ? -1 : ret;
}

int
main(void)
{
#define SCENE_TEST(t) cmocka_unit_test_setup_teardown(t, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_arm_acpi),
		SCENE_TEST(test_lx2160a),
		SCENE_TEST(test_rcar),
		SCENE_TEST(test_xgene),
		SCENE_TEST(test_xgene_user),
		SCENE_TEST(test_desktop),
		SCENE_TEST(test_epyc),
		SCENE_TEST(test_rmrr),
	};

	return cmocka_run_group_tests_name("scenes", tests, NULL, NULL);
}
