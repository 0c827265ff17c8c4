/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What explain learns from processes, by sockets like those of DPDK's telemetry. */

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "explain_find.h"
#include "ioas/ioas_freed.h"
#include "tool_leavings.h"
#include "tree.h"

#define MAPS 40	/* more than a page */
#define SERVERS 4

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

static pid_t servers[SERVERS];
static size_t n_servers;

/* The tree, by a path that fits into the address of a socket, however long TMPDIR is. */
static char base[32];
static int base_fd = -1;

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

/* In a folder "dpdk" of the tree. */
static void
start_in(const char *root, const char *dpdk, const char *prefix, enum manners manners)
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

static void
start(const char *root, const char *prefix, enum manners manners)
{
	start_in(root, "/dpdk", prefix, manners);
}

static int
setup(void **state)
{
	if (tree_setup(state) != 0)
		return -1;
	base_fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(base, sizeof(base), "/proc/self/fd/%d", base_fd);
	return base_fd < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	close(base_fd);
	while (n_servers > 0) {
		kill(servers[--n_servers], SIGKILL);
		waitpid(servers[n_servers], NULL, 0);
	}
	return tree_teardown(state);
}

/* Ask all processes; @p n of them must count. */
static struct explain_processes
ask(size_t n)
{
	struct explain_processes processes;

	assert_int_equal(explain_processes_ask(&processes), 0);
	assert_int_equal(processes.n, n);
	return processes;
}

static void
test_maps(void **state)
{
	const struct topo_device one = { .bdf = "0000:02:00.0" }, other = { .bdf = "0000:01:00.0" };
	const struct topo_device *candidate[] = { &one, &other };
	const struct explain_device several = { .bdf = "0000:02:00.0", .exists = true, .assumed = true,
		.candidate = candidate, .n = 2 };
	struct explain_processes processes;
	struct explain_map *maps;
	size_t n;

	start(*state, "rte", GOOD);
	processes = ask(1);
	assert_int_equal(processes.v[0].pid, 4711);
	assert_int_equal(processes.v[0].n, 1);
	assert_int_equal(explain_maps_for(&processes, &(struct explain_device){ .bdf = "0000:01:00.0" }, &maps, &n), 0);
	assert_int_equal(n, MAPS);
	assert_true(maps[39].has_device);
	assert_int_equal(maps[39].range.first, 0x2700000);
	assert_int_equal(maps[39].range.last, 0x27fffff);
	assert_int_equal(maps[39].pid, 4711);
	assert_string_equal(maps[39].owner, "eal");
	assert_true(maps[3].read_only);
	assert_false(maps[4].read_only);
	free(maps);
	assert_int_equal(explain_maps_for(&processes, &(struct explain_device){ .bdf = "0000:02:00.0" }, &maps, &n), 0);
	assert_false(maps[0].has_device);
	free(maps);
	/* A fault without a device is of no process, whatever names it gives. */
	assert_int_equal(explain_maps_for(&processes, &(struct explain_device){ .bdf = "" }, &maps, &n), 0);
	assert_false(maps[0].has_device);
	free(maps);
	assert_int_equal(explain_owners(&processes, &(struct explain_device){ .bdf = "0000:01:00.0", .exists = true }), 1);
	assert_int_equal(explain_owners(&processes, &(struct explain_device){ .bdf = "0000:02:00.0", .exists = true }), 0);
	assert_int_equal(explain_owners(&processes, &(struct explain_device){ .bdf = "0000:01:00.0" }), 0);
	/* Of several candidates one is enough. */
	assert_int_equal(explain_owners(&processes, &several), 1);
	assert_int_equal(explain_maps_for(&processes, &several, &maps, &n), 0);
	assert_true(maps[0].has_device);
	free(maps);
	explain_processes_free(&processes);
}

static void
test_freed(void **state)
{
	struct explain_processes processes;
	struct explain_freed *freed;
	bool all;
	size_t n;

	start(*state, "rte", GOOD);
	processes = ask(1);
	assert_int_equal(explain_freed_for(&processes, &(struct explain_device){ .bdf = "0000:01:00.0" }, &freed, &n, &all), 0);
	assert_int_equal(n, 1);
	assert_true(all);
	assert_true(freed[0].has_device);
	assert_int_equal(freed[0].range.first, 0x9000);
	assert_int_equal(freed[0].range.last, 0x9fff);
	assert_int_equal(freed[0].pid, 4711);
	assert_int_equal(freed[0].seconds, 3);
	assert_string_equal(freed[0].owner, "device");
	free(freed);
	assert_int_equal(explain_freed_for(&processes, &(struct explain_device){ .bdf = "0000:02:00.0" }, &freed, &n, &all), 0);
	assert_false(freed[0].has_device);
	free(freed);
	explain_processes_free(&processes);
}

/* A process remembers some: what it does not say may still have been freed a second ago. */
static void
test_forgotten(void **state)
{
	struct explain_freed v[IOAS_FREED] = { 0 }, *freed;
	struct explain_process p = { .pid = 42, .freed = v, .n_freed = IOAS_FREED - 1,
		.says_freed = true };
	const struct explain_processes processes = { .v = &p, .n = 1 };
	bool all;
	size_t n;

	(void)state;
	assert_int_equal(explain_freed_for(&processes, &(struct explain_device){ .bdf = "" }, &freed, &n, &all), 0);
	assert_int_equal(n, IOAS_FREED - 1);
	assert_true(all);
	free(freed);
	p.n_freed++;
	assert_int_equal(explain_freed_for(&processes, &(struct explain_device){ .bdf = "" }, &freed, &n, &all), 0);
	assert_int_equal(n, IOAS_FREED);
	assert_false(all);
	free(freed);
}

