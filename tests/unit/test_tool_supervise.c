/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * A supervised command: its end is passed on, and at a signal none of its processes and files
 * is left.
 */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tool_leavings.h"
#include "tool_signals.h"
#include "tool_supervise.h"
#include "tree.h"

#define LATE_S 60

/* Of kernels with CONFIG_PROC_CHILDREN. */
#define CHILDREN "/proc/thread-self/children"

/* What the command does, and the pipe by which it says that it is ready. Each process of it has
 * the writing end open, so its end is the end of all of them. */
struct act {
	const char *root;
	int out;
	bool stubborn;	/* holds signals */
	int (*run)(void *act);	/* NULL: works() */
};

static int
returns(void *arg)
{
	return *(int *)arg;
}

static int
crashes(void *arg)
{
	return raise(SIGKILL);
}

/* Starts another process, writes its prefix, and works on. */
static int
works(void *arg)
{
	struct act *act = arg;
	pid_t parent = getpid();
	sigset_t held;

	if (act->stubborn)
		tool_signals_hold(&held);
	tree_empty(act->root, "/dpdk/%s/config", tool_file_prefix());
	if (fork() == 0) {
		tool_end_with(parent);
		while (true)
			pause();
	}
	if (write(act->out, tool_file_prefix(), TOOL_PREFIX_LEN) != TOOL_PREFIX_LEN)
		return EXIT_FAILURE;
	while (true)
		pause();
}

/* Run a command as dpdk-test-msi does. @return its process, once it is ready */
static pid_t
start(struct act *act, int *in, char prefix[TOOL_PREFIX_LEN])
{
	struct tool_ending ending;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	act->out = fds[1];
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		_exit(tool_supervise(act->run != NULL ? act->run : works, act, &ending) == 0 ? ending.status : EXIT_FAILURE);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], prefix, TOOL_PREFIX_LEN), TOOL_PREFIX_LEN);
	*in = fds[0];
	return pid;
}

/* All processes end soon. @return how the supervisor ended */
static int
ended(pid_t pid, int in)
{
	int status;
	char c;

	alarm(LATE_S);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(read(in, &c, 1), 0);
	alarm(0);
	close(in);
	assert_true(WIFSIGNALED(status));
	return WTERMSIG(status);
}

static void
the_status_is_passed_on(void **state)
{
	struct tool_ending ending;
	int status;

	for (status = 0; status <= 5; status += 5) {
		assert_int_equal(tool_supervise(returns, &status, &ending), 0);
		assert_int_equal(ending.status, status);
		assert_int_equal(ending.killed_by, 0);
	}
	assert_int_equal(tool_supervise(crashes, NULL, &ending), 0);
	assert_int_equal(ending.killed_by, SIGKILL);
}

/* "> >(tee log)" makes such a child: it ends when the supervisor closes a pipe. */
static void
older_children_are_not_awaited(void **state)
{
	struct tool_ending ending;
	int fds[2], status = 5;
	siginfo_t info = { 0 };
	pid_t reader, ended;
	char c;

	assert_int_equal(pipe(fds), 0);
	reader = fork();
	if (reader == 0) {
		close(fds[1]);
		_exit(read(fds[0], &c, 1) == 0 ? 7 : EXIT_FAILURE);
	}
	close(fds[0]);
	ended = fork();
	if (ended == 0)
		_exit(8);
	assert_int_equal(waitid(P_PID, (id_t)ended, &info, WEXITED | WNOWAIT), 0);
	alarm(LATE_S);
	assert_int_equal(tool_supervise(returns, &status, &ending), 0);
	alarm(0);
	assert_int_equal(ending.status, 5);
	close(fds[1]);
	/* Nor does it take their status. */
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(waitpid(ended, &status, 0), ended);
	assert_int_equal(WEXITSTATUS(status), 8);
}

/* Without that list the supervisor does not know which processes to wait for. */
static void
skip_without_children(void)
{
	if (access(CHILDREN, F_OK) == 0 || errno != ENOENT)
		return;
	print_message("skipped: there is no " CHILDREN " (CONFIG_PROC_CHILDREN)\n");
	skip();
}

static pid_t
only_child(void)
{
	FILE *f = fopen(CHILDREN, "re");
	int pid, more;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d %d", &pid, &more), 1);
	fclose(f);
	return pid;
}

/* Without tool_end_with() its process outlives it. */
static int
leaves_a_process(void *arg)
{
	const struct act *act = arg;

	if (fork() == 0)
		while (true)
			pause();
	return write(act->out, tool_file_prefix(), TOOL_PREFIX_LEN) == TOOL_PREFIX_LEN ?
		EXIT_SUCCESS : EXIT_FAILURE;
}

