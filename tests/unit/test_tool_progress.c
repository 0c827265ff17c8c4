/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Progress: lines in time in a file, one line that is drawn again on a terminal, nothing with
 * --quiet or in a child process. The test makes the time.
 */

#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tool_progress.h"

#define ERASE "\r\033[K"

static time_t seconds;
static int saved = -1, reader = -1;
static char text[4096];

int __wrap_clock_gettime(clockid_t id, struct timespec *out);

int
__wrap_clock_gettime(clockid_t id, struct timespec *out)
{
	*out = (struct timespec){ .tv_sec = seconds };
	return 0;
}

/* From here on stderr is what @p writer writes to, and is read from @p from. */
static void
redirect(int from, int writer)
{
	fflush(stderr);
	saved = dup(STDERR_FILENO);
	assert_true(saved >= 0 && dup2(writer, STDERR_FILENO) >= 0);
	close(writer);
	reader = from;
	seconds = 1000;
	tool_quiet = false;
}

static void
to_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	redirect(fds[0], fds[1]);
}

/* @param columns  0: not known */
static void
to_terminal(const char *term, unsigned short columns)
{
	const struct winsize size = { .ws_col = columns };
	struct termios raw;
	int from, to;

	assert_int_equal(openpty(&from, &to, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(to, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(to, TCSANOW, &raw), 0);
	setenv("TERM", term, 1);
	redirect(from, to);
}

/* What was written until now; stderr is as before. */
static const char *
written(void)
{
	size_t len = 0;
	ssize_t got;

	fflush(stderr);
	/* Ends the reading, on a terminal too. */
	assert_int_equal(write(STDERR_FILENO, "", 1), 1);
	while ((got = read(reader, text + len, 1)) == 1 && text[len] != '\0')
		assert_true(++len < sizeof(text));
	assert_int_equal(got, 1);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(reader);
	return text;
}

static void
a_file_gets_the_first_step_and_lines_in_time(void **state)
{
	int i;

	to_pipe();
	tool_progress_begin("work", 3);
	tool_progress_step("round %d", 1);
	tool_progress_step("round %d", 2);
	for (i = 0; i < 25; i++) {
		seconds++;
		tool_progress_tick();
		tool_progress_tick();
	}
	tool_progress_step("round %d", 3);
	seconds += 4;
	tool_progress_hide();
	tool_progress_count(5, 7);
	tool_progress_count(9, 7);
	seconds += 100;
	tool_progress_count(9, 7);
	tool_progress_end();
	seconds += 100;
	tool_progress_tick();
	tool_progress_step("never");
	tool_progress_count(1, 2);
	assert_string_equal(written(),
		"dpdk-test-msi: work: round 1 (step 1 of 3, 0 s)\n"
		"dpdk-test-msi: work: round 2 (step 2 of 3, 10 s)\n"
		"dpdk-test-msi: work: round 2 (step 2 of 3, 20 s)\n"
		"dpdk-test-msi: work: round 3: 7 of 7 (step 3 of 3, 129 s)\n");
}

/* Work that is short most of the time. */
static void
work_without_steps_is_silent_while_it_is_short(void **state)
{
	to_pipe();
	tool_progress_begin("work", 0);
	tool_progress_step("first");
	tool_progress_count(1, 100);
	seconds += 9;
	tool_progress_count(2, 100);
	seconds++;
	tool_progress_count(3, 100);
	tool_progress_count(4, 100);
	tool_progress_end();
	assert_string_equal(written(), "dpdk-test-msi: work: first: 3 of 100 (10 s)\n");
}

static void
a_terminal_has_one_line(void **state)
{
	to_terminal("xterm", 0);
	tool_progress_begin("work", 2);
	tool_progress_step("a");
	seconds++;
	tool_progress_tick();
	tool_progress_tick();
	tool_progress_hide();
	tool_progress_hide();
	tool_progress_step("b");
	tool_progress_end();
	assert_string_equal(written(),
		ERASE "dpdk-test-msi: work: a (step 1 of 2, 0 s)"
		ERASE "dpdk-test-msi: work: a (step 1 of 2, 1 s)" ERASE
		ERASE "dpdk-test-msi: work: b (step 2 of 2, 1 s)" ERASE);
}

/* Only the last row of a line that wraps can be removed. */
static void
a_line_fits_the_terminal(void **state)
{
	static const struct {
		unsigned short columns;
		const char *line;
	} rows[] = {
		{ 0, "dpdk-test-msi: bench map: pages of 2M, round 2 of 5, vfio_m (step 1 of 45, 0 s)" },
		{ 80, "dpdk-test-msi: bench map: pages of 2M, round 2 of 5, vfio_m (step 1 of 45, 0 s)" },
		{ 40, "dpdk-test-msi: benc (step 1 of 45, 0 s)" },
		{ 10, " (step 1 " },
		{ 1, "" },
		{ 90, "dpdk-test-msi: bench map: pages of 2M, round 2 of 5, vfio_msi, iommuf (step 1 of 45, 0 s)" },
		{ 91, "dpdk-test-msi: bench map: pages of 2M, round 2 of 5, vfio_msi, iommufd (step 1 of 45, 0 s)" },
	};
	char want[160];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		to_terminal("xterm", rows[i].columns);
		tool_progress_begin("bench map", 45);
		tool_progress_step("pages of 2M, round 2 of 5, vfio_msi, iommufd");
		tool_progress_end();
		snprintf(want, sizeof(want), ERASE "%s" ERASE, rows[i].line);
		assert_string_equal(written(), want);
	}
}

static void
a_terminal_without_escapes_gets_lines(void **state)
{
	to_terminal("dumb", 40);
	tool_progress_begin("work", 1);
	tool_progress_step("a");
	tool_progress_end();
	assert_string_equal(written(), "dpdk-test-msi: work: a (step 1 of 1, 0 s)\n");
}

static void
quiet_prints_nothing(void **state)
{
	to_terminal("xterm", 0);
	tool_quiet = true;
	tool_progress_begin("work", 2);
	tool_progress_step("a");
	seconds += 100;
	tool_progress_count(1, 2);
	tool_progress_hide();
	tool_progress_end();
	assert_string_equal(written(), "");
}

/* It removes the line before a message of its own, and draws nothing. */
static void
a_child_draws_nothing(void **state)
{
	int status;
	pid_t pid;

	to_terminal("xterm", 0);
	tool_progress_begin("work", 1);
	tool_progress_step("a");
	pid = fork();
	if (pid == 0) {
		tool_progress_forget();
		seconds += 100;
		tool_progress_tick();
		tool_progress_step("b");
		tool_progress_hide();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	tool_progress_end();
	assert_string_equal(written(), ERASE "dpdk-test-msi: work: a (step 1 of 1, 0 s)" ERASE ERASE);
}

/* The prompt of the shell must not follow the line. */
static void
a_signal_removes_the_line(void **state)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM };
	const struct rlimit no_core = { 0 };
	int status;
	size_t i;
	pid_t pid;

	for (i = 0; i < sizeof(sigs) / sizeof(*sigs); i++) {
		to_terminal("xterm", 0);
		pid = fork();
		if (pid == 0) {
			setrlimit(RLIMIT_CORE, &no_core);
			/* A shell without job control starts it in the background with SIGINT ignored. */
			signal(sigs[i], SIG_DFL);
			tool_progress_begin("work", 1);
			tool_progress_step("a");
			raise(sigs[i]);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), sigs[i]);
		assert_string_equal(written(), ERASE "dpdk-test-msi: work: a (step 1 of 1, 0 s)" ERASE);
	}
}

static void
ignored_signals_stay_ignored(void **state)
{
	void (*const before)(int) = signal(SIGHUP, SIG_IGN);

	to_terminal("xterm", 0);
	tool_progress_begin("work", 1);
	tool_progress_step("a");
	assert_int_equal(raise(SIGHUP), 0);
	tool_progress_end();
	assert_string_equal(written(), ERASE "dpdk-test-msi: work: a (step 1 of 1, 0 s)" ERASE);
	assert_true(signal(SIGHUP, before) == SIG_IGN);
	/* The others are as before. */
	assert_true(signal(SIGTERM, SIG_DFL) == SIG_DFL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_gets_the_first_step_and_lines_in_time),
		cmocka_unit_test(work_without_steps_is_silent_while_it_is_short),
		cmocka_unit_test(a_terminal_has_one_line),
		cmocka_unit_test(a_line_fits_the_terminal),
		cmocka_unit_test(a_terminal_without_escapes_gets_lines),
		cmocka_unit_test(quiet_prints_nothing),
		cmocka_unit_test(a_child_draws_nothing),
		cmocka_unit_test(a_signal_removes_the_line),
		cmocka_unit_test(ignored_signals_stay_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
