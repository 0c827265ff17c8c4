/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Look for a device of the bus through EAL's iterators, which run on any thread: the address of
 * a device is read under the lock that the removal of a device takes before the device is freed.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "claim.h"
#include "machine.h"
#include "neighbours.h"
#include <rte_errno.h>
#include <rte_kvargs.h>

#define N 3

static struct vfio_msi_device devices[N];
static struct rte_driver driver = { .name = "net_fake" };
static unsigned int compared, unlocked;

/* What the bus has of itself, and of DPDK. */
struct vfio_msi_bus vfio_msi_bus = {
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
	.bars_lock = RTE_SPINLOCK_INITIALIZER,
};
int vfio_msi_logtype;
enum rte_proc_type_t fake_process_type = RTE_PROC_PRIMARY;
__thread int rte_errno;
static struct rte_devargs *blocked;

int __real_topology_addr_cmp(const struct topo_addr *a, const struct topo_addr *b);
int __wrap_topology_addr_cmp(const struct topo_addr *a, const struct topo_addr *b);

int
__wrap_topology_addr_cmp(const struct topo_addr *a, const struct topo_addr *b)
{
	compared++;
	unlocked += vfio_msi_bus.bars_lock.locked != 1;
	return __real_topology_addr_cmp(a, b);
}

void
fake_eal_log(const char *level, const char *format, ...)
{
}

static int
pci_scan(void)
{
	return 0;
}

static struct rte_pci_device pci_device;	/* of the pci bus, if it has a driver */

static struct rte_device *
pci_find_device(const struct rte_device *start, rte_dev_cmp_t cmp, const void *data)
{
	return pci_device.device.driver != NULL && cmp(&pci_device.device, data) == 0 ?
		&pci_device.device : NULL;
}

/* The pci bus has a device that nobody looks for. */
static void *
pci_iterate(const void *start, const char *str, const struct rte_dev_iterator *it)
{
	static struct rte_device other;

	return &other;
}

static struct rte_bus pci = {
	.name = "pci", .scan = pci_scan, .find_device = pci_find_device,
	.dev_iterate = pci_iterate,
};

struct rte_bus *
rte_bus_find_by_name(const char *name)
{
	return strcmp(name, pci.name) == 0 ? &pci : NULL;
}

/* As that of the arguments' parser. */
int
vfio_msi_parse_name(const char *name, struct topo_addr *out)
{
	const size_t len = strlen(VFIO_MSI_PREFIX);

	return strncmp(name, VFIO_MSI_PREFIX, len) == 0 ? topology_parse_bdf(name + len, out) :
		-EINVAL;
}

void
rte_bus_register(struct rte_bus *bus)
{
}

int
rte_eal_has_pci(void)
{
	return 1;
}

int
rte_pci_addr_parse(const char *text, struct rte_pci_addr *addr)
{
	struct topo_addr a;
	int ret = topology_parse_bdf(text, &a);

	if (ret == 0)
		*addr = (struct rte_pci_addr) { a.domain, a.bus, a.dev, a.fn };
	return ret;
}

int
rte_pci_addr_cmp(const struct rte_pci_addr *a, const struct rte_pci_addr *b)
{
	return a->domain != b->domain || a->bus != b->bus || a->devid != b->devid ||
		a->function != b->function;
}

/* One argument, which the bus adds to block a device. */
int
rte_devargs_parse(struct rte_devargs *da, const char *text)
{
	const char *comma = strchr(text, ',');

	snprintf(da->name, sizeof(da->name), "%.*s", (int)(comma - text) - 4, text + 4);
	da->args = strdup(comma + 1);
	da->bus = &pci;
	return 0;
}

void
rte_devargs_reset(struct rte_devargs *da)
{
	free(da->args);
}

int
rte_devargs_insert(struct rte_devargs **da)
{
	blocked = *da;
	return 0;
}

int
rte_devargs_remove(struct rte_devargs *da)
{
	rte_devargs_reset(da);
	free(da);
	blocked = NULL;
	return 0;
}

struct rte_devargs *
rte_devargs_next(const char *bus, const struct rte_devargs *start)
{
	return strcmp(bus, "pci") == 0 && start == NULL ? blocked : NULL;
}

/* A list is the value of its only key, addr. */
struct rte_kvargs {
	char value[32];
};

struct rte_kvargs *
rte_kvargs_parse(const char *text, const char *const keys[])
{
	struct rte_kvargs *kv = calloc(1, sizeof(*kv));

	assert_non_null(kv);
	assert_int_equal(sscanf(text, "addr=%31s", kv->value), 1);
	return kv;
}

const char *
rte_kvargs_get(const struct rte_kvargs *kv, const char *key)
{
	assert_string_equal(key, "addr");
	return kv->value;
}

unsigned int
rte_kvargs_count(const struct rte_kvargs *kv, const char *key)
{
	return 1;
}

void
rte_kvargs_free(struct rte_kvargs *kv)
{
	free(kv);
}

