/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>
#include <rte_common.h>

#include "doctor_try.h"
#include "irq.h"
#include "tool_progress.h"

#define ROUNDS 4

/* The first kind that can be set up, as the bus chooses. @p first  gets why a better one can't */
static void
try_kinds(const struct irq_device *dev, const struct tool_device *td, struct doctor_trial *out)
{
	const struct irq_request request = { .rounds = ROUNDS };
	char first[sizeof(out->why)] = "";
	enum irq_kind kind;
	int ret = -1;

	out->came = DOCTOR_CAME_THROUGH;
	for (kind = IRQ_MSIX; kind < IRQ_KINDS; kind++) {
		if (!irq_kind_allowed(kind, td->conf->msi))
			continue;
		out->why[0] = '\0';
		ret = irq_try_kind(dev, kind, td, &request);
		if (ret >= 0 && ret != STATUS_FAULT)
			break;
		if (ret == STATUS_FAULT && !out->fewer)
			strlcpy(first, out->why, sizeof(first));
		out->fewer |= ret == STATUS_FAULT;
	}
	if (kind < IRQ_KINDS) {
		strlcpy(out->kind, irq_kind_name(kind), sizeof(out->kind));
		out->raised = irq_raiser_find(&td->plan.topo) != NULL;
		if (ret != STATUS_GOOD) {
			out->came = DOCTOR_CAME_SET_UP;
			return;
		}
	} else if (td->conf->msi == VFIO_MSI_REQUIRE) {
		out->came = DOCTOR_CAME_REFUSED;
	}
	strlcpy(out->why, first[0] != '\0' ? first : "the device or the platform has no interrupts",
		sizeof(out->why));
}

/* The fault of a call that failed is in out->why. @return its error, or 0 */
static int
try_plan(struct tool_plan *plan, const char *name, struct doctor_trial *out)
{
	struct irq_device dev = { .name = name, .fd = -1 };
	struct tool_eal eal = { 0 };
	int ret = irq_eal_start(&eal);

	/* That is no fault of the device. */
	if (ret < 0) {
		out->came = DOCTOR_CAME_LATER;
		return ret;
	}
	ret = irq_space_open(plan, name);
	if (ret == 0)
		ret = irq_device_open(&dev, &plan->v[0], plan->space);
	if (ret == 0)
		try_kinds(&dev, &plan->v[0], out);
	irq_device_close(&dev);
	tool_eal_stop(&eal);
	return ret;
}

/* The first reason why the survey failed. */
static int
first_error(const struct tool_device *td)
{
	return td->plan.reasons.n > 0 ? td->plan.reasons.v[0].error : -EINVAL;
}

static int
try_in_child(void *arg, void *result)
{
	const struct doctor_device *dev = arg;
	struct tool_root here = { .path = "" };
	struct doctor_trial *out = result;
	struct tool_plan plan = { 0 };
	struct tool_given given;
	char name[sizeof(VFIO_MSI_PREFIX) + TOPO_BDF_LEN], *argument;
	int ret;

	*out = (struct doctor_trial){ .came = DOCTOR_CAME_REFUSED };
	tool_be_quiet();
	tool_error_keep(out->why, sizeof(out->why));
	snprintf(name, sizeof(name), VFIO_MSI_PREFIX "%s", dev->bdf);
	if (asprintf(&argument, "%s%s", name, dev->keys.text != NULL ? dev->keys.text : "") < 0)
		return STATUS_FAULT;
	ret = tool_given_parse(argument, &given);
	free(argument);
	if (ret < 0)
		return STATUS_FAULT;
	ret = tool_plan_give(&plan, &given.addr, &given.conf);
	if (ret == 0)
		ret = tool_plan_make(&plan, &here);
	if (ret == 0 && plan.v[0].plan.reasons.n == 0)
		doctor_answer_keep(plan.v[0].plan.backend, &plan.v[0].plan.info, out);
	if (ret < 0) {
		out->came = DOCTOR_CAME_LATER;
		tool_error(name, "%s", strerror(-ret));
	} else if (!plan.v[0].used) {
		ret = first_error(&plan.v[0]);
		tool_error(name, "%s", plan.v[0].why);
	} else {
		ret = try_plan(&plan, name, out);
	}
	if (doctor_can_wait(dev, ret)) {
		out->came = DOCTOR_CAME_LATER;
		out->why[strcspn(out->why, ";")] = '\0';
	}
	tool_plan_free(&plan);
	tool_given_free(&given);
	return STATUS_GOOD;
}

int
doctor_try(struct doctor_facts *f)
{
	struct doctor_trial *t;
	size_t i;
	int ret = 0;

	RTE_BUILD_BUG_ON(sizeof(*t) > PIPE_BUF);
	tool_progress_begin("doctor", (unsigned int)f->n);
	for (i = 0; ret >= 0 && i < f->n; i++) {
		tool_progress_step("%s, interrupts", f->v[i].bdf);
		t = &f->v[i].trial;
		if (doctor_obstacle(&f->v[i], t->why, sizeof(t->why))) {
			t->came = DOCTOR_CAME_LATER;
			continue;
		}
		ret = tool_child_run(f->v[i].bdf, try_in_child, &f->v[i], t, sizeof(*t));
		if (ret == -ECHILD || ret == STATUS_FAULT) {
			*t = (struct doctor_trial){ .came = DOCTOR_CAME_REFUSED,
				.why = "the trial ended early; see dmesg" };
			ret = 0;
		}
	}
	tool_progress_end();
	return ret < 0 ? ret : 0;
}
