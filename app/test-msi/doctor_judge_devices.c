/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about devices, their layout and EAL's memory. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "va/va_policy.h"

/* The library's sentences are "FAULT; CURE". */
static void
add_reason(struct doctor_findings *out, enum doctor_id id, const char *bdf, const char *text)
{
	const char *cure = strstr(text, "; ");

	if (cure == NULL) {
		doctor_add(out, id, bdf, "%s", text);
		return;
	}
	doctor_add(out, id, bdf, "%.*s", (int)(cure - text), text);
	doctor_cure(out, "%s", cure + strlen("; "));
}

static enum doctor_id
reason_id(const struct plan_reason *r)
{
	if (r->error == -ENODATA && !r->doubtful)
		return DOCTOR_DEVICE_UNASKED;
	if (r->error == -EBUSY)
		return DOCTOR_DEVICE_HELD;
	return plan_reason_stands(r) ? DOCTOR_DEVICE_UNUSABLE : DOCTOR_DEVICE_DOUBTFUL;
}

/* A device that was opened has no doubtful reason. The library sorts reasons as they are to be solved. */
static void
judge_reasons(const struct doctor_facts *f, const struct doctor_device *d, struct doctor_findings *out)
{
	const struct plan_reasons *r = &d->plan.reasons;
	const size_t first = out->n;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].error == -EBUSY && d->held_by_unit)
			doctor_add(out, DOCTOR_DEVICE_RUNNING, d->bdf, "%.*s, of the unit %s",
				(int)strcspn(r->v[i].text, ";"), r->v[i].text, f->user.unit);
		else if (!r->v[i].doubtful || d->trial.came < DOCTOR_CAME_SET_UP)
			add_reason(out, reason_id(&r->v[i]), d->bdf, r->v[i].text);
	doctor_block(out, first);
	/* What the trial says is another finding. */
	if (r->n == 0 && !d->used && d->trial.came != DOCTOR_CAME_REFUSED)
		add_reason(out, DOCTOR_DEVICE_UNUSABLE, d->bdf, d->why);
}

static void
judge_msi(const struct doctor_device *d, struct doctor_findings *out)
{
	const struct plan_device *p = &d->plan;

	/* The bus does not use it. */
	if (d->keys.no_msi)
		return;
	switch (p->msi) {
	case PLAN_MSI_CLEAR:
		return;
	case PLAN_MSI_UNSURE:
		doctor_add(out, DOCTOR_MSI_UNSURE, d->bdf, "it is not known whether MSI arrives: %s", p->msi_why);
		break;
	case PLAN_MSI_LIKELY_LOST:
		doctor_add(out, DOCTOR_MSI_LIKELY_LOST, d->bdf, "MSI may not arrive: %s", p->msi_why);
		break;
	default:
		doctor_add(out, DOCTOR_MSI_LOST, d->bdf, "MSI can't arrive: %s", p->msi_why);
		doctor_cure(out, "give the device the key msi=off, so that its driver uses INTx or polls");
		return;
	}
	doctor_cure(out, "test it while no application uses the device: dpdk-test-msi irq vfio_msi:%s; if no interrupt arrives, give the device the key msi=off",
		d->bdf);
}

/*
 * Did the device itself show whether MSI arrives? Where the kernel's answer to a vector decides, it
 * has answered.
 */
static bool
is_shown(const struct doctor_device *d)
{
	const struct doctor_trial *t = &d->trial;

	return t->came == DOCTOR_CAME_THROUGH && t->raised && (!t->fewer || d->plan.msi_doubtful);
}

