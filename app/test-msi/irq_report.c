/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Results of "dpdk-test-msi irq": a line of text and a JSON object for each kind.
 */

#include <stdio.h>

#include "irq.h"

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
	putchar('\n');
}

static json_t *
count_json(const struct irq_count *count)
{
	return json_pack("{s:i, s:i, s:i}", "raised", (int)count->raised,
		"arrived", (int)count->arrived, "unexpected", (int)count->surplus);
}

void
irq_outcome_report(const struct irq_vectors *vs, const struct irq_raiser *raiser,
		const struct irq_outcome *o)
{
	if (tool_json)
		tool_report_add("kinds", json_pack("{s:s, s:s, s:i, s:i, s:o, s:o}",
			"kind", irq_kind_name(vs->kind), "set_up", "done",
			"vectors", (int)vs->n, "vectors_of_device", (int)vs->has,
			"loopback", count_json(&o->loopback),
			"device", raiser != NULL ? count_json(&o->device) : json_null()));
}

void
irq_no_vectors_report(enum irq_kind kind, const char *set_up)
{
	if (tool_json)
		tool_report_add("kinds", json_pack("{s:s, s:s}", "kind", irq_kind_name(kind),
			"set_up", set_up));
}
