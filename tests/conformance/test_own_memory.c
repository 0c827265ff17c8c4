/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory of applications: ownership, placement, and what happens when the last device is
 * removed and when one returns, while threads use the memory.
 */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "own_memory_space.h"

#define VA UINT64_C(0x7f0000000000)
#define MIB UINT64_C(0x100000)
#define GIB (1024 * MIB)
#define ROUNDS 200

static int
setup(void **state)
{
	if (own_space_setup(state) < 0)
		return -1;
	obey(own_ioas, "0000:01:00.0");
	return 0;
}

static void
test_own_only(void **state)
{
	uint64_t iova;

	assert_int_equal(ioas_map(own_ioas, IOAS_EAL, VA, 0x10000000, MIB, NULL), 0);
	assert_int_equal(own_memory_dma_map(VA + GIB, MIB, 0, &iova), 0);
	assert_int_equal(own_memory_dma_unmap(0, OWN_SPACE_LIMIT + 1), -EPERM);
	assert_int_equal(own_memory_dma_unmap(0x10000000, MIB), -EPERM);
	assert_int_equal(mappings_count(own_ioas), 2);
	assert_int_equal(own_memory_dma_unmap(iova, PAGE), -EBUSY);
	assert_int_equal(own_memory_dma_unmap(iova, MIB), 0);
	assert_int_equal(own_memory_dma_unmap(iova, MIB), -ENOENT);
	assert_int_equal(mappings_count(own_ioas), 1);
}

static void
test_alignment(void **state)
{
	static const struct {
		const char *name;
		uint64_t va, size, align;
	} rows[] = {
		{ "a page", VA + PAGE, PAGE, PAGE },
		{ "4 MiB, and VA is a multiple of 2 MiB", VA + 2 * MIB, 4 * MIB, 2 * MIB },
		{ "4 MiB, and VA is a multiple of more", VA, 4 * MIB, 4 * MIB },
		{ "2 GiB", VA, 2 * GIB, GIB },
		{ "VA is a multiple of a page only", VA + PAGE, GIB, PAGE },
	};
	uint64_t iova;
	size_t i;

	EACH_ROW(i, rows, "%s", rows[i].name) {
		assert_int_equal(own_memory_dma_map(rows[i].va, rows[i].size, 0, &iova), 0);
		assert_int_equal(iova & (rows[i].align - 1), 0);
	}
	/* If no aligned range is free, a smaller alignment is used. */
	assert_int_equal(own_memory_dma_unmap(0, OWN_SPACE_LIMIT + 1), 0);
	add_hole(0, PAGE - 1, IOVA_HARD);
	add_hole(3 * MIB + 1, OWN_SPACE_LIMIT, IOVA_HARD);
	assert_int_equal(own_memory_dma_map(VA, 2 * MIB, 2 * MIB, &iova), -ENOSPC);
	assert_int_equal(own_memory_dma_map(VA, 2 * MIB, 0, &iova), 0);
	assert_int_equal(iova, MIB);
	assert_int_equal(own_memory_dma_map(VA, 2 * MIB, 0, &iova), -ENOSPC);
}

/* The kernel has no room for more mappings, so no other IOVA is tried. */
static void
test_kernel_has_no_room(void **state)
{
	uint64_t iova;
	unsigned int calls = fake_calls();

	fake_fail_nth(1, ENOSPC);
	assert_int_equal(own_memory_dma_map(VA, GIB, 0, &iova), -ENOSPC);
	assert_int_equal(fake_calls() - calls, 1);
	assert_int_equal(mappings_count(own_ioas), 0);
}

static void
test_restored(void **state)
{
	struct ioas_mapping m;
	uint64_t a, b;

	assert_int_equal(own_memory_dma_map(VA, MIB, 0, &a), 0);
	assert_int_equal(own_memory_dma_map(VA + GIB, MIB, 0, &b), 0);
	own_space_down();
	assert_int_equal(fake_n_mappings(), 0);
	assert_int_equal(own_memory_dma_map(VA, MIB, 0, &m.va), -ENODEV);
	assert_int_equal(own_memory_layout_dump(stderr), -ENODEV);
	/* The memory can be unmapped before the device returns. */
	assert_int_equal(own_memory_dma_unmap(b + PAGE, MIB), -EBUSY);
	assert_int_equal(own_memory_dma_unmap(b, MIB), 0);
	assert_int_equal(own_memory_dma_unmap(b, MIB), -ENOENT);
	own_space_up();
	assert_int_equal(own_n_lost, 0);
	assert_int_equal(ioas_lookup(own_ioas, a, &m), 0);
	assert_int_equal(m.va, VA);
	assert_int_equal(mappings_count(own_ioas), 1);
	assert_int_equal(own_memory_dma_unmap(a, MIB), 0);
}

static void
test_lost(void **state)
{
	uint64_t iova;

	assert_int_equal(own_memory_dma_map(VA, MIB, 0, &iova), 0);
	own_space_down();
	add_hole(iova, iova + PAGE - 1, IOVA_HARD);
	own_space_up();
	assert_int_equal(own_n_lost, 1);
	assert_int_equal(own_lost_ret, -EADDRINUSE);
	assert_int_equal(own_memory_dma_unmap(iova, MIB), -ENOENT);
}

/* A new device has a soft hole there: the memory is restored at its IOVA, and reported. */
static void
test_restored_in_a_soft_hole(void **state)
{
	uint64_t iova;

	assert_int_equal(own_memory_dma_map(VA, MIB, 0, &iova), 0);
	own_space_down();
	add_hole(iova, iova + PAGE - 1, IOVA_SOFT);
	own_space_up();
	assert_int_equal(own_n_lost, 0);
	assert_int_equal(own_n_met, 1);
	assert_int_equal(own_met_ret, 0);
	assert_int_equal(own_met.iova.first, iova);
	assert_int_equal(own_met_why.hole.range.first, iova);
	assert_int_equal(own_memory_dma_unmap(iova, MIB), 0);
}

static void
test_kernel_keeps_it(void **state)
{
	uint64_t iova;

	assert_int_equal(own_memory_dma_map(VA, MIB, 0, &iova), 0);
	fake_fail_nth(1, EIO);
	assert_true(own_memory_dma_unmap(iova, MIB) < 0);
	assert_int_equal(own_memory_dma_unmap(iova, MIB), 0);
}

static void *
use(void *arg)
{
	const unsigned int *stop = arg;
	uint64_t iova;

	while (__atomic_load_n(stop, __ATOMIC_RELAXED) == 0)
		if (own_memory_dma_map(VA, MIB, 0, &iova) == 0)
			own_memory_dma_unmap(iova, MIB);
	return NULL;
}

static void
test_space_goes_meanwhile(void **state)
{
	unsigned int stop = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, use, &stop), 0);
	own_space_restart(ROUNDS);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(own_n_lost, 0);
	assert_int_equal(mappings_count(own_ioas), 0);
	assert_int_equal(iova_layout_check(layout, stderr), 0);
}

int
main(void)
{
#define OWN_TEST(t) cmocka_unit_test_setup_teardown(t, setup, own_space_teardown)
	const struct CMUnitTest tests[] = {
		OWN_TEST(test_own_only),
		OWN_TEST(test_alignment),
		OWN_TEST(test_kernel_has_no_room),
		OWN_TEST(test_restored),
		OWN_TEST(test_lost),
		OWN_TEST(test_restored_in_a_soft_hole),
		OWN_TEST(test_kernel_keeps_it),
		OWN_TEST(test_space_goes_meanwhile),
	};

	return RUN_ON_BACKENDS("own_memory", tests);
}
