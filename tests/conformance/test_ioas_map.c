/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Mappings of an address space: every error of ioas.h, found by the layout and by the
 * kernel. Kernel, record and layout must agree after each step, also after one that
 * failed.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

#define VA UINT64_C(0x7f0000000000)
#define MSI_FIRST UINT64_C(0x8000000)
#define MSI_LAST UINT64_C(0x80fffff)
#define LIMIT ((UINT64_C(1) << 39) - 1)

static struct ioas *ioas;
static struct iova_conflict why;

/* One group with an aperture of 39 bits and SW_MSI. The layout has both. */
static int
setup(void **state)
{
	struct fake_group *g;

	if (machine_setup(state) < 0)
		return -1;
	g = add_group(7);
	g->aperture = RANGE(0, LIMIT);
	fake_range(g, MSI_FIRST, MSI_LAST);
	ioas = open_space();
	attach_group(ioas, 7);
	add_hole(MSI_FIRST, MSI_LAST, IOVA_HARD);
	obey(ioas, "0000:01:00.0");
	memset(&why, 0xff, sizeof(why));
	return 0;
}

static int
teardown(void **state)
{
	ioas_close(ioas);
	return machine_teardown(state);
}

static int
map(uint64_t iova, uint64_t size)
{
	return ioas_map(ioas, IOAS_EAL, VA + iova, iova, size, &why);
}

static void
expect_why(bool is_hole, uint64_t first, uint64_t last)
{
	assert_int_equal(why.is_hole, is_hole);
	assert_int_equal(why.with.first, first);
	assert_int_equal(why.with.last, last);
}

static void
test_map(void **state)
{
	struct ioas_mapping m;

	assert_int_equal(map(0x10000, 0x10000), 0);
	expect_why(false, 0, 0);
	assert_int_equal(map(0x20000, PAGE), 0);
	assert_int_equal(map(LIMIT - PAGE + 1, PAGE), 0);
	assert_int_equal(mappings_count(ioas), 3);
	expect_same(ioas);
	assert_int_equal(ioas_lookup(ioas, 0xffff, &m), -ENOENT);
	assert_int_equal(ioas_lookup(ioas, 0x10000, &m), 0);
	assert_int_equal(m.iova.last, 0x1ffff);
	assert_int_equal(m.va, VA + 0x10000);
	assert_int_equal(ioas_lookup(ioas, 0x1ffff, &m), 0);
	assert_int_equal(m.iova.first, 0x10000);
	assert_int_equal(ioas_lookup(ioas, 0x20fff, &m), 0);
	assert_int_equal(m.iova.first, 0x20000);
	assert_int_equal(ioas_lookup(ioas, 0x21000, &m), -ENOENT);
	assert_int_equal(ioas_lookup(ioas, LIMIT, &m), 0);
	assert_int_equal(ioas_lookup(ioas, UINT64_MAX, &m), -ENOENT);
}

static void
test_map_invalid(void **state)
{
	unsigned int calls = fake_calls();

	assert_int_equal(map(0x10000, 0), -EINVAL);
	expect_why(false, 0, 0);
	assert_int_equal(map(UINT64_MAX - PAGE + 1, 2 * PAGE), -EINVAL);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, UINT64_MAX, 0x10000, PAGE, NULL), -EINVAL);
	assert_int_equal(fake_calls(), calls);
	/* Only the kernel detects these errors. */
	assert_int_equal(map(0x10800, PAGE), -EINVAL);
	assert_int_equal(map(0x10000, PAGE / 2), -EINVAL);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA + 1, 0x10000, PAGE, NULL), -EINVAL);
	expect_same(ioas);
	assert_int_equal(mappings_count(ioas), 0);
	assert_int_equal(map(0x10000, PAGE), 0);
}

static void
test_map_conflicts(void **state)
{
	unsigned int calls;

	assert_int_equal(map(0x10000, 0x10000), 0);
	calls = fake_calls();
	assert_int_equal(map(0x1f000, 2 * PAGE), -EEXIST);
	expect_why(false, 0x10000, 0x1ffff);
	assert_int_equal(map(0x10000, 0x10000), -EEXIST);
	assert_int_equal(map(0xf000, 0x12000), -EEXIST);
	add_hole(0x80000, 0x8ffff, IOVA_HARD);
	assert_int_equal(map(0x7f000, 2 * PAGE), -EADDRINUSE);
	expect_why(true, 0x80000, 0x8ffff);
	assert_int_equal(why.hole.origin, IOVA_ORIGIN_RESERVED);
	assert_string_equal(why.hole.owner, "0000:01:00.0");
	/* The ranges of the kernel exclude SW_MSI. A gap is reported rather than a hole. */
	assert_int_equal(map(MSI_FIRST - PAGE, 2 * PAGE), -ERANGE);
	expect_why(false, MSI_FIRST, MSI_LAST);
	assert_int_equal(map(LIMIT - PAGE + 1, 2 * PAGE), -ERANGE);
	expect_why(false, LIMIT + 1, UINT64_MAX);
	assert_string_equal(why.hole.owner, "0000:01:00.0");
	/* The layout rejected these maps without a call of the kernel. */
	assert_int_equal(fake_calls(), calls);
	expect_same(ioas);
	/* A soft hole prevents no map, but is reported. */
	add_hole(0x40000, 0x4ffff, IOVA_SOFT);
	assert_int_equal(map(0x4f000, PAGE), 0);
	expect_why(true, 0x40000, 0x4ffff);
	expect_same(ioas);
}

