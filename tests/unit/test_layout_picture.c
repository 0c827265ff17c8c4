/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Pictures of layouts: what is where, as SVG and as text. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iova_fixture.h"
#include "picture_check.h"
#include "row.h"
#include "svg.h"

static struct layout_picture picture;

static int
teardown(void **state)
{
	layout_picture_free(&picture);
	return layout_teardown(state);
}

static void
place(void)
{
	assert_int_equal(layout_picture_place(&picture), 0);
	picture_check(&picture);
}

static void
lengths_have_units(void **state)
{
	static const struct {
		uint64_t span;
		const char *name;
	} rows[] = {
		{ 0, "1 B" }, { 1022, "1023 B" }, { 1023, "1 KiB" }, { 1535, "1.5 KiB" },
		{ 4095, "4 KiB" }, { MIB - 1, "1 MiB" }, { MIB - 2, "1023.9 KiB" },
		{ 3 * GIB / 2 - 1, "1.5 GiB" }, { (UINT64_C(1) << 48) - 1, "256 TiB" },
		{ TOP / 2, "8 EiB" }, { TOP - 4096, "15.9 EiB" }, { TOP, "16 EiB" },
	};
	char text[24];
	size_t i;

	EACH_ROW(i, rows, "%s", rows[i].name) {
		layout_picture_size(rows[i].span, text, sizeof(text));
		assert_string_equal(text, rows[i].name);
	}
}

/* Two items with the same character are of the same kind, origin and hardness. */
static void
marks_differ(void **state)
{
	struct picture_item items[PICTURE_KINDS + 2 * IOVA_ORIGIN_COUNT];
	size_t n = 0, i, k;

	memset(items, 0, sizeof(items));
	for (i = 0; i < PICTURE_KINDS; i++)
		if (i != PICTURE_HOLE)
			items[n++].kind = (enum picture_kind)i;
	for (i = 0; i < 2 * IOVA_ORIGIN_COUNT; i++, n++) {
		items[n].kind = PICTURE_HOLE;
		items[n].origin = (enum iova_origin)(i / 2);
		items[n].hard = i % 2 == 0;
	}
	for (i = 0; i < n; i++) {
		assert_true(layout_picture_mark(&items[i]) > ' ');
		for (k = 0; k < i; k++)
			assert_int_not_equal(layout_picture_mark(&items[i]),
				layout_picture_mark(&items[k]));
	}
}

static void
empty_layout_is_free(void **state)
{
	assert_int_equal(layout_picture_read(&picture, layout), 0);
	place();
	assert_int_equal(picture.n, 1);
	assert_int_equal(picture.v[0].kind, PICTURE_FREE);
	assert_string_equal(picture.v[0].text, "free, 16 EiB");
}

static void
nothing_is_drawn(void **state)
{
	place();
	assert_int_equal(picture.n, 0);
}

/* A machine as on Arm: windows of MSI and of the bridge, a used range, a list of EAL. */
static void
add_machine(void)
{
	struct iova_hole bridge = a_hole(0x10000000, 0x3efeffff, IOVA_ORIGIN_HOST_BRIDGE, IOVA_SOFT);
	struct iova_hole msi = a_hole(0x8000000, 0x80fffff, IOVA_ORIGIN_SW_MSI, IOVA_HARD);
	struct iova_range ranges[] = { RANGE(0, 0x7ffffff), RANGE(0x8100000, 0xffffffffffff) };

	strcpy(bridge.detail, "0000:00");
	bridge.by = IOVA_BY_BUS;
	assert_int_equal(iova_layout_allow(layout, ranges, 2, "0000:00:03.0", NULL), 0);
	assert_int_equal(iova_layout_add_hole(layout, &bridge, NULL), 0);
	assert_int_equal(iova_layout_add_hole(layout, &msi, NULL), 0);
	place_at(0x40000000, 0x5fffffff);
	strcpy(picture.title, "I/O virtual addresses of 0000:00:03.0");
	assert_int_equal(layout_picture_read(&picture, layout), 0);
	assert_int_equal(layout_picture_add(&picture, PICTURE_LIST,
		RANGE(0x100000000, 0x10ffffffff), true, "EAL, pages of 2048 KiB, node 0, good"), 0);
}

