/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Colours of status words, and what a terminal understands. Not thread safe.
 */

#ifndef TOOL_COLOUR_H
#define TOOL_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

enum tool_colour {
	TOOL_PLAIN,
	TOOL_GOOD,	/**< green */
	TOOL_DOUBT,	/**< yellow */
	TOOL_BAD,	/**< red and bold */
};

/** Is it a terminal that understands escape sequences? TERM decides. */
bool tool_is_terminal(FILE *f);

/**
 * The sequence that begins a colour on @p f, or "" if there are none: without a terminal, and
 * with a NO_COLOR that is not empty.
 */
const char *tool_colour(FILE *f, enum tool_colour colour);

/** The sequence that ends this colour, or "". */
const char *tool_colour_end(FILE *f, enum tool_colour colour);

#endif /* TOOL_COLOUR_H */
