/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Which argument of "dpdk-test-msi layout" counts for a device that has several. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_msi.h"
#include "topology_bdf.h"

#define FIRST "0000:00:03.0"
#define SECOND "0000:00:05.0"

/* A machine: two devices bound to VFIO, a bridge that is too, and one bound elsewhere. */
static struct topo_device device[4];
static const struct topo_device *v[4];
static const struct topo_set all = { .v = v, .n = 4 };

static int
setup(void **state)
{
	static const char *const bdf[] = { FIRST, "0000:00:04.0", SECOND, "0000:00:06.0" };
	size_t i;

	(void)state;
	memset(device, 0, sizeof(device));
	for (i = 0; i < 4; i++) {
		v[i] = &device[i];
		device[i].addr = addr(bdf[i]);
		strcpy(device[i].driver, "vfio-pci");
	}
	device[1].is_bridge = true;
	strcpy(device[3].driver, "e1000e");
	return 0;
}

/* The plan has these two devices in this order, with the keys of these arguments. */
static void
check(const struct tool_plan *plan, const char *one, const struct vfio_msi_conf *keys_one,
		const char *two, const struct vfio_msi_conf *keys_two)
{
	assert_int_equal(plan->n, 2);
	assert_string_equal(plan->v[0].bdf, one);
	assert_string_equal(plan->v[1].bdf, two);
	assert_ptr_equal(plan->v[0].conf, keys_one);
	assert_ptr_equal(plan->v[1].conf, keys_two);
}

/* Whichever comes first, the order is that of addresses. */
static void
test_last_counts(void **state)
{
	const struct topo_addr first = addr(FIRST), second = addr(SECOND);
	struct vfio_msi_conf keys[3];
	struct tool_plan plan = { 0 };

	(void)state;
	assert_int_equal(tool_plan_give(&plan, &second, &keys[1]), 0);
	assert_int_equal(tool_plan_give(&plan, &first, &keys[0]), 0);
	check(&plan, FIRST, &keys[0], SECOND, &keys[1]);
	assert_int_equal(tool_plan_give(&plan, &first, &keys[2]), 0);
	check(&plan, FIRST, &keys[2], SECOND, &keys[1]);
	free(plan.v);
}

/* Wherever "all" is, a device that an argument names has the keys of that argument. */
static void
test_all(void **state)
{
	struct tool_given given[] = {
		{ .addr = addr(SECOND) }, { .all = true }, { .all = true },
	};
	struct tool_plan plan = { 0 };

	(void)state;
	assert_int_equal(tool_plan_give_all(&plan, &all, given, 3, &given[1].conf), 2);
	assert_int_equal(plan.n, 1);
	assert_int_equal(tool_plan_give_all(&plan, &all, given, 3, &given[2].conf), 2);
	assert_int_equal(tool_plan_give(&plan, &given[0].addr, &given[0].conf), 0);
	check(&plan, FIRST, &given[2].conf, SECOND, &given[0].conf);
	free(plan.v);
}

/* Devices of "all" come first, also those with higher addresses. */
static void
test_order(void **state)
{
	struct tool_given given[] = { { .addr = addr(FIRST) }, { .all = true } };
	struct tool_plan plan = { 0 };

	(void)state;
	assert_int_equal(tool_plan_give_all(&plan, &all, given, 2, &given[1].conf), 2);
	assert_int_equal(tool_plan_give(&plan, &given[0].addr, &given[0].conf), 0);
	check(&plan, SECOND, &given[1].conf, FIRST, &given[0].conf);
	free(plan.v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_counts),
		cmocka_unit_test_setup(test_all, setup),
		cmocka_unit_test_setup(test_order, setup),
	};

	return cmocka_run_group_tests_name("give", tests, NULL, NULL);
}
