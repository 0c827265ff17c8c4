/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

#include "dpdk_limits.h"
#include "test_msi.h"

#define GIB 30
#define MIB 20
#define TOP_OF_MEMORY ((UINT64_C(1) << 47) - 1)	/* end of user space */

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

	if (!dev->used) {
		printf("%s  not used, and not in the layout:\n    %s\n", dev->bdf, dev->why);
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

struct room {
	uint64_t at;
	uint64_t bytes;
};

static int
room_step(const struct iova_range *range, void *arg)
{
	struct room *room = arg;

	if (range->last < room->at)
		return 0;
	if (range->first <= room->at)
		room->bytes = range->last - room->at + 1;
	return 1;
}

/* What ends the room: the hole there, or the end of what is allowed. */
static void
print_obstacle(const struct iova_layout *layout, uint64_t at)
{
	struct iova_range here = { .first = at, .last = at };
	const struct iova_hole *hole = iova_layout_hole_in(layout, here);

	if (hole == NULL)
		printf("  then the IOMMU's range ends\n");
	else
		printf("  then comes 0x%" PRIx64 "-0x%" PRIx64 ", %s%s%s\n", hole->range.first,
			hole->range.last, iova_origin_name(hole->origin),
			hole->detail[0] != '\0' ? " " : "", hole->detail);
}

/*
 * While IOVA is VA, memory must lie at good IOVAs. How much EAL reserves depends
 * on the page sizes and NUMA nodes it has, so a share for one of each is told.
 */
static void
print_eal(const struct iova_layout *layout)
{
	const uint64_t share = DPDK_SHARE_MB << MIB;
	const uint64_t all = DPDK_ALL_MB << MIB;
	struct room room = { .at = rte_eal_get_baseaddr() };
	struct iova_range within = { .first = room.at, .last = TOP_OF_MEMORY }, window;

	iova_layout_foreach_free(layout, room_step, &room);
	printf("\nEAL's memory (IOVA = VA)\n"
		"  by default it begins at 0x%" PRIx64 " and takes up to %" PRIu64
		" GiB per page size and NUMA node\n"
		"  good addresses from there: %" PRIu64 " GiB\n",
		room.at, share >> GIB, room.bytes >> GIB);
	if (room.bytes <= all)
		print_obstacle(layout, room.at + room.bytes);
	if (room.bytes > all) {
		printf("  all of it lands well, nothing is steered\n");
	} else if (room.bytes > share) {
		printf("  up to %" PRIu64 " such shares land well; for more the bus steers EAL elsewhere\n",
			(room.bytes - 1) / share);
	} else if (plan_window(layout, within, share, &window) == 0) {
		printf("  so the bus steers EAL into 0x%" PRIx64 "-0x%" PRIx64
			", or higher if that is too short\n", window.first, window.last);
	} else {
		printf("  no range above it holds one share: memory may lie in a hole\n");
	}
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
	print_eal(plan->layout);
}
