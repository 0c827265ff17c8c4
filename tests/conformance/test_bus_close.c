/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * rte_eal_cleanup() while the driver of a device does not release it, and has callbacks in EAL.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>

#include <cmocka.h>

#include <rte_dev.h>

#include "claim.h"
#include "common.h"
#include "device.h"
#include "fake_intr.h"
#include "fake_warned.h"
#include "neighbours.h"
#include "probe.h"
#include "space.h"
#include "eal/dma_sync.h"
#include "eal/own_memory.h"
#include "uapi/vfio_uapi.h"

#define N 2
#define NAME "0000:01:00.0"	/* of the first device */

struct vfio_msi_bus vfio_msi_bus = {
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
	.forgotten = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.forgotten),
};
int vfio_msi_logtype;
enum rte_proc_type_t fake_process_type = RTE_PROC_PRIMARY;
__thread int rte_errno;

/* The first one has a driver that may not release it. */
static struct vfio_msi_device *devices[N];
static struct rte_intr_handle handles[N][3];
static unsigned int handled, replaced, nulls;
static int replace_error, null_error;
static bool busy, masters;	/* devices are bus masters when the first mapping goes */
static const struct vfio_msi_device *stopped;	/* the last one */
static struct rte_pci_driver driver = { .driver.name = "raw_fake" };

/* The application. */
static unsigned int events;

void
rte_dev_event_callback_process(const char *name, enum rte_dev_event_type event)
{
	events += strcmp(name, NAME) == 0;
}

/* The file of the device, and /dev/null in its place. */
int __real_vfio_uapi_open(const char *path);
int __wrap_vfio_uapi_open(const char *path);

int
__wrap_vfio_uapi_open(const char *path)
{
	if (strcmp(path, "/dev/null") != 0)
		return __real_vfio_uapi_open(path);
	return null_error < 0 ? null_error : vfio_uapi_eventfd();
}

int
vfio_uapi_dup_over(int from, int to)
{
	nulls++;
	vfio_uapi_close(to);
	return 0;
}

int
vfio_msi_regions_replace(struct vfio_msi_device *dev, const void *addr)
{
	replaced += replace_error == 0;
	return replace_error;
}

bool
vfio_msi_regions_have(const struct vfio_msi_device *dev, const void *addr)
{
	return false;
}

struct ioas_member
vfio_msi_member(const struct vfio_msi_device *dev)
{
	return *MEMBER(dev->plan.topo.group);
}

void
vfio_msi_intr_disable(const struct vfio_msi_device *dev)
{
}

/* As the bus closes a device: its interrupts go, and with them the eventfd. */
void
vfio_msi_device_close(struct vfio_msi_device *dev)
{
	int efd = rte_intr_fd_get(dev->pci.device.intr_handle);

	vfio_msi_device_unwatch(dev);
	rte_intr_fd_set(dev->pci.device.intr_handle, -1);
	vfio_uapi_close(efd);
	vfio_uapi_close(dev->fd);
	dev->fd = -1;
}

int
vfio_msi_driver_stop(struct vfio_msi_device *dev)
{
	stopped = dev;
	if (dev == devices[0] && busy)
		return -EBUSY;
	dev->pci.device.driver = NULL;
	dev->pci.device.device.driver = NULL;
	vfio_msi_device_close(dev);
	return 0;
}

static bool
is_master(const struct vfio_msi_device *dev)
{
	uint16_t command;

	assert_int_equal(vfio_uapi_pread(dev->fd, &command, sizeof(command),
		dev->pci.region[VFIO_PCI_CONFIG_REGION_INDEX].offset + PCI_COMMAND), 0);
	return (le16toh(command) & PCI_COMMAND_MASTER) != 0;
}

void
vfio_msi_detach(struct vfio_msi_device *dev)
{
	if (nulls == 0 && dev->fd >= 0)
		masters |= is_master(dev);
	ioas_detach(vfio_msi_bus.ioas, MEMBER(dev->plan.topo.group));
	dev->attached = false;
}

