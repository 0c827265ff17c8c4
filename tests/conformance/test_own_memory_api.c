/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The public API as an application uses it: the functions and errors of rte_eal_iommu.h where an
 * IOMMU translates. test_own_memory_noiommu.c has those without one; _events.c, _pending.c and
 * _read_only.c have events, calls of several threads, and read-only memory.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "eal/eal_iommu_api.h"
#include "own_memory_space.h"

#define VA ((char *)UINT64_C(0x7f0000000000))
#define MIB ((size_t)0x100000)
#define GIB (1024 * MIB)

static struct rte_eal_iommu_mapping *handle;
static struct rte_eal_iommu_mapped mapped;
static rte_iova_t iova;
static size_t len;
static void *addr;

static int
setup(void **state)
{
	handle = NULL;
	return own_space_setup_api(state);
}

static int
map_with(void *va, size_t size, rte_iova_t limit)
{
	const struct rte_eal_iommu_map_conf conf = { .addr = va, .len = size, .limit = limit };

	return rte_eal_iommu_map(&conf, &handle);
}

static int
stop_at_once(const struct rte_eal_iommu_mapped *m, void *arg)
{
	*(struct rte_eal_iommu_mapped *)arg = *m;
	return 7;
}

static int
nothing(const struct rte_eal_iommu_range *range, void *arg)
{
	(void)range;
	(void)arg;
	return 0;
}

static void
on_event(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost, void *arg)
{
	(void)event;
	(void)lost;
	(void)arg;
}

/* Without a space every function fails with the same error, except those that unmap. */
static void
all_fail(int error)
{
	len = 1;
	assert_fails(rte_eal_iommu_dma_map(VA, MIB, 0, &iova), error);
	assert_fails(map_with(VA, MIB, 0), error);
	assert_fails(rte_eal_iommu_virt2iova(VA, &len, &iova), error);
	assert_fails(rte_eal_iommu_iova2virt(0, &len, &addr), error);
	assert_fails(rte_eal_iommu_mapping_foreach(stop_at_once, &mapped), error);
	assert_fails(rte_eal_iommu_layout_foreach(nothing, NULL), error);
	assert_fails(rte_eal_iommu_layout_dump(stderr), error);
}

/* This test must be the first, as a bus can't be unloaded. */
static void
test_no_bus(void **state)
{
	struct eal_iommu_api other = own_memory_api;

	assert_int_equal(eal_iommu_api_set(&own_memory_api, sizeof(own_memory_api) - 1), -EINVAL);
	other.version++;
	assert_int_equal(eal_iommu_api_set(&other, sizeof(other)), -EINVAL);
	all_fail(ENODEV);
	assert_fails(rte_eal_iommu_dma_unmap(0x1000, MIB), ENOENT);
	assert_int_equal(rte_eal_iommu_unmap(NULL), 0);
	assert_fails(rte_eal_iommu_event_register(on_event, NULL), ENODEV);
	assert_fails(rte_eal_iommu_event_unregister(on_event, NULL), ENOENT);
}

static void
test_secondary(void **state)
{
	fake_process_type = RTE_PROC_SECONDARY;
	all_fail(ENOTSUP);
	assert_fails(rte_eal_iommu_dma_unmap(0x1000, MIB), ENOTSUP);
	assert_fails(rte_eal_iommu_event_register(on_event, NULL), ENOTSUP);
	assert_fails(rte_eal_iommu_event_unregister(on_event, NULL), ENOTSUP);
}

static void
test_no_device(void **state)
{
	assert_int_equal(map_with(VA, MIB, 0), 0);
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	iova = mapped.iova;
	own_space_down();
	all_fail(ENODEV);
	assert_fails(rte_eal_iommu_mapping_get(handle, &mapped), ENODEV);
	assert_int_equal(mapped.iova, iova);
	assert_fails(rte_eal_iommu_dma_unmap(iova, MIB), EPERM);
	assert_fails(rte_eal_iommu_dma_unmap(iova + MIB, MIB), ENOENT);
	assert_int_equal(rte_eal_iommu_event_register(on_event, NULL), 0);
	assert_int_equal(rte_eal_iommu_event_unregister(on_event, NULL), 0);
	assert_fails(rte_eal_iommu_event_unregister(on_event, NULL), ENOENT);
	own_space_up();
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	assert_int_equal(mapped.iova, iova);
	own_space_down();
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
	own_space_up();
	assert_int_equal(mappings_count(own_ioas), 0);
}

