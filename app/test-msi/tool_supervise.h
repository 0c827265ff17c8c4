/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Run a command that starts EALs in a child process, so that nothing is left when it ends: the
 * parent waits, ends all of its processes at a signal, and removes the files of its EALs.
 */

#ifndef TOOL_SUPERVISE_H
#define TOOL_SUPERVISE_H

/** End of a command. */
struct tool_ending {
	int status;	/**< of exit() */
	int killed_by;	/**< a crash, or SIGKILL: the signal that ended it; 0: none */
};

/**
 * Run a command. If a signal that ends programs comes, or ends the command, this process ends by
 * it, after everything was removed. A second one does not wait for the command to finish its
 * output, if it comes more than a second later. Does not wait for processes that were children of
 * this one before.
 *
 * @param run  the command, in the child; returns its exit status
 * @return 0, or -errno: no process.
 */
int tool_supervise(int (*run)(void *arg), void *arg, struct tool_ending *out);

/** The prefix of files for EALs of this command; "" if it is not supervised. */
const char *tool_file_prefix(void);

/** In a new child process: end when the parent does. @param parent  its getpid() */
void tool_end_with(int parent);

#endif /* TOOL_SUPERVISE_H */