/* What these tests don't have. */
#define NONE(function, ...) void function(__VA_ARGS__) { }
#define NO_INT(function, ...) int function(__VA_ARGS__) { return 0; }
NONE(vfio_msi_affinity_stop, struct vfio_msi_device *dev)
NONE(vfio_msi_eeh_stop, struct vfio_msi_device *dev)
NONE(vfio_msi_mp_withdraw, struct vfio_msi_device *dev)
NONE(vfio_msi_leave_layout, struct vfio_msi_device *dev)
NONE(vfio_msi_given_free, struct vfio_msi_device *dev)
NONE(vfio_msi_devargs_forget, const struct topo_addr *addr)
NONE(vfio_msi_mp_serve, void)
NONE(vfio_msi_mp_stop, void)
NONE(vfio_msi_numa_stop, void)
NONE(vfio_msi_places_free, void)
NONE(vfio_msi_pci_unblock_all, void)
NONE(vfio_msi_dma_free, void)
NONE(vfio_msi_rejections_free, void)
NONE(own_memory_forget, void)
NONE(dma_sync_forget, void)
NO_INT(vfio_msi_attach, struct vfio_msi_device *dev)
NO_INT(vfio_msi_map_memory, void)
NO_INT(vfio_msi_driver_start, struct vfio_msi_device *dev)
NO_INT(vfio_msi_driver_again, struct vfio_msi_device *dev)

/* A callback of the driver. */
static void
on_interrupt(void *arg)
{
	struct vfio_msi_device *dev = arg;

	handled += dev->pci.device.driver == &driver;
}

static void
device_add(unsigned int i)
{
	struct vfio_msi_device *dev = calloc(1, sizeof(*dev));
	struct rte_pci_device *p = &dev->pci.device;
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	const int group = (int)(7 + i);

	assert_non_null(dev);
	add_group(group);
	attach_group(vfio_msi_bus.ioas, group);
	dev->attached = true;
	dev->plan.topo.group = group;
	dev->plan.topo.addr.bus = (uint8_t)(i + 1);
	snprintf(p->name, sizeof(p->name), "0000:%02x:00.0", i + 1);
	p->device.name = p->name;
	p->driver = &driver;
	p->device.driver = &driver.driver;
	p->intr_handle = &handles[i][0];
	p->vfio_req_intr_handle = &handles[i][1];
	dev->err_handle = &handles[i][2];
	handles[i][1].fd = handles[i][2].fd = -1;
	dev->fd = ioas_open_device(vfio_msi_bus.ioas, MEMBER(group));
	assert_true(dev->fd >= 0);
	assert_int_equal(vfio_uapi_region_info(dev->fd, &info), 0);
	dev->pci.region[VFIO_PCI_CONFIG_REGION_INDEX].offset = info.offset;
	handles[i][0].fd = vfio_uapi_eventfd();
	assert_int_equal(vfio_msi_req_setup(dev), 0);
	assert_int_equal(vfio_msi_err_setup(dev, dev->fd), 0);
	assert_int_equal(vfio_msi_command_update(dev, PCI_COMMAND_MASTER, 0), 0);
	vfio_msi_list_add(dev);
	devices[i] = dev;
}

static int
setup(void **state)
{
	unsigned int i;

	machine_setup(state);
	fake_intr_reset();
	vfio_msi_bus.ioas = open_space();
	fake_process_type = RTE_PROC_PRIMARY;
	handled = replaced = nulls = events = 0;
	replace_error = null_error = 0;
	masters = false;
	stopped = NULL;
	warned[0] = '\0';
	busy = true;
	for (i = 0; i < N; i++)
		device_add(i);
	assert_int_equal(rte_intr_callback_register(&handles[0][0], on_interrupt, devices[0]), 0);
	return 0;
}

