/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Out of memory: each allocation of a scenario fails once, the n-th in the n-th run. The
 * operation must return -ENOMEM, leave the layout unchanged, and succeed when it is
 * repeated. In the end the layout must equal that of a run without failure. The leak
 * sanitizer detects leaks.
 *
 * Linked with --wrap for malloc, calloc and realloc.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iova/iova_layout.h"
#include "row.h"

static unsigned int countdown;	/* 1: the next allocation fails, 0: none fails */

static bool
fails_now(void)
{
	return countdown > 0 && --countdown == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *
__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails_now() ? NULL : __real_realloc(p, size);
}

/* ---- the scenario ---- */

static struct iova_layout *layout;

static int
step_create(void)
{
	return iova_layout_create(&layout);
}

static int
step_allow(void)
{
	const struct iova_range ranges[] = {
		{ 0x100000, UINT64_MAX }, { 0, 0xfff }, { 0x2000, 0x3fff }, { 0x8000, 0x7ffff },
	};

	return iova_layout_allow(layout, ranges, 4, "0000:00:01.0", NULL);
}

static int
add_hole(uint64_t first, uint64_t last, enum iova_hardness hardness)
{
	struct iova_hole hole = {
		.range = { first, last }, .origin = IOVA_ORIGIN_RESERVED, .hardness = hardness,
	};

	return iova_layout_add_hole(layout, &hole, NULL);
}

static int
step_hard_hole(void)
{
	return add_hole(0xfee00000, 0xfeefffff, IOVA_HARD);
}

static int
step_soft_hole(void)
{
	return add_hole(0x80000000, 0xbfffffff, IOVA_SOFT);
}

static int
step_other_soft_hole(void)
{
	return add_hole(0x80000000, 0x800fffff, IOVA_SOFT);
}

static int
step_place(void)
{
	struct iova_range out;

	return iova_layout_place(layout, 0x3fffff, 0x400000, UINT64_MAX, "memory", &out);
}

static int
step_place_at(void)
{
	return iova_layout_place_at(layout, (struct iova_range){ 0x7ff00000, 0xc00fffff },
		"across soft holes", NULL);
}

static int
step_late_soft_hole(void)
{
	return add_hole(0x90000000, 0x90000fff, IOVA_SOFT);
}

static int
step_release(void)
{
	return iova_layout_release(layout, (struct iova_range){ 0x7ff00000, 0xc00fffff });
}

static int
step_allow_less(void)
{
	const struct iova_range ranges[] = { { 0x200000, UINT32_MAX }, { 0, 0x1fff } };

	return iova_layout_allow(layout, ranges, 2, "0000:00:02.0", NULL);
}

/* Another owner of a hole allocates a node. Removing an owner allocates nothing. */
static int
step_same_hole_of_another(void)
{
	struct iova_hole hole = {
		.range = { 0xfee00000, 0xfeefffff }, .origin = IOVA_ORIGIN_RESERVED,
		.hardness = IOVA_HARD, .owner = "0000:00:02.0",
	};

	return iova_layout_add_hole(layout, &hole, NULL);
}

/* It shares the ranges of 0000:00:02.0, and remains when that leaves. */
static int
step_allow_the_same(void)
{
	const struct iova_range ranges[] = { { 0, 0x1fff }, { 0x200000, UINT32_MAX } };

	return iova_layout_allow(layout, ranges, 2, "0000:00:03.0", NULL);
}

static int
step_forget_first(void)
{
	iova_layout_forget(layout, "0000:00:02.0");
	return 0;
}

static int
step_forget(void)
{
	iova_layout_forget(layout, "0000:00:01.0");
	return 0;
}

#define STEP(name) { #name, step_##name }
static const struct {
	const char *name;
	int (*run)(void);
} steps[] = {
	STEP(create), STEP(allow), STEP(hard_hole), STEP(soft_hole), STEP(other_soft_hole),
	STEP(place), STEP(place_at), STEP(late_soft_hole), STEP(release), STEP(allow_less),
	STEP(place), STEP(same_hole_of_another), STEP(allow_the_same), STEP(forget),
	STEP(allow), STEP(forget_first), STEP(place),
};

/* ---- the sweep ---- */

static void
dump(char *text, size_t size)
{
	FILE *f = fmemopen(text, size, "w");

	assert_non_null(f);
	text[0] = '\0';
	if (layout != NULL)
		assert_int_equal(iova_layout_dump(layout, f), 0);
	fclose(f);
}

/* Run all steps with the n-th allocation failing. @return the number of failed steps */
static unsigned int
run(unsigned int n, char *text, size_t size)
{
	char was[4096];
	unsigned int i, failed = 0;
	int ret;

	countdown = 0;
	EACH_ROW(i, steps, "%s", steps[i].name) {
		dump(was, sizeof(was));
		countdown = n;
		ret = steps[i].run();
		n = countdown;
		countdown = 0;
		if (ret == -ENOMEM) {
			failed++;
			dump(text, size);
			assert_string_equal(text, was);
			if (layout != NULL)
				assert_int_equal(iova_layout_check(layout, stderr), 0);
			ret = steps[i].run();
		}
		assert_int_equal(ret, 0);
		assert_int_equal(iova_layout_check(layout, stderr), 0);
	}
	dump(text, size);
	iova_layout_destroy(layout);
	layout = NULL;
	return failed;
}

static void
every_allocation_fails_once(void **state)
{
	char want[4096], got[4096];
	unsigned int n;

	assert_int_equal(run(0, want, sizeof(want)), 0);
	for (n = 1; run(n, got, sizeof(got)) == 1; n++)
		assert_string_equal(got, want);
	assert_string_equal(got, want);
	print_message("%u allocations failed\n", n - 1);
	assert_true(n - 1 >= 2 * sizeof(steps) / sizeof(steps[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
