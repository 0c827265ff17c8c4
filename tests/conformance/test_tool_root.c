/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The scratch folder of an unpacked capture is removed at the end, after a fault, and before a signal
 * ends the program.
 */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sysfs/sysfs.h"
#include "tar_file.h"
#include "tool_root.h"
#include "tool_signals.h"
#include "tree.h"

#define MANY 2000	/* take much longer to unpack than a signal to arrive */
#define LATE_S 60
#define ANSWERS "{\"format\": 1, \"kernel\": \"6.1\", \"machine\": \"x\", \"page_size\": \"0x1000\", " \
	"\"user_space_last\": \"0x0\", \"root\": true, \"answers\": []}"

static char tar[TREE_PATH_MAX], why[1024];

/* The folder for unpacking is "tmp". */
static int
setup(void **state)
{
	char tmp[TREE_PATH_MAX];

	if (tree_setup(state) != 0)
		return -1;
	snprintf(tmp, sizeof(tmp), "%s/tmp", (char *)*state);
	snprintf(tar, sizeof(tar), "%s/machine.tar", (char *)*state);
	return mkdir(tmp, 0700) == 0 && setenv("TMPDIR", tmp, 1) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	unsetenv("TMPDIR");
	return tree_teardown(state);
}

static void
pack(unsigned int files, const char *answers)
{
	char name[32];
	struct tar_out *out;
	unsigned int i;

	assert_int_equal(tar_out_open(tar, &out), 0);
	assert_int_equal(tar_out_file(out, ANSWERS_NAME, answers, strlen(answers)), 0);
	for (i = 0; i < files; i++) {
		snprintf(name, sizeof(name), "sys/%u", i);
		assert_int_equal(tar_out_file(out, name, "", 0), 0);
	}
	assert_int_equal(tar_out_close(out, true), 0);
}

/* Number of folders for unpacking. */
static size_t
unpacked(const char *root)
{
	char **names;
	size_t n;

	assert_int_equal(sysfs_list(root, &names, &n, "/tmp"), 0);
	sysfs_free_names(names, n);
	return n;
}

static void
it_is_removed_at_the_end(void **state)
{
	const struct tool_root_options opt = { .root = tar };
	struct tool_root root;

	pack(3, ANSWERS);
	assert_int_equal(tool_root_open(&opt, &root, why, sizeof(why)), 0);
	assert_true(root.captured && root.other);
	assert_int_equal(unpacked(*state), 1);
	assert_true(tree_exists(root.path, "/sys/2"));
	tool_root_close(&root);
	assert_int_equal(unpacked(*state), 0);
}

static void
it_is_removed_after_a_fault(void **state)
{
	const struct tool_root_options opt = { .root = tar };
	struct tool_root root;

	pack(1, "{}");
	assert_int_equal(tool_root_open(&opt, &root, why, sizeof(why)), -EBADMSG);
	assert_non_null(strstr(why, ANSWERS_NAME " has no format"));
	tool_root_close(&root);
	assert_int_equal(unpacked(*state), 0);
	tree_text(*state, "/machine.tar", "no tar file");
	assert_true(tool_root_open(&opt, &root, why, sizeof(why)) < 0);
	tool_root_close(&root);
	assert_int_equal(unpacked(*state), 0);
}

/* A command that is not ready before the signal. */
static void
command(void)
{
	const struct tool_root_options opt = { .root = tar };
	struct tool_root root;

	alarm(LATE_S);
	if (tool_root_open(&opt, &root, why, sizeof(why)) == 0)
		while (!tool_signals_waiting(&root.held))
			;
	tool_root_close(&root);
}

static void
it_is_removed_before_a_signal_acts(void **state)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction before;
	int status;
	size_t i;
	pid_t pid;

	sigaction(SIGHUP, NULL, &before);
	pack(MANY, ANSWERS);
	for (i = 0; i < sizeof(sigs) / sizeof(*sigs); i++) {
		signal(sigs[i], SIG_DFL);
		pid = fork();
		if (pid == 0) {
			command();
			_exit(0);
		}
		while (unpacked(*state) == 0)
			assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
		assert_int_equal(kill(pid, sigs[i]), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), sigs[i]);
		assert_int_equal(unpacked(*state), 0);
	}
	sigaction(SIGHUP, &before, NULL);
}

int
main(void)
{
#define ROOT_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		ROOT_TEST(it_is_removed_at_the_end),
		ROOT_TEST(it_is_removed_after_a_fault),
		ROOT_TEST(it_is_removed_before_a_signal_acts),
	};

	return cmocka_run_group_tests_name("tool_root", tests, NULL, NULL);
}
