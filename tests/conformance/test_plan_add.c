/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Surveyed devices in one layout, windows in it, and the texts about conflicts. No test
 * calls the kernel.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "plan/plan.h"

static char why[PLAN_TEXT];
static bool no_iommu;

/* Add a device with @p n ranges, and one hole or none. */
static int
add(const struct iova_range *ranges, size_t n, const struct iova_hole *hole)
{
	struct plan_device pd = { .topo = { .bdf = "0000:02:00.0", .group_noiommu = no_iommu } };
	struct iova_range copy[4];
	struct iova_hole h;

	if (n > 0)
		memcpy(copy, ranges, n * sizeof(*ranges));
	pd.info.ranges = copy;
	pd.info.n_ranges = n;
	if (hole != NULL) {
		h = *hole;
		pd.holes.v = &h;
		pd.holes.n = 1;
	}
	memset(why, 0, sizeof(why));
	return plan_add(layout, &pd, why, sizeof(why));
}

static void
place(uint64_t first, uint64_t last)
{
	assert_int_equal(iova_layout_place_at(layout, RANGE(first, last), "test", NULL), 0);
}

static void
expect_words(const char *const *words)
{
	for (; *words != NULL; words++)
		if (strstr(why, *words) == NULL)
			fail_msg("no \"%s\" in \"%s\"", *words, why);
}

#define SAYS(...) expect_words((const char *const[]){ __VA_ARGS__, NULL })

static const struct iova_hole sw_msi = {
	.range = { 0x8000000, 0x80fffff },
	.origin = IOVA_ORIGIN_SW_MSI,
	.hardness = IOVA_HARD,
	.by = IOVA_BY_KERNEL,
	.owner = "0000:02:00.0",
};
static const struct iova_range around[] = {
	{ 0, 0x7ffffff }, { 0x8100000, UINT32_MAX },
};
static const struct iova_range unsorted[] = {
	{ 0x20000000, 0x2fffffff }, { 0x40000000, 0x4fffffff }, { 0x10000000, 0x1fffffff },
};

static void
explain(uint64_t first, uint64_t last)
{
	struct iova_conflict c;
	int ret = iova_layout_test(layout, RANGE(first, last), true, &c);

	assert_int_not_equal(ret, 0);
	plan_explain(layout, RANGE(first, last), ret, &c, why, sizeof(why));
}

/* A device that drives fewer bits than its IOMMU translates. */
static void
test_few_bits(void **state)
{
	struct iova_range all = { 0, (UINT64_C(1) << 48) - 1 };
	struct plan_device pd = { .topo.bdf = "0000:02:00.0", .dma_last = 0xfffffff };

	pd.info.ranges = &all;
	pd.info.n_ranges = 1;
	assert_int_equal(plan_add(layout, &pd, why, sizeof(why)), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0x1000, 0xfffffff), true, NULL), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0x10000000, 0x10000fff), true, NULL), -ERANGE);
	explain(0x10000000, 0x10000fff);
	assert_string_equal(why, "is outside of what 0000:02:00.0 drives, which leaves out 0x10000000-0xffffffffffffffff");
	/* The others have their addresses again. */
	plan_remove(layout, &pd);
	assert_int_equal(iova_layout_test(layout, RANGE(0x1000, 0x20000fff), true, NULL), 0);
	place(0x10000000, 0x10000fff);
	assert_int_equal(plan_add(layout, &pd, why, sizeof(why)), -ERANGE);
	SAYS("0x10000000-0x10000fff is in use", "drives addresses up to 0xfffffff only");
	/* Its IOMMU is in the way, not its bits: neither is left in the layout. */
	pd.dma_last = 0x1fffffff;
	all.last = 0x7ffffff;
	assert_int_equal(plan_add(layout, &pd, why, sizeof(why)), -ERANGE);
	SAYS("aperture");
	assert_int_equal(iova_layout_test(layout, RANGE(0x20000000, 0x20000fff), true, NULL), 0);
	assert_int_equal(iova_layout_check(layout, stderr), 0);
}

static void
test_add(void **state)
{
	struct iova_hole soft = sw_msi;
	struct iova_conflict c;

	place(0x10000, 0x1ffff);
	assert_int_equal(add(around, 2, &sw_msi), 0);
	assert_string_equal(why, "");
	assert_int_equal(iova_layout_test(layout, RANGE(0x8000000, 0x8000fff), false, &c), -ERANGE);
	assert_int_equal(iova_layout_test(layout, RANGE(0x7fff000, 0x7ffffff), false, &c), 0);
	assert_non_null(iova_layout_hole_in(layout, RANGE(0x80fffff, 0x80fffff)));
	/* A device without ranges does not restrict the layout. */
	assert_int_equal(add(NULL, 0, &sw_msi), 0);
	assert_int_equal(iova_layout_test(layout, RANGE(0x9000000, 0x9000fff), true, &c), 0);
	/* A soft hole over a used range is no error, but is reported. */
	soft.range = RANGE(0x10000, 0x10fff);
	soft.hardness = IOVA_SOFT;
	soft.by = IOVA_BY_BUS;
	soft.origin = IOVA_ORIGIN_HOST_BRIDGE;
	strcpy(soft.detail, "0000:00");
	assert_int_equal(add(NULL, 0, &soft), 0);
	SAYS("host bridge 0000:00 0x10000-0x10fff covers 0x10000-0x1ffff",
			"DMA there may not reach memory", "start-up");
	soft.range = RANGE(0x20000, 0x20fff);
	assert_int_equal(add(NULL, 0, &soft), 0);
	assert_string_equal(why, "");
}

