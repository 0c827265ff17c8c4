/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tool_leavings.h"
#include "tool_progress.h"
#include "tool_signals.h"
#include "tool_supervise.h"

#define ONE_STOP_S 1	/* signals that come together are one request */
#define OTHERS_S 10	/* they get SIGKILL when the child ends */

static char prefix[TOOL_PREFIX_LEN];

/* Processes that became children of this one when the shell called exec(). */
static struct {
	pid_t *v;
	size_t n;
} inherited;

const char *
tool_file_prefix(void)
{
	return prefix;
}

void
tool_end_with(int parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have ended before. */
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

/* NULL if the kernel has no such list. */
static FILE *
open_children(void)
{
	return fopen("/proc/thread-self/children", "re");
}

/* Without memory the wait for the others lasts too long, but ends. */
static void
note_inherited(void)
{
	FILE *f = open_children();
	pid_t *v;
	int pid;

	inherited.n = 0;
	while (f != NULL && fscanf(f, "%d", &pid) == 1) {
		v = reallocarray(inherited.v, inherited.n + 1, sizeof(*v));
		if (v == NULL)
			break;
		inherited.v = v;
		v[inherited.n++] = pid;
	}
	if (f != NULL)
		fclose(f);
}

static bool
is_inherited(pid_t pid)
{
	size_t i;

	for (i = 0; i < inherited.n && inherited.v[i] != pid; i++)
		;
	return i < inherited.n;
}

/* Reap the ended processes of the child. @return whether others of them remain */
static bool
others_remain(void)
{
	FILE *f = open_children();
	bool remain = false;
	int pid;

	while (f != NULL && fscanf(f, "%d", &pid) == 1)
		if (!is_inherited(pid) && waitpid(pid, NULL, WNOHANG) == 0)
			remain = true;
	if (f != NULL)
		fclose(f);
	return remain;
}

static bool
passed(const struct timespec *since, time_t seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now.tv_sec -= seconds;
	return now.tv_sec != since->tv_sec ? now.tv_sec > since->tv_sec :
		now.tv_nsec >= since->tv_nsec;
}

/* A request to stop. Several signals at once are one: timeout(1) signals its child and then the
 * group, and a terminal that closes can do so too.
 */
struct stop {
	int sig;	/* the first one; 0: none */
	struct timespec since;
};

/* @return whether the signal is a second request */
static bool
take_signal(struct stop *stop, int sig)
{
	if (stop->sig != 0)
		return passed(&stop->since, ONE_STOP_S);
	stop->sig = sig;
	clock_gettime(CLOCK_MONOTONIC, &stop->since);
	return false;
}

/* @param held  blocked */
static void
await(pid_t child, const sigset_t *held, int *status, struct stop *stop)
{
	sigset_t wanted = *held;
	bool first;
	int sig;

	sigaddset(&wanted, SIGCHLD);
	for (;;) {
		sig = sigwaitinfo(&wanted, NULL);
		if (sig == SIGCHLD && waitpid(child, status, WNOHANG) == child)
			return;
		if (sig <= 0 || sig == SIGCHLD)
			continue;
		first = stop->sig == 0;
		/* The child can delay the first one, while it writes a file. */
		if (take_signal(stop, sig))
			kill(child, SIGKILL);
		else if (first)
			kill(child, sig);
	}
}

/*
 * The processes of the child end with it and become those of this one. One that the kernel can't
 * end must not hold the user.
 */
static void
await_others(const sigset_t *held, struct stop *stop)
{
	const struct timespec turn = { .tv_sec = 1 };
	struct timespec since;
	sigset_t wanted = *held;
	bool first, enough = false;
	int sig;

	sigaddset(&wanted, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &since);
	while (!enough && others_remain() && !passed(&since, OTHERS_S)) {
		sig = sigtimedwait(&wanted, NULL, &turn);
		first = stop->sig == 0;
		if (sig > 0 && sig != SIGCHLD)
			enough = take_signal(stop, sig) || first;
	}
}

static pid_t
start(int (*run)(void *arg), void *arg, const sigset_t *before)
{
	pid_t parent = getpid(), child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		tool_end_with(parent);
		sigprocmask(SIG_SETMASK, before, NULL);
		exit(run(arg));
	}
	return child < 0 ? -errno : child;
}

int
tool_supervise(int (*run)(void *arg), void *arg, struct tool_ending *out)
{
	sigset_t before, held, child_only;
	struct stop stop = { 0 };
	int status = 0;
	pid_t child;

	*out = (struct tool_ending){ 0 };
	snprintf(prefix, sizeof(prefix), "dpdk-test-msi-%d", (int)getpid());
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&child_only);
	sigaddset(&child_only, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_only, &before);
	tool_signals_hold(&held);
	note_inherited();
	child = start(run, arg, &before);
	if (child > 0) {
		await(child, &held, &status, &stop);
		await_others(&held, &stop);
		/* A closed pipe ends only the writer, and a user can end the child alone. */
		if (stop.sig == 0 && WIFSIGNALED(status) &&
				sigismember(&held, WTERMSIG(status)) == 1)
			stop.sig = WTERMSIG(status);
		tool_leavings_remove("/proc/mounts", prefix);
	}
	free(inherited.v);
	inherited.v = NULL;
	if (stop.sig != 0) {
		tool_progress_clear();
		raise(stop.sig);
	}
	/* A signal acts here. */
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0)
		return child;
	if (WIFEXITED(status))
		out->status = WEXITSTATUS(status);
	else
		out->killed_by = WTERMSIG(status);
	return 0;
}
