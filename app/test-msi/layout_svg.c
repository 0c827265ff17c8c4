/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A layout as SVG. Origins differ by hatching and by letter, so that it can be printed in
 * black and white.
 */

#include <inttypes.h>
#include <string.h>

#include "layout_picture.h"
#include "svg.h"

#define ROW 20
#define TOP 72
#define ADDRESS 168	/* right edge of the addresses */
#define RULER 182
#define LEFT 204	/* of the first column */
#define LANE 46
#define GAP 24		/* between columns */
#define SWATCH 26	/* width of a sample beside a label */
#define LETTER 7.3	/* average width of a character */
#define BOTTOM 84

/* Where the parts are, from left to right. */
struct frame {
	double column[PICTURE_COLUMNS];
	double right;		/* end of the lanes */
	double label;
	double width;
};

/* Tiles of hatchings. */
static const struct {
	const char *name;
	unsigned int size;
	const char *lines;
} tiles[] = {
	{ "line", 5, "M0 2.5h5" },
	{ "grid", 6, "M0 0l6 6M0 6l6-6" },
	{ "wide", 12, "M0 0l12 12M0 12l12-12" },
	{ "rise", 10, "M-2 2l4-4M0 10l10-10M8 12l4-4" },
	{ "dense", 5, "M-1 1l2-2M0 5l5-5M4 6l2-2" },
	{ "fall", 8, "M-2 6l4 4M0 0l8 8M6-2l4 4" },
	{ "steep", 10, "M0 0l5 10M5 0l5 10" },
	{ "dots", 6, "M2 2h2v2h-2z" },
	{ "post", 5, "M2.5 0v5" },
};

static void
write_tiles(FILE *f)
{
	size_t i;

	fputs("<defs>\n", f);
	for (i = 0; i < sizeof(tiles) / sizeof(tiles[0]); i++)
		fprintf(f, "<pattern id=\"%s\" width=\"%u\" height=\"%u\""
			" patternUnits=\"userSpaceOnUse\"><rect width=\"%u\" height=\"%u\""
			" fill=\"white\"/><path d=\"%s\" fill=\"none\" stroke=\"black\"/></pattern>\n",
			tiles[i].name, tiles[i].size, tiles[i].size, tiles[i].size, tiles[i].size,
			tiles[i].lines);
	fputs("</defs>\n<style>\n", f);
	for (i = 0; i < sizeof(tiles) / sizeof(tiles[0]); i++)
		fprintf(f, ".%s { fill: url(#%s) }\n", tiles[i].name, tiles[i].name);
	fputs(".open { fill: white }\n.shut { fill: #ccc }\n.list { fill: black }\n"
		".used { fill: #666 }\n.soft, .may, .open, .shut { stroke: black }\n"
		".soft, .may { stroke-dasharray: 5 3 }\n.may { fill: white }\n"
		".hard { stroke: black; stroke-width: 3 }\n.patch, .break { fill: white }\n"
		".whole { stroke: black; stroke-width: 3 }\n"
		".more { stroke: black; stroke-width: 3; stroke-dasharray: 2 3 }\n"
		".zigzag { stroke: black; fill: none }\n</style>\n", f);
}

/* The classes of an item. */
static const char *
paint(const struct picture_item *item, char *out, size_t size)
{
	static const char *const kinds[PICTURE_KINDS] = {
		[PICTURE_FREE] = "open", [PICTURE_GAP] = "shut", [PICTURE_USED] = "used",
		[PICTURE_LIST] = "list", [PICTURE_POSSIBLE] = "may",
		[PICTURE_MSI_PLACE] = "grid soft",
	};
	static const char *const origins[IOVA_ORIGIN_COUNT] = {
		[IOVA_ORIGIN_ZERO_PAGE] = "line", [IOVA_ORIGIN_TOP_PAGE] = "line",
		[IOVA_ORIGIN_SW_MSI] = "grid", [IOVA_ORIGIN_SW_MSI_GUARD] = "wide",
		[IOVA_ORIGIN_MSI] = "grid", [IOVA_ORIGIN_RESERVED] = "rise",
		[IOVA_ORIGIN_DIRECT] = "dense", [IOVA_ORIGIN_DIRECT_RELAXABLE] = "dense",
		[IOVA_ORIGIN_UNKNOWN] = "rise", [IOVA_ORIGIN_HOST_BRIDGE] = "fall",
		[IOVA_ORIGIN_DMA_RANGES] = "steep", [IOVA_ORIGIN_USER] = "dots",
		[IOVA_ORIGIN_EAL] = "post",
	};

	if (item->kind != PICTURE_HOLE)
		return kinds[item->kind];
	snprintf(out, size, "%s %s", origins[item->origin], item->hard ? "hard" : "soft");
	return out;
}

/* Draw a rectangle with the character of its item, at its left end or in its middle. */
static void
write_box(FILE *f, const struct picture_item *item, double x, double y, double width,
		double height)
{
	const char mark[] = { layout_picture_mark(item), '\0' };
	char class[32], title[PICTURE_TEXT + 128];

	snprintf(title, sizeof(title), "0x%" PRIx64 "-0x%" PRIx64 " %s%s%s", item->range.first,
		item->range.last, item->text, item->owner[0] != '\0' ? ", from " : "",
		item->owner);
	svg_box(f, x, y, width, height, paint(item, class, sizeof(class)), title);
	svg_rect(f, x + width / 2 - 7, y + 2, 14, ROW - 8, "patch");
	svg_text(f, x + width / 2, y + ROW - 7, SVG_MIDDLE, mark);
}

static double
row_y(size_t row)
{
	return TOP + (double)row * ROW;
}

