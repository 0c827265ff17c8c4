/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The public API without an IOMMU: memory has its IOVA, so each error is of this memory, and a
 * hole can't be avoided.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_errno.h>

#include "eal/eal_iommu_api.h"
#include "own_memory_space.h"

#define VA ((char *)UINT64_C(0x140000000))
#define AT(p) ((uintptr_t)(p))
#define MIB ((size_t)0x100000)
#define HUGE (2 * MIB)

static struct rte_eal_iommu_mapping *handle;
static struct rte_eal_iommu_mapped mapped;
static rte_iova_t iova;
static size_t page;

static int
setup(void **state)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	if (own_space_setup(state) < 0)
		return -1;
	return eal_iommu_api_set(&own_memory_api, sizeof(own_memory_api));
}

static int
map(char *va, size_t size)
{
	const struct rte_eal_iommu_map_conf conf = { .addr = va, .len = size };

	return rte_eal_iommu_map(&conf, &handle);
}

/* Both functions fail alike, and nothing is left. */
static void
both_fail(char *va, size_t size, int error)
{
	assert_fails(rte_eal_iommu_dma_map(va, size, 0, &iova), error);
	assert_fails(map(va, size), error);
	assert_null(iova_layout_used_from(layout, 0));
}

static void
test_map(void **state)
{
	size_t len = 2 * HUGE;
	void *addr;

	assert_int_equal(rte_eal_iommu_dma_map(VA, HUGE, 0, &iova), 0);
	assert_int_equal(iova, AT(VA));
	assert_int_equal(map(VA + HUGE, HUGE), 0);
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	assert_int_equal(mapped.iova, AT(VA) + HUGE);
	assert_int_equal(rte_eal_iommu_virt2iova(VA, &len, &iova), 0);
	assert_int_equal(len, 2 * HUGE);
	assert_int_equal(rte_eal_iommu_iova2virt(iova, &len, &addr), 0);
	assert_ptr_equal(addr, VA);
	assert_int_equal(len, 2 * HUGE);
	assert_fails(rte_eal_iommu_dma_unmap(iova, len), EPERM);
	assert_int_equal(rte_eal_iommu_dma_unmap(iova, HUGE), 0);
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
	assert_null(iova_layout_used_from(layout, 0));
	assert_int_equal(own_n_met, 0);
}

static void
test_errors(void **state)
{
	struct rte_eal_iommu_map_conf conf = { .addr = VA, .len = HUGE,
		.flags = RTE_EAL_IOMMU_MAP_READ_ONLY };
	const struct {
		const char *name;
		struct iova_range *range;
		int error;
	} rows[] = {
		{ "not contiguous", &fake.elsewhere, EADDRNOTAVAIL },
		{ "absent", &fake.hollow, EFAULT },
		{ "read-only", &fake.read_only, EFAULT },
		{ "no hugepage", &fake.small_pages, EFAULT },
		{ "private", &fake.private_pages, EFAULT },
	};
	size_t i;

	fake.distance = 1 << 30;
	EACH_ROW(i, rows, "%s", rows[i].name) {
		*rows[i].range = RANGE(AT(VA) + HUGE, AT(VA) + 2 * HUGE - 1);
		both_fail(VA, 2 * HUGE, rows[i].error);
		*rows[i].range = RANGE(1, 0);
	}
	assert_fails(rte_eal_iommu_map(&conf, &handle), ENOTSUP);
	conf.flags = 0;
	conf.limit = AT(VA) + HUGE - 2;
	assert_fails(rte_eal_iommu_map(&conf, &handle), ENOSPC);
	conf.limit = 0;
	conf.align = UINT64_C(1) << 32;
	assert_fails(rte_eal_iommu_map(&conf, &handle), ENOSPC);
	conf.align = 3 * page;
	assert_fails(rte_eal_iommu_map(&conf, &handle), EINVAL);
	both_fail(VA, 0, EINVAL);
	both_fail(VA, page / 2, EINVAL);
	fake.no_populate = true;
	fake.untouched = RANGE(AT(VA), AT(VA) + HUGE - 1);
	both_fail(VA, HUGE, EFAULT);
	fake.untouched = RANGE(1, 0);
	fake.hidden_memory = true;
	both_fail(VA, HUGE, EPERM);
	fake.hidden_memory = false;
	/* The call that reads the kinds of pages is the fifth: the kernel shows them to root only. */
	fake_fail_nth(5, EACCES);
	assert_fails(map(VA, HUGE), EACCES);
	assert_int_equal(own_n_met, 0);
}

