/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL calls the operations of the bus on several threads, and they run one at a time. The bus is
 * real from its operations to the address space.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "claim.h"
#include "common.h"
#include "entry_around.h"
#include "machine.h"
#include "probe.h"
#include "slow.h"

#define SCANS 20

static atomic_uint scans_inside, overlaps;

/* As a claim: the snapshot of the scan must remain until its end. */
static void
read_device(const struct topo_addr *addr)
{
	const struct topo_device *t = NULL;
	bool found, same = false;

	if (atomic_fetch_add(&scans_inside, 1) != 0)
		atomic_fetch_add(&overlaps, 1);
	found = topology_snapshot_device(&vfio_msi_bus.scan.topo, addr, &t) == 0;
	pause_ms(1);
	if (found)
		same = topology_addr_cmp(&t->addr, addr) == 0;
	if (!same)
		atomic_fetch_add(&overlaps, 1);
	atomic_fetch_sub(&scans_inside, 1);
}

static intptr_t
scan_often(void)
{
	unsigned int i;

	for (i = 0; i < SCANS; i++)
		vfio_msi_entry_scan();
	return 0;
}

static int
tree_setup_scan(void **state)
{
	if (tree_machine_setup(state) < 0)
		return -1;
	root = *state;
	in_claim = read_device;
	slow_setup();
	return 0;
}

static int
tree_teardown_scan(void **state)
{
	slow_teardown();
	root = NULL;
	in_claim = NULL;
	return tree_machine_teardown(state);
}

static void
test_two_scans(void **state)
{
	struct call other;

	call_begin(&other, scan_often);
	scan_often();
	call_end(&other);
	assert_int_equal(atomic_load(&overlaps), 0);
}

static struct call detach;
static atomic_bool in_the_middle;
static atomic_bool plugged;

static intptr_t
unplug_a(void)
{
	return vfio_msi_entry_unplug(&devices[A]->pci.device.device);
}

/* A is the last attached device, and the other thread has a while to attach B. */
static void
wait_for_plug(void)
{
	unsigned int i;

	atomic_store(&in_the_middle, true);
	for (i = 0; i < 200 && !atomic_load(&plugged); i++)
		pause_ms(1);
}

static void
test_detach_beside_attach(void **state)
{
	assert_int_equal(vfio_msi_entry_plug(&devices[A]->pci.device.device), 0);
	assert_true(atomic_load(&mapped));
	before_unmap = wait_for_plug;
	call_begin(&detach, unplug_a);
	while (!atomic_load(&in_the_middle))
		pause_ms(1);
	assert_int_equal(vfio_msi_entry_plug(&devices[B]->pci.device.device), 0);
	atomic_store(&plugged, true);
	assert_int_equal(call_end(&detach), 0);
	assert_true(devices[B]->attached);
	assert_true(vfio_msi_bus.syncing);
	assert_true(atomic_load(&mapped));
}

/* In a secondary: EAL has found a device for the primary's request, and its start fails elsewhere. */
static void
test_removed_meanwhile(void **state)
{
	struct rte_device *found = &devices[A]->pci.device.device;

	fake_process_type = RTE_PROC_SECONDARY;
	driver_result = -EIO;
	vfio_msi_entry_probe();
	assert_true(TAILQ_EMPTY(&vfio_msi_bus.devices));
	driver_result = 0;
	assert_int_equal(vfio_msi_entry_plug(found), -ENODEV);
	assert_int_equal(vfio_msi_entry_unplug(found), -ENOENT);
	assert_null(found->driver);
	assert_int_equal(vfio_msi_entry_scan(), 0);
	assert_string_equal(found->name, NIC);
	ioas_close(vfio_msi_bus.ioas);
	vfio_msi_bus.ioas = NULL;
}

/* And its start succeeds elsewhere: the primary accepts this error. */
static void
test_started_meanwhile(void **state)
{
	fake_process_type = RTE_PROC_SECONDARY;
	vfio_msi_entry_probe();
	assert_int_equal(vfio_msi_entry_plug(&devices[A]->pci.device.device), -EEXIST);
}

static void
scan_again(void)
{
	assert_int_equal(vfio_msi_entry_scan(), 0);
}

/* A driver attaches another device. */
static void
test_nested(void **state)
{
	in_probe = scan_again;
	assert_int_equal(vfio_msi_entry_plug(&devices[A]->pci.device.device), 0);
}

static atomic_bool no_more_scans;

static intptr_t
scan_on(void)
{
	while (!atomic_load(&no_more_scans))
		vfio_msi_entry_scan();
	return 0;
}

