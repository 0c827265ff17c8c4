/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A layout as text: ASCII without colours, so that any terminal and any log shows it.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "layout_picture.h"

#define ADDRESS 18	/* characters of an address */

/* Fill one line of all lanes. */
static void
fill(const struct layout_picture *p, size_t row, char *line, size_t len)
{
	size_t at[PICTURE_COLUMNS], i, c, next = 0;

	for (c = 0; c < PICTURE_COLUMNS; c++) {
		at[c] = next;
		next += p->lanes[c] + 2;
	}
	memset(line, ' ', len);
	for (i = 0; i < p->n && p->v[i].row <= row; i++) {
		const struct picture_item *item = &p->v[i];

		if (row < item->row + item->rows)
			line[at[item->column] + item->lane] = layout_picture_mark(item);
	}
}

/* Print a line, with a label or without blanks at its end. */
static void
print(FILE *f, const char *head, const char *line, size_t len, const struct picture_item *label)
{
	size_t head_len = strlen(head);

	if (label != NULL) {
		fprintf(f, "%s%.*s%c %s, to 0x%" PRIx64 "\n", head, (int)len, line,
			layout_picture_mark(label), label->text, label->range.last);
		return;
	}
	while (len > 0 && line[len - 1] == ' ')
		len--;
	while (len == 0 && head_len > 0 && head[head_len - 1] == ' ')
		head_len--;
	fprintf(f, "%.*s%.*s\n", (int)head_len, head, (int)len, line);
}

/* Print one piece. @return the first item that begins after it. */
static const struct picture_item *
print_piece(FILE *f, const struct layout_picture *p, const struct addr_piece *piece,
		const struct picture_item *next, char *line, size_t len)
{
	static const char rulers[] = {
		[ADDR_TO_SCALE] = '|', [ADDR_SHORTENED] = '/', [ADDR_ENLARGED] = '.',
	};
	const struct picture_item *end = p->v + p->n;
	char head[64], text[32], scale[24];
	size_t row;

	if (piece->begins) {
		layout_picture_size((UINT64_C(1) << piece->shift) - 1, scale, sizeof(scale));
		fill(p, piece->row - 1, line, len);
		snprintf(text, sizeof(text), "line = %s", scale);
		snprintf(head, sizeof(head), "%*s    ", ADDRESS, text);
		print(f, head, line, len, NULL);
	}
	fill(p, piece->row, line, len);
	for (row = piece->row; row < piece->row + piece->rows; row++) {
		while (next < end && (next->range.first < piece->range.first ||
				(next->range.first == piece->range.first && !next->labelled)))
			next++;
		snprintf(text, sizeof(text), "0x%" PRIx64, piece->range.first);
		snprintf(head, sizeof(head), "%*s %c  ", ADDRESS, row == piece->row ? text : "",
			rulers[piece->fit]);
		if (next < end && next->range.first == piece->range.first)
			print(f, head, line, len, next++);
		else
			print(f, head, line, len, NULL);
	}
	return next;
}

int
layout_plot_write(FILE *f, const struct layout_picture *p)
{
	const struct picture_item *next = p->v;
	size_t i, c, len = 0;
	char *line;

	for (c = 0; c < PICTURE_COLUMNS; c++)
		len += p->lanes[c] + 2;
	line = malloc(len);
	if (line == NULL)
		return -ENOMEM;
	fprintf(f, "%s\n", p->title);
	for (i = 0; i < p->scale.n; i++)
		next = print_piece(f, p, &p->scale.v[i], next, line, len);
	fprintf(f, "%*s\n", ADDRESS, "0xffffffffffffffff");
	fputs("  columns: space, holes (capital letter: hard), memory\n"
		"  | to scale   / shortened   . enlarged\n", f);
	free(line);
	return 0;
}
