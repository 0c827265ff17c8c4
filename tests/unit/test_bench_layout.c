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

#include "bench_layout.h"
#include "text_count.h"
#include "text_picture.h"

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

static void
picture_has_every_point(void **state)
{
	struct bench_results r = { .n = 3 };
	size_t i, k;
	char *text;

	for (i = 0; i < r.n; i++)
		for (k = 0; k < BENCH_SIDES; k++)
			r.v[i][k] = (struct bench_result){ i == 0 ? 100 : i * 1000, 1, 0, 2e5 };
	text = picture(bench_layout_draw, &r);
	assert_memory_equal(text, "<svg ", 5);
	assert_string_equal(text + strlen(text) - 7, "</svg>\n");
	assert_int_equal(text_count(text, "<title id=\"title\">"), 1);
	assert_non_null(strstr(text, "With 2000 ranges the layout needs 0 ns to place and 200000 ns"));
	/* Three points in each plot, and three in the legend. */
	assert_int_equal(text_count(text, "<polyline "), 9);
	assert_int_equal(text_count(text, "<circle "), 9);
	assert_int_equal(text_count(text, "class=\"m\""), 18);
	assert_non_null(strstr(text, ">1e5</text>"));
	assert_int_equal(text_count(text, "nan"), text_count(text, "nanoseconds"));
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

static void
write_bars(FILE *f, const void *arg)
{
	static const char *const parts[] = { "first", "second" };
	const struct svg_bars groups[] = {
		{ "one", { { "a<b", { 1, 3 }, 3, 8 }, { "c", { 0, 2 }, 0, 0 } }, 2 },
		{ "empty", { { "d", { 0 }, 0, 0 } }, 1 },
	};

	svg_bars_write(f, "title", "about", parts, 2, groups, 2);
}

/* A part has the length of its value; a part of 0 is not drawn. */
static void
bars_have_every_part(void **state)
{
	char *text = picture(write_bars, NULL);

	/* The scale ends at 8 and is 560 long. One rectangle of each class is the legend's. */
	assert_int_equal(text_count(text, "class=\"p0\""), 2);
	assert_int_equal(text_count(text, "class=\"p1\""), 3);
	assert_int_equal(text_count(text, "width=\"70.0\""), 1);
	assert_int_equal(text_count(text, "width=\"210.0\""), 1);
	assert_int_equal(text_count(text, "width=\"140.0\""), 1);
	assert_non_null(strstr(text, ">4.00</text>"));
	assert_non_null(strstr(text, ">2.00</text>"));
	assert_non_null(strstr(text, ">0.00</text>"));
	assert_non_null(strstr(text, ">a&lt;b</text>"));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	free(text);
}

static void
write_text_bars(FILE *f, const void *arg)
{
	static const char *const parts[] = { "first", "second" };
	const struct svg_bars groups[] = {
		{ "one", { { "a<b", { 1, 3 }, 3, 8 }, { "c", { 0, 8 }, 0, 0 }, { "d", { 0.001 }, 0, 0 } }, 3 },
		{ "empty", { { "e", { 0 }, 0, 0 } }, 1 },
	};

	text_bars_write(f, "title", "about", parts, 2, groups, 2);
}

/* 8 is 56 columns long. What is not 0 can be seen. */
static void
text_bars_have_every_part(void **state)
{
	char *text = picture(write_text_bars, NULL);

	assert_string_equal(text, "\ntitle\n  ## first\n  == second\n\none\n"
		"  a<b                        |#######===================== 4.00 (3.00 to 8.00)\n"
		"  c                          |======================================================== 8.00\n"
		"  d                          |# 0.00\n"
		"\nempty\n  e                          | 0.00\n");
	free(text);
}

static void
write_text_plots(FILE *f, const void *arg)
{
	const struct svg_plot plots[] = {
		{ .name = "left", .n = 2, .lines = {
			{ "one", { 1, 10, 100 }, { 1, 1e4, 1e8 }, 3 }, { "two", { 100 }, { 1e8 }, 1 } } },
		{ .name = "right", .n = 2, .lines = { { "one", { 1 }, { 1e8 }, 1 }, { "two", { 100 }, { 1 }, 1 } } },
	};

	text_plots_write(f, "title", "about", "ns", "times", plots, 2);
}

/* Points at the ends and in the middle of the axes. */
static void
text_plots_have_every_point(void **state)
{
	char *text = picture(write_text_plots, NULL), line[128];

	assert_non_null(strstr(text, "\ntitle\n  * one\n  o two\n  ? several of them\n\nleft: times\n"));
	snprintf(line, sizeof(line), "     1e8 +%*s\n", 81, "?");
	assert_non_null(strstr(text, line));
	snprintf(line, sizeof(line), "     1e4 +%*s\n", 41, "*");
	assert_non_null(strstr(text, line));
	assert_non_null(strstr(text, "       1 +*\n"));
	assert_non_null(strstr(text, "\nright: times\n     1e8 +*\n"));
	snprintf(line, sizeof(line), "       1 +%*s\n", 81, "o");
	assert_non_null(strstr(text, line));
	snprintf(line, sizeof(line), "          1%*s%*s  ns\n", 41, "10", 41, "100");
	assert_int_equal(text_count(text, line), 2);
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
		cmocka_unit_test(bars_have_every_part),
		cmocka_unit_test(text_bars_have_every_part),
		cmocka_unit_test(text_plots_have_every_point),
	};

	return cmocka_run_group_tests_name("bench_layout", tests, NULL, NULL);
}