static void
plot_shows_a_machine(void **state)
{
	char *text;

	add_machine();
	place();
	text = picture_plot(&picture);
	assert_string_equal(text,
		"I/O virtual addresses of 0000:00:03.0\n"
		"    line = 128 MiB\n"
		"               0x0 |  +        + free, 128 MiB, to 0x7ffffff\n"
		"         0x8000000 .  #  S     S SW_MSI, hard, 1 MiB, to 0x80fffff\n"
		"         0x8100000 |  +        + free, 127 MiB, to 0xfffffff\n"
		"        0x10000000 |     b     b host bridge 0000:00, soft, 751.9 MiB, to 0x3efeffff\n"
		"                   |     b\n"
		"                   |     b\n"
		"                   |     b\n"
		"                   |     b\n"
		"                   |     b\n"
		"        0x3eff0000 .  +        + free, 16.0 MiB, to 0x3fffffff\n"
		"        0x40000000 |        *  * fixed, 512 MiB, to 0x5fffffff\n"
		"                   |        *\n"
		"                   |        *\n"
		"                   |        *\n"
		"        0x60000000 /  +        + free, 255.9 TiB, to 0xffffffffffff\n"
		"                   /  +\n"
		"                   /  +\n"
		"       0x100000000 /  +     @  @ EAL, pages of 2048 KiB, node 0, good, 64 GiB, to 0x10ffffffff\n"
		"                   /  +     @\n"
		"                   /  +     @\n"
		"      0x1100000000 /  +\n"
		"                   /  +\n"
		"                   /  +\n"
		"   0x1000000000000 /  #        # not translated by the IOMMU, 15.9 EiB, to 0xffffffffffffffff\n"
		"                   /  #\n"
		"                   /  #\n"
		"0xffffffffffffffff\n"
		"  columns: space, holes (capital letter: hard), memory\n"
		"  | to scale   / shortened   . enlarged\n");
	free(text);
}

/* The gap that the kernel leaves for SW_MSI is drawn, and the hole names it. */
static void
gap_below_a_hole_has_no_label(void **state)
{
	size_t i, gaps = 0;

	add_machine();
	place();
	for (i = 0; i < picture.n; i++)
		if (picture.v[i].kind == PICTURE_GAP) {
			assert_int_equal(picture.v[i].labelled, gaps++ > 0);
			assert_string_equal(picture.v[i].owner, "0000:00:03.0");
		}
	assert_int_equal(gaps, 2);
	assert_int_equal(picture.v[picture.n - 1].range.last, UINT64_MAX);
}

/* Screen readers get every range, and any character is drawn or replaced. */
static void
svg_has_titles_and_escapes(void **state)
{
	char *text;

	add_machine();
	strcpy(picture.title, "<a> & \"b\"");
	assert_int_equal(layout_picture_add(&picture, PICTURE_USED, RANGE(1, 2), true,
		"x<y>&'z'\x01\x7f\xff"), 0);
	place();
	text = picture_svg(&picture);
	assert_non_null(strstr(text, "<title id=\"title\">&lt;a&gt; &amp; \"b\"</title>"));
	assert_non_null(strstr(text, ">x&lt;y&gt;&amp;'z'???, 2 B, to 0x2</text>"));
	assert_non_null(strstr(text, " 0x8000000-0x80fffff: SW_MSI, hard, 1 MiB, from 0000:00:03.0."));
	assert_non_null(strstr(text, "<title>0x100000000-0x10ffffffff EAL, pages of 2048 KiB, "
		"node 0, good, 64 GiB</title>"));
	free(text);
}

static void
overlapping_holes_have_lanes(void **state)
{
	add_hole(0, GIB - 1, IOVA_SOFT);
	add_hole(MIB, 2 * MIB - 1, IOVA_HARD);
	add_hole(MIB, 4 * MIB - 1, IOVA_SOFT);
	add_hole(2 * MIB, 3 * MIB - 1, IOVA_HARD);
	add_hole(GIB, TOP, IOVA_SOFT);
	assert_int_equal(layout_picture_read(&picture, layout), 0);
	place();
	assert_int_equal(picture.lanes[PICTURE_HOLES], 3);
}

/* Beside each other, then nested. */
static void
thousand_holes_are_drawn(void **state)
{
	uint64_t i;

	for (i = 0; i < 500; i++)
		add_hole(i * 3 * MIB, i * 3 * MIB + 4095, i % 2 == 0 ? IOVA_SOFT : IOVA_HARD);
	for (i = 0; i < 500; i++)
		add_hole(GIB * (2 + i), TOP - i * 4096, IOVA_SOFT);
	assert_int_equal(layout_picture_read(&picture, layout), 0);
	assert_true(picture.n > 1000);
	place();
	assert_int_equal(picture.lanes[PICTURE_HOLES], 500);
}

static void
invalid_range_is_rejected(void **state)
{
	assert_int_equal(layout_picture_add(&picture, PICTURE_USED, RANGE(2, 1), true, "x"), -EINVAL);
	assert_int_equal(picture.n, 0);
}

#define picture_test(test) cmocka_unit_test_setup_teardown(test, layout_setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_have_units),
		cmocka_unit_test(marks_differ),
		picture_test(empty_layout_is_free),
		picture_test(nothing_is_drawn),
		picture_test(plot_shows_a_machine),
		picture_test(gap_below_a_hole_has_no_label),
		picture_test(svg_has_titles_and_escapes),
		picture_test(overlapping_holes_have_lanes),
		picture_test(thousand_holes_are_drawn),
		picture_test(invalid_range_is_rejected),
	};

	return cmocka_run_group_tests_name("layout_picture", tests, NULL, NULL);
}