static void
test_map_kernel_refuses(void **state)
{
	fake.memlock = 2 * PAGE;
	assert_int_equal(map(0x10000, 3 * PAGE), -ENOMEM);
	expect_same(ioas);
	assert_int_equal(map(0x10000, 2 * PAGE), 0);
	assert_int_equal(map(0x20000, PAGE), -ENOMEM);
	fake.memlock = UINT64_MAX;
	fake_fail_nth(1, ENOSPC);
	assert_int_equal(map(0x20000, PAGE), -ENOSPC);
	fake.hollow = RANGE(VA + 0x20800, VA + 0x20800);
	assert_int_equal(map(0x20000, PAGE), -EFAULT);
	fake.hollow = RANGE(1, 0);
	expect_same(ioas);
	assert_int_equal(map(0x20000, PAGE), 0);
	expect_same(ioas);
}

static void
test_dma_limit(void **state)
{
	struct ioas_info info;
	uint64_t iova;
	bool viable;
	int i;

	if (BY_KERNEL(false, true))
		return;
	ioas_detach(ioas, MEMBER(7));
	fake.dma_limit = 3;
	assert_int_equal(ioas_attach(ioas, MEMBER(7), &viable), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(map((uint64_t)(i + 1) << 20, PAGE), 0);
	assert_int_equal(map(0x10000, PAGE), -ENOSPC);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, PAGE, LIMIT, &iova), -ENOSPC);
	expect_same(ioas);
	assert_int_equal(ioas_info_get(ioas, &info), 0);
	assert_int_equal(info.dma_avail, 0);
	ioas_info_free(&info);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 1 << 20, PAGE), 0);
	assert_int_equal(map(0x10000, PAGE), 0);
	expect_same(ioas);
}

static void
test_map_any(void **state)
{
	uint64_t iova = 1;

	add_hole(0, PAGE - 1, IOVA_SOFT);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, PAGE, LIMIT, &iova), 0);
	assert_int_equal(iova, PAGE);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, 0x10000, LIMIT, &iova), 0);
	assert_int_equal(iova, 0x10000);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, PAGE, LIMIT, &iova), 0);
	assert_int_equal(iova, 2 * PAGE);
	/* Too long for the free range below SW_MSI. */
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, MSI_FIRST, 0x200000, LIMIT, &iova), 0);
	assert_int_equal(iova, 0x8200000);
	expect_same(ioas);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, MSI_FIRST, PAGE, MSI_FIRST, &iova), -ENOSPC);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, LIMIT + 1, PAGE, UINT64_MAX, &iova), -ENOSPC);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, PAGE, PAGE, &iova), -ENOSPC);
	/* The limit is inclusive. */
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, PAGE, 4 * PAGE - 2, &iova), -ENOSPC);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, PAGE, 4 * PAGE - 1, &iova), 0);
	assert_int_equal(iova, 3 * PAGE);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, 0, PAGE, LIMIT, &iova), -EINVAL);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, 3, LIMIT, &iova), -EINVAL);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA, PAGE, 0, LIMIT, &iova), -EINVAL);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, UINT64_MAX, PAGE, PAGE, LIMIT, &iova), -EINVAL);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, VA + 1, PAGE, PAGE, LIMIT, &iova), -EINVAL);
	expect_same(ioas);
}

static void
test_unmap(void **state)
{
	uint64_t i;

	for (i = 0; i < 8; i++)
		assert_int_equal(map(0x10000 + i * 4 * PAGE, 2 * PAGE), 0);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x10000, 0), -EINVAL);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, UINT64_MAX, 2), -EINVAL);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x12000, 2 * PAGE), -ENOENT);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0, 0x10000), -ENOENT);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x100000, PAGE), -ENOENT);
	/* If an end of the range is inside a mapping, nothing is unmapped. */
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x10000, PAGE), -EBUSY);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x11000, PAGE), -EBUSY);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x11000, 0x8000), -EBUSY);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x10000, 0x9000), -EBUSY);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x10001, 0x1000), -EBUSY);
	assert_int_equal(mappings_count(ioas), 8);
	expect_same(ioas);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x14000, 2 * PAGE), 0);
	assert_int_equal(mappings_count(ioas), 7);
	expect_same(ioas);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x12000, 0x10000), 0);
	assert_int_equal(mappings_count(ioas), 4);
	expect_same(ioas);
	assert_int_equal(map(0x14000, 4 * PAGE), 0);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0, UINT64_MAX), 0);
	assert_int_equal(mappings_count(ioas), 0);
	expect_same(ioas);
	ioas_unmap_all(ioas);
	assert_int_equal(map(PAGE, PAGE), 0);
	ioas_unmap_all(ioas);
	expect_same(ioas);
}