static void
test_map_errors(void **state)
{
	struct rte_eal_iommu_map_conf conf = { .addr = VA, .len = MIB, .reserved = { [2] = 1 } };

	assert_fails(rte_eal_iommu_map(&conf, &handle), EINVAL);
	conf.reserved[2] = 0;
	conf.flags = RTE_EAL_IOMMU_MAP_READ_ONLY << 1;
	assert_fails(rte_eal_iommu_map(&conf, &handle), EINVAL);
	conf.flags = UINT64_C(1) << 63 | RTE_EAL_IOMMU_MAP_READ_ONLY;
	assert_fails(rte_eal_iommu_map(&conf, &handle), EINVAL);
	conf.flags = 0;
	conf.align = 3 * PAGE;
	assert_fails(rte_eal_iommu_map(&conf, &handle), EINVAL);
	assert_fails(map_with(VA, 0, 0), EINVAL);
	assert_fails(map_with(VA, MIB + 1, 0), EINVAL);
	assert_fails(map_with((char *)UINTPTR_MAX - PAGE + 1, 2 * PAGE, 0), EINVAL);
	assert_fails(rte_eal_iommu_dma_map(VA, 0, 0, &iova), EINVAL);
	assert_fails(rte_eal_iommu_dma_map(VA, MIB, 3, &iova), EINVAL);
	assert_fails(map_with(VA, OWN_SPACE_LIMIT + 1 + GIB, 0), ENOSPC);
	fake_fail_nth(1, EFAULT);
	assert_fails(map_with(VA, MIB, 0), EFAULT);
	fake_fail_nth(1, ENOMEM);
	assert_fails(map_with(VA, MIB, 0), ENOMEM);
	assert_int_equal(mappings_count(own_ioas), 0);
}

/* Only type1 has a limit of mappings. */
static void
test_the_budget_is_used_up(void **state)
{
	own_space_down();
	fake.dma_limit = 1;
	own_space_up();
	assert_int_equal(rte_eal_iommu_dma_map(VA, MIB, 0, &iova), 0);
	if (BY_KERNEL(true, false))
		assert_fails(rte_eal_iommu_dma_map(VA + GIB, MIB, 0, &iova), ENOSPC);
	else
		assert_int_equal(rte_eal_iommu_dma_map(VA + GIB, MIB, 0, &iova), 0);
}

static void
test_limit(void **state)
{
	add_hole(0, PAGE - 1, IOVA_HARD);
	assert_fails(map_with(VA, MIB, MIB - 1), ENOSPC);
	assert_int_equal(map_with(VA, MIB, MIB + PAGE - 1), 0);
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	assert_int_equal(mapped.iova, PAGE);
	assert_int_equal(mapped.len, MIB);
	assert_ptr_equal(mapped.addr, VA);
	assert_int_equal(mapped.owner, RTE_EAL_IOMMU_OWNER_APPLICATION);
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
}

static void
test_by_file(void **state)
{
	struct rte_eal_iommu_file file = { .fd = memfd_create("memory", MFD_CLOEXEC),
		.offset = PAGE };
	const struct rte_eal_iommu_map_conf conf = { .addr = VA, .len = MIB, .file = &file };
	struct fake_mapping m;

	assert_int_equal(ftruncate(file.fd, PAGE + MIB), 0);
	assert_int_equal(rte_eal_iommu_map(&conf, &handle), 0);
	assert_true(fake_mapping_get(0, &m));
	assert_int_equal(m.file, BY_KERNEL(false, true));
	/* The number of the descriptor may belong to another file by then. */
	close(file.fd);
	own_space_down();
	own_space_up();
	/* The memory must still be at its address. */
	assert_true(fake_mapping_get(0, &m));
	assert_false(m.file);
	assert_int_equal(m.va, (uintptr_t)VA);
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
	/* With another kind of file the memory is mapped by its address. */
	file.fd = -1;
	assert_int_equal(rte_eal_iommu_map(&conf, &handle), 0);
	assert_true(fake_mapping_get(0, &m));
	assert_false(m.file);
}