static void
write_item(FILE *f, const struct frame *frame, const struct picture_item *item)
{
	const double x = frame->column[item->column] + (double)item->lane * LANE;
	char text[PICTURE_TEXT + 32];

	write_box(f, item, x + 2, row_y(item->row) + 2, LANE - 4, (double)item->rows * ROW - 4);
	if (!item->labelled)
		return;
	write_box(f, item, frame->label, row_y(item->label_row) + 2, SWATCH, ROW - 4);
	snprintf(text, sizeof(text), "%s, to 0x%" PRIx64, item->text, item->range.last);
	svg_text(f, frame->label + SWATCH + 8, row_y(item->label_row) + 15, SVG_START, text);
}

/* A break: a white band with a zigzag on both sides. */
static void
write_break(FILE *f, double left, double right, double y)
{
	const int teeth = (int)((right - left) / 10);
	int i, side;

	for (side = 0; side < 3; side++) {
		fprintf(f, "<path class=\"%s\" d=\"M%.1f %.1f", side == 0 ? "break" : "zigzag", left,
			side == 2 ? y + 7 : y);
		for (i = 0; i < teeth; i++)
			fputs(i % 2 == 0 ? "l10-5" : "l10 5", f);
		if (side == 0) {
			fputs("v7", f);
			for (i = teeth; i-- > 0;)
				fputs(i % 2 == 0 ? "l-10 5" : "l-10-5", f);
			fputs("z", f);
		}
		fputs("\"/>\n", f);
	}
}

static void
write_piece(FILE *f, const struct frame *frame, const struct addr_piece *piece)
{
	static const char *const rulers[] = {
		[ADDR_TO_SCALE] = "whole", [ADDR_SHORTENED] = "whole", [ADDR_ENLARGED] = "more",
	};
	const double y = row_y(piece->row), end = row_y(piece->row + piece->rows);
	char text[40], scale[24];
	size_t i;

	if (piece->begins) {
		layout_picture_size((UINT64_C(1) << piece->shift) - 1, scale, sizeof(scale));
		snprintf(text, sizeof(text), "one row: %s", scale);
		svg_text(f, ADDRESS, y - 5, SVG_END, text);
	}
	snprintf(text, sizeof(text), "0x%" PRIx64, piece->range.first);
	svg_text(f, ADDRESS, y + 15, SVG_END, text);
	svg_line(f, RULER, y + 1, RULER, end - 1, rulers[piece->fit]);
	svg_line(f, RULER - 7, y, RULER + 7, y, "axis");
	for (i = 1; piece->fit == ADDR_TO_SCALE && i < piece->rows; i++)
		svg_line(f, RULER - 4, row_y(piece->row + i), RULER + 4, row_y(piece->row + i),
			"axis");
	if (piece->fit == ADDR_SHORTENED)
		write_break(f, RULER - 10, frame->right + 2, y + (end - y) / 2);
}

static void
write_legend(FILE *f, double y)
{
	static const char *const names[] = { "to scale", "enlarged", "shortened", "hard", "soft" };
	static const char *const classes[] = { "whole", "more", "whole", "open hard", "open soft" };
	double x = 24;
	size_t i;

	for (i = 0; i < 5; i++, x += 130) {
		if (i < 3)
			svg_line(f, x + 12, y - 4, x + 12, y + 20, classes[i]);
		else
			svg_rect(f, x, y, SWATCH, 16, classes[i]);
		if (i == 2)
			write_break(f, x + 2, x + 22, y + 6);
		svg_text(f, x + SWATCH + 8, y + 13, SVG_START, names[i]);
	}
}

static struct frame
make_frame(const struct layout_picture *p)
{
	size_t i, c, longest = 0;
	struct frame frame;
	double x = LEFT;

	for (c = 0; c < PICTURE_COLUMNS; c++) {
		frame.column[c] = x;
		x += (double)p->lanes[c] * LANE;
		frame.right = x;
		x += GAP;
	}
	frame.label = x;
	for (i = 0; i < p->n; i++)
		if (p->v[i].labelled && strlen(p->v[i].text) > longest)
			longest = strlen(p->v[i].text);
	/* ", to 0x" and up to 16 digits. */
	frame.width = frame.label + SWATCH + 8 + (double)(longest + 23) * LETTER + 20;
	return frame;
}

void
layout_svg_write(FILE *f, const void *picture)
{
	static const char *const heads[] = { "space", "holes", "memory" };
	const struct layout_picture *p = picture;
	const struct frame frame = make_frame(p);
	const double end = row_y(p->scale.rows);
	size_t i;

	svg_begin(f, (unsigned int)frame.width, (unsigned int)(end + BOTTOM), p->title, p->about);
	write_tiles(f);
	svg_text(f, 24, 28, SVG_START, p->title);
	for (i = 0; i < PICTURE_COLUMNS; i++)
		svg_text(f, frame.column[i] + LANE / 2.0, 56, SVG_MIDDLE, heads[i]);
	for (i = 0; i < p->scale.n; i++)
		svg_line(f, RULER, row_y(p->scale.v[i].row), frame.label - 6,
			row_y(p->scale.v[i].row), "grid");
	for (i = 0; i < p->n; i++)
		write_item(f, &frame, &p->v[i]);
	for (i = 0; i < p->scale.n; i++)
		write_piece(f, &frame, &p->scale.v[i]);
	svg_line(f, RULER - 7, end, RULER + 7, end, "axis");
	svg_text(f, ADDRESS, end + 15, SVG_END, "0xffffffffffffffff");
	write_legend(f, end + 44);
	svg_end(f);
}
