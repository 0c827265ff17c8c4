/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iova_fixture.h"
#include "tree.h"
#include "va_kernel.h"
#include "va/va_place.h"

#define BASE (4 * GIB)

static const struct va_limits limits = VA_DEBIAN_LIMITS;

/* DPDK 26.07. */
static const struct va_limits block_limits = {
	.type_bytes = 64 * GIB,
	.all_bytes = UINT64_MAX,
	.list_bytes = UINT64_MAX,
	.type_pages = 32768,
	.list_pages = UINT32_MAX,
	.lists = 128,
	.entry_bytes = 48,
	.one_block = true,
	.zones = 2560,
	.zone_bytes = 72,
};

static const struct va_need small = { .page = { 2 * MIB }, .n_pages = 1, .n_nodes = 1 };
static const struct va_need large = { .page = { GIB }, .n_pages = 1, .n_nodes = 1 };
static const struct va_need both = { .page = { GIB, 2 * MIB }, .n_pages = 2, .n_nodes = 1 };
static const struct va_need nodes = {
	.page = { 2 * MIB }, .n_pages = 1, .node = { 0, 1 }, .n_nodes = 2,
};

static const struct va_need plain = { .plain = true };

static struct va_choice choice;

static void
choose(const char *root, const struct va_need *need)
{
	struct va_space space;

	va_kernel_maps(root);
	assert_int_equal(va_space_read(root, BASE, &space), 0);
	va_choice_free(&choice);
	assert_int_equal(va_place(layout, need, &limits, &space, &choice), 0);
	assert_int_equal(va_kernel_left(), 0);
	va_space_free(&space);
}

#define EXPECT(is_moved, grade, at) do { \
	assert_int_equal(choice.quality, grade); \
	assert_int_equal(choice.moved, is_moved); \
	assert_int_equal(choice.lists.v[0].range.first, at); \
} while (0)

/* Four consecutive lists of 16 GiB. Their arrays fit into the 2 MiB before each list. */
static void
test_stays(void **state)
{
	size_t i;

	choose(*state, &small);
	EXPECT(false, VA_WHOLE, BASE + 2 * MIB);
	assert_int_equal(choice.lists.n, 4);
	for (i = 0; i < 4; i++) {
		assert_int_equal(iova_range_span(choice.lists.v[i].range), 16 * GIB - 1);
		assert_int_equal(choice.lists.v[i].first, i == 0);
		assert_int_equal(choice.lists.v[i].range.first,
				BASE + i * 16 * GIB + (i + 1) * 2 * MIB);
	}
	choose(*state, &both);
	EXPECT(false, VA_WHOLE, BASE + GIB);
	assert_int_equal(choice.lists.n, 6);
	assert_int_equal(choice.lists.v[2].page, 2 * MIB);
	assert_true(choice.lists.v[2].first);
	choose(*state, &nodes);
	assert_int_equal(choice.lists.n, 8);
	assert_int_equal(choice.lists.v[4].node, 1);
}

/* All lists are in one block. Each page size has one list of up to 32768 pages. */
static void
test_one_block(void **state)
{
	static const struct va_need sizes = {
		.page = { GIB, 2 * MIB, 64 * KIB }, .n_pages = 3, .n_nodes = 1,
	};
	struct va_space space;

	va_kernel_maps(*state);
	assert_int_equal(va_space_read(*state, BASE, &space), 0);
	assert_int_equal(va_place(layout, &sizes, &block_limits, &space, &choice), 0);
	assert_int_equal(va_kernel_left(), 0);
	EXPECT(false, VA_WHOLE, BASE + GIB);
	assert_int_equal(choice.lists.n, 3);
	assert_int_equal(choice.lists.v[1].range.first, BASE + 65 * GIB);
	assert_int_equal(choice.lists.v[2].range.first, BASE + 129 * GIB);
	assert_int_equal(choice.lists.v[2].range.last, BASE + 131 * GIB - 1);
	va_choice_free(&choice);
	/* A mapped page within the block moves the whole block. */
	va_kernel_map(BASE + 100 * GIB, BASE + 100 * GIB + 4095, "");
	allow(0, 0x7fffffffff);
	va_space_free(&space);
	va_kernel_maps(*state);
	assert_int_equal(va_space_read(*state, BASE, &space), 0);
	assert_int_equal(va_place(layout, &sizes, &block_limits, &space, &choice), 0);
	EXPECT(true, VA_WHOLE, BASE + 101 * GIB);
	va_space_free(&space);
}