/* The process ends. The bus keeps devices that are abandoned. */
static int
teardown(void **state)
{
	unsigned int i;

	for (i = 0; i < N; i++) {
		TAILQ_REMOVE(&vfio_msi_bus.forgotten, devices[i], next);
		if (devices[i]->fd >= 0) {
			rte_intr_callback_unregister_sync(&handles[i][0], on_interrupt, devices[i]);
			vfio_uapi_close(handles[i][0].fd);
			if (nulls == 0)
				vfio_uapi_close(devices[i]->fd);
		}
		vfio_msi_device_free(devices[i]);
	}
	ioas_close(vfio_msi_bus.ioas);
	vfio_msi_bus.ioas = NULL;
	return machine_teardown(state);
}

static void
expect_gone(const struct vfio_msi_device *dev)
{
	assert_int_equal(dev->fd, -1);
	assert_false(dev->attached);
}

/* EAL does not panic, and the driver's callback can still run. The other device is closed. */
static void
expect_abandoned(void)
{
	assert_true(TAILQ_EMPTY(&vfio_msi_bus.devices));
	expect_gone(devices[1]);
	assert_false(devices[0]->attached);
	assert_int_equal(handles[0][1].fd, -1);
	fake_intr(&handles[0][0]);
	assert_int_equal(handled, 1);
}

static void
test_revoked(void **state)
{
	assert_int_equal(vfio_msi_cleanup(), -EBUSY);
	expect_abandoned();
	assert_int_equal(replaced, 1);
	assert_int_equal(nulls, 1);
	assert_int_equal(handles[0][2].fd, -1);
	assert_string_equal(warned, "");
}

/* The device stays open, but it is no bus master when the first mapping goes. */
static void
expect_open(const char *error)
{
	assert_int_equal(vfio_msi_cleanup(), -EBUSY);
	expect_abandoned();
	assert_int_equal(nulls, 0);
	assert_false(masters);
	assert_false(is_master(devices[0]));
	assert_non_null(strstr(warned, error));
}

/* BARs can't be replaced. */
static void
test_no_memory(void **state)
{
	replace_error = -ENOMEM;
	expect_open("Cannot allocate memory");
}

/* The same if the process has no descriptor left. */
static void
test_no_descriptor(void **state)
{
	null_error = -EMFILE;
	expect_open("Too many open files");
	assert_int_equal(replaced, 0);
}

/* Drivers that release their devices leave nothing. */
static void
test_released(void **state)
{
	rte_intr_callback_unregister_sync(&handles[0][0], on_interrupt, devices[0]);
	busy = false;
	assert_int_equal(vfio_msi_cleanup(), 0);
	assert_true(TAILQ_EMPTY(&vfio_msi_bus.devices));
	expect_gone(devices[0]);
	expect_gone(devices[1]);
}

/* The kernel requests a device, which is closed first. One that is opened under this name is another. */
static void
test_event_dropped(void **state)
{
	struct vfio_msi_device *dev = devices[0];

	fake_intr(&handles[0][1]);
	vfio_msi_device_unwatch(dev);
	assert_int_equal(vfio_msi_req_setup(dev), 0);
	assert_int_equal(fake_intr_alarms(), 1);
	assert_int_equal(events, 0);
	fake_intr(&handles[0][1]);
	assert_int_equal(fake_intr_alarms(), 1);
	assert_int_equal(events, 1);
	test_revoked(state);
}

/* A device without a port, of which the driver of the next one uses the registers. */
static void
test_kept_last(void **state)
{
	rte_intr_callback_unregister_sync(&handles[0][0], on_interrupt, devices[0]);
	busy = false;
	devices[0]->pci.device.driver = NULL;
	devices[0]->pci.device.device.driver = NULL;
	devices[0]->kept = true;
	assert_int_equal(vfio_msi_cleanup(), 0);
	assert_ptr_equal(stopped, devices[0]);
	expect_gone(devices[0]);
	expect_gone(devices[1]);
}

int
main(void)
{
#define CLOSE_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		CLOSE_TEST(test_revoked),
		CLOSE_TEST(test_no_memory),
		CLOSE_TEST(test_no_descriptor),
		CLOSE_TEST(test_released),
		CLOSE_TEST(test_event_dropped),
		CLOSE_TEST(test_kept_last),
	};

	return RUN_ON_BACKENDS("close", tests);
}
