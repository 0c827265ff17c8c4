/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The kernel requests a device while its driver starts or stops: what the bus sends to the
 * application, and what it offers to other processes. The device is open in the fake kernel;
 * fake_intr.h is EAL's interrupt thread.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_bus_pci.h>
#include <rte_dev.h>

#include "common.h"
#include "device.h"
#include "fake_intr.h"
#include "neighbours.h"
#include "policy.h"
#include "probe.h"
#include "space.h"
#include "uapi/vfio_uapi.h"
#include "vfio_msi_native.h"

#define GROUP 7
#define REQUESTS 3	/* at the third the bus revokes the device */

struct vfio_msi_bus vfio_msi_bus = {
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
};
struct vfio_msi_natives vfio_msi_natives = TAILQ_HEAD_INITIALIZER(vfio_msi_natives);
int vfio_msi_logtype;
enum rte_proc_type_t fake_process_type = RTE_PROC_PRIMARY;
enum rte_iova_mode fake_iova_mode = RTE_IOVA_VA;
__thread int rte_errno;

static struct vfio_msi_device dev;
static unsigned int events, errors;
static int revoke_error, errors_error;
static unsigned int requests_in_probe, requests_in_open;
static int remove_result;

void
fake_eal_log(const char *level, const char *format, ...)
{
	errors += strcmp(level, "ERR") == 0;
}

void
rte_dev_event_callback_process(const char *name, enum rte_dev_event_type event)
{
	events++;
}

struct rte_intr_handle *
rte_intr_instance_alloc(uint32_t flags)
{
	return calloc(1, sizeof(struct rte_intr_handle));
}

void
rte_intr_instance_free(struct rte_intr_handle *h)
{
	free(h);
}

enum rte_intr_handle_type
rte_intr_type_get(const struct rte_intr_handle *h)
{
	return h->type;
}

static void
request(unsigned int times)
{
	while (times-- > 0)
		fake_intr(dev.pci.device.vfio_req_intr_handle);
}

static int
probe(struct rte_pci_driver *drv, struct rte_pci_device *p)
{
	request(requests_in_probe);
	return 0;
}

static int
remove_device(struct rte_pci_device *p)
{
	return remove_result;
}

static struct rte_pci_driver driver = {
	.driver.name = "net_fake", .drv_flags = RTE_PCI_DRV_NEED_MAPPING,
	.probe = probe, .remove = remove_device,
};

struct rte_pci_driver *
vfio_msi_pci_driver(struct rte_pci_driver *prev, const struct rte_pci_id *id)
{
	return prev == NULL ? &driver : NULL;
}

int
rte_pci_read_config(const struct rte_pci_device *p, void *buf, size_t len, off_t offset)
{
	return (int)len;
}

int
vfio_msi_regions_map(struct vfio_msi_device *d)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX,
	};

	assert_int_equal(vfio_uapi_region_info(d->fd, &info), 0);
	d->pci.region[VFIO_PCI_CONFIG_REGION_INDEX].offset = info.offset;
	return 0;
}

/* As it ends for EEH, which comes last in an open. */
void
vfio_msi_eeh_start(struct vfio_msi_device *d)
{
}

int __real_vfio_uapi_set_irqs(int fd, unsigned int index, unsigned int start, const int *efds,
		unsigned int n);
int __wrap_vfio_uapi_set_irqs(int fd, unsigned int index, unsigned int start, const int *efds,
		unsigned int n);

/* The kernel requests the device before the bus watches errors, which fails. */
int
__wrap_vfio_uapi_set_irqs(int fd, unsigned int index, unsigned int start, const int *efds,
		unsigned int n)
{
	if (index != VFIO_PCI_ERR_IRQ_INDEX || efds == NULL)
		return __real_vfio_uapi_set_irqs(fd, index, start, efds, n);
	request(requests_in_open);
	return errors_error;
}

int
vfio_msi_device_revoke(struct vfio_msi_device *d)
{
	return revoke_error;
}

struct ioas_member
vfio_msi_member(const struct vfio_msi_device *d)
{
	return *MEMBER(GROUP);
}

int
vfio_msi_command_update(const struct vfio_msi_device *d, uint16_t set, uint16_t clear)
{
	return 0;
}

void
vfio_msi_mp_offer(struct vfio_msi_device *d)
{
	d->offered = true;
}

void
vfio_msi_mp_withdraw(struct vfio_msi_device *d)
{
	d->offered = false;
}

bool
vfio_msi_assign_driver_fits(const struct vfio_msi_device *d, const struct rte_pci_driver *drv)
{
	return true;
}

