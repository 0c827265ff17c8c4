/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The pictures of svg_bars.h and svg_plot.h as text, for a terminal of 100 columns.
 */

#ifndef TEXT_PICTURE_H
#define TEXT_PICTURE_H

#include "svg_bars.h"
#include "svg_plot.h"

/** As svg_bars_write(). @p about is for those who can't see a picture, and is left out. */
void text_bars_write(FILE *f, const char *title, const char *about, const char *const *parts,
		size_t n_parts, const struct svg_bars *groups, size_t n);

/** As svg_plots_write(), one plot below the other. */
void text_plots_write(FILE *f, const char *title, const char *about, const char *x_name,
		const char *y_name, const struct svg_plot *plots, size_t n);

#endif /* TEXT_PICTURE_H */
