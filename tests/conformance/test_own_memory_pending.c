/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Calls of an application while a map or an unmap of another thread is in the kernel, and
 * what remains after one that failed in part.
 */

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "own_memory_space.h"
#include "slow.h"

#define VA UINT64_C(0x7f0000000000)
#define MIB UINT64_C(0x100000)
#define GIB (1024 * MIB)
#define ALL (OWN_SPACE_LIMIT + 1)
#define ROUNDS 100
#define THREADS 3

static struct rte_eal_iommu_mapping *slow_handle, *handle;
static struct rte_eal_iommu_mapped mapped;

/* Memory with the alignment of SLOW gets the IOVA SLOW, and any other memory a lower one. */
static int
setup(void **state)
{
	bool viable;

	if (own_space_setup(state) < 0)
		return -1;
	slow_setup();
	obey(own_ioas, "0000:01:00.0");
	add_hole(0, PAGE - 1, IOVA_HARD);
	add_group(8);
	return ioas_attach(own_ioas, MEMBER(8), &viable);
}

static int
teardown(void **state)
{
	slow_teardown();
	return own_space_teardown(state);
}

static int
map_handle(uint64_t va, uint64_t align, struct rte_eal_iommu_mapping **out)
{
	const struct rte_eal_iommu_map_conf conf = { .addr = (void *)(uintptr_t)va, .len = MIB,
		.align = align };

	return own_memory_map(&conf, out);
}

static intptr_t
map_slow(void)
{
	return map_handle(VA, SLOW, &slow_handle);
}

static intptr_t
unmap_slow(void)
{
	return own_memory_unmap(slow_handle);
}

static intptr_t
dma_map_slow(void)
{
	uint64_t iova;

	return own_memory_dma_map(VA, MIB, SLOW, &iova);
}

static intptr_t
dma_unmap_slow(void)
{
	return own_memory_dma_unmap(SLOW, MIB);
}

static intptr_t
dma_unmap_all(void)
{
	return own_memory_dma_unmap(0, ALL);
}

static int
count(const struct rte_eal_iommu_mapped *m, void *arg)
{
	(void)m;
	(*(size_t *)arg)++;
	return 0;
}

static size_t
n_walked(void)
{
	size_t n = 0;

	assert_int_equal(own_memory_mapping_foreach(count, &n), 0);
	return n;
}

/* Other calls proceed while the memory at SLOW is neither mapped nor free. */
static void
expect_others_go_on(void)
{
	const struct rte_eal_iommu_map_conf there = { .addr = (void *)(uintptr_t)VA, .len = MIB,
		.align = SLOW, .limit = 2 * SLOW - 1 };
	struct rte_eal_iommu_mapping *other;
	uint64_t iova, va;
	size_t len = MIB;

	assert_int_equal(own_memory_get(handle, &mapped), 0);
	assert_int_equal(own_memory_virt2iova(VA + GIB, &len, &iova), 0);
	assert_int_equal(iova, mapped.iova);
	assert_int_equal(own_memory_virt2iova(VA, &len, &iova), -ENOENT);
	assert_int_equal(own_memory_iova2virt(SLOW, &len, &va), -ENOENT);
	assert_int_equal(n_walked(), 1);
	assert_int_equal(map_handle(VA + 2 * GIB, 0, &other), 0);
	assert_int_equal(own_memory_map(&there, &other), -ENOSPC);
	assert_int_equal(own_memory_dma_map(VA, MIB, 0, &iova), 0);
	assert_int_equal(own_memory_dma_unmap(iova, MIB), 0);
	assert_int_equal(own_memory_dma_unmap(0, ALL), -EPERM);
	assert_int_equal(n_walked(), 2);
	assert_int_equal(own_memory_unmap(other), 0);
}

static void
test_others_go_on(void **state)
{
	struct call slow;

	assert_int_equal(map_handle(VA + GIB, 0, &handle), 0);
	slow_begin(&slow, map_slow, &fake_map_begins);
	expect_others_go_on();
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(own_memory_get(slow_handle, &mapped), 0);
	assert_int_equal(mapped.iova, SLOW);
	assert_int_equal(n_walked(), 2);
	expect_same(own_ioas);
	slow_begin(&slow, unmap_slow, &fake_unmap_begins);
	expect_others_go_on();
	assert_int_equal(own_memory_get(slow_handle, &mapped), -ENOENT);
	assert_int_equal(own_memory_unmap(slow_handle), -EBUSY);
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(map_slow(), 0);
	assert_int_equal(own_memory_get(slow_handle, &mapped), 0);
	assert_int_equal(mapped.iova, SLOW);
	expect_same(own_ioas);
}

