/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A thread of EAL has found a device, and waits for another thread that starts or stops a driver. The
 * device is removed before, and is there until the thread has logged its name.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common.h"
#include "entry_around.h"
#include "machine.h"
#include "probe.h"
#include "slow.h"

static void
seconds_pass(long seconds)
{
	struct timespec t;

	step = seconds;
	clock_gettime(CLOCK_MONOTONIC, &t);
	step = 0;
}

static void
scan(void)
{
	assert_int_equal(vfio_msi_entry_scan(), 0);
}

/* A thread looks at the clock as its wait begins. */
static void
begin_wait(struct call *c, intptr_t (*fn)(void))
{
	const unsigned int before = atomic_load(&looks);

	call_begin(c, fn);
	while (atomic_load(&looks) == before)
		pause_ms(1);
	assert_true(call_waits(c));
}

static struct call waiter;
static bool scans_meanwhile;

/* As EAL, which logs the name of a device that it could not attach. */
static intptr_t
plug_a_and_log(void)
{
	struct rte_device *found = &devices[A]->pci.device.device;
	int ret = vfio_msi_entry_plug(found);

	return strcmp(found->name, NIC) == 0 ? ret : 0;
}

/* Another thread waits for a minute until this driver has started or stopped. */
static void
hold_for_a_minute(void)
{
	begin_wait(&waiter, plug_a_and_log);
	seconds_pass(60);
	if (scans_meanwhile)
		scan();
}

/* It has found A, which is removed before. A is kept for one more minute from then on. */
static void
wait_for_start(void)
{
	assert_int_equal(vfio_msi_entry_unplug(&devices[A]->pci.device.device), 0);
	in_probe = hold_for_a_minute;
	assert_int_equal(vfio_msi_entry_plug(&devices[B]->pci.device.device), 0);
	assert_int_equal(call_end(&waiter), -ENODEV);
	scan();
	assert_ptr_equal(TAILQ_FIRST(&vfio_msi_bus.forgotten), devices[A]);
	seconds_pass(60);
	scan();
	assert_true(TAILQ_EMPTY(&vfio_msi_bus.forgotten));
}

static void
test_used_after_wait(void **state)
{
	scans_meanwhile = false;
	wait_for_start();
}

/* The holder of the lock scans. */
static void
test_used_during_wait(void **state)
{
	scans_meanwhile = true;
	wait_for_start();
}

static intptr_t
scan_after_wait(void)
{
	return vfio_msi_entry_scan();
}

static void
hold_for_scan(void)
{
	begin_wait(&waiter, scan_after_wait);
}

/* A thread that begins to wait later than a minute after the removal has found other devices. */
static void
test_wait_began_late(void **state)
{
	assert_int_equal(vfio_msi_entry_unplug(&devices[A]->pci.device.device), 0);
	seconds_pass(62);
	in_probe = hold_for_scan;
	assert_int_equal(vfio_msi_entry_plug(&devices[B]->pci.device.device), 0);
	assert_int_equal(call_end(&waiter), 0);
	assert_true(TAILQ_EMPTY(&vfio_msi_bus.forgotten));
}

static struct call other;

/* The first thread has found A, the second has not. */
static void
hold_for_two(void)
{
	begin_wait(&waiter, plug_a_and_log);
	seconds_pass(62);
	begin_wait(&other, scan_after_wait);
	scan();
}

static void
test_longest_wait(void **state)
{
	assert_int_equal(vfio_msi_entry_unplug(&devices[A]->pci.device.device), 0);
	in_probe = hold_for_two;
	assert_int_equal(vfio_msi_entry_plug(&devices[B]->pci.device.device), 0);
	assert_int_equal(call_end(&waiter), -ENODEV);
	assert_int_equal(call_end(&other), 0);
	assert_ptr_equal(TAILQ_FIRST(&vfio_msi_bus.forgotten), devices[A]);
}

/* As wait_for_start(), but the lock is held by the cleanup, which stops B. */
static void
test_used_at_exit(void **state)
{
	scans_meanwhile = false;
	assert_int_equal(vfio_msi_entry_plug(&devices[B]->pci.device.device), 0);
	assert_int_equal(vfio_msi_entry_unplug(&devices[A]->pci.device.device), 0);
	in_remove = hold_for_a_minute;
	assert_int_equal(vfio_msi_entry_cleanup(), 0);
	assert_int_equal(call_end(&waiter), -ENODEV);
	assert_ptr_equal(TAILQ_FIRST(&vfio_msi_bus.forgotten), devices[A]);
	assert_int_equal(iova_layout_create(&layout), 0);
}

/* The cleanup frees what was removed a minute before it began, and nothing else. */
static void
test_freed_at_exit(void **state)
{
	assert_int_equal(vfio_msi_entry_unplug(&devices[A]->pci.device.device), 0);
	seconds_pass(60);
	assert_int_equal(vfio_msi_entry_cleanup(), 0);
	assert_ptr_equal(TAILQ_FIRST(&vfio_msi_bus.forgotten), devices[B]);
	assert_null(TAILQ_NEXT(devices[B], next));
	assert_int_equal(iova_layout_create(&layout), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_used_after_wait, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_used_during_wait, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_wait_began_late, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_longest_wait, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_used_at_exit, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_freed_at_exit, entry_setup, entry_teardown),
	};

	backend = IOAS_BACKEND_TYPE1;
	return cmocka_run_group_tests_name("bus_wait", tests, NULL, NULL);
}
