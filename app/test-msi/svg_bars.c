/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <math.h>

#include "svg_bars.h"

#define LEFT 250
#define WIDTH 560
#define RIGHT 90
#define TOP 50
#define LEGEND_ROW 28
#define LEGEND_COLUMNS 3
#define HEAD 40		/* above the bars of a group */
#define ROW 34
#define BAR 20

static const char *const classes[SVG_BAR_PARTS] = { "p0", "p1", "p2", "p3", "p4" };

double
svg_bar_sum(const struct svg_bar *bar)
{
	double total = 0;
	size_t i;

	for (i = 0; i < SVG_BAR_PARTS; i++)
		total += bar->parts[i];
	return total;
}

/* The end of the scale. */
static double
longest(const struct svg_bars *group)
{
	double most = 0;
	size_t i;

	for (i = 0; i < group->n; i++)
		most = fmax(most, fmax(svg_bar_sum(&group->v[i]), group->v[i].high));
	return most > 0 ? most : 1;
}

static void
value_name(double value, char *out, size_t size)
{
	snprintf(out, size, "%.*f", value < 10 ? 2 : value < 100 ? 1 : 0, value);
}

static void
bar_write(FILE *f, const struct svg_bar *bar, double top, double scale)
{
	double x = LEFT, end = LEFT + fmax(svg_bar_sum(bar), bar->high) * scale, middle = top + BAR / 2.0;
	char text[24];
	size_t i;

	svg_text(f, LEFT - 10, middle + 5, SVG_END, bar->name);
	for (i = 0; i < SVG_BAR_PARTS; i++) {
		if (bar->parts[i] <= 0)
			continue;
		svg_rect(f, x, top, bar->parts[i] * scale, BAR, classes[i]);
		x += bar->parts[i] * scale;
	}
	if (bar->high > 0) {
		svg_line(f, LEFT + bar->low * scale, top + BAR + 3, LEFT + bar->high * scale,
			top + BAR + 3, "axis");
		svg_line(f, LEFT + bar->low * scale, top + BAR, LEFT + bar->low * scale,
			top + BAR + 6, "axis");
		svg_line(f, LEFT + bar->high * scale, top + BAR, LEFT + bar->high * scale,
			top + BAR + 6, "axis");
	}
	value_name(svg_bar_sum(bar), text, sizeof(text));
	svg_text(f, end + 8, middle + 5, SVG_START, text);
}

static void
legend_write(FILE *f, const char *const *parts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		double x = 20 + (double)(i % LEGEND_COLUMNS) * 290;
		double y = TOP + (double)(i / LEGEND_COLUMNS) * LEGEND_ROW;

		svg_rect(f, x, y, 30, 16, classes[i]);
		svg_text(f, x + 38, y + 13, SVG_START, parts[i]);
	}
}

static double
group_write(FILE *f, const struct svg_bars *group, double top)
{
	double scale = WIDTH / longest(group);
	size_t i;

	svg_text(f, LEFT, top + HEAD - 12, SVG_START, group->name);
	top += HEAD;
	svg_line(f, LEFT, top - 4, LEFT, top + (double)group->n * ROW, "axis");
	for (i = 0; i < group->n; i++)
		bar_write(f, &group->v[i], top + (double)i * ROW, scale);
	return top + (double)group->n * ROW;
}

void
svg_bars_write(FILE *f, const char *title, const char *about, const char *const *parts,
		size_t n_parts, const struct svg_bars *groups, size_t n)
{
	double top = TOP, height;
	size_t i;

	if (parts != NULL)
		top += (double)((n_parts + LEGEND_COLUMNS - 1) / LEGEND_COLUMNS) * LEGEND_ROW;
	height = top + 20;
	for (i = 0; i < n; i++)
		height += HEAD + (double)groups[i].n * ROW;
	svg_begin(f, LEFT + WIDTH + RIGHT, (unsigned int)height, title, about);
	svg_text(f, 20, 28, SVG_START, title);
	if (parts != NULL)
		legend_write(f, parts, n_parts);
	for (i = 0; i < n; i++)
		top = group_write(f, &groups[i], top);
	svg_end(f);
}
