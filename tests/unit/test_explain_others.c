/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What explain learns, as root, from processes of other users. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "explain_server.h"
#include "tree.h"

#define LEFT 300	/* killed applications, and files of one that runs */

/* A process of another user has the number that the kernel knows, whatever it says, and counts once. */
static void
test_other_users(void **state)
{
	struct explain_processes processes;
	const size_t before = tree_open_fds();

	explain_server_start_in(*state, "/others/dpdk", "a", GOOD);
	explain_server_start_in(*state, "/others/dpdk", "b", GOOD);
	processes = explain_server_ask(1);
	assert_int_equal(processes.v[0].pid, getpid());
	assert_true(processes.v[0].foreign);
	assert_int_equal(processes.v[0].uid, geteuid());
	assert_int_equal(processes.v[0].n_maps, MAPS);
	assert_int_equal(processes.v[0].n_freed, 1);
	explain_processes_free(&processes);
	assert_int_equal(tree_open_fds(), before);
}

/* What a user makes up about a device does not hide what a process of the system says, and is marked. */
static void
test_other_claims(void **state)
{
	struct topo_device one = { .bdf = "0000:03:00.0" }, two = { .bdf = "0000:01:00.0" };
	const struct topo_device *candidate[] = { &one, &two };
	const struct explain_device dev = { .bdf = "0000:01:00.0", .exists = true };
	const struct explain_device several = { .bdf = "0000:03:00.0", .exists = true, .candidate = candidate, .n = 2 };
	struct explain_map lie = { .range = { 0, INT64_MAX }, .pid = 66 }, truth = { .range = { 1, 2 }, .pid = 42 };
	struct explain_freed freed = { .range = { 0, INT64_MAX }, .pid = 66 }, *all_freed;
	char all[1][TOPO_BDF_LEN] = { "0000:01:00.0" };
	struct explain_process v[] = {
		{ .pid = 42, .bdf = all, .n = 1, .map = &truth, .n_maps = 1, .says_freed = true },
		{ .pid = 66, .bdf = all, .n = 1, .map = &lie, .n_maps = 1, .freed = &freed, .n_freed = 1,
			.foreign = true, .uid = 1000 },
	};
	struct explain_processes processes = { .v = v, .n = 2 };
	const struct explain_device *const devices[] = { &dev, &several };
	const struct explain_process *foreign;
	struct explain_map *maps;
	size_t n, i;
	bool complete;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(explain_owners(&processes, devices[i], &foreign), 1);
		assert_null(foreign);
		assert_int_equal(explain_maps_for(&processes, devices[i], &maps, &n), 0);
		assert_int_equal(n, 1);
		assert_int_equal(maps[0].pid, 42);
		assert_false(maps[0].foreign);
		free(maps);
		assert_int_equal(explain_freed_for(&processes, devices[i], &all_freed, &n, &complete), 0);
		assert_int_equal(n, 0);
		assert_true(complete);
		free(all_freed);
	}
	/* Alone it counts. */
	processes = (struct explain_processes){ .v = v + 1, .n = 1 };
	assert_int_equal(explain_owners(&processes, &dev, &foreign), 1);
	assert_ptr_equal(foreign, v + 1);
	assert_int_equal(explain_maps_for(&processes, &dev, &maps, &n), 0);
	assert_int_equal(n, 1);
	assert_true(maps[0].foreign && maps[0].has_device);
	assert_int_equal(maps[0].uid, 1000);
	free(maps);
	assert_int_equal(explain_freed_for(&processes, &dev, &all_freed, &n, &complete), 0);
	assert_int_equal(n, 1);
	assert_true(all_freed[0].foreign && !complete);
	assert_int_equal(all_freed[0].uid, 1000);
	free(all_freed);
}

