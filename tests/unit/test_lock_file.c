/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The lock that shows other processes that this one lives. */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree.h"
#include "uapi/vfio_uapi.h"

#define SECONDS 20	/* a lock that waits ends the test */

static char path[TREE_PATH_MAX];

static int
setup(void **state)
{
	if (tree_setup(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/lock", (const char *)*state);
	alarm(SECONDS);
	return 0;
}

static int
teardown(void **state)
{
	alarm(0);
	return tree_teardown(state);
}

/*
 * A process that locks the file, and forks a child that has all its descriptors. It ends when
 * the test closes *end, the child then too.
 */
struct holder {
	pid_t pid;
	int end, left;	/* pipes: the process waits for the first, the child for the second */
};

static void
wait_for_end(int fd)
{
	char c;

	while (read(fd, &c, 1) < 0 && errno == EINTR)
		;
}

static struct holder
holder_start(void)
{
	int end[2], left[2], ready[2];
	struct holder h;
	char c = 0;

	assert_int_equal(pipe(end), 0);
	assert_int_equal(pipe(left), 0);
	assert_int_equal(pipe(ready), 0);
	h.pid = fork();
	assert_true(h.pid >= 0);
	if (h.pid == 0) {
		close(end[1]);
		close(left[1]);
		c = vfio_uapi_lock_file(path) >= 0;
		if (fork() == 0) {
			close(ready[1]);
			wait_for_end(left[0]);
			_exit(0);
		}
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		wait_for_end(end[0]);
		_exit(0);
	}
	h.end = end[1];
	h.left = left[1];
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 1);
	close(ready[0]);
	close(ready[1]);
	close(end[0]);
	close(left[0]);
	return h;
}

static void
test_lives(void **state)
{
	struct holder h = holder_start();

	(void)state;
	assert_int_equal(vfio_uapi_file_is_locked(path), 1);
	assert_int_equal(vfio_uapi_lock_file(path), -EAGAIN);
	close(h.end);
	assert_int_equal(waitpid(h.pid, NULL, 0), h.pid);
	close(h.left);
}

/* It has died without its cleanup, and its child lives. */
static void
test_child_lives(void **state)
{
	struct holder h = holder_start();
	int fd;

	(void)state;
	kill(h.pid, SIGKILL);
	assert_int_equal(waitpid(h.pid, NULL, 0), h.pid);
	assert_int_equal(vfio_uapi_file_is_locked(path), 0);
	fd = vfio_uapi_lock_file(path);
	assert_true(fd >= 0);
	vfio_uapi_close(fd);
	close(h.end);
	close(h.left);
}

static void
test_absent(void **state)
{
	int fd;

	assert_int_equal(vfio_uapi_file_is_locked(path), -ENOENT);
	fd = vfio_uapi_lock_file(path);
	assert_true(fd >= 0);
	vfio_uapi_close(fd);
	assert_int_equal(vfio_uapi_file_is_locked(path), 0);
	tree_link(*state, "/link", "lock");
	snprintf(path, sizeof(path), "%s/link", (const char *)*state);
	assert_int_equal(vfio_uapi_lock_file(path), -ELOOP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_child_lives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
	};

	return cmocka_run_group_tests_name("lock_file", tests, NULL, NULL);
}
