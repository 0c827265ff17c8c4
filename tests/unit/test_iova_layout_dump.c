/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The text of a layout. */

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iova_fixture.h"
#include "row.h"

static void
lines_are_sorted_by_address(void **state)
{
	struct iova_hole sw_msi = a_hole(0x8000000, 0x80fffff, IOVA_ORIGIN_SW_MSI, IOVA_HARD);
	struct iova_hole bridge = a_hole(0x80000000, 0xbfffffff, IOVA_ORIGIN_HOST_BRIDGE,
			IOVA_SOFT);

	strcpy(bridge.detail, "0000:00");
	bridge.owner[0] = '\0';
	assert_int_equal(iova_layout_add_hole(layout, &bridge, NULL), 0);
	assert_int_equal(iova_layout_add_hole(layout, &sw_msi, NULL), 0);
	place_at(0x80000000, 0x801fffff);
	place_at(0, 0x3fffff);
	allow(0, UINT32_MAX);
	expect_dump("allowed  0x0000000000000000-0x00000000ffffffff\n"
		"used     0x0000000000000000-0x00000000003fffff  4 MiB  fixed\n"
		"free     0x0000000000400000-0x0000000007ffffff  124 MiB\n"
		"hole     0x0000000008000000-0x00000000080fffff  SW_MSI, hard, "
		"from 0000:00:03.0\n"
		"free     0x0000000008100000-0x000000007fffffff  1.8 GiB\n"
		"hole     0x0000000080000000-0x00000000bfffffff  host bridge 0000:00, soft, estimated\n"
		"used     0x0000000080000000-0x00000000801fffff  2 MiB  fixed\n"
		"free     0x00000000c0000000-0x00000000ffffffff  1 GiB\n");
}

/* The example at the top of iova_layout.h. */
static void
the_example_of_the_header_holds(void **state)
{
	const struct iova_range a = RANGE(0, 4 * GIB - 1), b = RANGE(0, 2 * GIB - 1);
	struct iova_hole msi = a_hole(128 * MIB, 129 * MIB - 1, IOVA_ORIGIN_SW_MSI, IOVA_HARD);
	struct iova_hole window = a_hole(GIB, GIB + 256 * MIB - 1, IOVA_ORIGIN_HOST_BRIDGE,
			IOVA_SOFT);
	struct iova_range used;

	assert_int_equal(iova_layout_allow(layout, &a, 1, "01:00.0", NULL), 0);
	assert_int_equal(iova_layout_allow(layout, &b, 1, "02:00.0", NULL), 0);
	assert_int_equal(iova_layout_add_hole(layout, &msi, NULL), 0);
	assert_int_equal(iova_layout_add_hole(layout, &window, NULL), 0);
	assert_int_equal(iova_layout_place(layout, 512 * MIB - 1, 2 * MIB, TOP, "EAL", &used), 0);
	expect_dump("allowed  0x0000000000000000-0x000000007fffffff\n"
		"free     0x0000000000000000-0x0000000007ffffff  128 MiB\n"
		"hole     0x0000000008000000-0x00000000080fffff  SW_MSI, hard, from 0000:00:03.0\n"
		"free     0x0000000008100000-0x00000000081fffff  1 MiB\n"
		"used     0x0000000008200000-0x00000000281fffff  512 MiB  EAL\n"
		"free     0x0000000028200000-0x000000003fffffff  382 MiB\n"
		"hole     0x0000000040000000-0x000000004fffffff  host bridge, soft, estimated, "
		"from 0000:00:03.0\n"
		"free     0x0000000050000000-0x000000007fffffff  768 MiB\n");
	assert_int_equal(iova_layout_place_at(layout, RANGE(2 * GIB, 2 * GIB), "x", &why), -ERANGE);
	expect_conflict(2 * GIB, TOP, false);
	assert_string_equal(why.hole.owner, "02:00.0");
	assert_int_equal(iova_layout_place_at(layout, msi.range, "x", &why), -EADDRINUSE);
	expect_conflict(msi.range.first, msi.range.last, true);
	assert_int_equal(iova_layout_place_at(layout, used, "x", &why), -EEXIST);
	expect_conflict(used.first, used.last, false);
	assert_int_equal(iova_layout_place_at(layout, RANGE(GIB, GIB), "x", &why), 0);
	assert_true(why.is_hole);
	assert_int_equal(why.hole.range.first, GIB);
}

static void
dump_tells_a_stream_that_fails(void **state)
{
	FILE *f = fopen("/dev/full", "w");

	assert_non_null(f);
	assert_int_equal(iova_layout_dump(layout, f), -EIO);
	fclose(f);
}

static void
dump_sizes_are_for_people(void **state)
{
	const uint64_t sizes[] = { 1, 1023, KIB, KIB + 1, 1536, 4 * MIB, GIB - 1, 3 * GIB / 2 };
	uint64_t at = 0;
	unsigned int i;

	EACH_ROW(i, sizes, "%" PRIu64 " bytes", sizes[i]) {
		place_at(at, at + sizes[i] - 1);
		at += sizes[i];
	}
	allow(0, at - 1);
	expect_dump("allowed  0x0000000000000000-0x00000000a04011ff\n"
		"used     0x0000000000000000-0x0000000000000000  1 B  fixed\n"
		"used     0x0000000000000001-0x00000000000003ff  1023 B  fixed\n"
		"used     0x0000000000000400-0x00000000000007ff  1 KiB  fixed\n"
		"used     0x0000000000000800-0x0000000000000c00  1.0 KiB  fixed\n"
		"used     0x0000000000000c01-0x0000000000001200  1.5 KiB  fixed\n"
		"used     0x0000000000001201-0x0000000000401200  4 MiB  fixed\n"
		"used     0x0000000000401201-0x00000000404011ff  1023.9 MiB  fixed\n"
		"used     0x0000000040401200-0x00000000a04011ff  1.5 GiB  fixed\n");
}

static void
dump_of_everything(void **state)
{
	expect_dump("allowed  0x0000000000000000-0xffffffffffffffff\n"
		"free     0x0000000000000000-0xffffffffffffffff  16 EiB\n");
}

static void
every_origin_has_a_name(void **state)
{
	enum iova_origin i, j;

	for (i = 0; i < IOVA_ORIGIN_COUNT; i++) {
		assert_non_null(iova_origin_name(i));
		for (j = 0; j < i; j++)
			assert_string_not_equal(iova_origin_name(i), iova_origin_name(j));
	}
	assert_string_equal(iova_origin_name(IOVA_ORIGIN_SW_MSI), "SW_MSI");
	assert_string_equal(iova_origin_name(IOVA_ORIGIN_HOST_BRIDGE), "host bridge");
	assert_non_null(iova_origin_name(IOVA_ORIGIN_COUNT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		layout_test(lines_are_sorted_by_address),
		layout_test(the_example_of_the_header_holds),
		layout_test(dump_tells_a_stream_that_fails),
		layout_test(dump_sizes_are_for_people),
		layout_test(dump_of_everything),
		layout_test(every_origin_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
