/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The count of EAL's memory that devices can't reach falls when EAL frees the memory.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sync_space.h"

#define GROWN (EAL_VA + GIB)

/* rte_dev_dma_map() where EAL's memory grows later, of other memory or of the same. */
static void
grow_into_device(uint64_t va)
{
	const uint64_t times = dma_sync_refused().times;

	assert_int_equal(ioas_map(sync_ioas, IOAS_DEVICE, va, GROWN, LARGE, NULL), 0);
	fake_eal_alloc(GROWN, 1, LARGE, 0);
	assert_int_equal(dma_sync_refused().times, times + 1);
	assert_int_equal(dma_sync_refused().bytes, LARGE);
	fake_eal_free(GROWN);
	assert_int_equal(dma_sync_refused().bytes, 0);
	assert_true(ioas_covers(sync_ioas, va, GROWN, LARGE));
	assert_int_equal(ioas_unmap(sync_ioas, IOAS_DEVICE, GROWN, LARGE), 0);
	expect_start();
}

static void
test_device(void **state)
{
	grow_into_device(BAD_VA);
	grow_into_device(GROWN);
}

/* A page is refused, and the kernel keeps a part of its mapping until EAL frees it. */
static void
test_parked(void **state)
{
	const uint64_t va = 128 * GIB, times = dma_sync_refused().times;
	bool viable;

	if (!per_group)
		return;
	add_group(8)->aperture = RANGE(0, va - 1);
	assert_int_equal(ioas_attach(sync_ioas, MEMBER(8), &viable), 0);
	/* Mapped in one leg, rejected by the next, and not undone. */
	fake_fail_nth(3, EIO);
	fake_eal_alloc(va, 1, LARGE, 0);
	assert_string_equal(fake_failed(), "vfio_uapi_unmap_dma");
	assert_int_equal(expect_same_or_parked(sync_ioas), 1);
	assert_int_equal(dma_sync_refused().times, times + 1);
	assert_int_equal(dma_sync_refused().bytes, LARGE);
	fake_eal_free(va);
	assert_int_equal(dma_sync_refused().bytes, 0);
	expect_start();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		sync_test(test_device),
		sync_test(test_parked),
	};

	return RUN_ON_BACKENDS("refused memory", tests);
}
