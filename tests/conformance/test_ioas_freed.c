/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What was unmapped lately: each unmap that succeeds, the latest first. The test has the clock.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common.h"
#include "ioas/ioas_freed.h"

#define VA UINT64_C(0x7f0000000000)
#define AT UINT64_C(0x100000)
#define BEGAN 1000

int __wrap_clock_gettime(clockid_t id, struct timespec *out);

static struct ioas *ioas;
static struct ioas_freed freed[IOAS_FREED];
static time_t now;

int
__wrap_clock_gettime(clockid_t id, struct timespec *out)
{
	assert_int_equal(id, CLOCK_MONOTONIC);
	*out = (struct timespec){ .tv_sec = now };
	return 0;
}

static int
setup(void **state)
{
	struct fake_group *g;

	now = BEGAN;
	if (machine_setup(state) < 0)
		return -1;
	g = add_group(7);
	g->aperture = RANGE(0, UINT64_MAX >> 16);
	ioas = open_space();
	attach_group(ioas, 7);
	return 0;
}

static int
teardown(void **state)
{
	ioas_close(ioas);
	return machine_teardown(state);
}

static void
map_pages(enum ioas_owner owner, uint64_t first, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		assert_int_equal(ioas_map(ioas, owner, VA, first + i * PAGE, PAGE, NULL), 0);
}

static void
expect(size_t i, uint64_t first, uint64_t last, enum ioas_owner owner, uint64_t seconds)
{
	assert_int_equal(freed[i].iova.first, first);
	assert_int_equal(freed[i].iova.last, last);
	assert_int_equal(freed[i].owner, owner);
	assert_int_equal(freed[i].seconds, seconds);
}

static void
test_latest_first(void **state)
{
	assert_int_equal(ioas_freed_get(ioas, freed), 0);
	map_pages(IOAS_EAL, AT, 1);
	map_pages(IOAS_DEVICE, AT + 2 * PAGE, 1);
	assert_int_equal(ioas_freed_get(ioas, freed), 0);
	/* What fails is none. */
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, AT + 2 * PAGE, PAGE), -EPERM);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, AT + PAGE, PAGE), -ENOENT);
	assert_int_equal(ioas_freed_get(ioas, freed), 0);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, AT, PAGE), 0);
	now += 5;
	assert_int_equal(ioas_unmap(ioas, IOAS_DEVICE, AT + 2 * PAGE, PAGE), 0);
	now += 2;
	assert_int_equal(ioas_freed_get(ioas, freed), 2);
	expect(0, AT + 2 * PAGE, AT + 3 * PAGE - 1, IOAS_DEVICE, 2);
	expect(1, AT, AT + PAGE - 1, IOAS_EAL, 7);
}

/* EAL frees memory page by page. */
static void
test_pages_are_one(void **state)
{
	unsigned int i;

	map_pages(IOAS_EAL, AT, 100);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, AT, 50 * PAGE), 0);
	for (i = 0; i < 20; i++, now += i % 10 == 0)
		assert_int_equal(ioas_unmap(ioas, IOAS_EAL, AT + (50 + i) * PAGE, PAGE), 0);
	assert_int_equal(ioas_freed_get(ioas, freed), 1);
	expect(0, AT, AT + 70 * PAGE - 1, IOAS_EAL, 1);
	/* Downwards, but later. */
	now += 2;
	for (i = 0; i < 20; i++)
		assert_int_equal(ioas_unmap(ioas, IOAS_EAL, AT + (99 - i) * PAGE, PAGE), 0);
	assert_int_equal(ioas_freed_get(ioas, freed), 2);
	expect(0, AT + 80 * PAGE, AT + 100 * PAGE - 1, IOAS_EAL, 0);
	expect(1, AT, AT + 70 * PAGE - 1, IOAS_EAL, 3);
	/* It adjoins, but not in time. */
	now += 2;
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, AT + 79 * PAGE, PAGE), 0);
	assert_int_equal(ioas_freed_get(ioas, freed), 3);
	/* Another owner. */
	map_pages(IOAS_APPLICATION, AT + 80 * PAGE, 1);
	assert_int_equal(ioas_unmap(ioas, IOAS_APPLICATION, AT + 80 * PAGE, PAGE), 0);
	assert_int_equal(ioas_freed_get(ioas, freed), 4);
	expect(0, AT + 80 * PAGE, AT + 81 * PAGE - 1, IOAS_APPLICATION, 0);
}

static void
test_only_the_last(void **state)
{
	unsigned int i;

	for (i = 0; i < IOAS_FREED + 3; i++) {
		map_pages(IOAS_EAL, AT + 2 * i * PAGE, 1);
		assert_int_equal(ioas_unmap(ioas, IOAS_EAL, AT + 2 * i * PAGE, PAGE), 0);
	}
	assert_int_equal(ioas_freed_get(ioas, freed), IOAS_FREED);
	for (i = 0; i < IOAS_FREED; i++)
		assert_int_equal(freed[i].iova.first, AT + 2 * (IOAS_FREED + 2 - i) * PAGE);
}

static void
test_all(void **state)
{
	map_pages(IOAS_EAL, AT, 3);
	ioas_unmap_all(ioas);
	assert_int_equal(ioas_freed_get(ioas, freed), 1);
	expect(0, AT, AT + 3 * PAGE - 1, IOAS_EAL, 0);
}

int
main(void)
{
#define FREED_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		FREED_TEST(test_latest_first), FREED_TEST(test_pages_are_one),
		FREED_TEST(test_only_the_last), FREED_TEST(test_all),
	};

	return RUN_ON_BACKENDS("ioas_freed", tests);
}
