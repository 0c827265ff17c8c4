/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <math.h>
#include <string.h>

#include "text_picture.h"

#define NAME 26
#define WIDTH 56

static const char fills[SVG_BAR_PARTS] = { '#', '=', '+', ':', '-' };

/* Columns of a value. What is not 0 has at least one. */
static size_t
columns(double value, double scale)
{
	const double n = round(value * scale);

	return value > 0 && n < 1 ? 1 : (size_t)n;
}

/* The parts, each to the column where its sum ends. */
static void
bar_fill(const struct svg_bar *bar, double scale, char *line)
{
	double total = 0;
	size_t at = 0, end, i;

	for (i = 0; i < SVG_BAR_PARTS; i++) {
		total += bar->parts[i];
		end = columns(total, scale);
		if (bar->parts[i] > 0 && end > WIDTH)
			end = WIDTH;
		if (bar->parts[i] > 0 && end > at) {
			memset(line + at, fills[i], end - at);
			at = end;
		}
	}
	line[at] = '\0';
}

static void
bar_write(FILE *f, const struct svg_bar *bar, double scale)
{
	const double value = svg_bar_sum(bar);
	char line[WIDTH + 1];

	bar_fill(bar, scale, line);
	fprintf(f, "  %-*s |%s %.*f", NAME, bar->name, line, value < 10 ? 2 : value < 100 ? 1 : 0, value);
	if (bar->high > 0)
		fprintf(f, " (%.*f to %.*f)", bar->low < 10 ? 2 : 1, bar->low, bar->high < 10 ? 2 : 1, bar->high);
	fputc('\n', f);
}

void
text_bars_write(FILE *f, const char *title, const char *about, const char *const *parts,
		size_t n_parts, const struct svg_bars *groups, size_t n)
{
	size_t g, i;

	(void)about;
	fprintf(f, "\n%s\n", title);
	for (i = 0; parts != NULL && i < n_parts; i++)
		fprintf(f, "  %c%c %s\n", fills[i], fills[i], parts[i]);
	for (g = 0; g < n; g++) {
		double longest = 0;

		for (i = 0; i < groups[g].n; i++)
			longest = fmax(longest, svg_bar_sum(&groups[g].v[i]));
		fprintf(f, "\n%s\n", groups[g].name);
		for (i = 0; i < groups[g].n; i++)
			bar_write(f, &groups[g].v[i], longest > 0 ? WIDTH / longest : 0);
	}
}