/* An IOVA that the kernel fails to unmap remains in use. */
static void
test_unmap_kernel_fails(void **state)
{
	assert_int_equal(map(0x10000, PAGE), 0);
	assert_int_equal(map(0x11000, PAGE), 0);
	fake_fail_nth(2, EIO);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x10000, 2 * PAGE), -EIO);
	assert_int_equal(mappings_count(ioas), 1);
	expect_same(ioas);
	assert_int_equal(map(0x11000, PAGE), -EEXIST);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x10000, 2 * PAGE), 0);
	expect_same(ioas);
}

static void
test_unmap_lies(void **state)
{
	enum fake_lie lie;
	uint64_t iova = 0x10000;
	struct ioas_mapping m;

	EACH_LIE(lie, FAKE_UNMAP_LESS, FAKE_LIES) {
		assert_int_equal(map(iova, 2 * PAGE), 0);
		fake.lie = lie;
		assert_int_equal(ioas_unmap(ioas, IOAS_EAL, iova, 2 * PAGE), -EIO);
		fake.lie = FAKE_TRUTH;
		assert_int_equal(ioas_lookup(ioas, iova, &m), 0);
		assert_int_equal(map(iova, 2 * PAGE), -EEXIST);
		assert_non_null(iova_layout_lookup(layout, iova));
		iova += 4 * PAGE;
	}
	ioas_unmap_all(ioas);
	assert_null(iova_layout_lookup(layout, 0x10000));
	expect_same(ioas);
}

static int
stop_at(const struct ioas_mapping *m, void *arg)
{
	uint64_t *last = arg;

	assert_true(m->iova.first > *last);
	*last = m->iova.first;
	return m->iova.first == 0x30000 ? 42 : 0;
}

static void
test_foreach(void **state)
{
	uint64_t last = 0;

	assert_int_equal(ioas_foreach(ioas, stop_at, &last), 0);
	assert_int_equal(map(0x40000, PAGE), 0);
	assert_int_equal(map(0x20000, PAGE), 0);
	assert_int_equal(ioas_foreach(ioas, stop_at, &last), 0);
	assert_int_equal(last, 0x40000);
	last = 0;
	assert_int_equal(map(0x30000, PAGE), 0);
	assert_int_equal(ioas_foreach(ioas, stop_at, &last), 42);
	assert_int_equal(last, 0x30000);
}

static void
test_unmap_by_owner(void **state)
{
	struct ioas_mapping m;

	assert_int_equal(map(0x10000, PAGE), 0);
	assert_int_equal(ioas_map(ioas, IOAS_APPLICATION, VA, 0x20000, PAGE, NULL), 0);
	assert_int_equal(iova_layout_place_at(layout, RANGE(0x30000, 0x30fff), "unknown", NULL), 0);
	/* The range has mappings of other owners: nothing is unmapped. */
	assert_int_equal(ioas_unmap(ioas, IOAS_APPLICATION, 0, LIMIT), -EPERM);
	assert_int_equal(ioas_unmap(ioas, IOAS_DEVICE, 0x20000, PAGE), -EPERM);
	assert_int_equal(mappings_count(ioas), 2);
	assert_int_equal(fake_n_mappings(), 2);
	assert_int_equal(ioas_lookup(ioas, 0x20000, &m), 0);
	assert_int_equal(m.owner, IOAS_APPLICATION);
	assert_int_equal(ioas_lookup(ioas, 0x30000, &m), -ENOENT);
	assert_int_equal(ioas_unmap(ioas, IOAS_APPLICATION, 0x20000, 0x20000), 0);
	assert_int_equal(mappings_count(ioas), 1);
	ioas_unmap_all(ioas);
	/* A range of the layout without a mapping is not unmapped. */
	assert_non_null(iova_layout_lookup(layout, 0x30000));
	assert_int_equal(iova_layout_release(layout, RANGE(0x30000, 0x30fff)), 0);
	expect_same(ioas);
}

int
main(void)
{
#define MAP_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		MAP_TEST(test_map),
		MAP_TEST(test_map_invalid),
		MAP_TEST(test_map_conflicts),
		MAP_TEST(test_map_kernel_refuses),
		MAP_TEST(test_dma_limit),
		MAP_TEST(test_map_any),
		MAP_TEST(test_unmap),
		MAP_TEST(test_unmap_by_owner),
		MAP_TEST(test_unmap_kernel_fails),
		MAP_TEST(test_unmap_lies),
		MAP_TEST(test_foreach),
	};

	return RUN_ON_BACKENDS("ioas_map", tests);
}