/* No link leads to a socket elsewhere, at any place of the path. */
static void
test_other_links(void **state)
{
	struct explain_processes processes;

	explain_server_start_in(*state, "/elsewhere", "a", GOOD);
	tree_empty(*state, "/others/dpdk/file/dpdk_telemetry.v2");
	tree_link(*state, "/others/dpdk/socket/dpdk_telemetry.v2", "../../../elsewhere/a/dpdk_telemetry.v2");
	tree_link(*state, "/others/dpdk/prefix", "../../elsewhere/a");
	processes = explain_server_ask(0);
	explain_processes_free(&processes);
	assert_int_equal(renameat(explain_server_fd, "others/dpdk", explain_server_fd, "others/old"), 0);
	tree_link(*state, "/others/dpdk", "../elsewhere");
	processes = explain_server_ask(0);
	explain_processes_free(&processes);
	/* It would answer. */
	assert_int_equal(renameat(explain_server_fd, "others/dpdk", explain_server_fd, "others/new"), 0);
	assert_int_equal(renameat(explain_server_fd, "elsewhere", explain_server_fd, "others/dpdk"), 0);
	processes = explain_server_ask(1);
	explain_processes_free(&processes);
}

/* Another user can't keep root busy, nor fill its memory. */
static void
test_other_hostile(void **state)
{
	struct explain_processes processes;
	struct timespec begin, end;

	explain_server_start_in(*state, "/others/dpdk", "a", ENDLESS);
	explain_server_start_in(*state, "/others/dpdk", "b", SLOW);
	explain_server_start_in(*state, "/others/dpdk", "c", SLOW);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	processes = explain_server_ask(0);
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

	explain_server_start(*state, "a", STOPPED);
	begin = now();
	processes = explain_server_ask(0);
	assert_true(now() - begin < 3);
	explain_processes_free(&processes);
	assert_int_equal(renameat(explain_server_fd, "dpdk", explain_server_fd, "gone"), 0);
	explain_server_start_in(*state, "/others/dpdk", "a", STOPPED);
	explain_server_start_in(*state, "/others/dpdk", "b", STOPPED);
	explain_server_start_in(*state, "/later/dpdk", "a", GOOD);
	processes = explain_server_ask(1);
	assert_false(processes.cut);
	explain_processes_free(&processes);
	/* Nor do any number in the folder of one user hide those of another. */
	explain_server_start_in(*state, "/others/dpdk", "c", STOPPED);
	explain_server_start_in(*state, "/others/dpdk", "d", STOPPED);
	explain_server_start_in(*state, "/later/dpdk", "b", GOOD);
	processes = explain_server_ask(1);
	assert_true(processes.cut);
	explain_processes_free(&processes);
}

/* What killed processes have left, and files of one that runs, do not hide one that runs. */
static void
test_other_left(void **state)
{
	struct explain_processes processes;
	char prefix[16];
	unsigned int i;

	explain_server_start_in(*state, "/others/dpdk", "runs", GOOD);
	for (i = 0; i < LEFT; i++) {
		snprintf(prefix, sizeof(prefix), "left%u", i);
		explain_server_leave(*state, prefix);
		tree_empty(*state, "/others/dpdk/runs/fbarray_memseg_%u", i);
	}
	processes = explain_server_ask(1);
	assert_false(processes.cut);
	explain_processes_free(&processes);
	/* The last name that is asked, and one more. */
	tree_empty(*state, "/others/dpdk/runs/dpdk_telemetry.v2:31");
	processes = explain_server_ask(0);
	assert_false(processes.cut);
	explain_processes_free(&processes);
	tree_empty(*state, "/others/dpdk/runs/dpdk_telemetry.v2:32");
	processes = explain_server_ask(0);
	assert_true(processes.cut);
	explain_processes_free(&processes);
}

/* One user can't fill the memory of root by many processes. */
static void
test_other_many(void **state)
{
	struct explain_processes processes;
	unsigned int i;

	for (i = 0; i < 65; i++)
		explain_server_start_own(*state, i);
	explain_server_start_in(*state, "/later/dpdk", "a", GOOD);
	processes = explain_server_ask(65);
	assert_true(processes.cut);
	assert_int_equal(processes.v[64].pid, getpid());
	explain_processes_free(&processes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, explain_server_setup, explain_server_teardown)
		T(test_other_users), T(test_other_claims), T(test_other_links), T(test_other_hostile), T(test_stopped),
		T(test_other_left), T(test_other_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
