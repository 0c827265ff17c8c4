/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * "bench layout": the results, and the picture. No test of a time.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench_picture.h"
#include "svg_plot.h"

static void
each_size_and_side_is_measured(void **state)
{
	struct bench_results r;
	size_t i, k;

	assert_int_equal(bench_layout_run(1000, &r), 0);
	assert_int_equal(r.n, 2);
	for (i = 0; i < r.n; i++)
		for (k = 0; k < BENCH_SIDES; k++) {
			assert_int_equal(r.v[i][k].ranges, i == 0 ? 100 : 1000);
			assert_true(r.v[i][k].operations >= 25);
			assert_true(r.v[i][k].place_ns > 0 && r.v[i][k].release_ns > 0);
		}
}

/* All sides choose the lowest place, and know what they have. */
static void
sides_agree(void **state)
{
	uint64_t first;
	size_t k, i;

	for (k = 0; k < BENCH_SIDES; k++) {
		const struct bench_side *side = &bench_sides[k];
		void *data = side->open();

		assert_non_null(data);
		for (i = 1; i <= 4; i++)
			assert_int_equal(side->append(data, i * BENCH_ALIGN), 0);
		assert_int_equal(side->release(data, 3 * BENCH_ALIGN), 0);
		assert_int_equal(side->release(data, 3 * BENCH_ALIGN), -ENOENT);
		assert_int_equal(side->release(data, BENCH_ALIGN), 0);
		for (i = 1; i <= 5; i += 2) {
			assert_int_equal(side->place(data, &first), 0);
			assert_int_equal(first, i * BENCH_ALIGN);
		}
		side->close(data);
	}
}

static char *
picture(void (*write)(FILE *f, const void *arg), const void *arg)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	write(f, arg);
	assert_int_equal(fclose(f), 0);
	return text;
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
write_results(FILE *f, const void *arg)
{
	bench_picture_write(f, arg);
}

static void
picture_has_every_point(void **state)
{
	struct bench_results r = { .n = 3 };
	size_t i, k;
	char *text;

	for (i = 0; i < r.n; i++)
		for (k = 0; k < BENCH_SIDES; k++)
			r.v[i][k] = (struct bench_result){ i == 0 ? 100 : i * 1000, 1, 0, 2e5 };
	text = picture(write_results, &r);
	assert_memory_equal(text, "<svg ", 5);
	assert_string_equal(text + strlen(text) - 7, "</svg>\n");
	assert_int_equal(count(text, "<title id=\"title\">"), 1);
	assert_non_null(strstr(text, "With 2000 ranges the layout needs 0 ns to place and 200000 ns"));
	/* Three points in each plot, and three in the legend. */
	assert_int_equal(count(text, "<polyline "), 9);
	assert_int_equal(count(text, "<circle "), 9);
	assert_int_equal(count(text, "class=\"m\""), 18);
	assert_non_null(strstr(text, ">1e5</text>"));
	assert_int_equal(count(text, "nan"), count(text, "nanoseconds"));
	assert_null(strstr(text, "inf"));
	free(text);
}

static void
write_odd(FILE *f, const void *arg)
{
	const struct svg_plot plot = {
		.name = "a<b", .n = 1, .lines = { { "c&d", { 10 }, { 10 }, 1 } },
	};

	svg_plots_write(f, "<title>", "a > b", "x", "y", &plot, 1);
}

/* One point has no extent; text may contain any character. */
static void
picture_of_one_point(void **state)
{
	char *text = picture(write_odd, NULL);

	assert_non_null(strstr(text, "<title id=\"title\">&lt;title&gt;</title>"));
	assert_non_null(strstr(text, "a &gt; b</desc>"));
	assert_non_null(strstr(text, ">a&lt;b</text>"));
	assert_non_null(strstr(text, ">c&amp;d</text>"));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_size_and_side_is_measured),
		cmocka_unit_test(sides_agree),
		cmocka_unit_test(picture_has_every_point),
		cmocka_unit_test(picture_of_one_point),
	};

	return cmocka_run_group_tests_name("bench_layout", tests, NULL, NULL);
}