/* An unmap by range does not unmap memory whose map has not returned. */
static void
test_map_is_not_unmapped(void **state)
{
	struct call slow;
	uint64_t iova;

	assert_int_equal(own_memory_dma_map(VA, MIB, 0, &iova), 0);
	slow_begin(&slow, dma_map_slow, &fake_map_begins);
	assert_int_equal(dma_unmap_slow(), -ENOENT);
	assert_int_equal(dma_unmap_all(), 0);
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(mappings_count(own_ioas), 1);
	assert_int_equal(dma_unmap_slow(), 0);
	expect_same(own_ioas);
}

/* An unmap by range waits for another thread that unmaps a part of it. */
static void
test_unmap_waits_for_the_other(void **state)
{
	struct call slow, other;
	uint64_t iova;

	assert_int_equal(own_memory_dma_map(VA, MIB, 0, &iova), 0);
	assert_int_equal(dma_map_slow(), 0);
	slow_begin(&slow, dma_unmap_slow, &fake_unmap_begins);
	call_begin(&other, dma_unmap_all);
	assert_true(call_waits(&other));
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(call_end(&other), 0);
	assert_int_equal(dma_unmap_all(), -ENOENT);
	expect_same(own_ioas);
}

/* The handle remains. With several legs the mapping is gone, but remains parked in a leg. */
static void
test_unmap_fails(void **state)
{
	const int ret = per_group ? -ENOENT : 0;
	struct call slow;

	assert_int_equal(map_slow(), 0);
	slow_begin(&slow, unmap_slow, &fake_unmap_begins);
	fake_fail_nth(1, EIO);
	slow_go_on();
	assert_int_equal(call_end(&slow), -EIO);
	assert_int_equal(own_memory_get(slow_handle, &mapped), ret);
	assert_int_equal(mapped.iova, SLOW);
	assert_int_equal(dma_unmap_slow(), -EPERM);
	assert_int_equal(unmap_slow(), 0);
	assert_int_equal(dma_map_slow(), 0);
	fake_fail_nth(1, EIO);
	assert_int_equal(dma_unmap_slow(), -EIO);
	assert_int_equal(dma_unmap_slow(), 0);
	expect_same(own_ioas);
}

/* Whatever the kernel's error is, it is not the one of a check, after which nothing is unmapped. */
static void
test_unmap_fails_busy(void **state)
{
	const unsigned int legs = per_group ? 2 : 1;
	uint64_t iova;

	assert_int_equal(own_memory_dma_map(VA, MIB, 0, &iova), 0);
	assert_int_equal(dma_map_slow(), 0);
	fake_fail_nth(legs + 1, EBUSY);
	assert_int_equal(dma_unmap_all(), -EIO);
	assert_non_null(fake_failed());
	assert_int_equal(own_memory_dma_unmap(iova, MIB), -ENOENT);
	assert_int_equal(dma_unmap_all(), 0);
	assert_int_equal(map_slow(), 0);
	fake_fail_nth(1, EBUSY);
	assert_int_equal(unmap_slow(), -EIO);
	assert_int_equal(unmap_slow(), 0);
	expect_same(own_ioas);
}

/* A map fails in the second leg, and so does its undo in the first: unmap it later. */
static void
test_map_undo_fails(void **state)
{
	uint64_t iova = 7;
	bool viable;

	ioas_detach(own_ioas, MEMBER(8));
	add_group(9)->aperture.last = SLOW - 1;
	assert_int_equal(ioas_attach(own_ioas, MEMBER(9), &viable), 0);
	handle = NULL;
	fake_fail_nth(3, EIO);
	assert_int_equal(map_handle(VA, SLOW, &handle), -EINVAL);
	assert_null(handle);
	assert_int_equal(fake_n_mappings(), per_group ? 1 : 0);
	assert_int_equal(dma_unmap_slow(), per_group ? 0 : -ENOENT);
	assert_int_equal(fake_n_mappings(), 0);
	/* The space is closed: nothing is restored. */
	fake_fail_nth(3, EIO);
	assert_int_equal(own_memory_dma_map(VA, MIB, SLOW, &iova), -EINVAL);
	assert_int_equal(iova, 7);
	fake_fail_nth(0, 0);
	own_space_down();
	own_space_up();
	assert_int_equal(own_n_lost, 0);
	assert_int_equal(fake_n_mappings(), 0);
}

