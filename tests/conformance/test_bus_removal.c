/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A callback of the application removes the device, and frees it, while EAL handles what the
 * kernel reports about it. fake_intr.h is EAL's interrupt thread.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_dev.h>

#include "common.h"
#include "device.h"
#include "fake_intr.h"
#include "ioas/ioas_watch.h"
#include "neighbours.h"
#include "space.h"
#include "uapi/vfio_uapi.h"

struct vfio_msi_bus vfio_msi_bus = {
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
};
int vfio_msi_logtype;
enum rte_proc_type_t fake_process_type = RTE_PROC_PRIMARY;
__thread int rte_errno;
static unsigned int errors;

void
fake_eal_log(const char *level, const char *format, ...)
{
	errors += strcmp(level, "ERR") == 0 && strstr(format, "no memory") != NULL;
}

#define N 2

static struct vfio_msi_device *devices[N];
static struct rte_intr_handle handles[N][2];
static unsigned int events, others;
static bool removes;

/* As the removal of a device: stop what watches it, then free it. */
static void
device_remove(unsigned int i)
{
	struct vfio_msi_device *dev = devices[i];

	if (dev == NULL)
		return;
	vfio_msi_eeh_stop(dev);
	vfio_msi_err_teardown(dev, dev->fd);
	vfio_msi_req_teardown(dev);
	vfio_msi_removal_drop(dev);
	free(dev);
	devices[i] = NULL;
}

/* As EAL: two callbacks of the application, of which the first listens to one name only. */
void
rte_dev_event_callback_process(const char *name, enum rte_dev_event_type event)
{
	unsigned int i;

	assert_int_equal(event, RTE_DEV_EVENT_REMOVE);
	if (strcmp(name, "0000:01:07.0") == 0) {
		events++;
		for (i = 0; removes && i < N; i++)
			device_remove(i);
	}
	others += strcmp(name, "0000:01:08.0") == 0;
}

/* A driver of the bus, none of which these tests have. */
void
vfio_msi_mp_withdraw(struct vfio_msi_device *dev)
{
}

int
vfio_msi_device_revoke(struct vfio_msi_device *dev)
{
	return 0;
}

int
vfio_msi_regions_replace(struct vfio_msi_device *dev, const void *addr)
{
	return 0;
}

bool
vfio_msi_regions_have(const struct vfio_msi_device *dev, const void *addr)
{
	return false;
}

struct ioas_member
vfio_msi_member(const struct vfio_msi_device *dev)
{
	return (struct ioas_member){ .group = dev->plan.topo.group };
}

/* POWER: all devices of the group are frozen. */
int __wrap_ioas_stopped(struct ioas *ioas, const struct ioas_member *m);
void __wrap_ioas_watch_poll(struct ioas *ioas, const char *root, struct ioas_watch *watch);
static bool has_eeh;

int
__wrap_ioas_stopped(struct ioas *ioas, const struct ioas_member *m)
{
	return has_eeh ? 0 : -ENOTSUP;
}

void
__wrap_ioas_watch_poll(struct ioas *ioas, const char *root, struct ioas_watch *watch)
{
	struct ioas_watched *w;

	TAILQ_FOREACH(w, watch, link)
		w->is_new = true;
}

static void
device_add(unsigned int i)
{
	struct vfio_msi_device *dev = calloc(1, sizeof(*dev));

	assert_non_null(dev);
	snprintf(dev->pci.device.name, sizeof(dev->pci.device.name), "0000:01:%02x.0", 7 + i);
	dev->pci.device.device.name = dev->pci.device.name;
	dev->fd = -1;
	dev->err_handle = &handles[i][0];
	dev->pci.device.vfio_req_intr_handle = &handles[i][1];
	handles[i][0].fd = handles[i][1].fd = -1;
	assert_int_equal(vfio_msi_req_setup(dev), 0);
	assert_int_equal(vfio_msi_err_setup(dev, -1), 0);
	vfio_msi_eeh_start(dev);
	devices[i] = dev;
}

static int
setup(void **state)
{
	machine_setup(state);
	fake_intr_reset();
	has_eeh = false;
	removes = true;
	events = others = errors = 0;
	device_add(0);
	return 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	for (i = 0; i < N; i++)
		device_remove(i);
	fake_intr_alarms();
	assert_int_equal(fake_intr_alarms(), 0);
	return machine_teardown(state);
}

/* The interrupt thread goes on, both callbacks are called, and the device is gone. */
static void
expect_removed(void)
{
	fake_intr_alarms();
	assert_int_equal(events, 1);
	assert_null(devices[0]);
	assert_int_equal(fake_leaks(NULL), 0);
}

static void
test_request(void **state)
{
	fake_intr(&handles[0][1]);
	expect_removed();
}

static void
test_error(void **state)
{
	fake_intr(&handles[0][0]);
	expect_removed();
}

/* EAL's callback for a driver that maps the device itself; EAL unregisters it like the bus. */
static void
on_request_of_eal(void *arg)
{
	vfio_msi_hot_unplug(&((struct vfio_msi_device *)arg)->pci.device.device);
	assert_int_equal(events, 0);
}

static void
test_request_of_eal(void **state)
{
	on_request_of_eal(devices[0]);
	expect_removed();
}

/* All devices of the group are frozen at once. The callback for the first removes both. */
static void
test_eeh(void **state)
{
	has_eeh = true;
	vfio_msi_eeh_start(devices[0]);
	device_add(1);
	assert_int_equal(fake_intr_alarms(), 1);
	expect_removed();
	assert_null(devices[1]);
	assert_int_equal(others, 0);
}

/* Another thread removes the device first: a new device of this name gets no event. */
static void
test_removed_before(void **state)
{
	fake_intr(&handles[0][1]);
	device_remove(0);
	device_add(0);
	assert_int_equal(fake_intr_alarms(), 1);
	assert_int_equal(events, 0);
	fake_intr(&handles[0][1]);
	expect_removed();
}

/* Several events before the application gets the first are one. Without a callback, each is sent. */
static void
test_repeated(void **state)
{
	removes = false;
	fake_intr(&handles[0][1]);
	fake_intr(&handles[0][0]);
	assert_int_equal(fake_intr_alarms(), 1);
	assert_int_equal(events, 1);
	fake_intr(&handles[0][1]);
	assert_int_equal(fake_intr_alarms(), 1);
	assert_int_equal(events, 2);
}

/* Without memory for the alarm an error is logged, and the next event is sent. */
static void
test_no_memory(void **state)
{
	fake_intr_no_alarms = true;
	fake_intr(&handles[0][1]);
	fake_intr_no_alarms = false;
	assert_int_equal(errors, 1);
	assert_int_equal(fake_intr_alarms(), 0);
	fake_intr(&handles[0][1]);
	expect_removed();
}

int
main(void)
{
#define REMOVAL_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		REMOVAL_TEST(test_request),
		REMOVAL_TEST(test_error),
		REMOVAL_TEST(test_request_of_eal),
		REMOVAL_TEST(test_eeh),
		REMOVAL_TEST(test_removed_before),
		REMOVAL_TEST(test_repeated),
		REMOVAL_TEST(test_no_memory),
	};

	return cmocka_run_group_tests_name("bus_removal", tests, NULL, NULL);
}
