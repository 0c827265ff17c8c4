/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The file of a picture is complete, also after a signal. A pipe that blocks can be interrupted. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "svg.h"
#include "tree.h"

#define LATE_S 60
#define READY_US 200000	/* then the child waits for the pipe */

static char file[TREE_PATH_MAX];

static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

#define N_SIGNALS (sizeof(signals) / sizeof(*signals))

/* The test may have been started with signals that are ignored (nohup, &) or blocked. */
static int
setup(void **state)
{
	sigset_t set;
	size_t i;

	if (tree_setup(state) != 0)
		return -1;
	sigemptyset(&set);
	for (i = 0; i < N_SIGNALS; i++) {
		signal(signals[i], SIG_DFL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	snprintf(file, sizeof(file), "%s/picture", (char *)*state);
	return 0;
}

static void
draw(FILE *f, const void *what)
{
	fputs(what, f);
}

/* The signal comes when a part of the file is written. */
static void
draw_interrupted(FILE *f, const void *what)
{
	fputs("first ", f);
	fflush(f);
	raise(*(const int *)what);
	fputs("second", f);
}

/* More than a pipe takes without being read. */
static void
draw_much(FILE *f, const void *what)
{
	size_t i;

	for (i = 0; i < 1u << 17; i++)
		fputs("0123456789abcdef", f);
}

static pid_t
start(void (*with)(FILE *f, const void *what), const void *what)
{
	pid_t pid = fork();

	if (pid == 0) {
		/* A failed test leaves no process that holds its output open. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(svg_save(file, with, what) == 0 ? 0 : 1);
	}
	return pid;
}

/* @return the signal by which it ended */
static int
ended(pid_t pid)
{
	int status;

	alarm(LATE_S);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	alarm(0);
	assert_true(WIFSIGNALED(status));
	return WTERMSIG(status);
}

static void
expect_file(const char *text)
{
	char got[64];
	FILE *f = fopen(file, "re");
	size_t len;

	assert_non_null(f);
	len = fread(got, 1, sizeof(got) - 1, f);
	fclose(f);
	got[len] = '\0';
	assert_string_equal(got, text);
}

static void
a_file_is_written_and_replaced(void **state)
{
	assert_int_equal(svg_save(file, draw, "something long"), 0);
	expect_file("something long");
	assert_int_equal(svg_save(file, draw, "short"), 0);
	expect_file("short");
}

static void
errors_are_returned(void **state)
{
	assert_int_equal(svg_save(*state, draw, "x"), -EISDIR);
	assert_int_equal(svg_save("/nonexistent/picture", draw, "x"), -ENOENT);
	assert_int_equal(svg_save("/dev/full", draw, "x"), -ENOSPC);
}

static void
a_signal_leaves_a_whole_file(void **state)
{
	size_t i;

	for (i = 0; i < 2 * N_SIGNALS; i++) {
		const int *sig = &signals[i / 2];

		/* A new file, then an existing one. */
		if (i % 2 == 0)
			unlink(file);
		assert_int_equal(ended(start(draw_interrupted, sig)), *sig);
		expect_file("first second");
	}
}

static void
a_pipe_without_reader_is_interrupted(void **state)
{
	size_t i;
	pid_t pid;

	assert_int_equal(mkfifo(file, 0600), 0);
	for (i = 0; i < N_SIGNALS; i++) {
		pid = start(draw, "x");
		usleep(READY_US);
		assert_int_equal(kill(pid, signals[i]), 0);
		assert_int_equal(ended(pid), signals[i]);
	}
}

static void
a_pipe_that_nobody_reads_is_interrupted(void **state)
{
	pid_t pid;
	int fd;

	assert_int_equal(mkfifo(file, 0600), 0);
	fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	pid = start(draw_much, NULL);
	usleep(READY_US);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(ended(pid), SIGTERM);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, tree_teardown)
		T(a_file_is_written_and_replaced), T(errors_are_returned),
		T(a_signal_leaves_a_whole_file), T(a_pipe_without_reader_is_interrupted),
		T(a_pipe_that_nobody_reads_is_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