static void
test_a_handle_unmaps_its_own(void **state)
{
	struct rte_eal_iommu_mapping *other;

	assert_int_equal(map_with(VA, MIB, 0), 0);
	other = handle;
	assert_int_equal(map_with(VA + GIB, MIB, 0), 0);
	assert_int_equal(rte_eal_iommu_dma_map(VA + 2 * GIB, MIB, 0, &iova), 0);
	assert_fails(rte_eal_iommu_dma_unmap(0, OWN_SPACE_LIMIT + 1), EPERM);
	assert_int_equal(mappings_count(own_ioas), 3);
	assert_int_equal(rte_eal_iommu_unmap(other), 0);
	assert_int_equal(mappings_count(own_ioas), 2);
	assert_int_equal(rte_eal_iommu_dma_unmap(iova, MIB), 0);
	fake_fail_nth(1, EIO);
	assert_fails(rte_eal_iommu_unmap(handle), EIO);
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
	assert_int_equal(mappings_count(own_ioas), 0);
}

static void
test_unmap_errors(void **state)
{
	assert_fails(rte_eal_iommu_dma_unmap(PAGE, 0), EINVAL);
	assert_fails(rte_eal_iommu_dma_unmap(UINT64_MAX, 2), EINVAL);
	assert_fails(rte_eal_iommu_dma_unmap(PAGE, MIB), ENOENT);
	assert_int_equal(rte_eal_iommu_dma_map(VA, MIB, 0, &iova), 0);
	assert_fails(rte_eal_iommu_dma_unmap(iova + PAGE, MIB), EBUSY);
	fake_fail_nth(1, EIO);
	assert_fails(rte_eal_iommu_dma_unmap(iova, MIB), EIO);
	assert_int_equal(rte_eal_iommu_dma_unmap(iova, MIB), 0);
}

static void
test_a_lost_handle(void **state)
{
	assert_int_equal(map_with(VA, MIB, 0), 0);
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	own_space_down();
	add_hole(mapped.iova, mapped.iova + PAGE - 1, IOVA_HARD);
	own_space_up();
	assert_int_equal(own_n_lost, 1);
	assert_fails(rte_eal_iommu_mapping_get(handle, &mapped), ENOENT);
	assert_int_equal(rte_eal_iommu_unmap(handle), 0);
	/* A lost mapping whose handle is not freed is no leak. */
	assert_int_equal(map_with(VA, MIB, 0), 0);
	assert_int_equal(rte_eal_iommu_mapping_get(handle, &mapped), 0);
	own_space_down();
	add_hole(mapped.iova, mapped.iova + PAGE - 1, IOVA_HARD);
	own_space_up();
}

