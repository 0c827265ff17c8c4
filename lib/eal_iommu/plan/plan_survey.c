/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The survey of one device.
 *
 * Order: plan_look() reads sysfs; then the windows of the host bridge are read; then the
 * kernel is asked.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan_internal.h"

/* Add the kernel's refusal, unless a doubtful reason explains it already. */
static void
add_refusal(struct plan_device *pd, bool asked, bool token, int ret, const char *text)
{
	bool refused = asked && (ret == -EPERM || ret == -EINVAL);
	bool clear = refused && !(token && ret == -EINVAL);
	size_t i;

	for (i = 0; clear && i < pd->reasons.n; i++)
		if (pd->reasons.v[i].doubtful && pd->reasons.v[i].error == ret)
			return;
	plan_reason_add(&pd->reasons, refused ? PLAN_REASON_PLATFORM : PLAN_REASON_ACCESS, PLAN_CERTAIN,
		ret, "%s", text);
}

/* Ask the kernel, which decides about doubtful reasons. */
static void
ask(const struct plan_request *request, struct topo_snapshot *snap, struct ioas **space,
		struct plan_device *pd)
{
	char text[PLAN_TEXT];
	bool asked;
	int ret = request->answers != NULL ?
		plan_ask_answers(request, snap, pd, &asked, text, sizeof(text)) :
		plan_ask_kernel(request, snap, space, pd, &asked, text, sizeof(text));

	if (ret < 0)
		add_refusal(pd, asked, request->vf_token != NULL, ret, text);
	else if (asked)
		plan_reasons_settle(&pd->reasons, 0);
	/* Without an IOMMU MSI writes go to the doorbells themselves. */
	if (pd->reasons.n == 0 && !pd->topo.group_noiommu)
		plan_judge_msi(snap->root, ioas_backend_traits(pd->backend), pd);
}

static void
survey(const struct plan_request *request, struct plan_scan *scan, struct ioas **space,
		struct plan_device *out)
{
	const struct topo_device *t;
	char bdf[TOPO_BDF_LEN];
	int ret = topology_snapshot_device(&scan->topo, &request->addr, &t);

	if (ret == 0)
		plan_look(&scan->topo, t, request->backend, plan_page_size(request), out);
	out->fds = request->answers == NULL ? request->fds : NULL;
	topology_format_bdf(&request->addr, bdf, sizeof(bdf));
	if (ret == -ENOENT)
		plan_reason_add(&out->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, -ENODEV,
			"there is no such PCI device; see: dpdk-test-msi list");
	else if (ret < 0)
		plan_reason_add(&out->reasons, PLAN_REASON_PLATFORM, PLAN_CERTAIN, ret,
			"sysfs of %s can't be read: %s; check that /sys is mounted and readable", bdf, strerror(-ret));
	if (!plan_reasons_certain(&out->reasons))
		plan_collect_bridge(scan, out);
	if (!plan_reasons_certain(&out->reasons) && out->topo.group_noiommu)
		plan_noiommu_reach(out);
	if (!plan_reasons_certain(&out->reasons))
		ask(request, &scan->topo, space, out);
	else
		holes_free(&out->holes);
}

int
plan_survey(const struct plan_request *request, struct ioas **space,
		struct plan_device *out, char *why, size_t size)
{
	struct plan_scan once, *scan = request->scan;

	memset(out, 0, sizeof(*out));
	plan_scan_begin(&once, request->root);
	survey(request, scan != NULL ? scan : &once, space, out);
	plan_scan_end(&once);
	return plan_reasons_text(&out->reasons, why, size);
}

bool
plan_is_current(struct topo_snapshot *snap, const struct plan_device *pd)
{
	const struct topo_device *now;

	return topology_snapshot_device(snap, &pd->topo.addr, &now) == 0 &&
		topology_same(now, &pd->topo);
}

void
plan_scan_begin(struct plan_scan *scan, const char *root)
{
	*scan = (struct plan_scan){ .topo.root = root };
	scan->bridges.snap = &scan->topo;
}

void
plan_scan_end(struct plan_scan *scan)
{
	holes_bridges_free(&scan->bridges);
	topology_snapshot_free(&scan->topo);
}

void
plan_device_free(struct plan_device *pd)
{
	holes_free(&pd->holes);
	ioas_info_free(&pd->info);
}
