/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A device that is kept open without a driver, and that the bus has revoked: the next scan closes
 * it, so that an attach can claim and open it again.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "claim.h"
#include "common.h"
#include "device.h"
#include "fake_private.h"
#include "fake_warned.h"
#include "neighbours.h"
#include "policy.h"
#include "space.h"
#include "uapi/vfio_uapi.h"

struct vfio_msi_bus vfio_msi_bus = {
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
	.forgotten = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.forgotten),
};
int vfio_msi_logtype;
enum rte_proc_type_t fake_process_type = RTE_PROC_PRIMARY;
__thread int rte_errno;

static struct vfio_msi_device *dev;
static struct rte_devargs *given;	/* EAL frees it during the next survey, which fails */
static bool current;
static char rejected[80];
static unsigned int closed, detached, surveys, unlocked, unmapped;
static uint64_t *bar;
#define BAR_LEN 4096
#define BAR_VALUE UINT64_C(0x10000ed)

int
rte_log(unsigned int level, unsigned int type, const char *format, ...)
{
	return 0;
}

bool __wrap_plan_is_current(struct topo_snapshot *snap, const struct plan_device *plan);

bool
__wrap_plan_is_current(struct topo_snapshot *snap, const struct plan_device *plan)
{
	return current;
}

int __wrap_vfio_uapi_munmap(void *addr, size_t len);

int
__wrap_vfio_uapi_munmap(void *addr, size_t len)
{
	unmapped++;
	return 0;
}

void
vfio_msi_device_close(struct vfio_msi_device *d)
{
	closed++;
	unlocked += d->closing.locked != 1;
	vfio_msi_regions_unmap(d);
	d->fd = -1;
}

void
vfio_msi_detach(struct vfio_msi_device *d)
{
	detached += d->attached;
	assert_int_equal(d->fd, -1);
	d->attached = false;
}

int
vfio_msi_survey(struct vfio_msi_device *d, const struct topo_addr *addr, char *why, size_t size)
{
	surveys++;
	d->plan.topo.addr = *addr;
	if (given == NULL)
		return 0;
	free(given);
	given = NULL;
	return -EIO;
}

bool
vfio_msi_reject(const char *name, const struct rte_devargs *da, const char *why)
{
	snprintf(rejected, sizeof(rejected), "%s%s", da->name, da->data != NULL ? "" : " without data");
	return true;
}

char *
vfio_msi_given_text(const struct rte_devargs *da)
{
	return strdup("");
}

int
vfio_msi_given_read(struct vfio_msi_device *d, const struct rte_devargs *da, char *why, size_t size)
{
	d->args = strdup("");
	return 0;
}

void
vfio_msi_given_free(struct vfio_msi_device *d)
{
	free(d->args);
}

struct rte_pci_id
vfio_msi_pci_id(const struct topo_device *t)
{
	return (struct rte_pci_id){ .vendor_id = t->vendor };
}

/* What these tests don't have. */
#define NONE(function, ...) void function(__VA_ARGS__) { }
#define ZERO(type, function, ...) type function(__VA_ARGS__) { return 0; }
NONE(vfio_msi_given_set, struct vfio_msi_device *d)
NONE(vfio_msi_given_update, struct vfio_msi_device *d, const struct rte_devargs *da)
NONE(vfio_msi_handles_free, struct vfio_msi_device *d)
NONE(vfio_msi_label, const struct topo_addr *addr, char out[RTE_DEV_NAME_MAX_LEN])
NONE(vfio_msi_leave_layout, struct vfio_msi_device *d)
NONE(vfio_msi_rejection_forget, const char *name)
ZERO(bool, vfio_msi_was_rejected, const char *name, const struct rte_devargs *da)
ZERO(int, vfio_msi_container_check, const struct topo_device *t, const char *args, char *why,
	size_t size)
ZERO(int, vfio_msi_mp_find, const struct topo_addr *addr, char *why, size_t size)
ZERO(int, vfio_msi_pci_block, const struct topo_addr *addr)
ZERO(int, vfio_msi_pci_block_group, const struct topo_device *t, char *why, size_t size)
ZERO(int, vfio_msi_policy_admit, const struct vfio_msi_conf *conf, char *why, size_t size)
ZERO(const struct rte_devargs *, vfio_msi_pci_keeps, const struct topo_addr *addr)
ZERO(struct rte_pci_driver *, vfio_msi_pci_driver, struct rte_pci_driver *prev,
	const struct rte_pci_id *id)
ZERO(int, vfio_msi_bar_reserve, const struct vfio_msi_device *d, unsigned int i, uint64_t size,
	void **addr)