/* EAL accesses a device after it has been removed, while another device is attached. */
static void
test_used_after_unplug(void **state)
{
	struct rte_device *rdev = &devices[A]->pci.device.device;
	struct call other;

	atomic_store(&no_more_scans, false);
	assert_int_equal(vfio_msi_entry_plug(rdev), 0);
	call_begin(&other, scan_on);
	assert_int_equal(vfio_msi_entry_unplug(rdev), 0);
	pause_ms(20);
	rdev->driver = NULL;
	assert_ptr_equal(rdev->bus, &vfio_msi_bus.bus);
	assert_string_equal(rdev->name, NIC);
	atomic_store(&no_more_scans, true);
	assert_int_equal(call_end(&other), 0);
}

static atomic_bool may_end;

static void
hold(void)
{
	atomic_store(&in_the_middle, true);
	while (!atomic_load(&may_end))
		pause_ms(1);
}

static intptr_t
plug_a(void)
{
	return vfio_msi_entry_plug(&devices[A]->pci.device.device);
}

/* The holder waits for a callback on the interrupt thread, which removes another device. */
static void
test_interrupt_thread(void **state)
{
	struct call holder;

	atomic_store(&in_the_middle, false);
	in_probe = hold;
	call_begin(&holder, plug_a);
	while (!atomic_load(&in_the_middle))
		pause_ms(1);
	is_intr = true;
	step = 60;
	assert_int_equal(vfio_msi_entry_unplug(&devices[B]->pci.device.device), -EBUSY);
	assert_int_equal(vfio_msi_entry_scan(), -EBUSY);
	step = 0;
	atomic_store(&may_end, true);
	assert_int_equal(call_end(&holder), 0);
	assert_int_equal(vfio_msi_entry_unplug(&devices[B]->pci.device.device), 0);
	is_intr = false;
}

static unsigned int probed;

/* Each start takes long. */
static void
start_slowly(void)
{
	atomic_store(&in_the_middle, true);
	pause_ms(100);
	probed++;
}

static intptr_t
probe_both(void)
{
	return vfio_msi_entry_probe();
}

/* In a secondary that starts, the primary detaches a device of it before all others have started. */
static void
test_request_at_start(void **state)
{
	struct call starts;

	fake_process_type = RTE_PROC_SECONDARY;
	probed = 0;
	atomic_store(&in_the_middle, false);
	in_probe = start_slowly;
	call_begin(&starts, probe_both);
	while (!atomic_load(&in_the_middle))
		pause_ms(1);
	is_intr = true;
	assert_int_equal(vfio_msi_entry_unplug(&devices[B]->pci.device.device), 0);
	is_intr = false;
	assert_int_equal(call_end(&starts), 0);
	assert_int_equal(probed, 1);
	assert_true(vfio_msi_bus.started);
	assert_ptr_equal(TAILQ_FIRST(&vfio_msi_bus.devices), devices[A]);
	assert_null(TAILQ_NEXT(devices[A], next));
}

static intptr_t
clean_up(void)
{
	return vfio_msi_entry_cleanup();
}

static intptr_t
requested_scan(void)
{
	is_intr = true;
	return vfio_msi_entry_scan();
}

/* Another process requests an attach while this one ends. */
static void
test_request_at_exit(void **state)
{
	struct call holder, request;
	struct rte_device *found = &devices[A]->pci.device.device;

	atomic_store(&in_the_middle, false);
	atomic_store(&may_end, false);
	assert_int_equal(plug_a(), 0);
	in_remove = hold;
	call_begin(&holder, clean_up);
	while (!atomic_load(&in_the_middle))
		pause_ms(1);
	atomic_store(&scans, 0);
	call_begin(&request, requested_scan);
	assert_true(call_waits(&request));
	atomic_store(&may_end, true);
	assert_int_equal(call_end(&holder), 0);
	assert_int_equal(iova_layout_create(&layout), 0);
	assert_int_equal(call_end(&request), -ENODEV);
	assert_int_equal(vfio_msi_entry_scan(), -ENODEV);
	assert_int_equal(vfio_msi_entry_probe(), -ENODEV);
	assert_int_equal(vfio_msi_entry_plug(found), -ENODEV);
	assert_int_equal(vfio_msi_entry_unplug(found), -ENOENT);
	assert_int_equal(vfio_msi_entry_cleanup(), 0);
	assert_string_equal(found->name, NIC);
	assert_int_equal(atomic_load(&scans), 0);
	assert_false(atomic_load(&mapped));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_two_scans, tree_setup_scan, tree_teardown_scan),
		cmocka_unit_test_setup_teardown(test_detach_beside_attach, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_removed_meanwhile, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_started_meanwhile, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_used_after_unplug, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_nested, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_interrupt_thread, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_request_at_start, entry_setup, entry_teardown),
		cmocka_unit_test_setup_teardown(test_request_at_exit, entry_setup, entry_teardown),
	};

	backend = IOAS_BACKEND_TYPE1;
	return cmocka_run_group_tests_name("bus_entry", tests, NULL, NULL);
}
