/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "explain_server.h"
#include "tool_leavings.h"
#include "tree.h"

#define SERVERS 80

static pid_t servers[SERVERS];
static size_t n_servers;

/* The tree, by a path that fits into the address of a socket, however long TMPDIR is. */
static char base[32];
int explain_server_fd = -1;

/* Only those in the tree: processes of this host may answer too. */
size_t
tool_runtime_folders(const char *out[TOOL_RUNTIME_FOLDERS])
{
	out[0] = base;
	return 1;
}

/* Those of other users, if they have them. */
size_t
tool_others_folders(char out[TOOL_OTHERS_FOLDERS][TOOL_FOLDER_LEN])
{
	snprintf(out[0], TOOL_FOLDER_LEN, "%s/others", base);
	snprintf(out[1], TOOL_FOLDER_LEN, "%s/later", base);
	return 2;
}

static void
maps_reply(char *out, size_t size, unsigned int first)
{
	size_t at = (size_t)snprintf(out, size, "{\"/vfio_msi/maps\":[");
	unsigned int i;

	for (i = first; i < MAPS && i < first + 32; i++)
		at += (size_t)snprintf(out + at, size - at, "%s{\"iova\":\"0x%x00000\",\"va\":\"0x1\",\"len\":1048576,"
			"\"owner\":\"eal\",\"read_only\":%d}", i > first ? "," : "", i, i == 3);
	snprintf(out + at, size - at, "]}");
}

/* A full page, so that there may be another one. */
static void
devices_reply(char *out, size_t size)
{
	size_t at = (size_t)snprintf(out, size, "{\"/vfio_msi/devices\":[1");
	unsigned int i;

	for (i = 1; i < 32; i++)
		at += (size_t)snprintf(out + at, size - at, ",{\"name\":\"0000:01:00.0\"}");
	snprintf(out + at, size - at, "]}");
}

static void
reply(enum manners manners, const char *command, char *out, size_t size)
{
	unsigned int first = 0;

	if (manners == SLOW)
		usleep(400000);
	if (manners == SLOW || manners == ENDLESS)
		devices_reply(out, size);
	else if (manners == NOISE)
		snprintf(out, size, "[{\"\\u00");
	else if (manners == OTHER_BUS)
		snprintf(out, size, "{\"%s\":null}", command);
	else if (strncmp(command, "/vfio_msi/devices,0", 19) == 0)
		snprintf(out, size, "{\"/vfio_msi/devices\":[{\"name\":\"0000:01:00.0\"},{\"x\":1},{\"name\":\"\"}]}");
	else if (strncmp(command, "/vfio_msi/freed,0", 17) == 0 && (manners == GOOD || manners == LIAR))
		snprintf(out, size, "{\"/vfio_msi/freed\":[{\"iova\":\"0x9000\",\"len\":4096,\"owner\":\"device\",\"seconds\":%d},"
			"{\"iova\":\"0x9000\",\"len\":0,\"seconds\":1}]}", manners == LIAR ? -3 : 3);
	else if (manners == LIAR)
		snprintf(out, size, "{\"/vfio_msi/maps\":[1,null,{},{\"iova\":\"x\",\"len\":1},{\"iova\":\"0x1000\",\"len\":-1},"
			"{\"iova\":\"0xffffffffffffffff\",\"len\":2},{\"iova\":7,\"len\":1}]}");
	else if (sscanf(command, "/vfio_msi/maps,%u", &first) == 1 && (manners != SILENT || first == 0))
		maps_reply(out, size, first);
	else
		snprintf(out, size, "{\"%s\":null}", command);
}

static void
serve(int listening, enum manners manners)
{
	char command[256], text[16384];
	ssize_t got;
	int fd;

	while (manners == STOPPED)
		pause();
	fd = accept(listening, NULL, NULL);
	snprintf(text, sizeof(text), "{\"version\":\"x\",\"pid\":%d,\"max_output_len\":16384}", 4711);
	if (send(fd, text, strlen(text), 0) < 0)
		_exit(1);
	while ((got = recv(fd, command, sizeof(command) - 1, 0)) > 0) {
		command[got] = '\0';
		reply(manners, command, text, sizeof(text));
		if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

void
explain_server_start_in(const char *root, const char *dpdk, const char *prefix, enum manners manners)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	assert_true(fd >= 0);
	tree_empty(root, "%s/%s/config", dpdk, prefix);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s%s/%s/dpdk_telemetry.v2%s", base, dpdk, prefix,
		manners == GOOD ? "" : ":7");
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	servers[n_servers] = fork();
	assert_true(servers[n_servers] >= 0);
	if (servers[n_servers] == 0)
		serve(fd, manners);
	n_servers++;
	close(fd);
}

void
explain_server_start(const char *root, const char *prefix, enum manners manners)
{
	explain_server_start_in(root, "/dpdk", prefix, manners);
}

int
explain_server_setup(void **state)
{
	if (tree_setup(state) != 0)
		return -1;
	explain_server_fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(base, sizeof(base), "/proc/self/fd/%d", explain_server_fd);
	return explain_server_fd < 0 ? -1 : 0;
}

int
explain_server_teardown(void **state)
{
	close(explain_server_fd);
	while (n_servers > 0) {
		kill(servers[--n_servers], SIGKILL);
		waitpid(servers[n_servers], NULL, 0);
	}
	return tree_teardown(state);
}

struct explain_processes
explain_server_ask(size_t n)
{
	struct explain_processes processes;

	assert_int_equal(explain_processes_ask(&processes), 0);
	assert_int_equal(processes.n, n);
	return processes;
}

void
explain_server_leave(const char *root, const char *prefix)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	assert_true(fd >= 0);
	tree_empty(root, "/others/dpdk/%s/config", prefix);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/others/dpdk/%s/dpdk_telemetry.v2", base, prefix);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
}

void
explain_server_start_own(const char *root, unsigned int number)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), ready[2];
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(pipe(ready), 0);
	tree_empty(root, "/others/dpdk/%u/config", number);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/others/dpdk/%u/dpdk_telemetry.v2:1", base, number);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	servers[n_servers] = fork();
	assert_true(servers[n_servers] >= 0);
	if (servers[n_servers] == 0) {
		if (listen(fd, 1) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		serve(fd, GOOD);
	}
	n_servers++;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	close(fd);
}