/* What the trial has shown. */
static void
judge_trial(const struct doctor_device *d, struct doctor_findings *out)
{
	const struct doctor_trial *t = &d->trial;

	switch (t->came) {
	case DOCTOR_CAME_NOWHERE:
		return;
	case DOCTOR_CAME_LATER:
		doctor_add(out, DOCTOR_TRY_SKIPPED, d->bdf, "its interrupts were not tried: %s", t->why);
		return;
	case DOCTOR_CAME_REFUSED:
		add_reason(out, DOCTOR_TRY_REFUSED, d->bdf, t->why);
		return;
	case DOCTOR_CAME_SET_UP:
		doctor_add(out, DOCTOR_TRY_LOST, d->bdf, "%s", t->why);
		if (d->keys.no_msi)
			doctor_cure(out, "if dpdk-test-msi irq vfio_msi:%s,msi=off shows the same, use a driver that polls", d->bdf);
		else
			doctor_cure(out, "if dpdk-test-msi irq vfio_msi:%s shows the same, give the device the key msi=off, so that its driver uses INTx or polls",
				d->bdf);
		return;
	default:
		break;
	}
	if (t->kind[0] == '\0' && d->keys.no_msi)
		doctor_add(out, DOCTOR_TRY_GOOD, d->bdf, "no interrupts with msi=off, so its driver polls");
	else if (t->fewer || t->kind[0] == '\0')
		add_reason(out, DOCTOR_TRY_FEWER, d->bdf, t->why);
	if (t->kind[0] != '\0')
		doctor_add(out, DOCTOR_TRY_GOOD, d->bdf, t->raised ?
			"%s: interrupts that the device raised arrived" :
			"%s: interrupts that the kernel raised arrived; this tool can't let the device raise them",
			t->kind);
}

static void
judge_windows(const struct doctor_device *d, struct doctor_findings *out)
{
	const struct holes_view *view = &d->plan.bridge;
	int i;

	for (i = 0; i < HOLES_INPUTS; i++) {
		const char *advice = holes_input_advice(i, view->in[i].sight);

		/* The advice for this file is to give them, and for lines that are odd. */
		if (advice != NULL && !(d->keys.windows && i == HOLES_IN_IOMEM))
			add_reason(out, DOCTOR_WINDOWS_UNREAD, d->bdf, advice);
		if (view->in[i].odd == 0 || d->keys.windows)
			continue;
		doctor_add(out, DOCTOR_WINDOWS_UNREAD, d->bdf,
			"%u lines or entries of %s can't be understood and are left out",
			view->in[i].odd, holes_input_name(i));
		doctor_cure(out, "compare with dpdk-test-msi layout -a vfio_msi:%s, and give missing windows as hole=FIRST-LAST",
			d->bdf);
	}
}

/* Hugepages elsewhere, but none on the device's node. */
static void
judge_node(const struct doctor_facts *f, const struct doctor_device *d, struct doctor_findings *out)
{
	const struct topo_node *mine = NULL;
	uint64_t elsewhere = 0;
	size_t i;

	for (i = 0; i < f->memory.n_nodes; i++)
		if (f->memory.nodes[i].node == d->plan.topo.numa_node)
			mine = &f->memory.nodes[i];
		else
			elsewhere += f->memory.nodes[i].total;
	if (mine == NULL || mine->node < 0 || mine->total > 0 || elsewhere == 0)
		return;
	doctor_add(out, DOCTOR_HUGEPAGES_NODE, d->bdf, "it is on NUMA node %d, which has no hugepages",
		mine->node);
	doctor_cure(out, "%sreserve there what the application needs, if that much memory is free on the node: /sys/devices/system/node/node%d/hugepages",
		doctor_on_host(f), mine->node);
}

static void
judge_device(const struct doctor_facts *f, const struct doctor_device *d, struct doctor_findings *out)
{
	judge_reasons(f, d, out);
	if (d->plan.bridge_via[0] != '\0')
		doctor_add(out, DOCTOR_DEVICE_VMD, d->bdf, "the device is behind VMD %s", d->plan.bridge_via);
	if (d->plan.alias_why[0] != '\0')
		add_reason(out, DOCTOR_DEVICE_ALIAS, d->bdf, d->plan.alias_why);
	if (d->used) {
		judge_windows(d, out);
		if (!is_shown(d))
			judge_msi(d, out);
	}
	judge_trial(d, out);
	if (d->plan.topo.bdf[0] != '\0')
		judge_node(f, d, out);
	doctor_judge_keys(f, d, out);
	doctor_judge_access(f, d, out);
}

static int
stop(const struct iova_range *range, void *arg)
{
	return 1;
}

