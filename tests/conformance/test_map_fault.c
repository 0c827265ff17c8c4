/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What "map" and "irq --self-test" say about memory that can't be mapped: which memory, the
 * cause, and what to do about it.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"
#include "map_fault.h"

#define VA UINT64_C(0x7f0000000000)
#define MIB (UINT64_C(1) << 20)
#define LAST (UINT64_C(0x10000000) - 1)

static struct ioas *ioas;

/* One group that translates 256 MiB. */
static int
setup(void **state)
{
	if (machine_setup(state) < 0)
		return -1;
	add_group(7)->aperture = RANGE(0, LAST);
	ioas = open_space();
	attach_group(ioas, 7);
	obey(ioas, "0000:01:00.0");
	return 0;
}

static int
teardown(void **state)
{
	ioas_close(ioas);
	return machine_teardown(state);
}

/* Map, which must fail. @param less  whether less memory could be mapped @return the whole text */
static const char *
explain(uint64_t size, int error, bool less)
{
	static char text[MAP_FAULT_LEN];
	uint64_t iova;

	assert_int_equal(ioas_map_any(ioas, IOAS_APPLICATION, VA, size, PAGE, UINT64_MAX, &iova), error);
	assert_int_equal(map_fault_text(ioas, VA, size, error, text, sizeof(text)), less);
	return text;
}

static void
test_memlock(void **state)
{
	static const char start[] = "4 MiB at VA 0x7f0000000000-0x7f00003fffff: Cannot allocate memory; is RLIMIT_MEMLOCK too low? (ulimit -l";

	fake.memlock = MIB;
	assert_memory_equal(explain(4 * MIB, -ENOMEM, true), start, sizeof(start) - 1);
	assert_non_null(strstr(explain(MIB + PAGE, -ENOMEM, true), "1028 KiB at VA 0x7f0000000000-0x7f0000100fff: "));
}

/* The kernel and the layout have the same error for different reasons. */
static void
test_no_place(void **state)
{
	assert_string_equal(explain(LAST + 1 + MIB, -ENOSPC, true),
		"257 MiB at VA 0x7f0000000000-0x7f00100fffff: no free range of good IOVAs is so long; see them with dpdk-test-msi layout -a vfio_msi:BDF");
}

static void
test_no_mappings(void **state)
{
	bool viable;

	if (BY_KERNEL(false, true))
		return;
	ioas_detach(ioas, MEMBER(7));
	fake.dma_limit = 0;
	assert_int_equal(ioas_attach(ioas, MEMBER(7), &viable), 0);
	assert_string_equal(explain(MIB, -ENOSPC, false),
		"1 MiB at VA 0x7f0000000000-0x7f00000fffff: No space left on device; the kernel's budget of mappings is used up: raise vfio_iommu_type1.dma_entry_limit or use larger hugepages");
}

static void
test_no_memory(void **state)
{
	fake.hollow = RANGE(VA, VA);
	assert_string_equal(explain(PAGE, -EFAULT, false), BY_KERNEL(
		"4 KiB at VA 0x7f0000000000-0x7f0000000fff: Bad address",
		"4 KiB at VA 0x7f0000000000-0x7f0000000fff: Bad address; there is no memory that can be pinned, e.g. at the BAR of a device"));
}

#define fault_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fault_test(test_memlock),
		fault_test(test_no_place),
		fault_test(test_no_mappings),
		fault_test(test_no_memory),
	};

	return RUN_ON_BACKENDS("map_fault", tests);
}
