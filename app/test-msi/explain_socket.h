/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A connection to the telemetry of one process, which answers a command with a JSON object. Not thread safe.
 */

#ifndef EXPLAIN_SOCKET_H
#define EXPLAIN_SOCKET_H

#include <jansson.h>

struct explain_socket {
	int fd;
	double until;	/**< the process gets no more time from then on, in seconds of CLOCK_MONOTONIC; 0: no end */
};

/** Seconds of CLOCK_MONOTONIC. */
double explain_now(void);

/**
 * Connect, and receive the greeting. The caller closes the descriptor.
 *
 * @param until     as in the struct; each reply has a limit of its own too
 * @param greeting  gets it; the caller drops the reference
 * @return 0, -errno of the connection, -ENODATA: a process that is stopped, or no telemetry, sends none
 */
int explain_socket_open(struct explain_socket *s, const char *path, double until, json_t **greeting);

/** Ask for a page of a list, from its object @p first on. @return NULL: it has none, or the time ended */
json_t *explain_socket_list(const struct explain_socket *s, const char *list, unsigned int first);

#endif /* EXPLAIN_SOCKET_H */
