/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <stdio.h>

#include "hole_argument.h"
#include "test_msi.h"

/* Print e.g. "4 KiB, 2 MiB", or "4 KiB and every power of two above". */
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

/* Print the source of the windows, what is unknown about them, and how to see more. */
static void
print_bridge(const struct plan_device *p)
{
	const char *indent = "                    ", *advice;
	int i;

	printf("    bridge windows  of %s, from: %s\n", p->bridge_bus,
		holes_source_name(p->bridge.source));
	if (p->bridge_via[0] != '\0')
		printf("%sand of %s, from: BARs of %s\n", indent, p->topo.root_bus, p->bridge_via);
	if (p->bridge.source == HOLES_SOURCE_NONE)
		printf("%sthey are not avoided; give them as hole=FIRST-LAST\n", indent);
	if (p->bridge.source == HOLES_SOURCE_RESOURCES)
		printf("%sa lower bound, what devices use\n", indent);
	if (p->bridge.shifted)
		printf("%saddresses of the bus, by BARs; the CPU has others\n", indent);
	if (p->bridge.offset_assumed)
		printf("%sno BAR tells the bus address of some: the CPU's is taken\n", indent);
	for (i = 0; i < HOLES_INPUTS; i++) {
		advice = holes_input_advice(i, p->bridge.in[i].sight);
		if (advice != NULL)
			printf("%s%s\n", indent, advice);
		if (p->bridge.in[i].odd > 0)
			printf("%s%u lines or entries of %s can't be understood and are left out\n",
				indent, p->bridge.in[i].odd, holes_input_name(i));
	}
}

static void
print_argument(const struct tool_device *dev)
{
	const char *indent = "                    ";
	char text[HOLE_ARGUMENT_LEN];

	if (!hole_argument(dev->bdf, &dev->plan, text))
		return;
	printf("%sfor a process that can't read them: -a %s\n", indent, text);
	printf("%sgive that at start, with the device's other keys behind it; an attach may be rejected\n",
		indent);
}

static void
print_msi(const struct tool_device *dev)
{
	const char *indent = "                    ";
	const struct plan_device *p = &dev->plan;
	static const char *const verdicts[] = {
		[PLAN_MSI_CLEAR] = "not blocked",
		[PLAN_MSI_UNSURE] = "not known: ",
		[PLAN_MSI_LIKELY_LOST] = "may not arrive: ",
		[PLAN_MSI_LOST] = "can't arrive: ",
	};

	printf("    MSI             %s%s\n", verdicts[p->msi], p->msi_why);
	if (p->msi == PLAN_MSI_LIKELY_LOST)
		printf("%stest it: dpdk-test-msi irq vfio_msi:%s; if no interrupt arrives, use msi=off\n",
			indent, dev->bdf);
	if (iova_range_valid(dev->msi_place))
		printf("%sSW_MSI would be reachable at 0x%" PRIx64 "-0x%" PRIx64
			", if the kernel could move it\n", indent, dev->msi_place.first,
			dev->msi_place.last);
}

static void
print_device(const struct tool_device *dev)
{
	const struct plan_device *p = &dev->plan;
	char node[32] = "";
	size_t i;

	if (p->topo.numa_node >= 0)
		snprintf(node, sizeof(node), "NUMA node %d, ", p->topo.numa_node);
	if (!dev->used) {
		printf("%s  not used and not in the layout:\n", dev->bdf);
		for (i = 0; i < p->reasons.n; i++)
			printf("    %s\n", p->reasons.v[i].text);
		if (p->reasons.n == 0)
			printf("    %s\n", dev->why);
		return;
	}
	printf("%s  %04x:%04x, %s%s group %d, %s\n", dev->bdf, p->topo.vendor, p->topo.device,
		node, p->topo.group_noiommu ? "no-IOMMU" : "IOMMU", p->topo.group,
		p->topo.group_noiommu ? "reaches all memory" :
		p->topo.iommu[0] != '\0' ? p->topo.iommu : "unnamed IOMMU");
	printf("    backend         %s%s%s\n", ioas_backend_name(p->backend),
		p->backend_why[0] != '\0' ? ", chosen for all: " : "", p->backend_why);
	printf("    page sizes      ");
	print_page_sizes(p->info.page_sizes);
	if (p->info.dma_avail == UINT64_MAX)
		printf("    mappings left   unknown\n");
	else
		printf("    mappings left   %" PRIu64 "\n", p->info.dma_avail);
	print_bridge(p);
	print_argument(dev);
	if (p->alias_why[0] != '\0')
		printf("    requester ID    %s\n", p->alias_why);
	print_msi(dev);
}

void
print_plan(const struct tool_plan *plan, const struct tool_root *root)
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
	if (root->other)
		print_elsewhere(plan->layout, root);
	else
		eal_memory_print(plan);
	memory_nodes_print(plan);
}
