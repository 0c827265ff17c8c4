/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory that devices may read but not write. The process need not be able to write to
 * it. Devices that are attached later get it read-only too.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"

#define VA UINT64_C(0x7f0000000000)
#define IOVA UINT64_C(0x10000)
#define OTHER UINT64_C(0x20000)

static const struct ioas_memory memory = { .va = VA, .read_only = true };
static struct ioas *ioas;

static int
setup(void **state)
{
	if (machine_setup(state) < 0)
		return -1;
	add_group(7);
	add_group(8);
	fake.read_only = RANGE(VA, VA + 2 * PAGE - 1);
	ioas = open_space();
	attach_group(ioas, 7);
	return 0;
}

static int
teardown(void **state)
{
	ioas_close(ioas);
	return machine_teardown(state);
}

/* @return the number of address spaces in which an access gets this answer. */
static unsigned int
answers(uint64_t iova, bool write, int ret)
{
	const struct fake_mapping *maps;
	unsigned int count = 0;
	size_t c, n;

	for (c = 0; c < FAKE_SPACES; c++)
		if (fake_space_mappings(c, &maps, &n))
			count += fake_dma(c, iova, write) == ret;
	return count;
}

static void
test_devices_only_read(void **state)
{
	struct ioas_mapping m;

	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, IOVA, 2 * PAGE, NULL), -EFAULT);
	assert_int_equal(ioas_map_memory(ioas, IOAS_EAL, &memory, IOVA, 2 * PAGE, NULL), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA + 2 * PAGE, OTHER, PAGE, NULL), 0);
	expect_same(ioas);
	assert_int_equal(answers(IOVA + PAGE, false, 0), 1);
	assert_int_equal(answers(IOVA + PAGE, true, -EFAULT), 1);
	assert_int_equal(answers(OTHER, true, 0), 1);
	assert_int_equal(ioas_lookup(ioas, IOVA, &m), 0);
	assert_true(m.read_only);
	assert_int_equal(ioas_lookup(ioas, OTHER, &m), 0);
	assert_false(m.read_only);
	/* A new mapping at an IOVA is writable, although the previous one was read-only. */
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, IOVA, 2 * PAGE), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA + 2 * PAGE, IOVA, PAGE, NULL), 0);
	expect_same(ioas);
	assert_int_equal(answers(IOVA, true, 0), 1);
}

static void
test_the_kernel_refuses(void **state)
{
	const struct ioas_memory mem = { .va = VA + 4 * PAGE, .read_only = true };

	fake.hollow = RANGE(VA + 4 * PAGE, VA + 5 * PAGE - 1);
	assert_int_equal(ioas_map_memory(ioas, IOAS_EAL, &mem, IOVA, PAGE, NULL), -EFAULT);
	expect_same(ioas);
	assert_int_equal(mappings_count(ioas), 0);
}

static void
test_any_place(void **state)
{
	const struct ioas_place place = { .align = PAGE, .limit = UINT32_MAX };
	uint64_t iova;

	obey(ioas, "0000:01:00.0");
	assert_int_equal(ioas_map_any_memory(ioas, IOAS_APPLICATION, &memory, PAGE, &place, &iova,
		NULL), 0);
	expect_same(ioas);
	assert_int_equal(answers(iova, true, -EFAULT), 1);
}

static void
test_by_file(void **state)
{
	const struct ioas_file file = { .fd = memfd_create("memory", MFD_CLOEXEC) };
	const struct ioas_memory mem = { .va = VA, .file = &file, .read_only = true };
	struct fake_mapping m;

	assert_int_equal(ftruncate(file.fd, PAGE), 0);
	assert_int_equal(ioas_map_memory(ioas, IOAS_EAL, &mem, IOVA, PAGE, NULL), 0);
	assert_true(fake_mapping_get(0, &m));
	assert_int_equal(m.file, BY_KERNEL(false, true));
	assert_true(m.read_only);
	expect_same(ioas);
	close(file.fd);
}

/* A device that is attached later gets it read-only, too. */
static void
test_late_attach(void **state)
{
	bool viable;

	assert_int_equal(ioas_map_memory(ioas, IOAS_EAL, &memory, IOVA, PAGE, NULL), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA + 2 * PAGE, OTHER, PAGE, NULL), 0);
	assert_int_equal(ioas_attach(ioas, MEMBER(8), &viable), 0);
	expect_same(ioas);
	assert_int_equal(answers(IOVA, false, 0), per_group ? 2 : 1);
	assert_int_equal(answers(IOVA, true, -EFAULT), per_group ? 2 : 1);
	assert_int_equal(answers(OTHER, true, 0), per_group ? 2 : 1);
	ioas_detach(ioas, MEMBER(7));
	expect_same(ioas);
	assert_int_equal(answers(IOVA, true, -EFAULT), 1);
}

/* ioas_covers() requires writable memory, so a read-only mapping does not count. */
static void
test_covers_nothing(void **state)
{
	assert_int_equal(ioas_map_memory(ioas, IOAS_APPLICATION, &memory, IOVA, PAGE, NULL), 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA + 2 * PAGE, OTHER, PAGE, NULL), 0);
	assert_false(ioas_covers(ioas, VA, IOVA, PAGE));
	assert_true(ioas_covers(ioas, VA + 2 * PAGE, OTHER, PAGE));
}

static void
test_dump(void **state)
{
	char text[4096] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");

	assert_int_equal(ioas_map_memory(ioas, IOAS_APPLICATION, &memory, IOVA, PAGE, NULL), 0);
	assert_int_equal(iova_layout_dump(layout, f), 0);
	fclose(f);
	assert_non_null(strstr(text, "  rte_eal_iommu, read-only\n"));
}

int
main(void)
{
#define READ_ONLY_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		READ_ONLY_TEST(test_devices_only_read),
		READ_ONLY_TEST(test_the_kernel_refuses),
		READ_ONLY_TEST(test_any_place),
		READ_ONLY_TEST(test_by_file),
		READ_ONLY_TEST(test_late_attach),
		READ_ONLY_TEST(test_covers_nothing),
		READ_ONLY_TEST(test_dump),
	};

	return RUN_ON_BACKENDS("ioas_read_only", tests);
}
