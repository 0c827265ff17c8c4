/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The progress of long work, on stderr. On a terminal it is one line, drawn again each second
 * and removed at the end, also by a signal that ends the program. Elsewhere it is a line each 10 s, and one at the first step of work
 * with a known number of steps. Not thread safe.
 */

#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/** Whether --quiet was given: there is no progress. */
extern bool tool_quiet;

/** The option of the commands with progress. */
#define TOOL_QUIET_OPTION { "quiet", 'q', .flag = &tool_quiet }
#define TOOL_QUIET_USAGE \
	"  -q, --quiet     no progress on stderr\n"

/**
 * Begin.
 *
 * @param who    the command, constant
 * @param steps  number of steps, 0: unknown
 */
void tool_progress_begin(const char *who, unsigned int steps);

/** The next step begins. */
void tool_progress_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** Part of the step is done. Cheap enough for each turn of a loop that makes a system call. */
void tool_progress_count(uint64_t done, uint64_t of);

/** Time has passed: draw if it is due. */
void tool_progress_tick(void);

/** Remove the line before other output; it is drawn again later. */
void tool_progress_hide(void);

/** Remove the line of a process that was killed, if stderr is a terminal. */
void tool_progress_clear(void);

/** All is done. Nothing happens after this, until the next begin. */
void tool_progress_end(void);

/** In a child process: the progress is the parent's. */
void tool_progress_forget(void);

#endif /* TOOL_PROGRESS_H */