/* IOVAs that are assigned need no good addresses. */
static void
judge_eal_bad(const struct doctor_eal *eal, struct doctor_findings *out)
{
	const enum va_policy policy = eal->key == VA_KEY_VA ? VA_POLICY_KEY_VA : VA_POLICY_UNABLE;
	char cure[VA_CURE];

	if (eal->quality != VA_BAD || (eal->assign == VA_ASSIGN_POSSIBLE && policy != VA_POLICY_KEY_VA))
		return;
	doctor_add(out, DOCTOR_EAL_BAD, NULL, "%s", va_shortage_why(eal->shortage));
	va_shortage_cure(eal->shortage, policy, eal->assign, cure, sizeof(cure));
	doctor_cure(out, "%s", cure);
}

static void
judge_eal(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_eal *eal = &f->eal;

	if (!eal->placed)
		return;
	if (eal->key == VA_KEY_ASSIGNED) {
		if (va_assign_fault(eal->assign) != NULL)
			add_reason(out, DOCTOR_EAL_BAD, NULL, va_assign_fault(eal->assign));
		return;
	}
	if (eal->quality == VA_SHORT) {
		doctor_add(out, DOCTOR_EAL_SHORT, NULL, "no range of good addresses is as large as EAL's memory may become");
		doctor_cure(out, "see how much fits while no application uses the devices: dpdk-test-msi layout -a vfio_msi:BDF; give fewer devices to one process, or use no more than that (-m, --socket-mem)");
	} else if (eal->quality == VA_WHOLE && eal->moved) {
		doctor_add(out, DOCTOR_EAL_MOVED, NULL, "the bus steers EAL's memory to better addresses than its own");
	}
	judge_eal_bad(eal, out);
}

/* Has any device a range of the user? */
static bool
any_holes(const struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].keys.holes != NULL && f->v[i].keys.holes->n > 0)
			return true;
	return false;
}

static void
judge_layout(const struct doctor_facts *f, struct doctor_findings *out)
{
	if (f->layout == NULL)
		return;
	if (iova_layout_foreach_free(f->layout, stop, NULL) == 0) {
		doctor_add(out, DOCTOR_LAYOUT_NONE, NULL, "no I/O virtual address remains that all devices can use");
		doctor_cure(out, any_holes(f) ?
			"give fewer devices, smaller ranges as hole=, or more bits as dma_bits= to one process" :
			"give fewer devices to one process");
	} else {
		judge_eal(f, out);
	}
	if (f->assumed_bits == 0)
		return;
	if (f->assumed_first != 0)
		doctor_add(out, DOCTOR_LIMITS_ASSUMED, NULL, "the window of the IOMMU is assumed to begin at IOVA 0x%" PRIx64,
			f->assumed_first);
	else
		doctor_add(out, DOCTOR_LIMITS_ASSUMED, NULL,
			"IOMMUs%s are assumed to translate addresses of %u bits",
			f->asked > 0 ? " of devices that were not tried" : "", f->assumed_bits);
	if (f->machine.arch == TOPO_ARCH_ARM)
		doctor_cure(out, "to ask the kernel while no application uses the devices, as this can reset them: dpdk-test-msi layout -a vfio_msi:BDF; only the kernel knows whether the platform isolates interrupts, and if not, it refuses the devices");
	else
		doctor_cure(out, "to ask the kernel while no application uses the devices, as this can reset them: dpdk-test-msi layout -a vfio_msi:BDF");
}

void
doctor_judge_devices(const struct doctor_facts *f, struct doctor_findings *out)
{
	size_t i;

	if (f->n == 0) {
		doctor_add(out, DOCTOR_DEVICE_NONE, NULL, "no device is bound to a VFIO driver");
		doctor_cure(out, "choose one that this machine does not need, and bind it with the command that this prints for it: dpdk-test-msi list");
	}
	for (i = 0; i < f->n; i++)
		judge_device(f, &f->v[i], out);
	for (i = 0; i < f->n_odd; i++)
		add_reason(out, DOCTOR_DEVICE_UNREAD, f->odd[i].topo.bdf, f->odd[i].msi_why);
	judge_layout(f, out);
}
