/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tool_colour.h"
#include "tool_progress.h"

#define TERMINAL_S 1	/* between two lines */
#define FILE_S 10
#define COLUMNS 80	/* if the terminal does not report them */
#define ERASE "\r\033[K"

bool tool_quiet;

static struct {
	const char *who;	/* NULL: nothing is in progress */
	unsigned int steps, step;
	char what[96];
	uint64_t done, of;
	time_t begin, due;
	bool terminal;
	volatile sig_atomic_t drawn;	/* the line is on the terminal */
} progress;

/* Signals that end the program. */
static const int ends[] = { SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM };

/* The program ends by the signal when this returns. */
static void
on_end(int sig)
{
	if (progress.drawn && write(STDERR_FILENO, ERASE, sizeof(ERASE) - 1) > 0)
		progress.drawn = false;
	raise(sig);
}

/* Replace one handler of signals by another. */
static void
handle_ends(void (*old)(int), void (*new)(int))
{
	struct sigaction now, next = { .sa_handler = new, .sa_flags = (int)SA_RESETHAND };
	size_t i;

	sigemptyset(&next.sa_mask);
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler == old)
			sigaction(ends[i], &next, NULL);
}

static time_t
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* A longer line would wrap, and ERASE removes only its last row. */
static size_t
room(void)
{
	struct winsize size;
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;

	if (!progress.terminal)
		return SIZE_MAX;
	return known ? size.ws_col - 1u : COLUMNS - 1u;
}

/* The cursor stays behind the line on a terminal. */
static void
draw(time_t now)
{
	char text[128 + sizeof(progress.what)], count[64] = "", step[48] = "", tail[160];
	size_t fits = room(), len, tail_len;

	snprintf(text, sizeof(text), "dpdk-test-msi: %s%s%s", progress.who,
		progress.what[0] != '\0' ? ": " : "", progress.what);
	if (progress.of > 0)
		snprintf(count, sizeof(count), ": %" PRIu64 " of %" PRIu64, progress.done,
			progress.of);
	if (progress.steps > 0)
		snprintf(step, sizeof(step), "step %u of %u, ", progress.step, progress.steps);
	snprintf(tail, sizeof(tail), "%s (%s%lld s)", count, step,
		(long long)(now - progress.begin));
	/* What changes is at the end. */
	tail_len = min_size(strlen(tail), fits);
	len = min_size(strlen(text), fits - tail_len);
	fflush(stdout);
	fprintf(stderr, "%s%.*s%.*s%s", progress.terminal ? ERASE : "", (int)len, text,
		(int)tail_len, tail, progress.terminal ? "" : "\n");
	fflush(stderr);
	progress.drawn = progress.terminal;
	progress.due = now + (progress.terminal ? TERMINAL_S : FILE_S);
}

void
tool_progress_begin(const char *who, unsigned int steps)
{
	if (tool_quiet)
		return;
	progress.who = who;
	progress.steps = steps;
	progress.step = 0;
	progress.what[0] = '\0';
	progress.done = progress.of = 0;
	progress.terminal = tool_is_terminal(stderr);
	progress.drawn = false;
	if (progress.terminal)
		handle_ends(SIG_DFL, on_end);
	progress.begin = now_s();
	progress.due = progress.begin + (progress.terminal ? TERMINAL_S : FILE_S);
}

void
tool_progress_step(const char *fmt, ...)
{
	time_t now = now_s();
	va_list ap;

	if (progress.who == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(progress.what, sizeof(progress.what), fmt, ap);
	va_end(ap);
	progress.done = progress.of = 0;
	progress.step++;
	if (progress.terminal || (progress.steps > 0 && progress.step == 1) || now >= progress.due)
		draw(now);
}

void
tool_progress_count(uint64_t done, uint64_t of)
{
	progress.done = done < of ? done : of;
	progress.of = of;
	tool_progress_tick();
}

void
tool_progress_tick(void)
{
	time_t now;

	if (progress.who == NULL)
		return;
	now = now_s();
	if (now >= progress.due)
		draw(now);
}

void
tool_progress_clear(void)
{
	if (!tool_is_terminal(stderr))
		return;
	fputs(ERASE, stderr);
	fflush(stderr);
}

void
tool_progress_hide(void)
{
	if (progress.drawn)
		tool_progress_clear();
	progress.drawn = false;
}

void
tool_progress_end(void)
{
	tool_progress_hide();
	progress.who = NULL;
	handle_ends(on_end, SIG_DFL);
}

void
tool_progress_forget(void)
{
	progress.who = NULL;
	handle_ends(on_end, SIG_DFL);
}
