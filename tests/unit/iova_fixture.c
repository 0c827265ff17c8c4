/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iova_fixture.h"

struct iova_layout *layout;
struct iova_conflict why;

int
layout_setup(void **state)
{
	memset(&why, 0xff, sizeof(why));
	return iova_layout_create(&layout);
}

int
layout_teardown(void **state)
{
	int ret = iova_layout_check(layout, stderr);

	iova_layout_destroy(layout);
	layout = NULL;
	return ret;
}

struct iova_hole
a_hole(uint64_t first, uint64_t last, enum iova_origin origin, enum iova_hardness hardness)
{
	struct iova_hole hole = {
		.range = RANGE(first, last), .origin = origin, .hardness = hardness,
		.owner = "0000:00:03.0",
	};

	return hole;
}

void
add_hole(uint64_t first, uint64_t last, enum iova_hardness hardness)
{
	struct iova_hole hole = a_hole(first, last, IOVA_ORIGIN_RESERVED, hardness);

	assert_int_equal(iova_layout_add_hole(layout, &hole, &why), 0);
}

void
allow(uint64_t first, uint64_t last)
{
	struct iova_range range = RANGE(first, last);

	assert_int_equal(iova_layout_allow(layout, &range, 1, "0000:00:01.0", &why), 0);
}

void
place_at(uint64_t first, uint64_t last)
{
	assert_int_equal(iova_layout_place_at(layout, RANGE(first, last), "fixed", NULL), 0);
}

void
expect_conflict(uint64_t first, uint64_t last, bool is_hole)
{
	assert_true(why.with.first == first);
	assert_true(why.with.last == last);
	assert_int_equal(why.is_hole, is_hole);
}

void
expect_dump(const char *want)
{
	char got[4096] = "";
	FILE *f = fmemopen(got, sizeof(got), "w");

	assert_non_null(f);
	assert_int_equal(iova_layout_dump(layout, f), 0);
	fclose(f);
	assert_string_equal(got, want);
}
