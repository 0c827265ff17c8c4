/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stddef.h>

#include "tool_signals.h"

void
tool_signals_hold(sigset_t *held)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM };
	struct sigaction now;
	sigset_t before;
	size_t i;

	sigemptyset(held);
	sigprocmask(SIG_BLOCK, NULL, &before);
	/* An ignored signal must not count as pending. */
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (sigismember(&before, ends[i]) == 0 && sigaction(ends[i], NULL, &now) == 0 &&
				now.sa_handler != SIG_IGN)
			sigaddset(held, ends[i]);
	sigprocmask(SIG_BLOCK, held, NULL);
}

bool
tool_signals_waiting(const sigset_t *held)
{
	sigset_t waiting;

	return sigpending(&waiting) == 0 && sigandset(&waiting, &waiting, held) == 0 &&
		sigisemptyset(&waiting) == 0;
}

void
tool_signals_release(const sigset_t *held)
{
	sigprocmask(SIG_UNBLOCK, held, NULL);
}