/* q35 with 2 GiB: EAL's default base is in the window of the host bridge. */
static void
test_bridge_window(void **state)
{
	add_hole(0x100000000, 0x8ffffffff, IOVA_SOFT);
	choose(*state, &small);
	EXPECT(true, VA_WHOLE, 0x900000000);
	assert_int_equal(choice.start, 0x900000000 - 0x61000 - 0x2e000);
	choose(*state, &large);
	EXPECT(true, VA_WHOLE, 0x900000000);
}

/*
 * There are 39 bits of I/O addresses, and a page is mapped within EAL's default place. A
 * list would not fit there, and EAL would put it above 39 bits.
 */
static void
test_occupied(void **state)
{
	allow(0, 0x7fffffffff);
	va_kernel_map(0x180000000, 0x180000fff, "");
	choose(*state, &small);
	EXPECT(true, VA_WHOLE, 0x180200000);
}

/*
 * Addresses at the base given by the user are reserved. The place that EAL chooses
 * depends on the page size: pages of 1 GiB would begin after the hole, pages of 2 MiB
 * within it.
 */
static void
test_given_base(void **state)
{
	const uint64_t base = 0x140000000;
	struct va_space space;

	va_kernel_start(VA_ARM64(48), VA_ARM64(48));
	allow(0, 0x7fffffffff);
	add_hole(0x140000000, 0x14fffffff, IOVA_HARD);
	va_kernel_map(base - 0x12000, base - 1, "/run/dpdk/rte/config");
	va_kernel_maps(*state);
	assert_int_equal(va_space_read(*state, base, &space), 0);
	assert_int_equal(va_place(layout, &both, &limits, &space, &choice), 0);
	EXPECT(false, VA_WHOLE, 0x180000000);
	va_choice_free(&choice);
	assert_int_equal(va_place(layout, &small, &limits, &space, &choice), 0);
	EXPECT(true, VA_WHOLE, 0x150000000);
	va_space_free(&space);
}

/* Raspberry Pi 5 with its IOMMU: 4 GiB at 40 GiB. */
static void
test_pi5(void **state)
{
	va_kernel_start(VA_ARM64(39), VA_ARM64(39));
	allow(0xa00000000, 0xaffffffff);
	choose(*state, &small);
	EXPECT(true, VA_SHORT, 0xa00000000);
	assert_int_equal(va_good_bytes(layout, choice.lists.v[0].range), 4 * GIB);
	assert_int_equal(va_good_bytes(layout, choice.lists.v[1].range), 0);
	choose(*state, &large);
	EXPECT(true, VA_SHORT, 0xa00000000);
	/* With two page sizes or two nodes, only one of the first lists can begin there. */
	choose(*state, &both);
	assert_int_equal(choice.quality, VA_BAD);
	assert_int_equal(choice.shortage, VA_SHORT_OF_PAGES);
	choose(*state, &nodes);
	assert_int_equal(choice.quality, VA_BAD);
	assert_int_equal(choice.shortage, VA_SHORT_OF_NODES);
}

/* Juno: of the windows in its dma-ranges, the one below 4 GiB is never chosen. */
static void
test_juno(void **state)
{
	va_kernel_start(VA_ARM64(48), VA_ARM64(48));
	add_hole(0, 0x7fffffff, IOVA_SOFT);
	add_hole(0x100000000, 0x7ffffffff, IOVA_SOFT);
	add_hole(0xa00000000, UINT64_MAX, IOVA_SOFT);
	choose(*state, &small);
	EXPECT(true, VA_SHORT, 0x800000000);
	assert_int_equal(va_good_bytes(layout, choice.lists.v[0].range), 8 * GIB);
}

/* 33 bits: no place is better than EAL's default. */
static void
test_33_bits(void **state)
{
	allow(0, 0x1ffffffff);
	choose(*state, &small);
	EXPECT(false, VA_SHORT, BASE + 2 * MIB);
	assert_int_equal(va_good_bytes(layout, choice.lists.v[0].range), 4 * GIB - 2 * MIB);
}