static void
test_addresses(void **state)
{
	/* Two mappings, adjacent both in memory and in IOVA, then a gap in memory. */
	assert_int_equal(ioas_map(own_ioas, IOAS_EAL, (uintptr_t)VA, GIB, MIB, NULL), 0);
	assert_int_equal(ioas_map(own_ioas, IOAS_DEVICE, (uintptr_t)VA + MIB, GIB + MIB, MIB, NULL), 0);
	assert_int_equal(ioas_map(own_ioas, IOAS_EAL, (uintptr_t)VA + 4 * MIB, GIB + 2 * MIB, MIB,
		NULL), 0);
	/* The same memory at a higher IOVA, too. */
	assert_int_equal(ioas_map(own_ioas, IOAS_DEVICE, (uintptr_t)VA, 2 * GIB, MIB, NULL), 0);

	len = MIB;
	assert_int_equal(rte_eal_iommu_virt2iova(VA + 5, &len, &iova), 0);
	assert_int_equal(iova, GIB + 5);
	assert_int_equal(len, MIB);
	len = GIB;
	assert_int_equal(rte_eal_iommu_virt2iova(VA + 5, &len, &iova), 0);
	assert_int_equal(len, 2 * MIB - 5);
	len = 1;
	assert_int_equal(rte_eal_iommu_virt2iova(VA + 5 * MIB - 1, &len, &iova), 0);
	assert_int_equal(iova, GIB + 3 * MIB - 1);
	assert_fails(rte_eal_iommu_virt2iova(VA + 2 * MIB, &len, &iova), ENOENT);
	assert_fails(rte_eal_iommu_virt2iova(VA - 1, &len, &iova), ENOENT);

	len = GIB;
	assert_int_equal(rte_eal_iommu_iova2virt(GIB + MIB + 7, &len, &addr), 0);
	assert_ptr_equal(addr, VA + MIB + 7);
	assert_int_equal(len, MIB - 7);
	len = 2 * MIB;
	assert_int_equal(rte_eal_iommu_iova2virt(GIB, &len, &addr), 0);
	assert_int_equal(len, 2 * MIB);
	len = 3;
	assert_int_equal(rte_eal_iommu_iova2virt(GIB, &len, &addr), 0);
	assert_int_equal(len, 3);
	assert_fails(rte_eal_iommu_iova2virt(GIB - 1, &len, &addr), ENOENT);
	assert_fails(rte_eal_iommu_iova2virt(GIB + 3 * MIB, &len, &addr), ENOENT);

	len = 0;
	assert_fails(rte_eal_iommu_virt2iova(VA, &len, &iova), EINVAL);
	assert_fails(rte_eal_iommu_iova2virt(GIB, &len, &addr), EINVAL);
}

/* The callback of the walk may call the API: no lock is held. */
static int
count_mapped(const struct rte_eal_iommu_mapped *m, void *arg)
{
	unsigned int *n = arg;

	if (*n == 0)
		assert_int_equal(m->owner, RTE_EAL_IOMMU_OWNER_APPLICATION);
	else
		assert_int_equal(m->owner, *n == 1 ? RTE_EAL_IOMMU_OWNER_EAL :
			RTE_EAL_IOMMU_OWNER_DEVICE);
	assert_int_equal(m->len, MIB);
	assert_int_equal(rte_eal_iommu_iova2virt(m->iova, &len, &addr), 0);
	assert_ptr_equal(addr, m->addr);
	(*n)++;
	return 0;
}

