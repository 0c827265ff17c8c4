/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "test_msi.h"

/* Page sizes: "4 KiB, 2 MiB", or "4 KiB and every power of two above". */
static void
print_page_sizes(uint64_t bits)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t lowest = bits & -bits;
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < 64; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		printf("%s%" PRIu64 " %s", comma, UINT64_C(1) << i % 10, units[i / 10]);
		comma = ", ";
		if (bits == -lowest) {
			printf(" and every power of two above");
			break;
		}
	}
	printf("%s\n", bits == 0 ? "unknown" : "");
}

/* From where, and what is not known of it. */
static void
print_bridge(const struct plan_device *p)
{
	const char *indent = "                    ";

	printf("    bridge windows  of %s, from: %s\n", p->topo.root_bus,
		holes_source_name(p->bridge.source));
	if (p->bridge.source == HOLES_SOURCE_NONE)
		printf("%sthey are not avoided; run this as root, or give them as hole=FIRST-LAST\n",
			indent);
	if (p->bridge.source == HOLES_SOURCE_RESOURCES)
		printf("%sa lower bound, what devices use; run this as root to see the rest\n", indent);
	if (p->bridge.shifted)
		printf("%saddresses of the bus, by BARs; the CPU has others\n", indent);
	if (p->bridge.offset_assumed)
		printf("%sno BAR tells the bus address of some: the CPU's is taken\n", indent);
}

static void
print_device(const struct tool_device *dev)
{
	const struct plan_device *p = &dev->plan;
	size_t i;

	if (!dev->used) {
		printf("%s  not used, and not in the layout:\n", dev->bdf);
		for (i = 0; i < p->reasons.n; i++)
			printf("    %s\n", p->reasons.v[i].text);
		if (p->reasons.n == 0)
			printf("    %s\n", dev->why);
		return;
	}
	printf("%s  %04x:%04x, IOMMU group %d, %s\n", dev->bdf, p->topo.vendor, p->topo.device,
		p->topo.group, p->topo.iommu[0] != '\0' ? p->topo.iommu : "unnamed IOMMU");
	printf("    backend         %s%s%s\n", ioas_backend_name(p->backend),
		p->backend_why[0] != '\0' ? ", chosen for all: " : "", p->backend_why);
	printf("    page sizes      ");
	print_page_sizes(p->info.page_sizes);
	if (p->info.dma_avail == UINT64_MAX)
		printf("    mappings left   not told by the kernel\n");
	else
		printf("    mappings left   %" PRIu64 "\n", p->info.dma_avail);
	print_bridge(p);
	if (p->alias_why[0] != '\0')
		printf("    requester ID    %s\n", p->alias_why);
	if (p->msi_blocked)
		printf("    MSI             can't arrive: %s\n", p->msi_why);
	else
		printf("    MSI             not blocked\n");
}

void
print_plan(const struct tool_plan *plan)
{
	size_t i, used = 0;

	for (i = 0; i < plan->n; i++) {
		print_device(&plan->v[i]);
		used += plan->v[i].used;
	}
	if (used == 0) {
		printf("no device can be used: there is no layout\n");
		return;
	}
	printf("\nI/O virtual addresses\n");
	iova_layout_dump(plan->layout, stdout);
	eal_memory_print(plan);
}