static void
a_process_that_stays_does_not_hold_the_user(void **state)
{
	struct act act = { .root = *state, .run = leaves_a_process };
	char prefix[TOOL_PREFIX_LEN];
	int in, status, other;
	pid_t pid;

	skip_without_children();
	pid = start(&act, &in, prefix);
	usleep(200000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(kill(pid, SIGINT), 0);
	alarm(LATE_S);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	alarm(0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	/* The only child of this test, which is a subreaper. */
	other = only_child();
	assert_int_equal(kill(other, SIGKILL), 0);
	assert_int_equal(waitpid(other, &status, 0), other);
	close(in);
}

static void
signals_leave_nothing(void **state)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct act act = { .root = *state };
	char prefix[TOOL_PREFIX_LEN];
	size_t i;
	pid_t pid;
	int in;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		pid = start(&act, &in, prefix);
		assert_true(tree_exists(*state, "/dpdk/%s/config", prefix));
		assert_int_equal(kill(pid, signals[i]), 0);
		assert_int_equal(ended(pid, in), signals[i]);
		assert_false(tree_exists(*state, "/dpdk/%s", prefix));
		assert_true(tree_exists(*state, "/dpdk"));
	}
}

/* Writes into a pipe without a reader. */
static int
prints(void *arg)
{
	const struct act *act = arg;

	if (write(act->out, tool_file_prefix(), TOOL_PREFIX_LEN) != TOOL_PREFIX_LEN)
		return EXIT_FAILURE;
	while (write(act->out, "", 1) == 1)
		usleep(1000);
	return EXIT_FAILURE;
}

/* "| head -1" */
static void
a_closed_pipe_ends_it_by_sigpipe(void **state)
{
	struct act act = { .root = *state, .run = prints };
	char prefix[TOOL_PREFIX_LEN];
	int in, status;
	pid_t pid = start(&act, &in, prefix);

	close(in);
	alarm(LATE_S);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	alarm(0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGPIPE);
}

/* The command may delay the first one. */
static void
a_second_signal_does_not_wait(void **state)
{
	struct act act = { .root = *state, .stubborn = true };
	char prefix[TOOL_PREFIX_LEN];
	int in, status;
	pid_t pid = start(&act, &in, prefix);

	assert_int_equal(kill(pid, SIGTERM), 0);
	usleep(1200000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(ended(pid, in), SIGTERM);
	assert_false(tree_exists(*state, "/dpdk/%s", prefix));
}

/* timeout(1) sends two. */
static void
signals_at_once_are_one(void **state)
{
	struct act act = { .root = *state, .stubborn = true };
	char prefix[TOOL_PREFIX_LEN];
	int in, status, i;
	pid_t pid = start(&act, &in, prefix);

	for (i = 0; i < 3; i++) {
		assert_int_equal(kill(pid, i == 2 ? SIGHUP : SIGTERM), 0);
		usleep(100000);
	}
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	usleep(1000000);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(ended(pid, in), SIGTERM);
}

static void
no_process_outlives_the_supervisor(void **state)
{
	struct act act = { .root = *state };
	char prefix[TOOL_PREFIX_LEN];
	int in;
	pid_t pid = start(&act, &in, prefix);

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(ended(pid, in), SIGKILL);
}

/* nohup */
static void
an_ignored_signal_is_ignored(void **state)
{
	void (*before)(int) = signal(SIGHUP, SIG_IGN);
	struct act act = { .root = *state };
	char prefix[TOOL_PREFIX_LEN];
	int in, status;
	pid_t pid = start(&act, &in, prefix);

	assert_int_equal(kill(pid, SIGHUP), 0);
	usleep(200000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(ended(pid, in), SIGTERM);
	assert_true(signal(SIGHUP, before) != SIG_ERR);
}

static int
setup(void **state)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM };
	sigset_t all;
	size_t i;

	/* As by default, also under nohup, or in the background of a shell. */
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	/* Processes of a killed supervisor come here. */
	if (tree_setup(state) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return -1;
	/* For root too. */
	return setenv("RUNTIME_DIRECTORY", *state, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_status_is_passed_on, setup, tree_teardown),
		cmocka_unit_test_setup_teardown(older_children_are_not_awaited, setup, tree_teardown),
		cmocka_unit_test_setup_teardown(a_process_that_stays_does_not_hold_the_user, setup,
			tree_teardown),
		cmocka_unit_test_setup_teardown(signals_leave_nothing, setup, tree_teardown),
		cmocka_unit_test_setup_teardown(a_closed_pipe_ends_it_by_sigpipe, setup, tree_teardown),
		cmocka_unit_test_setup_teardown(a_second_signal_does_not_wait, setup, tree_teardown),
		cmocka_unit_test_setup_teardown(signals_at_once_are_one, setup, tree_teardown),
		cmocka_unit_test_setup_teardown(no_process_outlives_the_supervisor, setup, tree_teardown),
		cmocka_unit_test_setup_teardown(an_ignored_signal_is_ignored, setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
