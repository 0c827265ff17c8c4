/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_msi.h"
#include "tool_progress.h"
#include "tool_supervise.h"

#define CRASHED 255
#define TICK_MS 500

static int
in_child(int (*run)(void *arg, void *result), void *arg, void *result, size_t size, int out)
{
	int status;

	tool_progress_forget();
	tool_report_forget_faults();
	status = run(arg, result);
	fflush(stdout);
	if (write(out, result, size) != (ssize_t)size || tool_report_send_faults(out) < 0)
		status = CRASHED;
	return status;
}

/* Until the child has a result or ends. */
static void
await(int fd)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	int n;

	while ((n = poll(&wanted, 1, TICK_MS)) == 0 || (n < 0 && errno == EINTR))
		tool_progress_tick();
	tool_progress_hide();
}

int
tool_child_run(const char *who, int (*run)(void *arg, void *result), void *arg, void *result,
		size_t size)
{
	int fds[2], status = 0;
	ssize_t got;
	pid_t parent = getpid(), pid;

	fflush(stdout);
	if (pipe2(fds, O_CLOEXEC) < 0) {
		status = -errno;
		tool_error(who, "no pipe can be created: %s; raise the limit of open files (ulimit -n)",
			strerror(-status));
		return status;
	}
	pid = fork();
	if (pid < 0) {
		status = -errno;
		tool_error(who, "no process can be created: %s", strerror(-status));
		close(fds[0]);
		close(fds[1]);
		return status;
	}
	if (pid == 0) {
		tool_end_with(parent);
		_exit(in_child(run, arg, result, size, fds[1]));
	}
	close(fds[1]);
	await(fds[0]);
	got = read(fds[0], result, size);
	if (got == (ssize_t)size)
		tool_report_take_faults(fds[0]);
	close(fds[0]);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && got == (ssize_t)size &&
			WEXITSTATUS(status) != CRASHED)
		return WEXITSTATUS(status);
	tool_error(who, "a child process ended early; see the messages above, and the kernel's log");
	return -ECHILD;
}

void
tool_be_quiet(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}
