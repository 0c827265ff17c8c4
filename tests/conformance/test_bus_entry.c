/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL calls the operations of the bus on several threads, and they run one at a time. The bus is
 * real from its operations to the address space; drivers, arguments and EAL's memory are here.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "claim.h"
#include "device.h"
#include "common.h"
#include "machine.h"
#include "neighbours.h"
#include "probe.h"
#include "slow.h"
#include "space.h"
#include "eal/dma_sync.h"
#include "eal/own_memory.h"
#include <rte_interrupts.h>

#define SCANS 20
#define A 0
#define B 1

struct vfio_msi_bus vfio_msi_bus = {
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
	.forgotten = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.forgotten),
	.bars_lock = RTE_SPINLOCK_INITIALIZER,
};

static struct rte_devargs argument = { .policy = RTE_DEV_ALLOWED, .name = NIC };
static const char *root;		/* of the files that a scan reads */
static void (*in_claim)(const struct topo_addr *addr);
static void (*in_probe)(void);		/* of a driver, or NULL */
static void (*in_remove)(void);		/* of a driver, or NULL */
static void (*before_unmap)(void);	/* or NULL */
static int driver_result;
static atomic_bool mapped;		/* EAL's memory */
static atomic_uint scans, scans_inside, overlaps;
static __thread bool is_intr;
static long step;			/* seconds from each look at the clock to the next */

void __real_plan_scan_begin(struct plan_scan *scan, const char *of);
void __wrap_plan_scan_begin(struct plan_scan *scan, const char *of);
int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);

void
__wrap_plan_scan_begin(struct plan_scan *scan, const char *of)
{
	atomic_fetch_add(&scans, 1);
	__real_plan_scan_begin(scan, root != NULL ? root : of);
}

int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	static long passed;
	int ret = __real_clock_gettime(id, t);

	passed += step;
	t->tv_sec += passed;
	return ret;
}

int
rte_thread_is_intr(void)
{
	return is_intr;
}

struct rte_devargs *
rte_devargs_next(const char *bus, const struct rte_devargs *start)
{
	return root != NULL && start == NULL ? &argument : NULL;
}

int
vfio_msi_devargs_addr(const struct rte_devargs *da, struct topo_addr *out)
{
	return topology_parse_bdf(da->name, out);
}

void
vfio_msi_claim(const struct topo_addr *addr, const struct rte_devargs *da)
{
	if (in_claim != NULL)
		in_claim(addr);
}

int
vfio_msi_mp_nth(unsigned int n, struct topo_addr *addr, char *why, size_t size)
{
	return -ENODEV;
}

void
vfio_msi_device_forget(struct vfio_msi_device *dev)
{
	vfio_msi_list_remove(dev);
	vfio_msi_detach(dev);
	TAILQ_INSERT_TAIL(&vfio_msi_bus.forgotten, dev, next);
}

void
vfio_msi_forgotten_free(void)
{
	struct vfio_msi_device *dev;

	while ((dev = TAILQ_FIRST(&vfio_msi_bus.forgotten)) != NULL) {
		TAILQ_REMOVE(&vfio_msi_bus.forgotten, dev, next);
		free(dev);
	}
}

struct ioas_member
vfio_msi_member(const struct vfio_msi_device *dev)
{
	return *member(dev->plan.topo.addr.dev);
}

int
vfio_msi_driver_start(struct vfio_msi_device *dev)
{
	static struct rte_pci_driver driver = { .driver.name = "net_fake" };

	if (in_probe != NULL)
		in_probe();
	if (driver_result == 0) {
		dev->pci.device.device.driver = &driver.driver;
		compat_pci_driver_set(&dev->pci.device, &driver);
		dev->fd = 0;
	}
	return driver_result;
}

void
vfio_msi_device_abandon(struct vfio_msi_device *dev)
{
}

int
vfio_msi_driver_stop(struct vfio_msi_device *dev)
{
	if (in_remove != NULL)
		in_remove();
	dev->pci.device.device.driver = NULL;
	compat_pci_driver_set(&dev->pci.device, NULL);
	dev->fd = -1;
	return 0;
}

int
dma_sync_start(struct ioas *ioas, struct iova_layout *l, enum dma_sync_choice choice,
		struct dma_sync_stats *stats, char *why, size_t size)
{
	memset(stats, 0, sizeof(*stats));
	atomic_store(&mapped, true);
	return 0;
}

void
dma_sync_stop(void)
{
	atomic_store(&mapped, false);
}

void
own_memory_up(struct ioas *ioas, struct iova_layout *l, uint64_t page,
		const struct own_memory_calls *calls)
{
	calls->restore();
}

void
own_memory_down(void (*unmap)(void))
{
	if (before_unmap != NULL)
		before_unmap();
	unmap();
}

static struct vfio_msi_device *devices[2];

/* Two devices on the list, in groups 7 and 8, which are not attached. */
static int
setup(void **state)
{
	unsigned int i;

	if (machine_setup(state) < 0)
		return -1;
	slow_setup();
	for (i = 0; i < 2; i++) {
		add_group((int)(7 + i));
		devices[i] = calloc(1, sizeof(*devices[i]));
		devices[i]->fd = -1;
		devices[i]->plan.topo.addr = (struct topo_addr){ .bus = 1, .dev = 7 + i };
		vfio_msi_list_add(devices[i]);
	}
	vfio_msi_bus.layout = layout;
	vfio_msi_bus.ioas = open_space();
	return 0;
}

static int
teardown(void **state)
{
	struct vfio_msi_device *dev;

	vfio_msi_bus.closed = false;
	in_probe = in_remove = NULL;
	before_unmap = NULL;
	driver_result = 0;
	fake_process_type = RTE_PROC_PRIMARY;
	while ((dev = TAILQ_FIRST(&vfio_msi_bus.devices)) != NULL)
		vfio_msi_entry_unplug(&dev->pci.device.device);
	vfio_msi_forgotten_free();
	assert_null(vfio_msi_bus.ioas);
	assert_false(vfio_msi_bus.syncing);
	slow_teardown();
	return machine_teardown(state);
}

static void
pause_ms(long ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000 * 1000 };

	nanosleep(&t, NULL);
}

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
	assert_true(TAILQ_EMPTY(&vfio_msi_bus.forgotten));
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
	struct rte_device found = { .name = "not on the list" };

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
	assert_int_equal(vfio_msi_entry_plug(&found), -ENODEV);
	assert_int_equal(vfio_msi_entry_unplug(&found), -ENOENT);
	assert_int_equal(vfio_msi_entry_cleanup(), 0);
	assert_int_equal(atomic_load(&scans), 0);
	assert_false(atomic_load(&mapped));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_two_scans, tree_setup_scan, tree_teardown_scan),
		cmocka_unit_test_setup_teardown(test_detach_beside_attach, setup, teardown),
		cmocka_unit_test_setup_teardown(test_removed_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_started_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupt_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(test_request_at_exit, setup, teardown),
	};

	backend = IOAS_BACKEND_TYPE1;
	return cmocka_run_group_tests_name("bus_entry", tests, NULL, NULL);
}
