/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices that are added later end the choice of IOVAs for external memory of a heap.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "eal/dma_sync.h"
#include "fake_eal.h"

#define GIB UINT64_C(0x40000000)
#define LARGE UINT64_C(0x200000)
#define TOP_IOVA ((UINT64_C(1) << 39) - 1)

#define EAL_VA (4 * GIB)			/* 4 pages at start */
#define BAD_VA (UINT64_C(0x7f0000000000))
#define OTHER_VA (BAD_VA + GIB)

static struct ioas *ioas;
static char why[1024];

static int
start(enum dma_sync_choice choice)
{
	struct dma_sync_stats st;
	int ret = dma_sync_start(ioas, layout, choice, &st, why, sizeof(why));

	if (ret == 0)
		dma_sync_restored();
	return ret;
}

static int
setup(void **state)
{
	bool viable;

	if (machine_setup(state) < 0)
		return -1;
	fake_eal_reset();
	add_group(7)->aperture = RANGE(0, TOP_IOVA);
	if (ioas_open(backend, NULL, layout, &ioas, NULL) < 0 ||
	    ioas_attach(ioas, MEMBER(7), &viable) < 0)
		return -1;
	add_hole(0, PAGE - 1, IOVA_HARD);
	obey(ioas, "0000:01:07.0");
	fake_eal_alloc(EAL_VA, 4, LARGE, 1);
	return start(DMA_SYNC_EXTERNAL);
}

static int
teardown(void **state)
{
	dma_sync_stop();
	dma_sync_forget();
	ioas_close(ioas);
	return machine_teardown(state);
}

/* Add a large page. */
static void
heap_add(uint64_t va, uint64_t iova)
{
	fake_eal_heap_add(va, 1, LARGE, &iova);
}

/* Memory at a VA that is no good IOVA keeps it, and is not mapped. */
static void
expect_kept(uint64_t va)
{
	const size_t mapped = mappings_count(ioas);

	fake_eal_said[0] = '\0';
	heap_add(va, va);
	assert_int_equal(fake_eal_iova(va), va);
	assert_int_equal(mappings_count(ioas), mapped);
	assert_non_null(strstr(fake_eal_said, "ERR: memory of a heap at VA 0x"));
	assert_non_null(strstr(fake_eal_said, "a driver of this process, or DPDK's build takes VAs for IOVAs"));
	fake_eal_free(va);
}

static void
test_device_added(void **state)
{
	assert_false(dma_sync_has_chosen());
	heap_add(BAD_VA, BAD_VA);
	assert_true(ioas_covers(ioas, BAD_VA, LARGE, LARGE));
	assert_true(dma_sync_has_chosen());
	dma_sync_may_choose(false);
	expect_kept(OTHER_VA);
	/* What was chosen before remains until it is removed. */
	assert_true(ioas_covers(ioas, BAD_VA, LARGE, LARGE));
	assert_true(dma_sync_has_chosen());
	fake_eal_free(BAD_VA);
	assert_false(dma_sync_has_chosen());
	expect_kept(BAD_VA);
	assert_false(dma_sync_has_chosen());
	/* The device is gone again. */
	dma_sync_may_choose(true);
	heap_add(BAD_VA, BAD_VA);
	assert_true(ioas_covers(ioas, BAD_VA, LARGE, LARGE));
	assert_true(dma_sync_has_chosen());
}

/* Good VAs, IOVAs that the application chose, memory that is not mapped, and none for DMA. */
static void
test_not_chosen(void **state)
{
	heap_add(64 * GIB, 64 * GIB);
	heap_add(BAD_VA, 80 * GIB);
	heap_add(OTHER_VA, 0);
	fake_eal_heap_add(OTHER_VA + GIB, 1, LARGE, NULL);
	assert_int_equal(fake_eal_iova(BAD_VA), 80 * GIB);
	assert_false(dma_sync_has_chosen());
	/* The last of what the bus chose is removed. */
	fake_eal_free(BAD_VA);
	heap_add(BAD_VA, BAD_VA);
	assert_true(dma_sync_has_chosen());
	fake_eal_free(BAD_VA);
	assert_false(dma_sync_has_chosen());
}

/* Also while no device is attached; the next start evaluates it anew. */
static void
test_absent(void **state)
{
	heap_add(OTHER_VA, OTHER_VA);
	dma_sync_may_choose(false);
	dma_sync_stop();
	expect_kept(BAD_VA);
	heap_add(BAD_VA, BAD_VA);
	assert_int_equal(start(DMA_SYNC_EXTERNAL), -ERANGE);
	fake_eal_free(BAD_VA);
	assert_int_equal(start(DMA_SYNC_EXTERNAL), 0);
	assert_true(ioas_covers(ioas, OTHER_VA, LARGE, LARGE));
	heap_add(BAD_VA, BAD_VA);
	assert_true(ioas_covers(ioas, BAD_VA, 2 * LARGE, LARGE));
	/* A start that chooses none: what was chosen is still there. */
	dma_sync_stop();
	assert_int_equal(start(DMA_SYNC_NONE), 0);
	assert_true(dma_sync_has_chosen());
}

static void
test_never(void **state)
{
	dma_sync_stop();
	dma_sync_forget();
	assert_int_equal(start(DMA_SYNC_NONE), 0);
	dma_sync_may_choose(true);
	expect_kept(BAD_VA);
	assert_false(dma_sync_has_chosen());
}

#define choice_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		choice_test(test_device_added),
		choice_test(test_not_chosen),
		choice_test(test_absent),
		choice_test(test_never),
	};

	return RUN_ON_BACKENDS("choice of IOVAs", tests);
}