static void
test_mappings_are_walked(void **state)
{
	unsigned int n = 0;

	assert_int_equal(rte_eal_iommu_dma_map(VA, MIB, 0, &iova), 0);
	assert_int_equal(ioas_map(own_ioas, IOAS_EAL, (uintptr_t)VA + GIB, GIB, MIB, NULL), 0);
	assert_int_equal(ioas_map(own_ioas, IOAS_DEVICE, (uintptr_t)VA, 2 * GIB, MIB, NULL), 0);
	len = 1;
	assert_int_equal(rte_eal_iommu_mapping_foreach(count_mapped, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(rte_eal_iommu_mapping_foreach(stop_at_once, &mapped), 1);
	assert_int_equal(mapped.iova, iova);
}

struct seen {
	unsigned int n[RTE_EAL_IOMMU_RANGE_FREE + 1];
	struct rte_eal_iommu_range hole, used, free;
};

static int
see(const struct rte_eal_iommu_range *range, void *arg)
{
	struct seen *seen = arg;

	seen->n[range->kind]++;
	if (range->kind == RTE_EAL_IOMMU_RANGE_HOLE)
		seen->hole = *range;
	else if (range->kind == RTE_EAL_IOMMU_RANGE_USED)
		seen->used = *range;
	else if (range->kind == RTE_EAL_IOMMU_RANGE_FREE)
		seen->free = *range;
	len = 1;
	assert_int_equal(rte_eal_iommu_iova2virt(GIB, &len, &addr), 0);
	return 0;
}

static int
first_range(const struct rte_eal_iommu_range *range, void *arg)
{
	*(struct rte_eal_iommu_range *)arg = *range;
	return 1;
}

static void
test_the_layout_is_walked(void **state)
{
	struct rte_eal_iommu_range first;
	struct seen seen = { .n = { 0 } };

	add_hole(0, PAGE - 1, IOVA_HARD);
	assert_int_equal(ioas_map(own_ioas, IOAS_EAL, (uintptr_t)VA, GIB, MIB, NULL), 0);
	assert_int_equal(rte_eal_iommu_layout_foreach(see, &seen), 0);
	assert_int_equal(seen.n[RTE_EAL_IOMMU_RANGE_ALLOWED], 1);
	assert_int_equal(seen.n[RTE_EAL_IOMMU_RANGE_HOLE], 1);
	assert_int_equal(seen.n[RTE_EAL_IOMMU_RANGE_USED], 1);
	assert_int_equal(seen.n[RTE_EAL_IOMMU_RANGE_FREE], 2);
	assert_int_equal(seen.hole.first, 0);
	assert_int_equal(seen.hole.last, PAGE - 1);
	assert_true(seen.hole.hard);
	assert_string_equal(seen.hole.what, "reserved");
	assert_string_equal(seen.hole.device, "0000:01:00.0");
	assert_int_equal(seen.used.first, GIB);
	assert_int_equal(seen.used.last, GIB + MIB - 1);
	assert_string_equal(seen.used.what, ioas_owner_name(IOAS_EAL));
	assert_int_equal(seen.free.last, OWN_SPACE_LIMIT);
	assert_int_equal(rte_eal_iommu_layout_foreach(first_range, &first), 1);
	assert_int_equal(first.kind, RTE_EAL_IOMMU_RANGE_ALLOWED);
	assert_int_equal(first.first, 0);
}

static void
test_no_callback(void **state)
{
	assert_int_equal(ioas_map(own_ioas, IOAS_EAL, (uintptr_t)VA, GIB, MIB, NULL), 0);
	assert_fails(rte_eal_iommu_mapping_foreach(NULL, NULL), EINVAL);
	assert_fails(rte_eal_iommu_layout_foreach(NULL, NULL), EINVAL);
	/* Invalid arguments are rejected without a device, too. */
	own_space_down();
	assert_fails(rte_eal_iommu_mapping_foreach(NULL, NULL), EINVAL);
	assert_fails(rte_eal_iommu_layout_foreach(NULL, NULL), EINVAL);
}

static void
test_dump(void **state)
{
	char text[4096] = "";
	FILE *f = fmemopen(text, sizeof(text), "w"), *full = fopen("/dev/full", "w");

	assert_int_equal(map_with(VA, MIB, 0), 0);
	assert_int_equal(rte_eal_iommu_layout_dump(f), 0);
	fclose(f);
	assert_non_null(strstr(text, "allowed  0x0000000000000000-"));
	assert_non_null(strstr(text, "MiB  rte_eal_iommu\n"));
	assert_fails(rte_eal_iommu_layout_dump(NULL), EINVAL);
	assert_fails(rte_eal_iommu_layout_dump(full), EIO);
	fclose(full);
}

int
main(void)
{
#define API_TEST(t) cmocka_unit_test_setup_teardown(t, setup, own_space_teardown)
	const struct CMUnitTest alone[] = { cmocka_unit_test(test_no_bus) };
	const struct CMUnitTest tests[] = {
		API_TEST(test_secondary),
		API_TEST(test_no_device),
		API_TEST(test_map_errors),
		API_TEST(test_the_budget_is_used_up),
		API_TEST(test_limit),
		API_TEST(test_by_file),
		API_TEST(test_a_handle_unmaps_its_own),
		API_TEST(test_unmap_errors),
		API_TEST(test_a_lost_handle),
		API_TEST(test_addresses),
		API_TEST(test_mappings_are_walked),
		API_TEST(test_the_layout_is_walked),
		API_TEST(test_no_callback),
		API_TEST(test_dump),
	};

	return cmocka_run_group_tests_name("no bus", alone, NULL, NULL) +
		RUN_ON_BACKENDS("own_memory_api", tests);
}
