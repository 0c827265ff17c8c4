/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Processes that answer like DPDK's telemetry with the bus, in folders below that of the test. Not thread safe.
 */

#ifndef EXPLAIN_SERVER_H
#define EXPLAIN_SERVER_H

#include <stddef.h>

#include "explain_find.h"

#define MAPS 40	/* more than a page */

/* How a server answers. */
enum manners {
	GOOD,
	OTHER_BUS,	/* the command is unknown */
	NOISE,		/* what it says is no JSON */
	LIAR,		/* objects that are no mappings */
	SILENT,		/* after the first page of mappings */
	OLDER,		/* it does not say what it has unmapped */
	ENDLESS,	/* its list of devices has no end */
	SLOW,		/* the same, and each reply takes time */
	STOPPED,	/* it does not even greet, as a process that a debugger has stopped */
};

/** The folder of the test, open. */
extern int explain_server_fd;

/** Start one in a folder "dpdk" of the tree: "/dpdk", or "/others/dpdk" and "/later/dpdk" of other users. */
void explain_server_start_in(const char *root, const char *dpdk, const char *prefix, enum manners manners);

/** Start one of this user. */
void explain_server_start(const char *root, const char *prefix, enum manners manners);

/** Start a good one of another user, which the kernel knows by a number of its own. */
void explain_server_start_own(const char *root, unsigned int number);

/** Make the socket that a killed process of another user has left. */
void explain_server_leave(const char *root, const char *prefix);

/** Ask all processes; @p n of them must count. The caller frees them. */
struct explain_processes explain_server_ask(size_t n);

int explain_server_setup(void **state);
int explain_server_teardown(void **state);

#endif /* EXPLAIN_SERVER_H */
