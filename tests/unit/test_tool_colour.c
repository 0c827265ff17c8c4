/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Colours are on a terminal only, and never with NO_COLOR or on a terminal that does not know
 * them.
 */

#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tool_colour.h"

static FILE *terminal, *file;
static int other_end;

static int
setup(void **state)
{
	int fd;

	if (openpty(&other_end, &fd, NULL, NULL, NULL) < 0)
		return -1;
	terminal = fdopen(fd, "w");
	file = fopen("/dev/null", "we");
	return terminal != NULL && file != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	fclose(terminal);
	fclose(file);
	close(other_end);
	return 0;
}

static void
environment(const char *term, const char *no_color)
{
	assert_int_equal(term != NULL ? setenv("TERM", term, 1) : unsetenv("TERM"), 0);
	assert_int_equal(no_color != NULL ? setenv("NO_COLOR", no_color, 1) : unsetenv("NO_COLOR"), 0);
}

static void
assert_plain(FILE *f)
{
	enum tool_colour colour;

	for (colour = TOOL_PLAIN; colour <= TOOL_BAD; colour++) {
		assert_string_equal(tool_colour(f, colour), "");
		assert_string_equal(tool_colour_end(f, colour), "");
	}
}

static void
a_terminal_has_colours(void **state)
{
	environment("xterm", NULL);
	assert_true(tool_is_terminal(terminal));
	assert_string_equal(tool_colour(terminal, TOOL_PLAIN), "");
	assert_string_equal(tool_colour_end(terminal, TOOL_PLAIN), "");
	assert_string_equal(tool_colour(terminal, TOOL_GOOD), "\033[32m");
	assert_string_equal(tool_colour(terminal, TOOL_DOUBT), "\033[33m");
	assert_string_equal(tool_colour(terminal, TOOL_BAD), "\033[1;31m");
	assert_string_equal(tool_colour_end(terminal, TOOL_BAD), "\033[0m");
	/* An empty NO_COLOR asks for nothing. */
	environment("xterm", "");
	assert_string_equal(tool_colour(terminal, TOOL_GOOD), "\033[32m");
}

static void
a_file_has_none(void **state)
{
	environment("xterm", NULL);
	assert_false(tool_is_terminal(file));
	assert_plain(file);
}

static void
the_environment_forbids_them(void **state)
{
	environment("xterm", "0");
	assert_true(tool_is_terminal(terminal));
	assert_plain(terminal);
	environment("dumb", NULL);
	assert_false(tool_is_terminal(terminal));
	assert_plain(terminal);
	environment("", NULL);
	assert_plain(terminal);
	environment(NULL, NULL);
	assert_plain(terminal);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_has_colours),
		cmocka_unit_test(a_file_has_none),
		cmocka_unit_test(the_environment_forbids_them),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
