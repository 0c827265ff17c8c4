/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The operations of the bus as EAL calls them since 26.07, with one driver of the bus for all PMDs:
 * EAL writes it to a device without a PMD, and the bus has no lock for that.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "entry_around.h"
#include "common.h"
#include "probe.h"

static struct rte_driver *any;	/* of the bus */
static unsigned int removes;

void
rte_bus_register(struct rte_bus *bus)
{
}

void
rte_bus_add_driver(struct rte_bus *bus, struct rte_driver *drv)
{
	any = drv;
}

static const struct compat_bus_ops ops = {
	.probe = vfio_msi_entry_probe,
	.cleanup = vfio_msi_entry_cleanup,
	.plug = vfio_msi_entry_plug,
	.unplug = vfio_msi_entry_unplug,
};

/* As EAL, which has written the driver of the bus if the device had none: none after a failure. */
static int
attach_written(struct rte_device *rdev, bool had_driver)
{
	int ret = vfio_msi_bus.bus.probe_device(any, rdev);

	if (ret != 0 && !had_driver)
		rdev->driver = NULL;
	return ret;
}

static int
attach(struct rte_device *rdev)
{
	bool had_driver = rdev->driver != NULL;

	assert_true(vfio_msi_bus.bus.match(any, rdev));
	if (!had_driver)
		rdev->driver = any;
	return attach_written(rdev, had_driver);
}

static void
expect_pmd(const struct rte_device *rdev)
{
	assert_ptr_equal(rdev->driver, &compat_pci_driver(&devices[A]->pci.device)->driver);
	assert_string_equal(rdev->driver->name, "net_fake");
}

static void
count_remove(void)
{
	removes++;
}

static int
setup(void **state)
{
	int ret = entry_setup(state);

	compat_bus_register(&vfio_msi_bus.bus, &ops);
	removes = 0;
	in_remove = count_remove;
	return ret;
}

static void
test_attach(void **state)
{
	struct rte_device *rdev = &devices[A]->pci.device.device;

	assert_int_equal(attach(rdev), 0);
	expect_pmd(rdev);
	assert_true(vfio_msi_is_running(devices[A]));
	assert_int_equal(attach(rdev), 0);
	expect_pmd(rdev);
	assert_int_equal(vfio_msi_bus.bus.unplug_device(rdev), 0);
	assert_null(rdev->driver);
	assert_int_equal(removes, 1);
}

/* A driver that fails. */
static void
test_attach_fails(void **state)
{
	driver_result = -EIO;
	assert_int_equal(attach(&devices[A]->pci.device.device), -EIO);
	assert_null(devices[A]->pci.device.device.driver);
	assert_false(vfio_msi_is_running(devices[A]));
}

/* Two threads attach the device. EAL found it without a PMD in both, and writes to it at the end of one. */
static void
test_attach_twice(void **state)
{
	struct rte_device *rdev = &devices[A]->pci.device.device;

	assert_int_equal(attach(rdev), 0);
	rdev->driver = any;
	assert_true(vfio_msi_is_running(devices[A]));
	assert_int_equal(attach_written(rdev, false), 0);
	expect_pmd(rdev);
}

/* The same, but EAL writes to it before the bus has it from the first: the bus does not see that. */
static void
test_attach_twice_unseen(void **state)
{
	struct rte_device *rdev = &devices[A]->pci.device.device;

	rdev->driver = any;
	assert_int_equal(attach_written(rdev, false), 0);
	expect_pmd(rdev);
	assert_int_equal(attach_written(rdev, false), 0);
	expect_pmd(rdev);
}

/* The driver is called again for a device that runs, and fails: EAL gets the error if it keeps the PMD. */
static void
test_again_fails(void **state)
{
	struct rte_device *rdev = &devices[A]->pci.device.device;

	assert_int_equal(attach(rdev), 0);
	again_result = -EIO;
	assert_int_equal(attach(rdev), -EIO);
	expect_pmd(rdev);
	rdev->driver = any;
	assert_int_equal(attach_written(rdev, false), 0);
	expect_pmd(rdev);
}

/* A driver may fail with EEXIST as it starts. */
static void
test_start_exists(void **state)
{
	driver_result = -EEXIST;
	assert_int_equal(attach(&devices[A]->pci.device.device), -EEXIST);
	assert_null(devices[A]->pci.device.device.driver);
}

/* The cleanup comes before the bus knows of the attach. */
static void
test_cleanup(void **state)
{
	struct rte_device *rdev = &devices[A]->pci.device.device;

	rdev->driver = any;
	assert_false(vfio_msi_is_running(devices[A]));
	assert_null(compat_pci_driver(&devices[A]->pci.device));
	assert_int_equal(vfio_msi_bus.bus.cleanup(&vfio_msi_bus.bus), 0);
	assert_int_equal(removes, 0);
	assert_int_equal(vfio_msi_bus.bus.probe_device(any, rdev), -ENODEV);
	assert_int_equal(iova_layout_create(&layout), 0);
	ioas_close(vfio_msi_bus.ioas);
	vfio_msi_bus.ioas = NULL;
}

int
main(void)
{
#define NEW_TEST(t) cmocka_unit_test_setup_teardown(t, setup, entry_teardown)
	const struct CMUnitTest tests[] = {
		NEW_TEST(test_attach),
		NEW_TEST(test_attach_fails),
		NEW_TEST(test_attach_twice),
		NEW_TEST(test_attach_twice_unseen),
		NEW_TEST(test_again_fails),
		NEW_TEST(test_start_exists),
		NEW_TEST(test_cleanup),
	};

	backend = IOAS_BACKEND_TYPE1;
	return cmocka_run_group_tests_name("bus_new", tests, NULL, NULL);
}
