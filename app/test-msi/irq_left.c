/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What a test has left: interrupts as the kernel lists them, open descriptors, page tables of
 * IOMMUs.
 */

#include <stdio.h>
#include <string.h>

#include "irq.h"
#include "map_meter.h"

int
irq_left_count(const char *bdf, struct irq_held *out)
{
	const char *file;
	int ret = irq_held_count(bdf, out, &file);

	if (ret < 0)
		tool_error(file, "can't be read: %s", strerror(-ret));
	return ret;
}

int64_t
irq_left_tables(int64_t before)
{
	int64_t after = map_meter_tables();

	return before < 0 || after < 0 ? IRQ_LEFT_UNKNOWN : after - before;
}

int
irq_left_judge(const char *name, const struct irq_left *left)
{
	bool counted = left->tables != IRQ_LEFT_UNKNOWN;
	bool bad = left->vectors > 0 || left->descriptors > 0;

	printf("left at the end: vectors %d, descriptors %d, IOMMU page tables ",
		left->vectors, left->descriptors);
	if (counted)
		printf("%lld bytes\n", (long long)left->tables);
	else
		printf("not counted by this kernel\n");
	if (tool_json)
		tool_report_put("left", json_pack("{s:i, s:i, s:o}",
			"vectors", left->vectors, "descriptors", left->descriptors,
			"iommu_page_tables", counted ?
				json_integer((json_int_t)left->tables) : json_null()));
	if (bad)
		tool_error(name, "interrupts or descriptors are left; please report this bug, with the kernel's version");
	return bad ? STATUS_FAULT : STATUS_GOOD;
}
