/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Horizontal bars in groups. A bar has one part or several, which are added up.
 */

#ifndef SVG_BARS_H
#define SVG_BARS_H

#include <stddef.h>

#include "svg.h"

#define SVG_BAR_PARTS 5
#define SVG_BARS_MAX 16

struct svg_bar {
	const char *name;
	double parts[SVG_BAR_PARTS];
	double low, high;	/**< extremes of the sum, drawn as a line; both 0: none */
};

/** The length of a bar: all of its parts. */
double svg_bar_sum(const struct svg_bar *bar);

/** Bars with one scale. */
struct svg_bars {
	const char *name;	/**< what they show, with the unit */
	struct svg_bar v[SVG_BARS_MAX];
	size_t n;
};

/** Writes bars: svg_bars_write(), or text_bars_write(). */
typedef void svg_bars_writer(FILE *f, const char *title, const char *about, const char *const *parts,
		size_t n_parts, const struct svg_bars *groups, size_t n);

/**
 * Write the picture.
 *
 * @param parts    names of the parts for the legend; NULL if there is one part
 * @param n_parts  1 to SVG_BAR_PARTS
 */
void svg_bars_write(FILE *f, const char *title, const char *about, const char *const *parts,
		size_t n_parts, const struct svg_bars *groups, size_t n);

#endif /* SVG_BARS_H */