/* The mappings of an older bus count. */
static void
test_older(void **state)
{
	struct explain_processes processes;
	struct explain_freed *freed;
	bool all;
	size_t n;

	start(*state, "a", OLDER);
	processes = ask(1);
	assert_int_equal(processes.v[0].n_maps, MAPS);
	assert_int_equal(explain_freed_for(&processes, &(struct explain_device){ .bdf = "0000:01:00.0" }, &freed, &n, &all), 0);
	assert_int_equal(n, 0);
	assert_false(all);
	free(freed);
	/* A process without the device says nothing about it; without a device all count. */
	assert_int_equal(explain_freed_for(&processes, &(struct explain_device){ .bdf = "0000:02:00.0" }, &freed, &n, &all), 0);
	assert_true(all);
	free(freed);
	assert_int_equal(explain_freed_for(&processes, &(struct explain_device){ .bdf = "" }, &freed, &n, &all), 0);
	assert_false(all);
	free(freed);
	explain_processes_free(&processes);
}

/* A part of its mappings would show the others as not mapped. */
static void
test_part(void **state)
{
	struct explain_processes processes;

	start(*state, "a", SILENT);
	processes = ask(0);
	explain_processes_free(&processes);
}

static void
test_others(void **state)
{
	struct explain_processes processes;

	start(*state, "a", OTHER_BUS);
	start(*state, "b", NOISE);
	start(*state, "c", LIAR);
	/* A name without a socket. */
	tree_empty(*state, "/dpdk/d/dpdk_telemetry.v2");
	processes = ask(1);
	assert_int_equal(processes.v[0].n_maps, 0);
	assert_int_equal(processes.v[0].n_freed, 1);
	assert_int_equal(processes.v[0].freed[0].seconds, 0);
	explain_processes_free(&processes);
}

/* A process of another user has the number that the kernel knows, whatever it says, and counts once. */
static void
test_other_users(void **state)
{
	struct explain_processes processes;
	const size_t before = tree_open_fds();

	start_in(*state, "/others/dpdk", "a", GOOD);
	start_in(*state, "/others/dpdk", "b", GOOD);
	processes = ask(1);
	assert_int_equal(processes.v[0].pid, getpid());
	assert_int_equal(processes.v[0].n_maps, MAPS);
	assert_int_equal(processes.v[0].n_freed, 1);
	explain_processes_free(&processes);
	assert_int_equal(tree_open_fds(), before);
}

/* No link leads to a socket elsewhere, at any place of the path. */
static void
test_other_links(void **state)
{
	struct explain_processes processes;

	start_in(*state, "/elsewhere", "a", GOOD);
	tree_empty(*state, "/others/dpdk/file/dpdk_telemetry.v2");
	tree_link(*state, "/others/dpdk/socket/dpdk_telemetry.v2", "../../../elsewhere/a/dpdk_telemetry.v2");
	tree_link(*state, "/others/dpdk/prefix", "../../elsewhere/a");
	processes = ask(0);
	explain_processes_free(&processes);
	assert_int_equal(renameat(base_fd, "others/dpdk", base_fd, "others/old"), 0);
	tree_link(*state, "/others/dpdk", "../elsewhere");
	processes = ask(0);
	explain_processes_free(&processes);
	/* It would answer. */
	assert_int_equal(renameat(base_fd, "others/dpdk", base_fd, "others/new"), 0);
	assert_int_equal(renameat(base_fd, "elsewhere", base_fd, "others/dpdk"), 0);
	processes = ask(1);
	explain_processes_free(&processes);
}

/* Another user can't keep root busy, nor fill its memory. */
static void
test_other_hostile(void **state)
{
	struct explain_processes processes;
	struct timespec begin, end;

	start_in(*state, "/others/dpdk", "a", ENDLESS);
	start_in(*state, "/others/dpdk", "b", SLOW);
	start_in(*state, "/others/dpdk", "c", SLOW);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	processes = ask(0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_in_range(end.tv_sec - begin.tv_sec, 0, 9);
	explain_processes_free(&processes);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A process that is stopped costs little time, and those behind it are asked. */
static void
test_stopped(void **state)
{
	struct explain_processes processes;
	double begin;

	start(*state, "a", STOPPED);
	begin = now();
	processes = ask(0);
	assert_true(now() - begin < 3);
	explain_processes_free(&processes);
	assert_int_equal(renameat(base_fd, "dpdk", base_fd, "gone"), 0);
	start_in(*state, "/others/dpdk", "a", STOPPED);
	start_in(*state, "/others/dpdk", "b", STOPPED);
	start_in(*state, "/later/dpdk", "a", GOOD);
	processes = ask(1);
	explain_processes_free(&processes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		T(test_maps), T(test_freed), T(test_forgotten), T(test_older), T(test_part), T(test_others),
		T(test_other_users), T(test_other_links), T(test_other_hostile), T(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