/* If several holes overlap a used range, the message names the most important one. */
static void
test_add_weightiest(void **state)
{
	struct iova_hole holes[] = {
		{ .range = RANGE(0x18000, 0x18fff), .origin = IOVA_ORIGIN_HOST_BRIDGE,
			.detail = "0000:40" },
		{ .range = RANGE(0x30000, 0x3ffff), .origin = IOVA_ORIGIN_USER,
			.by = IOVA_BY_KERNEL },
		{ .range = RANGE(0x1f000, 0x1ffff), .origin = IOVA_ORIGIN_HOST_BRIDGE,
			.by = IOVA_BY_BUS, .detail = "0000:00" },
		{ .range = RANGE(0x10000, 0x10fff), .origin = IOVA_ORIGIN_SW_MSI_GUARD },
	};
	struct plan_device pd = { .topo.bdf = "0000:02:00.0", .holes = { holes, 4, 4 } };

	place(0x10000, 0x1ffff);
	assert_int_equal(plan_add(layout, &pd, why, sizeof(why)), 0);
	SAYS("host bridge 0000:00 0x1f000-0x1ffff covers 0x10000-0x1ffff");
}

static void
test_add_conflicts(void **state)
{
	struct iova_hole odd = sw_msi;

	place(0x80ff000, 0x8100fff);
	assert_int_equal(add(NULL, 0, &sw_msi), -EADDRINUSE);
	SAYS("SW_MSI 0x8000000-0x80fffff", "overlaps 0x80ff000-0x8100fff", "start-up");
	/* The ranges of the kernel exclude the window. The message still names the window. */
	assert_int_equal(add(around, 2, &sw_msi), -ERANGE);
	SAYS("SW_MSI 0x8000000-0x80fffff", "overlaps 0x80ff000-0x8100fff", "start-up");
	assert_null(iova_layout_hole_in(layout, RANGE(0, UINT64_MAX)));
	/* Without a matching hole the message names the aperture. */
	assert_int_equal(add(around, 1, NULL), -ERANGE);
	SAYS("0x80ff000-0x8100fff is in use", "aperture, 0x0-0x7ffffff", "start-up");
	assert_int_equal(add(unsorted, 3, &sw_msi), -ERANGE);
	SAYS("SW_MSI 0x8000000-0x80fffff", "overlaps 0x80ff000-0x8100fff");
	odd.range = RANGE(0x30000000, 0x30ffffff);
	assert_int_equal(add(unsorted, 3, &odd), -ERANGE);
	SAYS("0x80ff000-0x8100fff is in use", "aperture, 0x10000000-0x4fffffff");
	/* A soft hole prevents no mapping, so it is not the reason. */
	odd.range = RANGE(0x8000000, 0x80fffff);
	odd.hardness = IOVA_SOFT;
	odd.by = IOVA_BY_BUS;
	assert_int_equal(add(around, 1, &odd), -ERANGE);
	SAYS("aperture, 0x0-0x7ffffff");
	odd.range = RANGE(2, 1);
	assert_int_equal(add(NULL, 0, &odd), -EINVAL);
	SAYS("holes can't be added: Invalid argument");
	assert_int_equal(add((const struct iova_range[]){ { 2, 1 } }, 1, NULL), -EINVAL);
	SAYS("IOVA ranges can't be added: Invalid argument");
}

/* No layout chooses IOVAs of physical memory. */
static void
test_no_iommu(void **state)
{
	const struct plan_device few = { .topo.bdf = "0000:02:00.0", .dma_last = 0x7ffffff,
		.topo.group_noiommu = true };
	struct iova_hole hole = sw_msi;

	no_iommu = true;
	place(0x80ff000, 0x8100fff);
	assert_int_equal(add(NULL, 0, &hole), -EADDRINUSE);
	SAYS("overlaps 0x80ff000-0x8100fff, which is in use; use this device in another process");
	assert_int_equal(plan_add(layout, &few, why, sizeof(why)), -ERANGE);
	SAYS("0x80ff000-0x8100fff is in use, but this device drives addresses up to 0x7ffffff only; use this device in another process");
	hole.hardness = IOVA_SOFT;
	assert_int_equal(add(NULL, 0, &hole), 0);
	SAYS("DMA there may not reach memory; check that packets arrive, or use a machine with an IOMMU");
	no_iommu = false;
}