/* Known holes limit the reach of memory. Estimated holes do not. */
static void
test_reach(void **state)
{
	const struct iova_range list = RANGE(BASE, BASE + 16 * GIB - 1);
	struct iova_hole guess = a_hole(BASE + GIB, BASE + 2 * GIB, IOVA_ORIGIN_HOST_BRIDGE,
			IOVA_SOFT);
	struct iova_hole known = guess;

	(void)state;
	allow(0, BASE + 8 * GIB + 4095);
	assert_int_equal(va_reach_bytes(layout, list, 2 * MIB, true), 8 * GIB);
	guess.by = IOVA_BY_NOBODY;
	assert_int_equal(iova_layout_add_hole(layout, &guess, NULL), 0);
	assert_int_equal(va_good_bytes(layout, list), GIB);
	assert_int_equal(va_reach_bytes(layout, list, 2 * MIB, true), 8 * GIB);
	/* Holes that reserve space for EAL's memory do not limit it either. */
	known.origin = IOVA_ORIGIN_EAL;
	known.range = list;
	assert_int_equal(iova_layout_add_hole(layout, &known, NULL), 0);
	assert_int_equal(va_reach_bytes(layout, list, 2 * MIB, true), 8 * GIB);
	known.origin = IOVA_ORIGIN_HOST_BRIDGE;
	known.by = IOVA_BY_BUS;
	known.range = RANGE(BASE + 4 * GIB + 4096, BASE + 5 * GIB);
	assert_int_equal(iova_layout_add_hole(layout, &known, NULL), 0);
	assert_int_equal(va_reach_bytes(layout, list, 2 * MIB, true), 4 * GIB);
	assert_int_equal(va_reach_bytes(layout, list, 2 * MIB, false), 8 * GIB);
	known.range = RANGE(BASE - 4096, BASE + 4095);
	assert_int_equal(iova_layout_add_hole(layout, &known, NULL), 0);
	assert_int_equal(va_reach_bytes(layout, list, 2 * MIB, true), 0);
}

static void
test_nowhere(void **state)
{
	allow(0, UINT32_MAX);
	choose(*state, &small);
	EXPECT(false, VA_BAD, BASE + 2 * MIB);
	assert_int_equal(choice.shortage, VA_SHORT_OF_APERTURE);
}

/* No addresses are available above the end of user space. */
static void
test_too_high(void **state)
{
	const struct iova_range window = RANGE(UINT64_C(1) << 59, (UINT64_C(1) << 60) - 1);
	const struct iova_range all = RANGE(0, UINT64_MAX), low = RANGE(0, UINT32_MAX);

	add_hole(0, VA_X86_4LEVEL - 1, IOVA_SOFT);
	choose(*state, &small);
	assert_int_equal(choice.quality, VA_BAD);
	assert_int_equal(choice.shortage, VA_SHORT_OF_ALL);
	/* The large window of POWER; also together with a device that reaches 4 GiB. */
	assert_int_equal(iova_layout_allow(layout, &window, 1, "a", NULL), 0);
	choose(*state, &both);
	assert_int_equal(choice.quality, VA_BAD);
	assert_int_equal(choice.shortage, VA_SHORT_OF_APERTURE);
	assert_int_equal(iova_layout_allow(layout, &low, 1, "b", NULL), 0);
	choose(*state, &small);
	assert_int_equal(choice.shortage, VA_SHORT_OF_APERTURE);
	/* Without these two a third one has good addresses. */
	assert_int_equal(iova_layout_allow(layout, &all, 1, "c", NULL), 0);
	choose(*state, &small);
	assert_int_equal(choice.shortage, VA_SHORT_OF_ALL);
	iova_layout_forget(layout, "c");
	choose(*state, &small);
	assert_int_equal(choice.shortage, VA_SHORT_OF_APERTURE);
}

/* Pages of 1 GiB can't begin in the only window, where pages of 2 MiB alone can. */
static void
test_smaller_pages(void **state)
{
	allow(0x100200000, 0x13fffffff);
	choose(*state, &both);
	assert_int_equal(choice.quality, VA_BAD);
	assert_int_equal(choice.shortage, VA_SHORT_OF_PAGES);
	choose(*state, &small);
	EXPECT(false, VA_SHORT, 0x100200000);
	/* Pages of neither size. */
	add_hole(0x100201000, 0x13fffffff, IOVA_SOFT);
	choose(*state, &both);
	assert_int_equal(choice.quality, VA_BAD);
	assert_int_equal(choice.shortage, VA_SHORT_OF_ALL);
}

/* The longest short window is chosen, and the lowest of equal ones. */
static void
test_longest(void **state)
{
	add_hole(0, 0x7ffffffff, IOVA_SOFT);
	add_hole(0x900000000, 0xfffffffff, IOVA_SOFT);
	add_hole(0x1200000000, 0x1fffffffff, IOVA_SOFT);
	add_hole(0x2200000000, UINT64_MAX, IOVA_SOFT);
	choose(*state, &small);
	EXPECT(true, VA_SHORT, 0x1000000000);
	assert_int_equal(va_good_bytes(layout, choice.lists.v[0].range), 8 * GIB);
}

