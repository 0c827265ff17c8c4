/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL sends the events of rte_malloc_heap_memory_attach() with its memory lock held for reading,
 * as a start and a stop hold it: they come at the same time.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "slow.h"
#include "sync_space.h"

static struct call starting, attaching;

static intptr_t
start(void)
{
	return sync_start(DMA_SYNC_EXTERNAL);
}

static intptr_t
stop_now(void)
{
	dma_sync_stop();
	return 0;
}

static intptr_t
attach_end(void)
{
	fake_eal_attach_end(GOOD_VA);
	return 0;
}

static void
start_in_event(void)
{
	fake_eal_on_page = NULL;
	call_begin(&starting, start);
	assert_true(call_waits(&starting));
}

static void
stop_in_event(void)
{
	fake_eal_on_page = NULL;
	call_begin(&starting, stop_now);
	assert_true(call_waits(&starting));
}

static int
setup(void **state)
{
	slow_setup();
	return sync_setup(state);
}

static int
teardown(void **state)
{
	int ret = sync_teardown(state);

	slow_teardown();
	return ret;
}

/* The event uses the rules of the devices that left: the start destroys them afterwards. */
static void
test_start_waits(void **state)
{
	dma_sync_stop();
	fake_eal_on_page = start_in_event;
	fake_eal_heap_attach(GOOD_VA, 2, LARGE);
	assert_int_equal(call_end(&starting), 0);
	expect_mapped(GOOD_VA, GOOD_VA, 2 * LARGE);
	fake_eal_free(GOOD_VA);
	expect_start();
}

/* The event maps in the space, which the stop unmaps and the bus closes afterwards. */
static void
test_stop_waits(void **state)
{
	fake_eal_on_page = stop_in_event;
	fake_eal_heap_attach(GOOD_VA, 2, LARGE);
	assert_int_equal(call_end(&starting), 0);
	assert_int_equal(mappings_count(sync_ioas), 0);
	assert_int_equal(sync_start(DMA_SYNC_EXTERNAL), 0);
	expect_mapped(GOOD_VA, GOOD_VA, 2 * LARGE);
}

/* The start has seen the memory already. */
static void
test_event_waits(void **state)
{
	dma_sync_stop();
	fake_eal_alloc(SLOW, 1, LARGE, 1);
	fake_eal_attach_begin(GOOD_VA, 2, LARGE);
	slow_begin(&starting, start, &fake_map_begins);
	call_begin(&attaching, attach_end);
	assert_true(call_waits(&attaching));
	slow_go_on();
	assert_int_equal(call_end(&starting), 0);
	call_end(&attaching);
	expect_mapped(GOOD_VA, GOOD_VA, 2 * LARGE);
	assert_string_equal(fake_eal_said, "");
	assert_int_equal(dma_sync_refused().bytes, 0);
}

#define threads_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		threads_test(test_start_waits),
		threads_test(test_stop_waits),
		threads_test(test_event_waits),
	};

	return RUN_ON_BACKENDS("events at the same time", tests);
}
