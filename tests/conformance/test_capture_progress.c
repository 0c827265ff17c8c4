/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * A capture shows on a terminal what it does, and removes that at the end. A pipe gets nothing while
 * the work is short.
 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "captured.h"
#include "surveyed.h"
#include "tool_progress.h"

#define ERASE "\r\033[K"

static char text[4096];

/* Capture with stderr at @p to, and read from @p from what was written. */
static void
capture_to(const char *root, int from, int to)
{
	struct capture_device dev = { .named = true };
	struct captured captured;
	int saved = dup(STDERR_FILENO);
	size_t len = 0;

	assert_int_equal(topology_parse_bdf(NIC, &dev.addr), 0);
	fflush(stderr);
	assert_true(saved >= 0 && dup2(to, STDERR_FILENO) >= 0);
	captured_make(root, &dev, 1, &captured);
	/* Ends the reading, on a terminal too. */
	assert_int_equal(write(STDERR_FILENO, "", 1), 1);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	while (read(from, text + len, 1) == 1 && text[len] != '\0')
		assert_true(++len < sizeof(text));
	assert_int_equal(text[len], '\0');
	close(from);
	close(to);
	captured_free(&captured);
}

static void
to_terminal(const char *root)
{
	int from = posix_openpt(O_RDWR | O_NOCTTY), to;

	assert_true(from >= 0);
	assert_int_equal(grantpt(from), 0);
	assert_int_equal(unlockpt(from), 0);
	to = open(ptsname(from), O_RDWR | O_NOCTTY);
	assert_true(to >= 0);
	setenv("TERM", "xterm", 1);
	capture_to(root, from, to);
}

static void
a_terminal_shows_each_part(void **state)
{
	static const char *const parts[] = { "PCI functions", "device tree and ACPI",
		"memory and processors", NIC ", type1", NIC ", iommufd" };
	char line[80];
	const char *at = text;
	size_t i;

	to_terminal(*state);
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		snprintf(line, sizeof(line), ERASE "dpdk-test-msi: capture: %s (", parts[i]);
		if (strstr(text, line) == NULL)
			fail_msg("no \"%s\" in \"%s\"", parts[i], text);
	}
	/* Nothing is left. */
	while (strstr(at, ERASE) != NULL)
		at = strstr(at, ERASE) + strlen(ERASE);
	assert_string_equal(at, "");
}

static void
others_get_nothing(void **state)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	capture_to(*state, fds[0], fds[1]);
	assert_string_equal(text, "");
	tool_quiet = true;
	to_terminal(*state);
	tool_quiet = false;
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(a_terminal_shows_each_part),
		PLAN_TEST(others_get_nothing),
	};

	return RUN_ON_BACKENDS("capture_progress", tests);
}
