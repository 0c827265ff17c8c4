/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Growth of EAL's memory with IOVA as VA: rejected beyond the reach of the devices.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake_eal.h"
#include "fake_eal_growth.h"
#include "text_count.h"
#include "vfio_msi_growth.h"

#define MIB UINT64_C(0x100000)
#define GIB (1024 * MIB)
#define SMALL (2 * MIB)
#define HUGE (32 * MIB)
#define SMALL_VA (8 * GIB)
#define HUGE_VA (16 * GIB)

struct growth vfio_msi_growth;
int vfio_msi_logtype;

static void
list(uint64_t va, uint64_t page, uint64_t reach)
{
	fake_eal_list(va, page);
	vfio_msi_growth.v[vfio_msi_growth.n++] = (struct growth_list){
		.range = { va, va + FAKE_EAL_PAGES * page - 1 }, .page = page, .reach = reach,
		.first = true, .reached = true,
	};
}

/* Small pages are within reach up to 17 of them, large ones are not. */
static int
setup(void **state)
{
	fake_eal_reset();
	vfio_msi_growth.n = 0;
	list(SMALL_VA, SMALL, 17 * SMALL);
	list(HUGE_VA, HUGE, HUGE - SMALL);
	fake_eal_pool(0, SMALL, 512);
	vfio_msi_growth_watch();
	assert_true(vfio_msi_growth.watched);
	return 0;
}

static int
teardown(void **state)
{
	vfio_msi_growth_unwatch();
	assert_false(fake_eal_is_validated());
	fake_eal_reset();
	return 0;
}

static void
test_small_pages(void **state)
{
	fake_eal_pool(0, HUGE, 0);
	assert_false(fake_eal_rejects(HUGE));
	assert_false(fake_eal_rejects(17 * SMALL));
	assert_string_equal(fake_eal_said, "");
	assert_true(fake_eal_rejects(18 * SMALL));
	assert_true(fake_eal_rejects(2 * HUGE));
	assert_int_equal(text_count(fake_eal_said, "can't grow by 36 MiB: the devices can't reach memory beyond 0x202200000,"), 1);
	assert_int_equal(text_count(fake_eal_said, "WARNING"), 1);
}

/* EAL may take a large page: one in a file, one that the kernel makes, or an unknown one. */
static void
test_large_pages(void **state)
{
	assert_true(fake_eal_rejects(HUGE));
	assert_int_equal(text_count(fake_eal_said, "can't grow by 32 MiB: the devices can't reach memory beyond 0x401e00000,"), 1);
	fake_eal_pool(0, HUGE, 1);
	assert_true(fake_eal_rejects(HUGE));
	assert_false(fake_eal_rejects(17 * SMALL));
	fake_eal_pool(0, HUGE, 0);
	assert_false(fake_eal_rejects(HUGE));
	fake_eal_overcommit(HUGE, 1, 0);
	assert_true(fake_eal_rejects(HUGE));
}

/* No list has such pages. */
static void
test_part_of_a_page(void **state)
{
	fake_eal_pool(0, HUGE, 0);
	assert_true(fake_eal_rejects(SMALL + 4096));
	assert_int_equal(text_count(fake_eal_said, "ERR"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_small_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_part_of_a_page, setup, teardown),
	};

	return cmocka_run_group_tests_name("growth within reach", tests, NULL, NULL);
}
