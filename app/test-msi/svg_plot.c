/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "svg_plot.h"

#define WIDTH 380	/* of one plot, without margins */
#define HEIGHT 340
#define LEFT 80
#define TOP 100
#define GAP 50
#define BOTTOM 60
#define LEGEND 240	/* of one line */

struct frame {
	struct svg_axes axes;
	double left;	/* edge of the plot */
};

static double
place_x(const struct frame *f, double x)
{
	return f->left + (log10(x) - f->axes.x_low) / (f->axes.x_high - f->axes.x_low) * WIDTH;
}

static double
place_y(const struct frame *f, double y)
{
	return TOP + HEIGHT - (log10(y) - f->axes.y_low) / (f->axes.y_high - f->axes.y_low) * HEIGHT;
}

static void
bounds(double *v, double value)
{
	v[0] = fmin(v[0], value);
	v[1] = fmax(v[1], value);
}

struct svg_axes
svg_axes_of(const struct svg_plot *plots, size_t n)
{
	double x[2] = { DBL_MAX, 0 }, y[2] = { DBL_MAX, 0 };
	struct svg_axes a;
	size_t i, k, p;

	for (p = 0; p < n; p++)
		for (k = 0; k < plots[p].n; k++)
			for (i = 0; i < plots[p].lines[k].n; i++) {
				bounds(x, plots[p].lines[k].x[i]);
				bounds(y, plots[p].lines[k].y[i]);
			}
	a.x_low = (int)floor(log10(x[0]));
	a.x_high = (int)fmax(ceil(log10(x[1])), a.x_low + 1);
	a.y_low = (int)floor(log10(y[0]));
	a.y_high = (int)fmax(ceil(log10(y[1])), a.y_low + 1);
	return a;
}

void
svg_power_name(int power, char *out, size_t size)
{
	if (power >= 0 && power < 4)
		snprintf(out, size, "%.0f", pow(10, power));
	else
		snprintf(out, size, "1e%d", power);
}

static void
axes_write(FILE *f, const struct frame *frame, const char *x_name, bool numbers)
{
	const struct svg_axes *a = &frame->axes;
	char text[16];
	double at;
	int power;

	for (power = a->x_low; power <= a->x_high; power++) {
		at = place_x(frame, pow(10, power));
		svg_line(f, at, TOP, at, TOP + HEIGHT, "grid");
		svg_power_name(power, text, sizeof(text));
		svg_text(f, at, TOP + HEIGHT + 20, SVG_MIDDLE, text);
	}
	for (power = a->y_low; power <= a->y_high; power++) {
		at = place_y(frame, pow(10, power));
		svg_line(f, frame->left, at, frame->left + WIDTH, at, "grid");
		svg_power_name(power, text, sizeof(text));
		if (numbers)
			svg_text(f, frame->left - 8, at + 5, SVG_END, text);
	}
	svg_line(f, frame->left, TOP, frame->left, TOP + HEIGHT, "axis");
	svg_line(f, frame->left, TOP + HEIGHT, frame->left + WIDTH, TOP + HEIGHT, "axis");
	svg_text(f, frame->left + WIDTH / 2.0, TOP + HEIGHT + 44, SVG_MIDDLE, x_name);
}

static void
lines_write(FILE *f, const struct frame *frame, const struct svg_plot *plot)
{
	double x[SVG_PLOT_POINTS], y[SVG_PLOT_POINTS];
	size_t i, k;

	for (k = 0; k < plot->n; k++) {
		for (i = 0; i < plot->lines[k].n; i++) {
			x[i] = place_x(frame, plot->lines[k].x[i]);
			y[i] = place_y(frame, plot->lines[k].y[i]);
		}
		svg_path(f, x, y, i, (enum svg_mark)k);
	}
}

static void
legend_write(FILE *f, const struct svg_plot *plot)
{
	size_t k;

	for (k = 0; k < plot->n; k++) {
		const double left = LEFT + (double)k * LEGEND;
		const double x[] = { left, left + 25, left + 50 }, y[] = { 54, 54, 54 };

		svg_path(f, x, y, 3, (enum svg_mark)k);
		svg_text(f, left + 60, 59, SVG_START, plot->lines[k].name);
	}
}

void
svg_plots_write(FILE *f, const char *title, const char *about, const char *x_name,
		const char *y_name, const struct svg_plot *plots, size_t n)
{
	const double width = fmax((double)n * (WIDTH + GAP), (double)plots[0].n * LEGEND);
	struct frame frame = { .axes = svg_axes_of(plots, n) };
	size_t p;

	svg_begin(f, (unsigned int)(LEFT + width), TOP + HEIGHT + BOTTOM, title, about);
	svg_text(f, LEFT, 28, SVG_START, title);
	legend_write(f, &plots[0]);
	svg_text_up(f, 24, TOP + HEIGHT / 2.0, y_name);
	for (p = 0; p < n; p++) {
		frame.left = LEFT + (double)p * (WIDTH + GAP);
		axes_write(f, &frame, x_name, p == 0);
		svg_text(f, frame.left + WIDTH / 2.0, TOP - 10, SVG_MIDDLE, plots[p].name);
		lines_write(f, &frame, &plots[p]);
	}
	svg_end(f);
}
