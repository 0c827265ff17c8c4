/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What doctor finds out about one device, from a tree of files. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor.h"
#include "tree.h"

#define DEVICE "/devices/pci0000:00/0000:01:00.0"
#define PHYSICAL "/devices/pci0000:00/0000:01:00.1"

static struct doctor_facts facts;

/* All devices with a VFIO driver. */
static void
read_again(const char *root)
{
	doctor_facts_free(&facts);
	assert_int_equal(doctor_read(root, false, &facts), 0);
	assert_int_equal(doctor_devices(root, NULL, 0, NULL, &facts), 0);
	assert_true(facts.n > 0);
	assert_string_equal(facts.v[0].bdf, "0000:01:00.0");
}

static int
setup(void **state)
{
	int ret = tree_setup(state);
	const char *root = *state;

	tree_device(root, DEVICE);
	tree_link(root, "/sys" DEVICE "/iommu_group", "../../../kernel/iommu_groups/57");
	tree_link(root, "/sys" DEVICE "/driver", "../../../bus/pci/drivers/vfio-pci");
	tree_text(root, "/sys/kernel/iommu_groups/57/reserved_regions", "");
	return ret;
}

static int
teardown(void **state)
{
	doctor_facts_free(&facts);
	return tree_teardown(state);
}

/* A virtual function, and the driver of its physical one. */
static void
test_physical(void **state)
{
	const char *root = *state;

	read_again(root);
	assert_string_equal(facts.v[0].physical, "");
	tree_link(root, "/sys" DEVICE "/physfn", "../0000:01:00.1");
	read_again(root);
	assert_string_equal(facts.v[0].physical, "");
	tree_device(root, PHYSICAL);
	read_again(root);
	assert_string_equal(facts.v[0].physical, "");
	tree_link(root, "/sys" PHYSICAL "/driver", "../../../bus/pci/drivers/vfio-pci");
	read_again(root);
	assert_string_equal(facts.v[0].physical, "0000:01:00.1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		T(test_physical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
