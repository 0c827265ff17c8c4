/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * RTE_EAL_IOMMU_MAP_READ_ONLY as an application sees it, and while devices come and go.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_errno.h>

#include "eal/eal_iommu_api.h"
#include "own_memory_space.h"

#define VA ((char *)UINT64_C(0x7f0000000000))
#define MIB ((size_t)0x100000)

static struct rte_eal_iommu_mapping *handle;

static int
setup(void **state)
{
	if (own_space_setup_api(state) < 0)
		return -1;
	/* The process has mapped the first half PROT_READ. */
	fake.read_only = RANGE((uintptr_t)VA, (uintptr_t)VA + MIB - 1);
	return 0;
}

static int
map_half(unsigned int half, uint64_t flags, const struct rte_eal_iommu_file *file)
{
	const struct rte_eal_iommu_map_conf conf = {
		.addr = VA + half * MIB, .len = MIB, .file = file, .flags = flags,
	};

	rte_errno = 0;
	return rte_eal_iommu_map(&conf, &handle);
}

/* Check that devices can only read the memory of the handle. @return its IOVA. */
static rte_iova_t
expect_read_only(void)
{
	struct rte_eal_iommu_mapped mapped;

	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	assert_true(mapped.read_only);
	assert_int_equal(fake_dma(0, mapped.iova, false), 0);
	assert_int_equal(fake_dma(0, mapped.iova + MIB - 1, true), -EFAULT);
	expect_same(own_ioas);
	return mapped.iova;
}

static void
test_memory_that_can_be_read(void **state)
{
	struct rte_eal_iommu_mapped mapped;
	rte_iova_t iova;

	assert_int_equal(map_half(0, 0, NULL), -1);
	assert_int_equal(rte_errno, EFAULT);
	assert_int_equal(rte_eal_iommu_dma_map(VA, MIB, 0, &iova), -1);
	assert_int_equal(rte_errno, EFAULT);
	assert_int_equal(map_half(0, RTE_EAL_IOMMU_MAP_READ_ONLY, NULL), 0);
	expect_read_only();
	assert_int_equal(map_half(1, 0, NULL), 0);
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	assert_false(mapped.read_only);
	assert_int_equal(fake_dma(0, mapped.iova, true), 0);
}

static void
test_memory_that_can_be_written(void **state)
{
	assert_int_equal(map_half(1, RTE_EAL_IOMMU_MAP_READ_ONLY, NULL), 0);
	expect_read_only();
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
	assert_int_equal(mappings_count(own_ioas), 0);
}

/* The memory is restored by its address, which needs no write access of the process. */
static void
test_restored(void **state)
{
	const struct rte_eal_iommu_file file = { .fd = memfd_create("memory", MFD_CLOEXEC) };
	struct rte_eal_iommu_mapped mapped;
	struct fake_mapping m;
	rte_iova_t iova;

	assert_int_equal(ftruncate(file.fd, MIB), 0);
	assert_int_equal(map_half(0, RTE_EAL_IOMMU_MAP_READ_ONLY, &file), 0);
	close(file.fd);
	assert_true(fake_mapping_get(0, &m));
	assert_int_equal(m.file, BY_KERNEL(false, true));
	iova = expect_read_only();
	own_space_down();
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), -1);
	assert_int_equal(rte_errno, ENODEV);
	assert_true(mapped.read_only);
	own_space_up();
	assert_int_equal(own_n_lost, 0);
	assert_int_equal(expect_read_only(), iova);
}

static void
test_another_device(void **state)
{
	bool viable;

	add_group(8)->aperture = RANGE(0, OWN_SPACE_LIMIT);
	assert_int_equal(map_half(0, RTE_EAL_IOMMU_MAP_READ_ONLY, NULL), 0);
	assert_int_equal(ioas_attach(own_ioas, MEMBER(8), &viable), 0);
	expect_read_only();
	ioas_detach(own_ioas, MEMBER(8));
	expect_read_only();
}

static int
count_mapped(const struct rte_eal_iommu_mapped *m, void *arg)
{
	unsigned int *n = arg;

	assert_int_equal(m->read_only, m->addr == VA);
	n[m->read_only]++;
	return 0;
}

static int
count_used(const struct rte_eal_iommu_range *range, void *arg)
{
	unsigned int *n = arg;

	if (range->kind != RTE_EAL_IOMMU_RANGE_USED) {
		assert_false(range->read_only);
		return 0;
	}
	assert_string_equal(range->what, range->read_only ? "rte_eal_iommu, read-only" :
		"rte_eal_iommu");
	n[range->read_only]++;
	return 0;
}

static void
test_walks(void **state)
{
	unsigned int mapped[2] = { 0 }, used[2] = { 0 };
	char text[4096] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_int_equal(map_half(0, RTE_EAL_IOMMU_MAP_READ_ONLY, NULL), 0);
	assert_int_equal(map_half(1, 0, NULL), 0);
	assert_int_equal(rte_eal_iommu_mapping_foreach(count_mapped, mapped), 0);
	assert_int_equal(mapped[false], 1);
	assert_int_equal(mapped[true], 1);
	assert_int_equal(rte_eal_iommu_layout_foreach(count_used, used), 0);
	assert_int_equal(used[false], 1);
	assert_int_equal(used[true], 1);
	assert_int_equal(rte_eal_iommu_layout_dump(f), 0);
	fclose(f);
	assert_non_null(strstr(text, "MiB  rte_eal_iommu\n"));
	assert_non_null(strstr(text, "MiB  rte_eal_iommu, read-only\n"));
}

int
main(void)
{
#define READ_ONLY_TEST(t) cmocka_unit_test_setup_teardown(t, setup, own_space_teardown)
	const struct CMUnitTest tests[] = {
		READ_ONLY_TEST(test_memory_that_can_be_read),
		READ_ONLY_TEST(test_memory_that_can_be_written),
		READ_ONLY_TEST(test_restored),
		READ_ONLY_TEST(test_another_device),
		READ_ONLY_TEST(test_walks),
	};

	return RUN_ON_BACKENDS("own_memory_read_only", tests);
}
