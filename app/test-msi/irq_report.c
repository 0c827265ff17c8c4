/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Results of "dpdk-test-msi irq": a line of text and a JSON object for each kind.
 */

#include <stdio.h>

#include "irq.h"

static void
endurance_print(const struct irq_endurance *e, bool device)
{
	printf("       in step: loopback %u of %u", e->loopback.arrived, e->loopback.raised);
	if (device)
		printf(", device %u of %u", e->device.arrived, e->device.raised);
	printf("\n       storm: loopback %u of %u in %u callbacks", e->loopback_storm.arrived,
		e->loopback_storm.raised, e->loopback_storm.calls);
	if (e->device_storm.raised > 0)
		printf(", device %u of %u that the kernel counted", e->device_storm.arrived,
			e->device_storm.raised);
	printf("\n       an alarm of 10 ms meanwhile: %u times, at most %.1f ms late (%.1f ms without a storm)\n",
		e->alarms, (double)e->late_us / 1000, (double)e->idle_late_us / 1000);
}

void
irq_outcome_print(const struct irq_vectors *vs, const struct irq_raiser *raiser,
		const struct tool_device *td, const struct irq_outcome *o)
{
	printf("%-5s  %u vector%s", irq_kind_name(vs->kind), vs->n, vs->n > 1 ? "s" : "");
	if (vs->n < vs->has)
		printf(" (of %u, the kernel has no more)", vs->has);
	printf(", loopback %u of %u", o->loopback.arrived, o->loopback.raised);
	if (raiser == NULL)
		printf(", device not tried: this tool can't trigger interrupts of %04x:%04x",
			td->plan.topo.vendor, td->plan.topo.device);
	else
		printf(", device (%s) %u of %u", irq_raiser_name(raiser), o->device.arrived,
			o->device.raised);
	/* A device has causes of its own, e.g. when a link comes up. */
	if (o->device.surplus > 0)
		printf(" and %u unexpected", o->device.surplus);
	if (o->self_test && o->frames.tried)
		printf(", frames %u of %u", o->frames.received, o->frames.sent);
	else if (o->self_test)
		printf(", frames not tried: this tool can't loop back %04x:%04x",
			td->plan.topo.vendor, td->plan.topo.device);
	putchar('\n');
	if (o->endurance.loopback.raised > 0)
		endurance_print(&o->endurance, raiser != NULL);
}

static json_t *
count_json(const struct irq_count *count)
{
	return json_pack("{s:i, s:i, s:i}", "raised", (int)count->raised,
		"arrived", (int)count->arrived, "unexpected", (int)count->surplus);
}

static json_t *
storm_json(const struct irq_storm *storm)
{
	return json_pack("{s:i, s:i, s:i}", "raised", (int)storm->raised,
		"arrived", (int)storm->arrived, "callbacks", (int)storm->calls);
}

static json_t *
endurance_json(const struct irq_endurance *e)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:i, s:I, s:I}",
		"loopback", count_json(&e->loopback), "device", count_json(&e->device),
		"loopback_storm", storm_json(&e->loopback_storm),
		"device_storm", storm_json(&e->device_storm), "alarms", (int)e->alarms,
		"alarm_late_us", (json_int_t)e->late_us,
		"alarm_late_idle_us", (json_int_t)e->idle_late_us);
}

static json_t *
frames_json(const struct irq_frames *frames)
{
	return json_pack("{s:i, s:i, s:o}", "sent", (int)frames->sent,
		"received", (int)frames->received, "interrupts", count_json(&frames->count));
}

void
irq_outcome_report(const struct irq_vectors *vs, const struct irq_raiser *raiser,
		const struct irq_outcome *o)
{
	json_t *kind;

	if (!tool_json)
		return;
	kind = json_pack("{s:s, s:s, s:i, s:i, s:o, s:o}",
		"kind", irq_kind_name(vs->kind), "set_up", "done",
		"vectors", (int)vs->n, "vectors_of_device", (int)vs->has,
		"loopback", count_json(&o->loopback),
		"device", raiser != NULL ? count_json(&o->device) : json_null());
	if ((o->self_test && json_put(kind, "frames", o->frames.tried ?
			frames_json(&o->frames) : json_null()) != 0) ||
	    (o->endurance.wanted > 0 &&
			json_put(kind, "endurance", endurance_json(&o->endurance)) != 0)) {
		json_decref(kind);
		kind = NULL;
	}
	tool_report_add("kinds", kind);
}

void
irq_no_vectors_report(enum irq_kind kind, const char *set_up)
{
	if (tool_json)
		tool_report_add("kinds", json_pack("{s:s, s:s}", "kind", irq_kind_name(kind),
			"set_up", set_up));
}