/* What these tests don't have. */
#define NONE(function, ...) void function(__VA_ARGS__) { }
#define ZERO(type, function, ...) type function(__VA_ARGS__) { return 0; }
NONE(vfio_msi_affinity_start, struct vfio_msi_device *d)
NONE(vfio_msi_affinity_stop, struct vfio_msi_device *d)
NONE(vfio_msi_container_notice, const struct vfio_msi_device *d, const struct rte_pci_driver *drv)
NONE(vfio_msi_eal_group_mapped, struct vfio_msi_device *d, bool is_mapped)
NONE(vfio_msi_eeh_stop, struct vfio_msi_device *d)
NONE(vfio_msi_intr_disable, const struct vfio_msi_device *d)
NONE(vfio_msi_intr_teardown, struct vfio_msi_device *d)
NONE(vfio_msi_numa_check, struct vfio_msi_device *d)
NONE(vfio_msi_place_explain, const struct vfio_msi_device *d, int ret, char *why, size_t size)
NONE(vfio_msi_regions_unmap, struct vfio_msi_device *d)
NONE(vfio_msi_vectors_free, struct vfio_msi_device *d)
ZERO(bool, vfio_msi_driver_maps, const struct rte_pci_driver *drv)
ZERO(bool, vfio_msi_regions_have, const struct vfio_msi_device *d, const void *addr)
ZERO(bool, vfio_msi_token_is_optional, const struct vfio_msi_device *d)
ZERO(int, vfio_msi_device_reset, struct vfio_msi_device *d)
ZERO(int, vfio_msi_intr_setup, struct vfio_msi_device *d)
ZERO(int, vfio_msi_mp_open, struct vfio_msi_device *d, char *why, size_t size)
ZERO(int, vfio_msi_regions_replace, struct vfio_msi_device *d, const void *addr)
ZERO(int, vfio_msi_virtio_check, const struct vfio_msi_device *d)

static int
setup(void **state)
{
	machine_setup(state);
	fake_intr_reset();
	vfio_msi_bus.ioas = open_space();
	add_group(GROUP);
	attach_group(vfio_msi_bus.ioas, GROUP);
	memset(&dev, 0, sizeof(dev));
	dev.fd = -1;
	dev.attached = true;
	dev.pci.device.device.name = dev.pci.device.name;
	events = errors = requests_in_probe = requests_in_open = 0;
	revoke_error = errors_error = remove_result = 0;
	return 0;
}

/* A removed device leaves no event for the next one of its name. */
static int
teardown(void **state)
{
	remove_result = 0;
	assert_int_equal(vfio_msi_driver_stop(&dev), 0);
	assert_false(dev.offered);
	events = 0;
	fake_intr_alarms();
	assert_int_equal(events, 0);
	ioas_detach(vfio_msi_bus.ioas, MEMBER(GROUP));
	ioas_close(vfio_msi_bus.ioas);
	vfio_msi_bus.ioas = NULL;
	return machine_teardown(state);
}

static void
start(void)
{
	assert_int_equal(vfio_msi_driver_start(&dev), 0);
	assert_int_equal(errors, 0);
}

/* A port is not closed: the device goes on, and other processes may use it. */
static void
test_busy(void **state)
{
	start();
	assert_true(dev.offered);
	remove_result = -EBUSY;
	assert_int_equal(vfio_msi_driver_stop(&dev), -EBUSY);
	assert_true(dev.offered);
}

/* The bus has revoked the device, as well as it could. */
static void
expect_not_offered(void)
{
	assert_false(dev.offered);
	remove_result = -EBUSY;
	assert_int_equal(vfio_msi_driver_stop(&dev), -EBUSY);
	assert_false(dev.offered);
}

static void
test_revoked(void **state)
{
	start();
	request(REQUESTS);
	assert_true(dev.revoked);
	expect_not_offered();
}

/* Some of its registers may be memory. */
static void
test_half_revoked(void **state)
{
	start();
	revoke_error = -ENOMEM;
	request(REQUESTS);
	assert_false(dev.revoked);
	expect_not_offered();
}

/* The same before the driver has started the device. */
static void
test_half_revoked_early(void **state)
{
	revoke_error = -ENOMEM;
	requests_in_probe = REQUESTS;
	assert_int_equal(vfio_msi_driver_start(&dev), 0);
	expect_not_offered();
}

/* After the next start it is offered again. */
static void
test_next_start(void **state)
{
	start();
	revoke_error = -ENOMEM;
	request(REQUESTS);
	assert_int_equal(vfio_msi_driver_stop(&dev), 0);
	errors = 0;
	start();
	assert_true(dev.offered);
}

/* The open fails after the first request. The application gets no event for the next device. */
static void
test_open_fails(void **state)
{
	requests_in_open = 1;
	errors_error = -EIO;
	assert_int_equal(vfio_msi_driver_start(&dev), -EIO);
	assert_int_equal(dev.fd, -1);
	assert_int_equal(errors, 1);
	errors_error = requests_in_open = 0;
	errors = 0;
	start();
	assert_int_equal(fake_intr_alarms(), 1);
	assert_int_equal(events, 0);
}

int
main(void)
{
#define DRIVER_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		DRIVER_TEST(test_busy),
		DRIVER_TEST(test_revoked),
		DRIVER_TEST(test_half_revoked),
		DRIVER_TEST(test_half_revoked_early),
		DRIVER_TEST(test_next_start),
		DRIVER_TEST(test_open_fails),
	};

	return RUN_ON_BACKENDS("bus_driver", tests);
}
