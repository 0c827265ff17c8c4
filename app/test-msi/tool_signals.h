/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Block signals that end the program while there is something to remove. For a program
 * with one thread.
 */

#ifndef TOOL_SIGNALS_H
#define TOOL_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/**
 * Block the signals that end the program, except those that are ignored or blocked
 * already.
 *
 * @param held  the newly blocked signals, for the other two functions
 */
void tool_signals_hold(sigset_t *held);

/** Is one of them pending? Then end soon. */
bool tool_signals_waiting(const sigset_t *held);

/** Unblock the signals: a pending one acts here. */
void tool_signals_release(const sigset_t *held);

#endif /* TOOL_SIGNALS_H */