/* The same by the user's key: a hole, whose detail is the key. */
static void
test_bits_of_user(void **state)
{
	const struct iova_hole above = { .range = { 0x10000000, UINT64_MAX },
		.origin = IOVA_ORIGIN_USER, .hardness = IOVA_HARD, .detail = "dma_bits=28",
		.owner = "0000:02:00.0" };
	const struct iova_range all = { 0, (UINT64_C(1) << 48) - 1 };

	place(0x10000000, 0x10000fff);
	assert_int_equal(add(&all, 1, &above), -EADDRINUSE);
	SAYS("user dma_bits=28 0x10000000-0xffffffffffffffff overlaps 0x10000000-0x10000fff",
		"start-up");
	assert_int_equal(iova_layout_release(layout, RANGE(0x10000000, 0x10000fff)), 0);
	assert_int_equal(add(&all, 1, &above), 0);
	explain(0x10000000, 0x10000fff);
	assert_string_equal(why,
		"meets 0x10000000-0xffffffffffffffff (user dma_bits=28, from 0000:02:00.0)");
}

static void
test_explain(void **state)
{
	struct iova_conflict none = { 0 };

	add_hole(0x40000, 0x4ffff, IOVA_SOFT);
	assert_int_equal(add(around, 2, &sw_msi), 0);
	place(0x10000, 0x1ffff);
	explain(0x8000000, 0x8000fff);
	assert_string_equal(why, "meets 0x8000000-0x80fffff (SW_MSI, from 0000:02:00.0)");
	explain(0x4f000, 0x50fff);
	SAYS("meets 0x40000-0x4ffff (", "from 0000:01:00.0)");
	explain(0x1f000, 0x20fff);
	assert_string_equal(why, "overlaps 0x10000-0x1ffff, which is mapped already (test)");
	explain(UINT32_MAX, UINT64_C(1) << 32);
	assert_string_equal(why, "is outside of the IOMMU aperture, which leaves out "
			"0x100000000-0xffffffffffffffff");
	plan_explain(layout, RANGE(0, 0xfff), -ENOMEM, &none, why, sizeof(why));
	assert_string_equal(why, "Cannot allocate memory");
}

/* Of several holes the message names the important ones. EAL's own range is none. */
static void
test_explain_all(void **state)
{
	struct iova_hole own = { .range = { 0x100000, 0xffffff }, .origin = IOVA_ORIGIN_EAL };
	struct iova_hole window = { .range = { 0x800000, 0x8fffff },
		.origin = IOVA_ORIGIN_HOST_BRIDGE, .by = IOVA_BY_BUS, .detail = "0000:00" };
	struct iova_hole hull = { .range = { 0x400000, 0x9fffff },
		.origin = IOVA_ORIGIN_HOST_BRIDGE, .detail = "0000:80" };
	struct iova_hole user = { .range = { 0x900000, 0x9fffff }, .origin = IOVA_ORIGIN_USER,
		.hardness = IOVA_HARD };
	struct iova_hole guard = { .range = { 0x880000, 0x8bffff },
		.origin = IOVA_ORIGIN_SW_MSI_GUARD };

	assert_int_equal(iova_layout_add_hole(layout, &own, NULL), 0);
	assert_false(plan_meets_hole(layout, RANGE(0x100000, 0x1fffff)));
	explain(0x100000, 0x1fffff);
	assert_string_equal(why, "meets 0x100000-0xffffff (EAL memory)");
	assert_int_equal(iova_layout_add_hole(layout, &window, NULL), 0);
	assert_false(plan_meets_hole(layout, RANGE(0x100000, 0x7fffff)));
	assert_true(plan_meets_hole(layout, RANGE(0x800000, 0x800fff)));
	explain(0x800000, 0x800fff);
	assert_string_equal(why, "meets 0x800000-0x8fffff (host bridge 0000:00)");
	assert_int_equal(iova_layout_add_hole(layout, &hull, NULL), 0);
	assert_int_equal(iova_layout_add_hole(layout, &guard, NULL), 0);
	explain(0x700000, 0x8fffff);
	assert_string_equal(why, "meets 0x800000-0x8fffff (host bridge 0000:00) and "
			"0x400000-0x9fffff (estimated host bridge 0000:80) and 1 more");
	assert_int_equal(iova_layout_add_hole(layout, &user, NULL), 0);
	explain(0x800000, 0x9fffff);
	SAYS("meets 0x900000-0x9fffff (user) and 0x800000-0x8fffff (host bridge", "2 more");
	/* A soft hole below the aperture is not the reason. */
	assert_int_equal(add((const struct iova_range[]){ { 0xa00000, UINT32_MAX } }, 1, NULL), 0);
	explain(0x800000, 0x800fff);
	assert_string_equal(why, "is outside of the IOMMU aperture, which leaves out 0x0-0x9fffff");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_few_bits),
		machine_test(test_bits_of_user),
		machine_test(test_no_iommu),
		machine_test(test_add),
		machine_test(test_add_weightiest),
		machine_test(test_add_conflicts),
		machine_test(test_explain),
		machine_test(test_explain_all),
	};

	return cmocka_run_group_tests_name("plan_add", tests, NULL, NULL);
}
