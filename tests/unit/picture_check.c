/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "picture_check.h"
#include "text_count.h"

#define DEEPEST 16

static void
check_piece(const struct addr_piece *p, const struct addr_piece *before)
{
	const double exact = ((double)iova_range_span(p->range) + 1) /
			(double)(UINT64_C(1) << p->shift);
	const double rows = (double)p->rows;

	assert_true(iova_range_valid(p->range));
	assert_true(p->range.first == (before == NULL ? 0 : before->range.last + 1));
	assert_int_equal(p->row, (before == NULL ? 0 : before->row + before->rows) + p->begins);
	assert_true(p->rows >= 1 && p->rows >= p->labels);
	assert_int_equal(p->begins, before == NULL || before->shift != p->shift);
	if (p->fit == ADDR_TO_SCALE)
		assert_true(exact >= rows - 0.5 && exact <= rows + 0.5);
	else if (p->fit == ADDR_SHORTENED)
		assert_true(exact > rows);
	else
		assert_true(exact < rows);
	/* No piece is long without a reason. */
	assert_true(p->rows <= ADDR_ROWS_MOST || p->rows == p->labels);
}

void
scale_check(const struct addr_scale *scale, const struct addr_want *wants, size_t n)
{
	size_t i, labels = 0, here = 0;

	assert_true(scale->n >= 1 && scale->n <= 2 * n + 1);
	for (i = 0; i < scale->n; i++) {
		check_piece(&scale->v[i], i > 0 ? &scale->v[i - 1] : NULL);
		here += scale->v[i].labels;
	}
	assert_true(scale->v[scale->n - 1].range.last == UINT64_MAX);
	assert_int_equal(scale->rows, scale->v[scale->n - 1].row + scale->v[scale->n - 1].rows);
	for (i = 0; i < n; i++) {
		const struct iova_range r = wants[i].range;
		const struct addr_piece *first = &scale->v[addr_scale_find(scale, r.first)];

		assert_true(first->range.first == r.first);
		assert_true(scale->v[addr_scale_find(scale, r.last)].range.last == r.last);
		labels += wants[i].labelled;
		if (wants[i].labelled)
			assert_true(first->labels >= 1);
	}
	assert_int_equal(here, labels);
}

static void
check_pair(const struct picture_item *a, const struct picture_item *b)
{
	assert_true(a->range.first <= b->range.first);
	assert_true(a->range.first == b->range.first ? a->row == b->row : a->row < b->row);
	if (a->labelled && b->labelled)
		assert_true(a->label_row < b->label_row);
	if (a->column == b->column && a->lane == b->lane)
		assert_true(a->row + a->rows <= b->row);
}

static char *
draw(const struct layout_picture *p, bool svg)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	if (svg)
		layout_svg_write(f, p);
	else
		assert_int_equal(layout_plot_write(f, p), 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

char *
picture_svg(const struct layout_picture *p)
{
	return draw(p, true);
}

char *
picture_plot(const struct layout_picture *p)
{
	return draw(p, false);
}

/* The plot has a line for each row, with the marks of all items there. */
static void
check_plot(const struct layout_picture *p)
{
	char *text = picture_plot(p), *line = strchr(text, '\n') + 1, want[PICTURE_TEXT + 40];
	size_t row, i, column[PICTURE_COLUMNS], at = 22;

	for (i = 0; i < PICTURE_COLUMNS; i++) {
		column[i] = at;
		at += p->lanes[i] + 2;
	}
	for (row = 0; row < p->scale.rows; row++) {
		char *end = strchr(line, '\n');

		assert_non_null(end);
		*end = '\0';
		assert_true(end == line || end[-1] != ' ');
		for (i = 0; i < p->n && p->v[i].row <= row; i++) {
			const struct picture_item *item = &p->v[i];

			if (row >= item->row + item->rows)
				continue;
			assert_true(strlen(line) > column[item->column] + item->lane);
			assert_int_equal(line[column[item->column] + item->lane],
				layout_picture_mark(item));
			if (!item->labelled || item->label_row != row)
				continue;
			snprintf(want, sizeof(want), "%c %s, to 0x%" PRIx64,
				layout_picture_mark(item), item->text, item->range.last);
			assert_string_equal(line + at, want);
		}
		line = end + 1;
	}
	assert_memory_equal(line, "0xffffffffffffffff\n", 19);
	for (; *line != '\0'; line++)
		assert_true(isascii(*line));
	free(text);
}

void
picture_check(const struct layout_picture *p)
{
	size_t i, k, labels = 0, breaks = 0;
	char *text = picture_svg(p);

	for (i = 0; i < p->n; i++) {
		const struct picture_item *item = &p->v[i];
		const struct addr_piece *last = &p->scale.v[addr_scale_find(&p->scale, item->range.last)];

		assert_true(item->rows >= 1 && item->lane < p->lanes[item->column]);
		assert_int_equal(item->row + item->rows, last->row + last->rows);
		if (item->labelled)
			assert_true(item->label_row >= item->row &&
				item->label_row < item->row + item->rows);
		labels += item->labelled;
		for (k = i + 1; k < p->n; k++)
			check_pair(item, &p->v[k]);
	}
	for (i = 0; i < p->scale.n; i++)
		breaks += p->scale.v[i].fit == ADDR_SHORTENED;
	xml_check(text);
	/* Boxes, those of labels, and the title; one more break in the legend. */
	assert_int_equal(text_count(text, "<title"), p->n + labels + 1);
	assert_int_equal(text_count(text, "class=\"break\""), breaks + 1);
	assert_null(strstr(text, "nan"));
	free(text);
	check_plot(p);
}

/* Check a tag. @return the character after it. */
static const char *
check_tag(const char *at, char (*open)[16], size_t *depth)
{
	const char *end = strchr(at, '>');
	size_t len;

	assert_non_null(end);
	if (at[1] == '/') {
		assert_true(*depth > 0);
		len = strlen(open[--*depth]);
		assert_int_equal(len, (size_t)(end - at) - 2);
		assert_memory_equal(at + 2, open[*depth], len);
	} else if (end[-1] != '/') {
		len = strcspn(at + 1, " >");
		assert_true(len > 0 && len < sizeof(*open) && *depth < DEEPEST);
		memcpy(open[*depth], at + 1, len);
		open[(*depth)++][len] = '\0';
	}
	for (len = 0; at < end; at++)
		len += *at == '"';
	assert_int_equal(len % 2, 0);
	return end + 1;
}

void
xml_check(const char *text)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;" };
	char open[DEEPEST][16];
	size_t depth = 0, i;
	const char *at = text;

	while (*at != '\0') {
		assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
		if (*at == '<') {
			at = check_tag(at, open, &depth);
			continue;
		}
		assert_true(depth > 0 || (*at == '\n' && at[1] == '\0'));
		if (*at == '&') {
			for (i = 0; i < 3 && strncmp(at, entities[i], strlen(entities[i])) != 0; i++)
				;
			assert_true(i < 3);
		}
		at++;
	}
	assert_int_equal(depth, 0);
}