/* The space before the window is in use, so the arrays take some of the window. */
static void
test_no_lead(void **state)
{
	allow(0xa00000000, 0xaffffffff);
	va_kernel_map(0x9fff00000, 0x9ffffffff, "");
	choose(*state, &small);
	EXPECT(true, VA_SHORT, 0xa00200000);
}

/* Bytes before a list of 64 GiB of 4 KiB pages, or of a list that is nearly empty. */
#define ZONES 0x2e000
#define LONGEST_ARRAY ((UINT64_C(1) << 24) * 48 + (1 << 21) + 4096)

static void
test_without_hugepages(void **state)
{
	allow(0xa00000000, 0xaffffffff);
	choose(*state, &plain);
	EXPECT(true, VA_SHORT, 0xa00000000);
	assert_int_equal(choice.lists.n, 1);
}

/* The length of the list is unknown, so a hole far above its beginning is ignored. */
static void
test_plain_stays(void **state)
{
	add_hole(0x800000000, 0x8ffffffff, IOVA_SOFT);
	choose(*state, &plain);
	EXPECT(false, VA_WHOLE, BASE + ZONES);
	/* A mapped page is ignored, too, as only a long list would have to avoid it. */
	va_kernel_map(0x180000000, 0x180000fff, "");
	allow(0, 0x7fffffffff);
	choose(*state, &plain);
	EXPECT(false, VA_WHOLE, BASE + ZONES);
}

/* A shorter list has a shorter array and begins at a lower address. */
static void
test_plain_moves(void **state)
{
	struct iova_range list;

	add_hole(0x100000000, 0x8ffffffff, IOVA_SOFT);
	choose(*state, &plain);
	EXPECT(true, VA_WHOLE, 0x900000000);
	assert_int_equal(choice.start + ZONES, 0x900000000);
	list = choice.lists.v[0].range;
	assert_int_equal(va_good_bytes(layout, list), LONGEST_ARRAY + 64 * GIB);
	assert_int_equal(list.last, 0x900000000 + LONGEST_ARRAY + 64 * GIB - 1);
}

/* With a few hundred usable MiB, EAL is moved only if another place has more. */
static void
test_plain_short(void **state)
{
	add_hole(0x110000000, 0x8ffffffff, IOVA_SOFT);
	choose(*state, &plain);
	EXPECT(true, VA_WHOLE, 0x900000000);
	add_hole(0x900000000, UINT64_MAX, IOVA_SOFT);
	choose(*state, &plain);
	EXPECT(false, VA_SHORT, BASE + ZONES);
}

static void
test_no_address_space(void **state)
{
	struct va_space space;

	va_kernel_maps(*state);
	assert_int_equal(va_space_read(*state, BASE, &space), 0);
	va_kernel_limit();
	assert_int_equal(va_place(layout, &small, &limits, &space, &choice), -ENOMEM);
	va_space_free(&space);
}

static int
place_setup(void **state)
{
	va_kernel_start(VA_X86_4LEVEL, VA_X86_4LEVEL);
	return layout_setup(state) != 0 || tree_setup(state) != 0 ? -1 : 0;
}

static int
place_teardown(void **state)
{
	int ret = tree_teardown(state);

	va_choice_free(&choice);
	return layout_teardown(state) != 0 ? -1 : ret;
}

int
main(void)
{
#define PLACE_TEST(t) cmocka_unit_test_setup_teardown(t, place_setup, place_teardown)
	const struct CMUnitTest tests[] = {
		PLACE_TEST(test_stays),
		PLACE_TEST(test_one_block),
		PLACE_TEST(test_bridge_window),
		PLACE_TEST(test_occupied),
		PLACE_TEST(test_given_base),
		PLACE_TEST(test_pi5),
		PLACE_TEST(test_juno),
		PLACE_TEST(test_33_bits),
		PLACE_TEST(test_reach),
		PLACE_TEST(test_nowhere),
		PLACE_TEST(test_too_high),
		PLACE_TEST(test_smaller_pages),
		PLACE_TEST(test_longest),
		PLACE_TEST(test_no_lead),
		PLACE_TEST(test_without_hugepages),
		PLACE_TEST(test_plain_stays),
		PLACE_TEST(test_plain_moves),
		PLACE_TEST(test_plain_short),
		PLACE_TEST(test_no_address_space),
	};

	return cmocka_run_group_tests_name("va_place", tests, NULL, NULL);
}
