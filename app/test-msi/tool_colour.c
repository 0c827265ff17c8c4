/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool_colour.h"

bool
tool_is_terminal(FILE *f)
{
	const char *term = getenv("TERM");

	return term != NULL && *term != '\0' && strcmp(term, "dumb") != 0 && isatty(fileno(f)) == 1;
}

static bool
has_colours(FILE *f)
{
	const char *no = getenv("NO_COLOR");

	return (no == NULL || *no == '\0') && tool_is_terminal(f);
}

const char *
tool_colour(FILE *f, enum tool_colour colour)
{
	static const char *const sequences[] = {
		[TOOL_PLAIN] = "",
		[TOOL_GOOD] = "\033[32m",
		[TOOL_DOUBT] = "\033[33m",
		[TOOL_BAD] = "\033[1;31m",
	};

	return has_colours(f) ? sequences[colour] : "";
}

const char *
tool_colour_end(FILE *f, enum tool_colour colour)
{
	return colour != TOOL_PLAIN && has_colours(f) ? "\033[0m" : "";
}
