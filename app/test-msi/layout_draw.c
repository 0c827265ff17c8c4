/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The plan of "layout" as a picture: the layout, and where EAL's memory would lie.
 */

#include <string.h>

#include <rte_eal.h>

#include "layout_picture.h"
#include "test_msi.h"

static void
set_title(struct layout_picture *p, const struct tool_plan *plan)
{
	const char *before = "I/O virtual addresses of ";
	size_t i, used = 0, len = 0;

	for (i = 0; i < plan->n; i++) {
		if (!plan->v[i].used)
			continue;
		if (++used <= 4)
			len += (size_t)snprintf(p->title + len, sizeof(p->title) - len, "%s%s",
				before, plan->v[i].bdf);
		before = ", ";
	}
	if (used > 4)
		snprintf(p->title + len, sizeof(p->title) - len, " and %zu more", used - 4);
}

/* What is known about EAL's memory: here where it would lie, elsewhere where it may. */
static int
add_memory(struct layout_picture *p, const struct tool_plan *plan, const struct tool_root *root)
{
	const uint64_t known = root->machine.user_last;
	const struct iova_range space = { rte_eal_get_baseaddr(),
		known != 0 ? known : UINT64_MAX };
	const char *why, *iova;

	if (root->other)
		return !iova_range_valid(space) ? 0 : layout_picture_add(p, PICTURE_POSSIBLE, space,
			true, known != 0 ? "EAL may reserve memory here" :
			"EAL may reserve memory from here on");
	iova = eal_memory_iova(plan, &why);
	if (strcmp(iova, IOVA_IS_ASSIGNED) == 0)
		return layout_picture_add_assigned(p, plan->layout);
	if (strcmp(iova, IOVA_IS_VA) != 0 || !plan->eal_placed)
		return 0;
	return layout_picture_add_lists(p, plan->layout, &plan->eal.lists);
}

/* Several devices can have the same place. */
static int
add_msi_places(struct layout_picture *p, const struct tool_plan *plan)
{
	size_t i, k;
	int ret = 0;

	for (i = 0; ret == 0 && i < plan->n; i++) {
		const struct iova_range place = plan->v[i].msi_place;

		if (!plan->v[i].used || !iova_range_valid(place))
			continue;
		for (k = 0; k < i; k++)
			if (plan->v[k].used && plan->v[k].msi_place.first == place.first &&
			    plan->v[k].msi_place.last == place.last)
				break;
		if (k == i)
			ret = layout_picture_add(p, PICTURE_MSI_PLACE, place, true,
				"SW_MSI would be reachable here");
	}
	return ret;
}

bool
layout_draw(const struct tool_plan *plan, const struct tool_root *root, bool plot,
		const char *svg)
{
	struct layout_picture p = { 0 };
	size_t i;
	bool good;
	int ret;

	for (i = 0; i < plan->n && !plan->v[i].used; i++)
		;
	if (i == plan->n) {
		tool_error("layout", "no device can be used, so there is nothing to draw");
		return false;
	}
	set_title(&p, plan);
	ret = layout_picture_read(&p, plan->layout);
	if (ret == 0)
		ret = add_memory(&p, plan, root);
	if (ret == 0)
		ret = add_msi_places(&p, plan);
	if (ret == 0)
		ret = layout_picture_place(&p);
	if (ret == 0 && plot) {
		putchar('\n');
		ret = layout_plot_write(stdout, &p);
	}
	if (ret < 0)
		tool_error("layout", "%s", strerror(-ret));
	good = ret == 0;
	if (good && svg != NULL)
		good = tool_picture_save(svg, layout_svg_write, &p) == STATUS_GOOD;
	layout_picture_free(&p);
	return good;
}
