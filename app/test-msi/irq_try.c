/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The stages of "dpdk-test-msi irq" for one kind of interrupts. The failing one is reported:
 * set-up (the kernel allocates vectors), loopback (eventfd, EAL's interrupt thread), the
 * device's own write (IOMMU, doorbell, interrupt controller), and if requested frames, which
 * the device reads and writes itself, and many interrupts.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "irq.h"
#include "tool_progress.h"

/* An alarm that is later than this was starved, whatever else the machine did. */
#define STARVED_MS 5000

static bool
lost(const struct irq_count *count)
{
	return count->arrived < count->raised;
}

static bool
frames_bad(const struct irq_frames *frames)
{
	return frames->fault != IRQ_FRAME_GOOD || lost(&frames->count);
}

/*
 * The loopback comes before the device's own writes, so that a loss has one cause. During
 * the loopback no cause in the device is enabled or pending, so no other interrupt may
 * come.
 */
static int
do_rounds(struct irq_vectors *vs, const struct irq_raiser *raiser, unsigned int rounds,
		struct irq_outcome *o)
{
	unsigned int i;
	int ret = irq_loopback(vs, &o->loopback);

	tool_progress_step("%s, rounds", irq_kind_name(vs->kind));
	irq_vectors_quiet(vs, &o->loopback);
	if (ret == 0 && raiser != NULL && !lost(&o->loopback))
		ret = irq_raise_prepare(raiser, vs);
	for (i = 0; ret == 0 && i < rounds && !lost(&o->loopback) && !lost(&o->device); i++) {
		/* Unrequested interrupts of the device do not count for the loopback. */
		struct irq_count *count = raiser != NULL ? &o->device : &o->loopback;
		unsigned int surplus = o->loopback.surplus;

		ret = irq_loopback(vs, &o->loopback);
		if (raiser != NULL) {
			o->device.surplus += o->loopback.surplus - surplus;
			o->loopback.surplus = surplus;
		}
		if (ret == 0 && raiser != NULL && !lost(&o->loopback))
			ret = irq_raise(raiser, vs, &o->device);
		irq_vectors_quiet(vs, count);
		tool_progress_count(i + 1, rounds);
	}
	return ret;
}

/* The device did not raise a vector. */
static void
explain_device(const struct irq_vectors *vs, const struct tool_device *td,
		const struct irq_count *count, const char *when)
{
	char why[PLAN_TEXT];

	irq_look(vs, count->first_lost, &td->plan, why, sizeof(why));
	tool_error(vs->dev->name, "%s: lost between device and kernel%s: vector %u, after %u that arrived; the loopback works, so the program is not the cause: %s",
		irq_kind_name(vs->kind), when, count->first_lost, count->arrived, why);
}

static void
explain_loopback(const struct irq_vectors *vs, const struct irq_count *count)
{
	tool_error(vs->dev->name, "%s: lost between kernel and program: the kernel accepted the request to signal vector %u, after %u that arrived, but EAL's interrupt thread did not wake; is the thread stuck, or does another reader empty the eventfd?",
		irq_kind_name(vs->kind), count->first_lost, count->arrived);
}

/* @return a STATUS_*. */
static int
judge_frames(const struct irq_vectors *vs, const struct tool_device *td,
		const struct irq_frames *frames)
{
	char why[PLAN_TEXT];

	if (frames->fault != IRQ_FRAME_GOOD) {
		irq_frames_explain(frames, why, sizeof(why));
		tool_error(vs->dev->name, "%s: frame %u that the device sends to itself: %s",
			irq_kind_name(vs->kind), frames->received, why);
		return frames->fault == IRQ_FRAME_NO_LINK ? STATUS_FAULT : STATUS_DMA_FAILED;
	}
	if (!lost(&frames->count))
		return STATUS_GOOD;
	explain_device(vs, td, &frames->count, ", after its DMA");
	return STATUS_DEVICE_LOST;
}

/* @return a STATUS_*. */
static int
judge_step(const struct irq_vectors *vs, const struct tool_device *td,
		const struct irq_outcome *o)
{
	unsigned int surplus = o->loopback.surplus + o->endurance.loopback.surplus;

	if (surplus > 0)
		tool_error(vs->dev->name, "%s: %u callbacks came twice, or for a vector that the kernel did not signal",
			irq_kind_name(vs->kind), surplus);
	if (lost(&o->loopback))
		explain_loopback(vs, &o->loopback);
	if (lost(&o->endurance.loopback))
		explain_loopback(vs, &o->endurance.loopback);
	if (surplus > 0 || lost(&o->loopback) || lost(&o->endurance.loopback))
		return STATUS_LOOPBACK_LOST;
	if (lost(&o->device) || lost(&o->endurance.device)) {
		explain_device(vs, td, lost(&o->device) ? &o->device : &o->endurance.device, "");
		return STATUS_DEVICE_LOST;
	}
	return judge_frames(vs, td, &o->frames);
}

/* @return a STATUS_*. */
static int
judge_storm(const struct irq_vectors *vs, const struct irq_endurance *e)
{
	const struct irq_storm *storms[] = { &e->loopback_storm, &e->device_storm };
	int status = STATUS_GOOD;
	size_t i;

	if (e->late_us > STARVED_MS * 1000) {
		tool_error(vs->dev->name, "%s: a storm of interrupts starves EAL's other callbacks: an alarm was %.1f s late",
			irq_kind_name(vs->kind), (double)e->late_us / 1e6);
		status = STATUS_FAULT;
	}
	for (i = 0; i < 2; i++)
		if (storms[i]->arrived != storms[i]->raised) {
			tool_error(vs->dev->name, "%s: in a storm the kernel signalled %u interrupts, but the eventfds counted %u",
				irq_kind_name(vs->kind), storms[i]->raised, storms[i]->arrived);
			status = STATUS_LOOPBACK_LOST;
		}
	return status;
}

/* Everything that awaits each interrupt. @return a STATUS_*. */
static int
try_step(struct irq_vectors *vs, const struct irq_raiser *raiser, const struct tool_device *td,
		const struct irq_request *request, struct irq_outcome *o)
{
	int ret = do_rounds(vs, raiser, request->rounds, o);

	if (ret == 0 && request->self_test && !lost(&o->loopback) && !lost(&o->device))
		ret = irq_frames_run(raiser, vs, &td->plan, request->rounds, &o->frames);
	if (ret == 0 && request->endurance > 0 && !lost(&o->loopback) && !lost(&o->device) &&
	    !frames_bad(&o->frames))
		ret = irq_endure_step(raiser, vs, &o->endurance);
	return ret < 0 ? STATUS_FAULT : judge_step(vs, td, o);
}

/* What the bus would do after a refusal. */
static const char *
cure(enum irq_kind kind, const struct tool_device *td)
{
	if (kind != IRQ_INTX && td->plan.msi_doubtful)
		return "; this backend can't map doorbells in the MSI window of this IOMMU; use backend=iommufd if the kernel has it, otherwise the bus uses INTx or polling";
	if (kind == IRQ_INTX)
		return "; only polling works";
	return td->conf->msi == VFIO_MSI_REQUIRE ? "; msi=auto would use INTx or polling" :
		"; with msi=auto the bus uses the next kind; or give msi=off";
}

/* @return 1, 0 as irq_vectors_enable(); -errno after printing the fault. */
static int
enable(struct irq_vectors *vs, const struct irq_device *dev, enum irq_kind kind, bool exact,
		const struct tool_device *td)
{
	char why[PLAN_TEXT];
	int ret = irq_vectors_enable(vs, dev, kind, exact, why, sizeof(why));

	if (ret < 0)
		tool_error(dev->name, "%s: set-up failed: %s%s%s", irq_kind_name(kind), why,
			ret == -ENOSPC && kind != IRQ_INTX && !td->plan.msi_doubtful ?
			"; to free vectors, stop other devices, or configure fewer queues for them" : "",
			cure(kind, td));
	return ret;
}

/* With vectors whose signals count one by one. @return a STATUS_*. */
static int
try_storm(const struct irq_device *dev, enum irq_kind kind, const struct irq_raiser *raiser,
		const struct tool_device *td, struct irq_endurance *e)
{
	struct irq_vectors vs;
	int status = STATUS_FAULT;

	if (enable(&vs, dev, kind, true, td) <= 0)
		return STATUS_FAULT;
	if (irq_endure_storm(raiser, &vs, e) == 0)
		status = judge_storm(&vs, e);
	irq_vectors_disable(&vs);
	return status;
}

int
irq_try_kind(const struct irq_device *dev, enum irq_kind kind, const struct tool_device *td,
		const struct irq_request *request)
{
	const struct irq_raiser *raiser = irq_raiser_find(&td->plan.topo);
	struct irq_outcome o = { .self_test = request->self_test,
		.endurance.wanted = request->endurance };
	struct irq_vectors vs, done;
	int ret = enable(&vs, dev, kind, false, td), status;

	if (ret <= 0) {
		const char *result = ret == 0 ? "not supported" : "refused";

		printf("%-5s  %s%s\n", irq_kind_name(kind), result,
			ret == 0 ? " by the device or the platform" : "");
		irq_no_vectors_report(kind, result);
		return ret == 0 ? -1 : STATUS_FAULT;
	}
	tool_progress_begin("irq", 0);
	status = try_step(&vs, raiser, td, request, &o);
	done = vs;
	irq_vectors_disable(&vs);
	if (status == STATUS_GOOD && request->endurance > 0)
		status = try_storm(dev, kind, raiser, td, &o.endurance);
	tool_progress_end();
	irq_outcome_print(&done, raiser, td, &o);
	irq_outcome_report(&done, raiser, &o);
	return status;
}
