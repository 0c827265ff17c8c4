/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory in a file: mapped by file where backend and kernel support it, else by address,
 * with the same record.
 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"

#define VA UINT64_C(0x7f0000000000)

static struct ioas *ioas;
static int fd;

static int
setup(void **state)
{
	if (machine_setup(state) < 0)
		return -1;
	add_group(7);
	fd = memfd_create("memory", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 4 * PAGE) < 0)
		return -1;
	ioas = open_space();
	attach_group(ioas, 7);
	return 0;
}

static int
teardown(void **state)
{
	close(fd);
	ioas_close(ioas);
	return machine_teardown(state);
}

/* Map two pages, which must succeed. @return the calls it took. */
static unsigned int
map(int from, uint64_t start, uint64_t iova)
{
	const struct ioas_file file = { .fd = from, .start = start };
	const struct ioas_memory mem = { .va = VA + iova, .file = &file };
	unsigned int calls = fake_calls();

	assert_int_equal(ioas_map_memory(ioas, IOAS_EAL, &mem, iova, 2 * PAGE, NULL), 0);
	expect_same(ioas);
	return fake_calls() - calls;
}

static bool
is_by_file(size_t i)
{
	struct fake_mapping m;

	assert_true(fake_mapping_get(i, &m));
	return m.file;
}

static void
test_by_file(void **state)
{
	struct ioas_mapping m;

	assert_int_equal(map(fd, PAGE, 0x10000), 1);
	assert_int_equal(is_by_file(0), BY_KERNEL(false, true));
	assert_int_equal(ioas_lookup(ioas, 0x11000, &m), 0);
	assert_int_equal(m.va, VA + 0x10000);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, 0x20000, PAGE, NULL), 0);
	assert_false(is_by_file(1));
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x10000, 2 * PAGE), 0);
	expect_same(ioas);
}

/* If the kernel rejects a map by file, the memory is mapped by address. */
static void
test_by_address(void **state)
{
	int other = open("/proc/self/status", O_RDONLY | O_CLOEXEC);	/* not in memory */

	assert_int_equal(map(other, 0, 0x10000), BY_KERNEL(1, 2));
	assert_int_equal(map(fd, 3 * PAGE, 0x20000), BY_KERNEL(1, 2));
	assert_false(is_by_file(0) || is_by_file(1));
	assert_int_equal(map(fd, 0, 0x30000), 1);
	assert_int_equal(is_by_file(2), BY_KERNEL(false, true));
	close(other);
}

/* If the kernel lacks the call, it is tried only once. */
static void
test_old_kernel(void **state)
{
	fake.no_map_file = true;
	assert_int_equal(map(fd, 0, 0x10000), BY_KERNEL(1, 2));
	assert_int_equal(map(fd, 0, 0x20000), 1);
	assert_false(is_by_file(0) || is_by_file(1));
}

/* The reported error is that of the map by address. */
static void
test_refused(void **state)
{
	const struct ioas_file file = { .fd = fd };
	const struct ioas_memory mem = { .va = VA, .file = &file };

	fake.memlock = PAGE;
	assert_int_equal(ioas_map_memory(ioas, IOAS_EAL, &mem, 0x10000, 2 * PAGE, NULL), -ENOMEM);
	expect_same(ioas);
	fake.memlock = UINT64_MAX;
	fake.hollow = (struct iova_range){ VA, VA + PAGE };
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA, 0x10000, 2 * PAGE, NULL), -EFAULT);
	assert_int_equal(ioas_map_memory(ioas, IOAS_EAL, &mem, 0x10000, 2 * PAGE, NULL),
			BY_KERNEL(-EFAULT, 0));
	expect_same(ioas);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_by_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_by_address, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return RUN_ON_BACKENDS("ioas_file", tests);
}
