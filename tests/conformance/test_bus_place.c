/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/** @file Addresses of BARs, while devices come and go. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "device.h"
#include "uapi/vfio_uapi.h"
#include <rte_memory.h>

#define MEMORY UINT64_C(0x200000000000)
#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)
#define END (MEMORY + GIB + 64 * GIB)	/* what is left to the pci bus included */
#define ELSEWHERE UINT64_C(0x7f0000000000)

struct vfio_msi_bus vfio_msi_bus;
enum rte_proc_type_t fake_process_type = RTE_PROC_PRIMARY;

int __wrap_vfio_uapi_mmap(void *hint, size_t len, int prot, int flags, int fd, uint64_t offset,
		void **out);

/* Other memory has these addresses. */
static uint64_t taken, taken_len;

/* For a hint that is not free the kernel returns addresses of its own choice. */
int
__wrap_vfio_uapi_mmap(void *hint, size_t len, int prot, int flags, int fd, uint64_t offset,
		void **out)
{
	const uint64_t at = (uintptr_t)hint;

	*out = at < taken + taken_len && at + len > taken ? (void *)(uintptr_t)ELSEWHERE : hint;
	return 0;
}

int
rte_memseg_list_walk(rte_memseg_list_walk_t cb, void *arg)
{
	const struct rte_memseg_list list = { .base_va = (void *)(uintptr_t)MEMORY, .len = GIB };

	return cb(&list, arg);
}

static uint64_t
reserve_any(uint8_t bus, unsigned int bar, uint64_t size)
{
	const struct vfio_msi_device dev = { .plan.topo.addr.bus = bus };
	void *addr;

	assert_int_equal(vfio_msi_bar_reserve(&dev, bar, size, &addr), 0);
	return (uintptr_t)addr;
}

static uint64_t
reserve(uint8_t bus, unsigned int bar, uint64_t size)
{
	const uint64_t at = reserve_any(bus, bar, size);

	assert_in_range(at, END, END + GIB);
	assert_int_equal(at & (size - 1), 0);
	return at;
}

/* A device that comes again has the addresses that it had. */
static void
test_come_and_go(void **state)
{
	const uint64_t large = reserve(1, 0, 64 * MIB), small = reserve(1, 4, 4096);
	const uint64_t other = reserve(2, 0, 64 * MIB);
	unsigned int i;

	assert_int_equal(small, large + 64 * MIB);
	assert_true(other > small);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(reserve(1, 0, 64 * MIB), large);
		assert_int_equal(reserve(2, 0, 64 * MIB), other);
		assert_int_equal(reserve(1, 4, 4096), small);
	}
	vfio_msi_places_free();
}

/* Another device at the same address may have larger BARs. */
static void
test_replaced(void **state)
{
	const uint64_t first = reserve(1, 0, 4096), behind = reserve(2, 0, 4096);
	const uint64_t larger = reserve(1, 0, 16384);

	assert_true(larger > behind);
	assert_int_not_equal(larger, first);
	assert_int_equal(reserve(1, 0, 4096), larger);
	assert_int_equal(reserve(2, 0, 4096), behind);
	vfio_msi_places_free();
}

/* Addresses that other memory has are not tried again, and those of a success are kept. */
static void
test_occupied(void **state)
{
	const uint64_t before = reserve(1, 0, MIB), other = reserve(2, 0, MIB);
	uint64_t at;

	taken = other + MIB;
	taken_len = 2 * MIB;
	assert_int_equal(reserve_any(3, 0, MIB), ELSEWHERE);
	assert_int_equal(reserve_any(3, 0, MIB), ELSEWHERE);
	at = reserve(3, 0, MIB);
	assert_int_equal(at, taken + taken_len);
	assert_int_equal(reserve(3, 0, MIB), at);
	/* Memory that came while the device was away. */
	taken = before;
	taken_len = MIB;
	assert_int_equal(reserve_any(1, 0, MIB), ELSEWHERE);
	assert_int_equal(reserve(1, 0, MIB), at + MIB);
	assert_int_equal(reserve(2, 0, MIB), other);
	taken_len = 0;
	vfio_msi_places_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_come_and_go),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_occupied),
	};

	return cmocka_run_group_tests_name("bus_place", tests, NULL, NULL);
}
