/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Which IOVAs EAL's memory would have: the choice of the bus, tried in this process. Its
 * free addresses and privileges are similar to those of any DPDK application.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

#include "dpdk_limits.h"
#include "test_msi.h"

#define CONFIG_BYTES 0x10000	/* approximate size of EAL's configuration */

/* Without an IOMMU addresses of EAL's memory are not chosen. */
static bool
is_physical(const struct tool_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->v[i].used && plan->v[i].plan.topo.group_noiommu)
			return true;
	return false;
}

int
eal_memory_place(struct tool_plan *plan, const char *root)
{
	const struct va_limits limits = dpdk_va_limits(CONFIG_BYTES);
	struct va_space space;
	struct va_need need;
	int ret;

	if (is_physical(plan))
		return 0;
	ret = va_need_read(root, false, &need);
	if (ret == 0)
		ret = va_space_read("", rte_eal_get_baseaddr(), &space);
	if (ret < 0)
		return ret;
	ret = va_place(plan->layout, &need, &limits, &space, &plan->eal);
	va_space_free(&space);
	plan->eal_placed = ret == 0;
	/* A limit of this shell is not a fault of the layout. */
	return 0;
}

/* The first device with the key, or NULL. */
static const struct tool_device *
decider(const struct tool_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->v[i].conf->iova != VA_KEY_AUTO)
			return &plan->v[i];
	return NULL;
}

static enum va_policy
decide(const struct tool_plan *plan)
{
	const struct tool_device *key = decider(plan);

	return va_policy_decide(key != NULL ? key->conf->iova : VA_KEY_AUTO,
			plan->eal_placed ? &plan->eal : NULL, dpdk_assign());
}

const char *
eal_memory_iova(const struct tool_plan *plan, const char **why)
{
	const enum va_policy policy = decide(plan);

	if (is_physical(plan)) {
		*why = "the devices have no IOMMU";
		return IOVA_IS_PHYSICAL;
	}
	*why = va_policy_why(policy);
	return va_policy_assigns(policy) ? IOVA_IS_ASSIGNED : IOVA_IS_VA;
}

/* How much memory of one kind is usable: its lists up to the first truncated one. */
static uint64_t
usable(const struct tool_plan *plan, size_t first)
{
	const struct va_lists *lists = &plan->eal.lists;
	uint64_t bytes = 0;
	size_t i;

	for (i = first; i < lists->n && (i == first || !lists->v[i].first); i++) {
		uint64_t good = va_good_bytes(plan->layout, lists->v[i].range);

		bytes += good;
		if (good <= iova_range_span(lists->v[i].range))
			break;
	}
	return bytes;
}

/* Print what ends the good addresses: a hole, or the end of the allowed range. */
static void
print_obstacle(const struct iova_layout *layout, uint64_t at)
{
	struct iova_range here = { .first = at, .last = at };
	const struct iova_hole *hole = iova_layout_hole_in(layout, here);

	if (hole == NULL)
		printf("where the IOMMU's range ends\n");
	else
		printf("in 0x%" PRIx64 "-0x%" PRIx64 ", %s%s%s\n", hole->range.first,
			hole->range.last, iova_origin_name(hole->origin),
			hole->detail[0] != '\0' ? " " : "", hole->detail);
}

static void
print_list(const struct iova_layout *layout, const struct va_list_at *l)
{
	uint64_t good = va_good_bytes(layout, l->range);

	printf("  0x%016" PRIx64 "-0x%016" PRIx64 "  %" PRIu64 " KiB pages, node %u, ",
		l->range.first, l->range.last, l->page >> 10, l->node);
	if (good > iova_range_span(l->range)) {
		printf("good\n");
		return;
	}
	if (good == 0)
		printf("bad: it begins ");
	else
		printf("%" PRIu64 " MiB good: it goes on ", good >> 20);
	print_obstacle(layout, l->range.first + good);
}

void
eal_memory_print(const struct tool_plan *plan)
{
	const struct va_choice *eal = &plan->eal;
	const char *why, *iova = eal_memory_iova(plan, &why);
	const bool physical = strcmp(iova, IOVA_IS_PHYSICAL) == 0;
	const bool is_va = strcmp(iova, IOVA_IS_VA) == 0;
	size_t i;

	printf("\nEAL's memory\n  %s: %s\n", is_va ? "IOVA is VA" : physical ?
		"IOVAs are physical addresses" : "IOVAs are assigned", why);
	if (!is_va)
		return;
	if (!plan->eal_placed) {
		printf("  EAL can't reserve addresses for it here; is the address space limited (ulimit -v)?\n");
		return;
	}
	if (eal->lists.n == 0) {
		printf("  no hugepages can be used: mount hugetlbfs\n");
		return;
	}
	printf("  %s\n", eal->moved ? "the bus steers EAL to better addresses than its own" :
		"EAL's own place, nothing is steered");
	for (i = 0; i < eal->lists.n; i++)
		print_list(plan->layout, &eal->lists.v[i]);
	for (i = 0; eal->quality == VA_SHORT && i < eal->lists.n; i++)
		if (eal->lists.v[i].first)
			printf("  %" PRIu64 " KiB pages, node %u: up to %" PRIu64
				" MiB can be used (-m, --socket-mem), more is rejected\n",
				eal->lists.v[i].page >> 10, eal->lists.v[i].node,
				usable(plan, i) >> 20);
}

bool
eal_memory_report_fault(const struct tool_plan *plan)
{
	const struct tool_device *key = decider(plan);
	char cure[VA_CURE];
	const char *why;
	size_t i;

	for (i = 0; key != NULL && i < plan->n; i++)
		if (plan->v[i].conf->iova != VA_KEY_AUTO &&
		    plan->v[i].conf->iova != key->conf->iova) {
			tool_error("layout", "the keys iova= of %s and %s conflict, as all devices share one address space; give one value to all",
				key->bdf, plan->v[i].bdf);
			return true;
		}
	why = va_assign_fault(dpdk_assign());
	if (key != NULL && key->conf->iova == VA_KEY_ASSIGNED && plan->eal_placed && why != NULL) {
		tool_error(key->bdf, "%s", why);
		return true;
	}
	if (strcmp(eal_memory_iova(plan, &why), IOVA_IS_VA) != 0 || !plan->eal_placed || plan->eal.quality != VA_BAD)
		return false;
	va_shortage_cure(plan->eal.shortage, decide(plan), dpdk_assign(), cure, sizeof(cure));
	tool_error("layout", "EAL's memory would get bad addresses: %s; %s",
		va_shortage_why(plan->eal.shortage), cure);
	return true;
}