/* Devices 01:00.0 to 03:00.0. The first has no driver. */
static int
setup(void **state)
{
	unsigned int i;

	for (i = 0; i < N; i++) {
		devices[i] = (struct vfio_msi_device) {
			.plan.topo.addr.bus = (uint8_t)(i + 1),
			.pci.device.device.driver = i > 0 ? &driver : NULL,
		};
		topology_format_bdf(&devices[i].plan.topo.addr, devices[i].pci.device.name,
			sizeof(devices[i].pci.device.name));
		devices[i].pci.device.device.name = devices[i].pci.device.name;
		vfio_msi_label(&devices[i].plan.topo.addr, devices[i].label);
		vfio_msi_list_add(&devices[i]);
	}
	compared = unlocked = 0;
	return 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	for (i = 0; i < N; i++)
		vfio_msi_list_remove(&devices[i]);
	return 0;
}

static const void *
device(unsigned int i)
{
	return &devices[i].pci.device.device;
}

static void
expect_locked(void)
{
	assert_int_not_equal(compared, 0);
	assert_int_equal(unlocked, 0);
	assert_int_equal(vfio_msi_bus.bars_lock.locked, 0);
}

static void
test_own_iterator(void **state)
{
	assert_ptr_equal(vfio_msi_dev_iterate(NULL, NULL), device(0));
	assert_ptr_equal(vfio_msi_dev_iterate(device(0), "addr=all"), device(1));
	assert_null(vfio_msi_dev_iterate(device(2), NULL));
	assert_ptr_equal(vfio_msi_dev_iterate(NULL, "addr=0000:03:00.0"), device(2));
	assert_null(vfio_msi_dev_iterate(device(2), "addr=0000:03:00.0"));
	assert_null(vfio_msi_dev_iterate(NULL, "addr=0000:04:00.0"));
	expect_locked();
}

static void
test_pci_iterator(void **state)
{
	const struct topo_addr addr = { .bus = 2 };
	void *other = pci_iterate(NULL, NULL, NULL);

	assert_int_equal(vfio_msi_pci_block(&addr), 0);
	compared = unlocked = 0;
	assert_ptr_equal(pci.dev_iterate(NULL, "addr=0000:03:00.0", NULL), device(2));
	assert_null(pci.dev_iterate(device(2), "addr=0000:03:00.0", NULL));
	/* The pci bus answers for what does not run here. */
	assert_ptr_equal(pci.dev_iterate(NULL, "addr=0000:01:00.0", NULL), other);
	assert_ptr_equal(pci.dev_iterate(NULL, "addr=0000:04:00.0", NULL), other);
	assert_ptr_equal(pci.dev_iterate(NULL, NULL, NULL), other);
	expect_locked();
	vfio_msi_pci_unblock_all();
	assert_ptr_equal(pci.dev_iterate(NULL, "addr=0000:03:00.0", NULL), other);
}

/* The check of a group blocks nothing. */
static void
test_pci_group(void **state)
{
	const struct topo_device nic = { .group = NIC_GROUP };
	char why[VFIO_MSI_TEXT];
	void *root = NULL;

	assert_int_equal(tree_machine_setup(&root), 0);
	machine_device(root, SIBLING, NIC_GROUP, "vfio-pci");
	plan_scan_begin(&vfio_msi_bus.scan, root);
	assert_int_equal(vfio_msi_pci_check_group(&nic, why, sizeof(why)), 0);
	pci_device.addr = (struct rte_pci_addr){ .devid = 4 };
	pci_device.device.driver = &driver;
	assert_int_equal(vfio_msi_pci_check_group(&nic, why, sizeof(why)), -EBUSY);
	assert_non_null(strstr(why, SIBLING));
	assert_null(blocked);
	pci_device.device.driver = NULL;
	plan_scan_end(&vfio_msi_bus.scan);
	tree_machine_teardown(&root);
}

static unsigned int seen;

/* The function of EAL, which compares a name. */
static int
same_name(const struct rte_device *dev, const void *name)
{
	compared++;
	unlocked += vfio_msi_bus.bars_lock.locked != 1;
	seen++;
	return strcmp(dev->name, name);
}

static void
test_name(void **state)
{
	assert_ptr_equal(vfio_msi_find_device(NULL, same_name, "0000:01:00.0"), device(0));
	assert_ptr_equal(vfio_msi_find_device(NULL, same_name, "vfio_msi:0000:02:00.0"), device(1));
	assert_ptr_equal(vfio_msi_find_device(NULL, same_name, "03:00.0"), device(2));
	assert_ptr_equal(vfio_msi_find_device(device(1), same_name, "vfio_msi:03:00.0"), device(2));
	assert_null(vfio_msi_find_device(device(1), same_name, "0000:01:00.0"));
	seen = 0;
	assert_null(vfio_msi_find_device(NULL, same_name, "0000:04:00.0"));
	assert_int_equal(seen, 4 * N);
	expect_locked();
}

int
main(void)
{
#define LOOKUP_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		LOOKUP_TEST(test_own_iterator),
		LOOKUP_TEST(test_pci_iterator),
		LOOKUP_TEST(test_pci_group),
		LOOKUP_TEST(test_name),
	};

	return cmocka_run_group_tests_name("bus_lookups", tests, NULL, NULL);
}
