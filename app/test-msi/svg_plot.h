/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Plots side by side with the same logarithmic axes and one legend.
 */

#ifndef SVG_PLOT_H
#define SVG_PLOT_H

#include <stddef.h>

#include "svg.h"

#define SVG_PLOT_POINTS 40	/**< maximum number of points of a line */

/** One line; all values are positive. */
struct svg_line_of {
	const char *name;	/**< for the legend; taken from the first plot */
	double x[SVG_PLOT_POINTS], y[SVG_PLOT_POINTS];
	size_t n;
};

struct svg_plot {
	const char *name;
	struct svg_line_of lines[SVG_MARKS];
	size_t n;
};

/** Ends of the axes, as powers of 10. */
struct svg_axes {
	int x_low, x_high, y_low, y_high;
};

/** Find the axes: whole powers of 10 around all points, at least one power apart. */
struct svg_axes svg_axes_of(const struct svg_plot *plots, size_t n);

/** "100", "1e5". */
void svg_power_name(int power, char *out, size_t size);

/** Writes plots: svg_plots_write(), or text_plots_write(). */
typedef void svg_plots_writer(FILE *f, const char *title, const char *about, const char *x_name,
		const char *y_name, const struct svg_plot *plots, size_t n);

/**
 * Write the picture.
 *
 * @param plots  at least one, with at least one point
 */
void svg_plots_write(FILE *f, const char *title, const char *about, const char *x_name,
		const char *y_name, const struct svg_plot *plots, size_t n);

#endif /* SVG_PLOT_H */
