/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Replies of processes to explain: anything may answer on a socket of telemetry. */

#include <errno.h>
#include <sys/socket.h>

#include "explain_find.h"
#include "fuzz.h"
#define FUZZ_SOCKETS_DEFINED_HERE
#include "fuzz_sockets.h"
#include "fuzz_files.h"

static struct fuzz_in replies;

int
fuzz_socket_open(int domain, int type, int protocol)
{
	return 7;
}

int
fuzz_socket_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return 0;
}

int
fuzz_socket_close(int fd)
{
	return 0;
}

ssize_t
fuzz_socket_send(int fd, const void *buf, size_t size, int flags)
{
	return (ssize_t)size;
}

/* Each record is a reply. The last one is repeated, as a process might do forever. */
ssize_t
fuzz_socket_recv(int fd, void *buf, size_t size, int flags)
{
	const uint8_t *data;
	size_t len = fuzz_until(&replies, FUZZ_RECORD_END, &data);

	len = len < size ? len : size;
	if (len > 0)
		memcpy(buf, data, len);
	return (ssize_t)len;
}

/* The same questions, in real folders. */
int
explain_others_ask(struct explain_asking *asking)
{
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct explain_device dev = { .bdf = "0000:01:00.0", .exists = true };
	struct explain_processes processes;
	const struct explain_process *foreign;
	struct explain_freed *freed;
	struct explain_map *maps;
	size_t n, i;
	bool all;

	fuzz_text("/dpdk/rte/dpdk_telemetry.v2", "");
	setenv("RUNTIME_DIRECTORY", FUZZ_ROOT, 1);
	unsetenv("XDG_RUNTIME_DIR");
	replies = (struct fuzz_in){ data, size };
	FUZZ_CHECK(explain_processes_ask(&processes) == 0);
	FUZZ_CHECK(processes.n <= 1);
	FUZZ_CHECK(explain_owners(&processes, &dev, &foreign) <= processes.n);
	FUZZ_CHECK(explain_maps_for(&processes, &dev, &maps, &n) == 0);
	for (i = 0; i < n; i++)
		FUZZ_CHECK(iova_range_valid(maps[i].range));
	free(maps);
	FUZZ_CHECK(explain_freed_for(&processes, &dev, &freed, &n, &all) == 0);
	for (i = 0; i < n; i++)
		FUZZ_CHECK(iova_range_valid(freed[i].range));
	free(freed);
	explain_processes_free(&processes);
	fuzz_files_check();
	return 0;
}
