/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/** @file EAL's memory by NUMA node: what the log says of a device, and what telemetry reads. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "space.h"
#include "eal/dma_sync.h"
#include <numa.h>
#include <rte_memory.h>

#define MIB (UINT64_C(1) << 20)
#define PAGE (2 * MIB)

struct vfio_msi_bus vfio_msi_bus;
int vfio_msi_logtype;
enum rte_proc_type_t fake_process_type = RTE_PROC_PRIMARY;

static unsigned int said;	/* notices and what is more important */
static bool detached;		/* EAL has no memory any more */
static void (*during_walk)(void);

void
fake_eal_log(const char *level, const char *format, ...)
{
	said += strcmp(level, "INFO") != 0 && strcmp(level, "DEBUG") != 0;
}

int
numa_available(void)
{
	return 0;
}

int
numa_max_node(void)
{
	return 1;
}

int
numa_distance(int a, int b)
{
	return a == b ? 10 : 20;
}

int
rte_eal_has_hugepages(void)
{
	return 1;
}

bool
dma_sync_can_grow(void)
{
	return true;
}

/* Eight pages on node 0, and none on the others. */
int
rte_memseg_list_walk_thread_unsafe(rte_memseg_list_walk_t cb, void *arg)
{
	const struct rte_memseg_list list = { .page_sz = PAGE, .memseg_arr.count = 8 };

	assert_false(detached);
	if (during_walk != NULL)
		during_walk();
	return cb(&list, arg);
}

int
rte_memseg_list_walk(rte_memseg_list_walk_t cb, void *arg)
{
	return rte_memseg_list_walk_thread_unsafe(cb, arg);
}

int
rte_memseg_walk(rte_memseg_walk_t cb, void *arg)
{
	const struct rte_memseg_list list = { .page_sz = PAGE };
	const struct rte_memseg ms = { .flags = RTE_MEMSEG_FLAG_DO_NOT_FREE };

	return cb(&list, &ms, arg);
}

/* A device for which no memory was preallocated, with several drivers that decline it. */
static void
test_said_once(void **state)
{
	struct vfio_msi_device dev = { .plan.topo.numa_node = 1 }, other = dev;
	struct vfio_msi_device near = { .plan.topo.numa_node = 0 };

	vfio_msi_numa_check(&near);
	assert_int_equal(said, 0);
	vfio_msi_numa_check(&dev);
	assert_int_equal(said, 1);
	vfio_msi_numa_check(&dev);
	assert_int_equal(said, 1);
	vfio_msi_numa_check(&other);
	assert_int_equal(said, 2);
}

static int
count(int node, uint64_t page, uint64_t bytes, void *arg)
{
	assert_int_equal(node, 0);
	assert_int_equal(page, PAGE);
	assert_int_equal(bytes, 8 * PAGE);
	*(unsigned int *)arg += 1;
	return 0;
}

static pthread_t cleanup;
static bool ended;

static void *
clean_up(void *arg)
{
	vfio_msi_numa_stop();
	__atomic_store_n(&ended, true, __ATOMIC_SEQ_CST);
	return NULL;
}

/* EAL's memory must remain until the end of the walk. */
static void
clean_up_meanwhile(void)
{
	const struct timespec a_while = { .tv_nsec = 50000000 };

	assert_int_equal(pthread_create(&cleanup, NULL, clean_up, NULL), 0);
	nanosleep(&a_while, NULL);
	assert_false(__atomic_load_n(&ended, __ATOMIC_SEQ_CST));
}

/* Threads of telemetry live longer than EAL's memory. */
static void
test_cleanup(void **state)
{
	unsigned int n = 0;

	assert_int_equal(vfio_msi_numa_foreach(count, &n), 0);
	assert_int_equal(n, 1);
	during_walk = clean_up_meanwhile;
	assert_int_equal(vfio_msi_numa_foreach(count, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(pthread_join(cleanup, NULL), 0);
	assert_true(ended);
	detached = true;
	assert_int_equal(vfio_msi_numa_foreach(count, &n), 0);
	assert_int_equal(n, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_said_once),
		cmocka_unit_test(test_cleanup),
	};

	return cmocka_run_group_tests_name("bus_numa", tests, NULL, NULL);
}
