/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The scan of the bus without the bus: survey each device and add it to one layout. An
 * unusable device is kept with the reason, and the others continue.
 */

#include <errno.h>
#include <stdlib.h>

#include "test_msi.h"
#include "vfio_msi_values.h"

static int
make_one(struct tool_plan *plan, struct plan_scan *scan,
		struct plan_answers *answers, struct tool_device *dev)
{
	char ignored[PLAN_TEXT];
	const struct plan_request request = {
		.scan = scan,
		.answers = answers,
		.addr = dev->addr,
		.backend = dev->conf->backend,
		.fds = vfio_msi_conf_fds(dev->conf),
		.vf_token = dev->conf->vf_token[0] != '\0' ?
			dev->conf->vf_token : NULL,
	};
	int survey = plan_survey(&request, &plan->space, &dev->plan, dev->why,
			sizeof(dev->why));
	int ret;

	if (survey == -ENOMEM)
		return survey;
	ret = vfio_msi_conf_holes(dev->conf, dev->bdf, &dev->plan.holes);
	if (ret == 0)
		ret = vfio_msi_conf_limit(dev->conf, dev->bdf, &dev->plan.holes);
	if (ret == 0 && plan->layout == NULL)
		ret = iova_layout_create(&plan->layout);
	if (ret < 0)
		return ret;
	/* Show the holes of a device that another process uses. */
	if (survey < 0)
		plan_add(plan->layout, &dev->plan, ignored, sizeof(ignored));
	else if (vfio_msi_bits_fit(dev->conf->dma_bits, NULL, dev->plan.info.ranges,
			dev->plan.info.n_ranges, dev->why, sizeof(dev->why)) == 0)
		dev->used = plan_add(plan->layout, &dev->plan, dev->why,
				sizeof(dev->why)) == 0;
	return 0;
}

/* Only the layout of all devices has the place. */
static void
place_msi(struct tool_plan *plan, const struct tool_root *root)
{
	struct iova_range place;
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->v[i].used && plan_msi_place(plan->layout, &plan->v[i].plan,
				tool_root_page_size(root), &place) == 0)
			plan->v[i].msi_place = place;
}

int
tool_plan_make(struct tool_plan *plan, struct tool_root *root)
{
	struct plan_scan scan;
	size_t i;
	int ret = 0;

	plan_scan_begin(&scan, root->path);
	for (i = 0; ret == 0 && i < plan->n; i++)
		ret = make_one(plan, &scan, tool_root_answers(root), &plan->v[i]);
	plan_scan_end(&scan);
	place_msi(plan, root);
	if (ret == 0)
		ret = memory_nodes_read(plan, root->path);
	/* Free addresses of this process say nothing about another machine. */
	if (ret == 0 && plan->layout != NULL && !root->other)
		ret = eal_memory_place(plan, root->path);
	return ret;
}

bool
tool_device_faulty(const struct tool_device *dev)
{
	if (!dev->used)
		return true;
	if (dev->plan.msi != PLAN_MSI_LOST || dev->conf->msi == VFIO_MSI_OFF)
		return false;
	/* The kernel decides, and unless MSI is required the device comes up without it. */
	return !dev->plan.msi_doubtful || dev->conf->msi == VFIO_MSI_REQUIRE;
}

void
tool_plan_free(struct tool_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		plan_device_free(&plan->v[i].plan);
	free(plan->v);
	free(plan->nodes);
	va_choice_free(&plan->eal);
	ioas_close(plan->space);
	iova_layout_destroy(plan->layout);
}
