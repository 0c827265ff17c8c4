/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <math.h>
#include <string.h>

#include "text_picture.h"

#define WIDTH 80
#define HEIGHT 18
#define NUMBER 8
#define SEVERAL '?'	/* points of several lines */

static char
mark_of(size_t line)
{
	static const char marks[SVG_MARKS] = { '*', 'o', '+', 'x' };

	return marks[line];
}

/* Put all points on an empty grid. The first row is the highest. */
static void
points_put(const struct svg_plot *plot, const struct svg_axes *a, char grid[HEIGHT + 1][WIDTH + 2])
{
	size_t k, i, row, column;

	for (row = 0; row <= HEIGHT; row++) {
		memset(grid[row], ' ', WIDTH + 1);
		grid[row][WIDTH + 1] = '\0';
	}
	for (k = 0; k < plot->n; k++)
		for (i = 0; i < plot->lines[k].n; i++) {
			char *at;

			column = (size_t)lround((log10(plot->lines[k].x[i]) - a->x_low) / (a->x_high - a->x_low) * WIDTH);
			row = HEIGHT - (size_t)lround((log10(plot->lines[k].y[i]) - a->y_low) / (a->y_high - a->y_low) * HEIGHT);
			at = &grid[row][column];
			*at = *at == ' ' || *at == mark_of(k) ? mark_of(k) : SEVERAL;
		}
}

static void
trim(char *line)
{
	size_t len = strlen(line);

	while (len > 0 && line[len - 1] == ' ')
		line[--len] = '\0';
}

/* Rows with a power of 10 have its number. */
static void
rows_write(FILE *f, const struct svg_axes *a, char grid[HEIGHT + 1][WIDTH + 2])
{
	const double span = a->y_high - a->y_low;
	size_t row;
	int power;

	for (row = 0; row <= HEIGHT; row++) {
		char number[16] = "";

		for (power = a->y_low; power <= a->y_high; power++)
			if (HEIGHT - (size_t)lround((power - a->y_low) / span * HEIGHT) == row)
				svg_power_name(power, number, sizeof(number));
		trim(grid[row]);
		fprintf(f, "%*s %c%s\n", NUMBER, number, number[0] != '\0' ? '+' : '|', grid[row]);
	}
}

static void
x_axis_write(FILE *f, const struct svg_axes *a, const char *name)
{
	char line[WIDTH + 2], numbers[WIDTH + 32], number[16];
	size_t at;
	int power;

	memset(line, '-', WIDTH + 1);
	line[WIDTH + 1] = '\0';
	memset(numbers, ' ', sizeof(numbers));
	for (power = a->x_low; power <= a->x_high; power++) {
		at = (size_t)lround((double)(power - a->x_low) / (a->x_high - a->x_low) * WIDTH);
		line[at] = '+';
		svg_power_name(power, number, sizeof(number));
		memcpy(numbers + at, number, strlen(number));
	}
	numbers[sizeof(numbers) - 1] = '\0';
	trim(numbers);
	fprintf(f, "%*s +%s\n%*s  %s  %s\n", NUMBER, "", line, NUMBER, "", numbers, name);
}

void
text_plots_write(FILE *f, const char *title, const char *about, const char *x_name,
		const char *y_name, const struct svg_plot *plots, size_t n)
{
	const struct svg_axes axes = svg_axes_of(plots, n);
	char grid[HEIGHT + 1][WIDTH + 2];
	size_t p, k;

	(void)about;
	fprintf(f, "\n%s\n", title);
	for (k = 0; k < plots[0].n; k++)
		fprintf(f, "  %c %s\n", mark_of(k), plots[0].lines[k].name);
	fprintf(f, "  %c several of them\n", SEVERAL);
	for (p = 0; p < n; p++) {
		points_put(&plots[p], &axes, grid);
		fprintf(f, "\n%s: %s\n", plots[p].name, y_name);
		rows_write(f, &axes, grid);
		x_axis_write(f, &axes, x_name);
	}
}