static void
test_mapped_already(void **state)
{
	assert_int_equal(ioas_map(own_ioas, IOAS_EAL, AT(VA), AT(VA), HUGE, NULL), 0);
	assert_fails(map(VA, HUGE), EEXIST);
	assert_fails(rte_eal_iommu_dma_map(VA + HUGE / 2, HUGE, 0, &iova), EEXIST);
	/* The same memory at another address of the process. */
	fake.elsewhere = RANGE(AT(VA) - HUGE, AT(VA) - 1);
	fake.distance = HUGE;
	assert_fails(map(VA - HUGE, HUGE), EEXIST);
	assert_int_equal(own_n_met, 0);
}

/* What the bus does not pass: dma-ranges, hole=, dma_bits=. */
static void
test_hard_hole(void **state)
{
	add_hole(AT(VA) + HUGE, AT(VA) + HUGE + page - 1, IOVA_HARD);
	both_fail(VA, 2 * HUGE, ENOSPC);
	assert_int_equal(own_n_met, 2);
	assert_int_equal(own_met_ret, -EADDRINUSE);
	assert_int_equal(own_met.va, AT(VA));
	assert_int_equal(own_met.iova.first, AT(VA));
	assert_int_equal(own_met.iova.last, AT(VA) + 2 * HUGE - 1);
	assert_int_equal(own_met_why.hole.range.first, AT(VA) + HUGE);
	assert_int_equal(map(VA, HUGE), 0);
	assert_int_equal(own_n_met, 2);
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
	/* The second half of the memory is elsewhere, not in the hole. */
	fake.elsewhere = RANGE(AT(VA) + HUGE, AT(VA) + 2 * HUGE - 1);
	fake.distance = 8 * HUGE;
	both_fail(VA, 2 * HUGE, EADDRNOTAVAIL);
	assert_int_equal(own_n_met, 2);
}

static void
test_out_of_reach(void **state)
{
	const struct iova_range driven = RANGE(0, UINT32_MAX);

	assert_int_equal(iova_layout_allow(layout, &driven, 1, "0000:01:00.0", NULL), 0);
	both_fail(VA, HUGE, ENOSPC);
	assert_int_equal(own_n_met, 2);
	assert_int_equal(own_met_ret, -ERANGE);
	assert_int_equal(own_met.iova.first, AT(VA));
}

/* A window of the host bridge: many bridges pass memory there. */
static void
test_soft_hole(void **state)
{
	add_hole(AT(VA), AT(VA) + HUGE - 1, IOVA_SOFT);
	assert_int_equal(map(VA, HUGE), 0);
	assert_int_equal(own_n_met, 1);
	assert_int_equal(own_met_ret, 0);
	assert_int_equal(own_met.iova.first, AT(VA));
	assert_int_equal(own_met_why.hole.range.last, AT(VA) + HUGE - 1);
	assert_int_equal(rte_eal_iommu_dma_map(VA + HUGE, HUGE, 0, &iova), 0);
	assert_int_equal(own_n_met, 1);
	/* A map that fails for another reason is not reported as mapped. */
	assert_fails(map(VA, HUGE), EEXIST);
	assert_int_equal(own_n_met, 1);
}

static void
test_restore(void **state)
{
	assert_int_equal(map(VA, HUGE), 0);
	assert_int_equal(rte_eal_iommu_dma_map(VA + HUGE, HUGE, 0, &iova), 0);
	own_space_down();
	add_hole(AT(VA), AT(VA) + page - 1, IOVA_SOFT);
	add_hole(AT(VA) + HUGE, AT(VA) + HUGE + page - 1, IOVA_HARD);
	own_space_up();
	assert_int_equal(own_n_met, 1);
	assert_int_equal(own_met_ret, 0);
	assert_int_equal(own_met.va, AT(VA));
	assert_int_equal(own_n_lost, 1);
	assert_int_equal(own_lost_ret, -EADDRINUSE);
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
}

int
main(void)
{
#define NOIOMMU_TEST(t) cmocka_unit_test_setup_teardown(t, setup, own_space_teardown)
	const struct CMUnitTest tests[] = {
		NOIOMMU_TEST(test_map),
		NOIOMMU_TEST(test_errors),
		NOIOMMU_TEST(test_mapped_already),
		NOIOMMU_TEST(test_hard_hole),
		NOIOMMU_TEST(test_out_of_reach),
		NOIOMMU_TEST(test_soft_hole),
		NOIOMMU_TEST(test_restore),
	};

	backend = IOAS_BACKEND_NOIOMMU;
	return cmocka_run_group_tests_name("own_memory_noiommu", tests, NULL, NULL);
}