/* Each call of the kernel fails once. No mapping is lost, and all can be unmapped. */
static void
test_each_call_fails(void **state)
{
	unsigned int n = 0;
	int ret;

	do {
		fake_fail_nth(++n, EIO);
		if (map_slow() == 0) {
			if (unmap_slow() < 0)
				assert_int_equal(unmap_slow(), 0);
		}
		if (dma_map_slow() == 0)
			dma_unmap_slow();
		ret = dma_unmap_all();
		assert_true(ret == 0 || ret == -ENOENT);
		assert_int_equal(fake_n_mappings(), 0);
		expect_same(own_ioas);
	} while (fake_failed() != NULL);
	assert_true(n > 4);
}

static intptr_t
space_down(void)
{
	own_space_down();
	return 0;
}

/* The space remains until the map has returned, and its memory is restored once. */
static void
test_down_waits(void **state)
{
	struct call slow, down;

	slow_begin(&slow, map_slow, &fake_map_begins);
	call_begin(&down, space_down);
	assert_true(call_waits(&down));
	slow_go_on();
	assert_int_equal(call_end(&slow), 0);
	assert_int_equal(call_end(&down), 0);
	assert_int_equal(fake_n_mappings(), 0);
	assert_int_equal(own_memory_get(slow_handle, &mapped), -ENODEV);
	own_space_up();
	assert_int_equal(own_n_lost, 0);
	assert_int_equal(own_memory_get(slow_handle, &mapped), 0);
	assert_int_equal(mappings_count(own_ioas), 1);
	expect_same(own_ioas);
}

static atomic_bool stop;

static intptr_t
use_handles(void)
{
	struct rte_eal_iommu_mapping *h;
	struct rte_eal_iommu_mapped m;
	int ret = 0;

	while (ret == 0 && !atomic_load(&stop)) {
		if (map_handle(VA, 0, &h) < 0)
			continue;
		ret = own_memory_get(h, &m);
		if (ret == -ENODEV)
			ret = 0;
		if (ret == 0)
			ret = own_memory_unmap(h);
	}
	return ret;
}

static intptr_t
use_ranges(void)
{
	uint64_t iova;
	int ret = 0;

	while (ret == 0 && !atomic_load(&stop))
		if (own_memory_dma_map(VA, MIB, 0, &iova) == 0) {
			ret = own_memory_dma_unmap(iova, MIB);
			/* use_all() unmapped first, and the IOVA may belong to a handle by now. */
			if (ret == -ENOENT || ret == -EPERM)
				ret = 0;
		}
	return ret;
}

static intptr_t
use_all(void)
{
	while (!atomic_load(&stop))
		dma_unmap_all();
	return 0;
}

/* Another thread may get an IOVA as soon as it is unmapped. */
static void
test_threads(void **state)
{
	intptr_t (*const fns[THREADS])(void) = { use_handles, use_ranges, use_all };
	struct call calls[THREADS];
	size_t i;

	atomic_store(&stop, false);
	for (i = 0; i < THREADS; i++)
		call_begin(&calls[i], fns[i]);
	for (i = 0; i < ROUNDS; i++) {
		own_space_down();
		own_space_up();
		sched_yield();
	}
	atomic_store(&stop, true);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(call_end(&calls[i]), 0);
	dma_unmap_all();
	assert_int_equal(own_n_lost, 0);
	assert_int_equal(mappings_count(own_ioas), 0);
	expect_same(own_ioas);
}

int
main(void)
{
#define PENDING_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		PENDING_TEST(test_others_go_on),
		PENDING_TEST(test_map_is_not_unmapped),
		PENDING_TEST(test_unmap_waits_for_the_other),
		PENDING_TEST(test_unmap_fails),
		PENDING_TEST(test_unmap_fails_busy),
		PENDING_TEST(test_map_undo_fails),
		PENDING_TEST(test_each_call_fails),
		PENDING_TEST(test_down_waits),
		PENDING_TEST(test_threads),
	};

	return RUN_ON_BACKENDS("own_memory_pending", tests);
}
