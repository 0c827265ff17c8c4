/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Pictures as SVG: black on white, with a title and a description for screen readers.
 * Errors of the stream show in ferror().
 */

#ifndef SVG_H
#define SVG_H

#include <stdio.h>

/** Where text is relative to its point. */
enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

/** Marks of points that differ without colour. */
enum svg_mark { SVG_DOT, SVG_SQUARE, SVG_TRIANGLE, SVG_DIAMOND, SVG_MARKS };

/** Begin a picture with a white background. */
void svg_begin(FILE *f, unsigned int width, unsigned int height, const char *title,
		const char *about);
void svg_end(FILE *f);

/**
 * Write a line of text; any character is allowed in @p text. What is not ASCII or not
 * printable becomes "?".
 */
void svg_text(FILE *f, double x, double y, enum svg_anchor anchor, const char *text);

/** The same, upwards, as beside an axis. */
void svg_text_up(FILE *f, double x, double y, const char *text);

void svg_line(FILE *f, double x0, double y0, double x1, double y1, const char *class);

void svg_rect(FILE *f, double x, double y, double width, double height, const char *class);

/** A rectangle with a text that a reader shows or speaks for it. */
void svg_box(FILE *f, double x, double y, double width, double height, const char *class,
		const char *title);

/** A line through points, dashed in one of SVG_MARKS ways. */
void svg_path(FILE *f, const double *x, const double *y, size_t n, enum svg_mark mark);

/* svg_save.c */

/**
 * Write a picture to a file. A signal that ends the program acts when a regular file is complete, so that
 * none leaves half a picture; elsewhere at once.
 *
 * @return 0, -errno.
 */
int svg_save(const char *path, void (*draw)(FILE *f, const void *what), const void *what);

#endif /* SVG_H */