static int
setup(void **state)
{
	void *p;

	machine_setup(state);
	closed = detached = surveys = unlocked = unmapped = 0;
	warned[0] = '\0';
	dev = calloc(1, sizeof(*dev));
	assert_non_null(dev);
	dev->args = strdup("");
	dev->kept = dev->attached = dev->revoked = true;
	dev->fd = 1;
	dev->plan.topo.addr.bus = 1;
	assert_int_equal(vfio_uapi_mmap(NULL, BAR_LEN, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &p), 0);
	bar = p;
	*bar = BAR_VALUE;
	dev->bar[0].addr = bar;
	dev->bar[0].len = BAR_LEN;
	vfio_msi_list_add(dev);
	return 0;
}

static int
teardown(void **state)
{
	struct vfio_msi_device *d = TAILQ_FIRST(&vfio_msi_bus.devices);

	fake_mmaps(NULL);
	if (d != NULL) {
		d->fd = -1;
		vfio_msi_list_remove(d);
		vfio_msi_device_free(d);
	}
	return machine_teardown(state);
}

/* The steps of a scan for one device. */
static void
scan(void)
{
	const struct topo_addr addr = { .bus = 1 };
	const struct rte_devargs da = { .policy = RTE_DEV_ALLOWED };

	plan_scan_begin(&vfio_msi_bus.scan, "/nowhere");
	vfio_msi_forget_changed();
	vfio_msi_claim(&addr, &da);
	plan_scan_end(&vfio_msi_bus.scan);
	assert_false(TAILQ_EMPTY(&vfio_msi_bus.devices));
}

static void
expect_closed(const struct vfio_msi_device *d)
{
	assert_int_equal(closed, 1);
	assert_int_equal(detached, 1);
	assert_int_equal(unlocked, 0);
	assert_false(d->kept);
	assert_false(d->attached);
	assert_int_equal(d->fd, -1);
}

/* It was bound again: it is surveyed again. */
static void
test_bound_again(void **state)
{
	current = false;
	scan();
	assert_int_equal(closed, 1);
	assert_int_equal(surveys, 1);
	expect_closed(TAILQ_FIRST(&vfio_msi_bus.devices));
}

/* It is as it was: it can be attached. */
static void
test_same(void **state)
{
	current = true;
	scan();
	assert_int_equal(surveys, 0);
	assert_ptr_equal(TAILQ_FIRST(&vfio_msi_bus.devices), dev);
	expect_closed(dev);
}

/* A driver may still use the addresses of its BARs. */
static void
test_registers(void **state)
{
	current = true;
	scan();
	assert_null(dev->bar[0].addr);
	assert_int_equal(unmapped, 0);
}

/* At the end of the process: nobody has revoked it, so its registers are there until now. */
static void
test_not_revoked_at_end(void **state)
{
	dev->revoked = false;
	vfio_msi_regions_unmap(dev);
	assert_null(dev->bar[0].addr);
	assert_int_equal(unmapped, 0);
	assert_int_equal(*bar, 0);
	assert_string_equal(warned, "");
}

/* Memory can't replace them: they stay. */
static void
test_no_memory_at_end(void **state)
{
	dev->revoked = false;
	fake_fail_nth(1, ENOMEM);
	vfio_msi_regions_unmap(dev);
	assert_int_equal(unmapped, 0);
	assert_int_equal(*bar, BAR_VALUE);
	assert_non_null(strstr(warned, "Cannot allocate memory"));
}

/* A device without a driver that uses it. */
static void
test_unmapped(void **state)
{
	dev->kept = false;
	vfio_msi_regions_unmap(dev);
	assert_int_equal(unmapped, 1);
}

/* One that is not revoked stays as it is. */
static void
test_not_revoked(void **state)
{
	dev->revoked = false;
	current = false;
	scan();
	assert_int_equal(closed, 0);
	assert_true(dev->kept && dev->attached);
	assert_int_equal(dev->fd, 1);
}

/* The argument of a thread that gave up waiting, while this one surveys its device. */
static void
test_argument_freed(void **state)
{
	const struct topo_addr addr = { .bus = 2 };

	given = calloc(1, sizeof(*given));
	assert_non_null(given);
	strcpy(given->name, "0000:02:00.0");
	given->data = "";
	plan_scan_begin(&vfio_msi_bus.scan, "/nowhere");
	vfio_msi_claim(&addr, given);
	plan_scan_end(&vfio_msi_bus.scan);
	assert_int_equal(surveys, 1);
	assert_string_equal(rejected, "0000:02:00.0");
}

int
main(void)
{
#define KEPT_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		KEPT_TEST(test_bound_again),
		KEPT_TEST(test_same),
		KEPT_TEST(test_registers),
		KEPT_TEST(test_not_revoked),
		KEPT_TEST(test_not_revoked_at_end),
		KEPT_TEST(test_no_memory_at_end),
		KEPT_TEST(test_unmapped),
		KEPT_TEST(test_argument_freed),
	};

	return cmocka_run_group_tests_name("bus_kept", tests, NULL, NULL);
}
