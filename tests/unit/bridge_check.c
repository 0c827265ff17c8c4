/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "bridge_check.h"
#include "bridge_once.h"
#include "row.h"
#include "tree.h"


static void
check(const struct hole_list *list, const struct iova_range *want, size_t n)
{
	size_t i;

	assert_int_equal(list->n, n);
	EACH_ROW_OF(i, want, n, "0x%" PRIx64 "-0x%" PRIx64, want[i].first, want[i].last) {
		assert_int_equal(list->v[i].range.first, want[i].first);
		assert_int_equal(list->v[i].range.last, want[i].last);
		assert_int_equal(list->v[i].origin, IOVA_ORIGIN_HOST_BRIDGE);
		assert_int_equal(list->v[i].hardness, IOVA_SOFT);
		assert_string_equal(list->v[i].detail, "0000:00");
		assert_string_equal(list->v[i].owner, "0000:01:00.0");
	}
}

static int
bridge(const char *root, struct hole_list *list, struct holes_view *view)
{
	return bridge_windows(root, "0000:00", false, "0000:01:00.0", list, view);
}

void
bridge_check_odd(const char *root, enum holes_input input, unsigned int odd,
		enum holes_source source, const struct iova_range *want, size_t n)
{
	struct hole_list list = { 0 };
	struct holes_view got = { 0 };
	int i;

	assert_int_equal(bridge(root, &list, &got), 0);
	assert_int_equal(got.source, source);
	for (i = 0; i < HOLES_INPUTS; i++)
		assert_int_equal(got.in[i].odd, i == (int)input ? odd : 0);
	check(&list, want, n);
	holes_free(&list);
}

void
bridge_check(const char *root, enum holes_source source, const struct iova_range *want, size_t n)
{
	bridge_check_odd(root, HOLES_INPUTS, 0, source, want, n);
}

void
bridge_check_sight(const char *root, enum holes_input input, enum holes_sight sight)
{
	struct hole_list list = { 0 };
	struct holes_view got = { 0 };

	assert_int_equal(bridge(root, &list, &got), 0);
	assert_string_equal(holes_sight_name(got.in[input].sight), holes_sight_name(sight));
	assert_true((holes_input_advice(input, sight) != NULL) ==
			(sight == HOLES_HIDDEN || sight == HOLES_DENIED));
	holes_free(&list);
}
