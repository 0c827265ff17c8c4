/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Signals that end the program are held back while there is something to remove.
 * For a program of one thread.
 */

#ifndef TOOL_SIGNALS_H
#define TOOL_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/**
 * Hold back the signals that end the program. Those that are ignored or blocked
 * already stay as they are.
 *
 * @param held  what was held back, for the other two functions
 */
void tool_signals_hold(sigset_t *held);

/** Does one of them wait? Then end soon. */
bool tool_signals_waiting(const sigset_t *held);

/** End holding back: a signal that waits acts here. */
void tool_signals_release(const sigset_t *held);

#endif /* TOOL_SIGNALS_H */
