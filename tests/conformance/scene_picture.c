/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "picture_check.h"
#include "scene_eal.h"
#include "scene_picture.h"
#include "tree.h"
#include "va/va_policy.h"

/* Machines of which the guide has a picture. */
static const char *const in_guide[] = { "rk3588-acpi", "rpi5-iommu", "threadripper-window" };

static void
add_memory(struct layout_picture *p, const char *root, const struct scene *scene)
{
	struct va_choice choice;

	scene_eal_choose(root, scene, &choice);
	if (va_policy_assigns(va_policy_decide(VA_KEY_AUTO, &choice, VA_ASSIGN_POSSIBLE)))
		assert_int_equal(layout_picture_add_assigned(p, layout), 0);
	else
		assert_int_equal(layout_picture_add_lists(p, layout, &choice.lists), 0);
	va_choice_free(&choice);
}

static void
make(struct layout_picture *p, const char *root, const struct scene *scene)
{
	char bdf[TOPO_BDF_LEN];
	unsigned int i;

	memset(p, 0, sizeof(*p));
	strcpy(p->title, "I/O virtual addresses of ");
	for (i = 0; i < scene->n && i < 4; i++) {
		topology_format_bdf(&scene->survey[i], bdf, sizeof(bdf));
		strcat(strcat(p->title, i > 0 ? ", " : ""), bdf);
	}
	assert_int_equal(layout_picture_read(p, layout), 0);
	add_memory(p, root, scene);
	assert_int_equal(layout_picture_place(p), 0);
}

/* @return whether the guide has the file. */
static bool
compare(const char *name, const char *ending, const char *want)
{
	const char *guide = getenv("GUIDE");
	char path[TREE_PATH_MAX], *text;
	size_t len = strlen(want), size;
	FILE *f;

	assert_non_null(guide);
	snprintf(path, sizeof(path), "%s/layout-%s.%s", guide, name, ending);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	/* One byte more, to see a longer file. */
	text = calloc(1, len + 2);
	assert_non_null(text);
	size = fread(text, 1, len + 1, f);
	fclose(f);
	if (size != len || memcmp(text, want, len) != 0)
		fail_msg("%s is not what is drawn now; look at the output of: test_scenes %s %s",
			path, strcmp(ending, "svg") == 0 ? "--svg" : "--plot", name);
	free(text);
	return true;
}

void
scene_picture_check(const char *root, const struct scene *scene, const char *name)
{
	struct layout_picture p;
	char *svg, *plot;
	bool shown = false;
	size_t i;

	for (i = 0; i < sizeof(in_guide) / sizeof(*in_guide); i++)
		shown |= strcmp(name, in_guide[i]) == 0;
	make(&p, root, scene);
	picture_check(&p);
	svg = picture_svg(&p);
	plot = picture_plot(&p);
	assert_int_equal(compare(name, "svg", svg), shown);
	/* The reference of the tool has one of them as text. */
	assert_int_equal(compare(name, "txt", plot), strcmp(name, in_guide[0]) == 0);
	free(svg);
	free(plot);
	layout_picture_free(&p);
}

void
scene_picture_print(const char *root, const struct scene *scene, bool svg)
{
	struct layout_picture p;
	char *text;

	make(&p, root, scene);
	text = svg ? picture_svg(&p) : picture_plot(&p);
	fputs(text, stdout);
	free(text);
	layout_picture_free(&p);
}
