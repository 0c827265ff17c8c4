/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Scans of a secondary process that starts. It answers the primary's requests for a hotplug before
 * its first probe.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "claim.h"
#include "neighbours.h"

struct vfio_msi_bus vfio_msi_bus = {
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
	.forgotten = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.forgotten),
};

static struct rte_devargs argument = { .policy = RTE_DEV_ALLOWED };
static bool primary_only;	/* the primary answers ENOTSUP for its devices */
static unsigned int claims;

struct rte_devargs *
rte_devargs_next(const char *bus, const struct rte_devargs *start)
{
	return start == NULL && argument.name[0] != '\0' ? &argument : NULL;
}

int
vfio_msi_devargs_addr(const struct rte_devargs *da, struct topo_addr *out)
{
	return topology_parse_bdf(da->name, out);
}

/* The primary has one device. */
int
vfio_msi_mp_nth(unsigned int n, struct topo_addr *addr, char *why, size_t size)
{
	if (n > 0)
		return -ENODEV;
	return topology_parse_bdf("0000:01:00.0", addr);
}

void
vfio_msi_claim(const struct topo_addr *addr, const struct rte_devargs *da)
{
	claims++;
	vfio_msi_bus.primary_only |= primary_only;
}

void
vfio_msi_forgotten_free(void)
{
}

static int
setup(void **state)
{
	fake_process_type = RTE_PROC_SECONDARY;
	vfio_msi_bus.scanned = false;
	vfio_msi_bus.memory_is_up = false;
	argument.name[0] = '\0';
	primary_only = false;
	claims = 0;
	return 0;
}

static void
give(const char *name)
{
	snprintf(argument.name, sizeof(argument.name), "%s", name);
}

/* EAL lets the primary keep its device after EEXIST only. */
static void
test_primary_only(void **state)
{
	assert_int_equal(vfio_msi_scan(), 0);
	give("0000:02:00.0");
	primary_only = true;
	assert_int_equal(vfio_msi_scan(), -EEXIST);
	vfio_msi_bus.memory_is_up = true;
	assert_int_equal(vfio_msi_scan(), -EEXIST);
	primary_only = false;
	assert_int_equal(vfio_msi_scan(), 0);
}

/* An error of the start is no error of the scan. */
static void
test_primary_only_at_start(void **state)
{
	give("0000:02:00.0");
	primary_only = true;
	assert_int_equal(vfio_msi_scan(), 0);
}

/* All devices of the primary are meant once, by "all" or without an argument. */
static void
test_all(void **state)
{
	give(VFIO_MSI_ALL);
	assert_int_equal(vfio_msi_scan(), 0);
	assert_int_equal(claims, 1);
	assert_int_equal(vfio_msi_scan(), 0);
	assert_int_equal(claims, 1);
}

static void
test_no_argument(void **state)
{
	assert_int_equal(vfio_msi_scan(), 0);
	assert_int_equal(claims, 1);
	assert_int_equal(vfio_msi_scan(), 0);
	assert_int_equal(claims, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_primary_only, setup),
		cmocka_unit_test_setup(test_primary_only_at_start, setup),
		cmocka_unit_test_setup(test_all, setup),
		cmocka_unit_test_setup(test_no_argument, setup),
	};

	return cmocka_run_group_tests_name("bus_scan", tests, NULL, NULL);
}
