/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What explain learns from processes, by sockets like those of DPDK's telemetry. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "explain_server.h"
#include "ioas/ioas_freed.h"
#include "tree.h"

static void
test_maps(void **state)
{
	const struct topo_device one = { .bdf = "0000:02:00.0" }, other = { .bdf = "0000:01:00.0" };
	const struct topo_device *candidate[] = { &one, &other };
	const struct explain_device several = { .bdf = "0000:02:00.0", .exists = true, .assumed = true,
		.candidate = candidate, .n = 2 };
	const struct explain_process *foreign;
	struct explain_processes processes;
	struct explain_map *maps;
	size_t n;

	explain_server_start(*state, "rte", GOOD);
	processes = explain_server_ask(1);
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
	assert_int_equal(explain_owners(&processes, &(struct explain_device){ .bdf = "0000:01:00.0", .exists = true }, &foreign), 1);
	assert_int_equal(explain_owners(&processes, &(struct explain_device){ .bdf = "0000:02:00.0", .exists = true }, &foreign), 0);
	assert_int_equal(explain_owners(&processes, &(struct explain_device){ .bdf = "0000:01:00.0" }, &foreign), 0);
	/* Of several candidates one is enough. */
	assert_int_equal(explain_owners(&processes, &several, &foreign), 1);
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

	explain_server_start(*state, "rte", GOOD);
	processes = explain_server_ask(1);
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

	explain_server_start(*state, "a", OLDER);
	processes = explain_server_ask(1);
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

	explain_server_start(*state, "a", SILENT);
	processes = explain_server_ask(0);
	explain_processes_free(&processes);
}

static void
test_others(void **state)
{
	struct explain_processes processes;

	explain_server_start(*state, "a", OTHER_BUS);
	explain_server_start(*state, "b", NOISE);
	explain_server_start(*state, "c", LIAR);
	/* A name without a socket. */
	tree_empty(*state, "/dpdk/d/dpdk_telemetry.v2");
	processes = explain_server_ask(1);
	assert_int_equal(processes.v[0].n_maps, 0);
	assert_int_equal(processes.v[0].n_freed, 1);
	assert_int_equal(processes.v[0].freed[0].seconds, 0);
	explain_processes_free(&processes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, explain_server_setup, explain_server_teardown)
		T(test_maps), T(test_freed), T(test_forgotten), T(test_older), T(test_part),
		T(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
