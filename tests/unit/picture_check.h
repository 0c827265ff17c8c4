/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What is true of every picture of a layout. Each function fails the running test if it is
 * not.
 */

#ifndef PICTURE_CHECK_H
#define PICTURE_CHECK_H

#include "layout_picture.h"

/** Pieces are in order, without gaps, visible, and as long as they claim to be. */
void scale_check(const struct addr_scale *scale, const struct addr_want *wants, size_t n);

/**
 * Items and labels of a placed picture do not overlap and lie at their addresses; both
 * drawings have all of them.
 */
void picture_check(const struct layout_picture *p);

/** The text is one well-formed XML element of ASCII characters. */
void xml_check(const char *text);

/** Draw to memory; the caller frees the text. */
char *picture_svg(const struct layout_picture *p);
char *picture_plot(const struct layout_picture *p);

#endif /* PICTURE_CHECK_H */
