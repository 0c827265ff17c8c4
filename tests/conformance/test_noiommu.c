/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The backend for VFIO's no-IOMMU mode: who gets it, and what it accepts as a mapping.
 *
 * The sequence of test_failures() runs many times; in the n th run the n th call fails.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"

#define VA UINT64_C(0x140000000)
#define CALLS_LEAST 30	/* the sequence makes more calls */

static struct ioas *ioas;
static uint64_t page;

static const struct ioas_member *
without(int group)
{
	static struct ioas_member m;

	m = *member(group);
	m.noiommu = true;
	return &m;
}

static void
machine(void)
{
	machine_reset();
	add_group(7)->noiommu = true;
	add_group(8)->noiommu = true;
	add_group(9);
}

static int
setup(void **state)
{
	bool viable;

	page = (uint64_t)sysconf(_SC_PAGESIZE);
	machine();
	if (iova_layout_create(&layout) != 0)
		return -1;
	if (ioas_open(IOAS_BACKEND_NOIOMMU, without(7), layout, &ioas, NULL) < 0)
		return -1;
	return ioas_attach(ioas, without(7), &viable);
}

static int
teardown(void **state)
{
	ioas_close(ioas);
	return machine_teardown(state);
}

static int
map(uint64_t va, uint64_t iova, uint64_t size)
{
	return ioas_map(ioas, IOAS_EAL, va, iova, size, NULL);
}

/* Only who asks for it, and only for devices without an IOMMU. */
static void
test_choice(void **state)
{
	struct ioas_choice choice;
	struct ioas *other;
	char node[VFIO_UAPI_NODE_LEN];

	assert_int_equal(ioas_open(IOAS_BACKEND_AUTO, without(8), NULL, &other, &choice), -ENODEV);
	assert_int_equal(ioas_open(IOAS_BACKEND_TYPE1, without(8), NULL, &other, NULL), -ENODEV);
	assert_int_equal(ioas_open(IOAS_BACKEND_NOIOMMU, MEMBER(9), NULL, &other, NULL), -ENODEV);
	assert_int_equal(ioas_open(IOAS_BACKEND_AUTO, NULL, NULL, &other, NULL), 0);
	assert_int_not_equal(ioas_backend_of(other), IOAS_BACKEND_NOIOMMU);
	ioas_close(other);
	assert_false(ioas_backend_serves(IOAS_BACKEND_AUTO, IOAS_BACKEND_NOIOMMU));
	assert_true(ioas_backend_serves(IOAS_BACKEND_NOIOMMU, IOAS_BACKEND_NOIOMMU));
	assert_true(ioas_traits_of(ioas)->no_translation);
	assert_string_equal(ioas_backend_name(ioas_backend_of(ioas)), "noiommu");
	ioas_backend_node(IOAS_BACKEND_NOIOMMU, without(8), node, sizeof(node));
	assert_string_equal(node, "/dev/vfio/noiommu-8");
	/* The mode is off, though the group is left. */
	fake.noiommu_off = true;
	assert_int_equal(ioas_open(IOAS_BACKEND_NOIOMMU, without(8), NULL, &other, NULL), -ENOTSUP);
}

static void
test_members(void **state)
{
	struct ioas_info info;
	bool viable;
	int fd;

	assert_int_equal(ioas_survey(ioas, without(8), &info, &viable), 0);
	assert_int_equal(info.n_ranges, 0);
	assert_int_equal(info.dma_avail, UINT64_MAX);
	ioas_info_free(&info);
	assert_int_equal(ioas_attach(ioas, without(8), &viable), 0);
	fd = ioas_open_device(ioas, without(8));
	assert_true(fd >= 0);
	vfio_uapi_close(fd);
	/* The kernel mixes no groups of both kinds. */
	assert_int_equal(ioas_attach(ioas, MEMBER(9), &viable), -EPERM);
	ioas_detach(ioas, without(8));
	fake.no_rawio = true;
	assert_int_equal(ioas_attach(ioas, without(8), &viable), -EPERM);
	assert_int_equal(ioas_n_attached(ioas), 1);
}

static void
test_map(void **state)
{
	struct ioas_mapping m;

	assert_int_equal(map(VA, VA, 600 * page), 0);
	assert_int_equal(map(VA, VA, page), -EEXIST);
	assert_int_equal(ioas_lookup(ioas, VA + 5, &m), 0);
	assert_int_equal(m.va, VA);
	assert_true(ioas_covers(ioas, VA + page, VA + page, page));
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, VA, page), -EBUSY);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, VA, 600 * page), 0);
	assert_int_equal(fake_n_mappings(), 0);
}

/* Each page must be at its IOVA, in memory, of hugepages, shared, and visible. */
static void
test_pages(void **state)
{
	const struct ioas_memory read_only = { .va = VA, .read_only = true };
	/* In the second piece that is looked at. */
	const uint64_t at = VA + 599 * page;
	const struct {
		const char *name;
		struct iova_range *range;
		int error;
		const char *hint;
	} rows[] = {
		{ "elsewhere", &fake.elsewhere, -EADDRNOTAVAIL, "must be the physical address" },
		{ "absent", &fake.hollow, -EFAULT, "only hugepages" },
		{ "read-only", &fake.read_only, -EFAULT, "can't write to it" },
		{ "small", &fake.small_pages, -EFAULT, "only hugepages" },
		{ "private", &fake.private_pages, -EFAULT, "mapped with MAP_SHARED" },
	};
	size_t i;

	fake.distance = 1 << 30;
	EACH_ROW(i, rows, "%s", rows[i].name) {
		*rows[i].range = RANGE(at, at + page - 1);
		assert_int_equal(map(VA, VA, 600 * page), rows[i].error);
		assert_non_null(strstr(ioas_hint(ioas, rows[i].error), rows[i].hint));
		assert_int_equal(map(VA, VA, 599 * page), 0);
		assert_int_equal(ioas_unmap(ioas, IOAS_EAL, VA, 599 * page), 0);
		*rows[i].range = RANGE(1, 0);
	}
	assert_int_equal(map(VA, VA + page, page), -EADDRNOTAVAIL);
	assert_int_equal(map(VA + 1, VA + 1, page), -EINVAL);
	assert_int_equal(map(VA, VA, page / 2), -EINVAL);
	assert_int_equal(ioas_map_memory(ioas, IOAS_EAL, &read_only, VA, page, NULL), -ENOTSUP);
	fake.hidden_memory = true;
	assert_int_equal(map(VA, VA, page), -EPERM);
	assert_non_null(strstr(ioas_hint(ioas, -EPERM), "CAP_SYS_ADMIN"));
	assert_int_equal(mappings_count(ioas), 0);
}

/* Hugepages need not have been written to, if the kernel can provide them. */
static void
test_untouched(void **state)
{
	const struct iova_range all = RANGE(VA, VA + 600 * page - 1);
	uint64_t iova;

	fake.untouched = all;
	assert_int_equal(map(VA, VA, 600 * page), 0);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, VA, 600 * page), 0);
	fake.untouched = all;
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, 600 * page, page, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, VA);
	assert_int_equal(ioas_unmap(ioas, IOAS_DEVICE, VA, 600 * page), 0);
	/* Before Linux 5.14 nothing changes for memory that was written to. */
	fake.no_populate = true;
	assert_int_equal(map(VA, VA, 600 * page), 0);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, VA, 600 * page), 0);
	fake.untouched = all;
	assert_int_equal(map(VA, VA, 600 * page), -EFAULT);
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, page, page, UINT64_MAX, &iova), -EFAULT);
	assert_non_null(strstr(ioas_hint(ioas, -EFAULT), "older than 5.14 and it must be written to first"));
	assert_int_equal(mappings_count(ioas), 0);
}

/* What the bus does not pass is rejected, with its range and origin. */
static void
test_reach(void **state)
{
	struct iova_conflict why;

	add_hole(VA, VA + page - 1, IOVA_HARD);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA - page, VA - page, 2 * page, &why),
			-EADDRINUSE);
	assert_int_equal(why.hole.range.first, VA);
	assert_string_equal(why.hole.owner, "0000:01:00.0");
	/* The conflict is of memory that has these IOVAs only. */
	assert_int_equal(ioas_map(ioas, IOAS_EAL, 2 * VA, VA, page, &why), -EADDRNOTAVAIL);
	assert_false(why.is_hole);
	fake.elsewhere = RANGE(VA, VA + page - 1);
	fake.distance = VA;
	assert_int_equal(ioas_map(ioas, IOAS_EAL, VA - page, VA - page, 2 * page, &why),
			-EADDRNOTAVAIL);
	assert_int_equal(map(VA, 2 * VA, page), 0);
	assert_int_equal(map(VA + page, 2 * VA, page), -EADDRNOTAVAIL);
	assert_int_equal(map(VA, 2 * VA, page), -EEXIST);
	fake.hidden_memory = true;
	assert_int_equal(map(2 * VA, VA, page), -EADDRINUSE);
	assert_non_null(strstr(ioas_hint(ioas, -EADDRINUSE), "use others, reserve fewer"));
	assert_non_null(strstr(ioas_hint(ioas, -ERANGE), "use others, reserve fewer"));
	assert_non_null(strstr(ioas_hint(ioas, -EEXIST), "mapped once only"));
}

/* Memory has its IOVA already. */
static void
test_map_any(void **state)
{
	uint64_t iova;

	fake.elsewhere = RANGE(VA, VA + 4 * page - 1);
	fake.distance = page;
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, 2 * page, page, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, VA + page);
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, 2 * page, page, UINT64_MAX, &iova),
			-EEXIST);
	assert_int_equal(iova, IOAS_NOWHERE);
	assert_int_equal(ioas_unmap(ioas, IOAS_DEVICE, VA + page, 2 * page), 0);
	/* Not as aligned, not as low, not contiguous. */
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, page, 2 * page, UINT64_MAX, &iova),
			-ENOSPC);
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, page, page, UINT32_MAX, &iova),
			-ENOSPC);
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, 5 * page, page, UINT64_MAX, &iova),
			-EADDRNOTAVAIL);
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, 0, page, UINT64_MAX, &iova), -EINVAL);
	/* No power of two. */
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, page, 0, UINT64_MAX, &iova), -EINVAL);
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, page, 3, UINT64_MAX, &iova), -EINVAL);
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, page, 3 * page, UINT64_MAX, &iova),
			-EINVAL);
	fake.private_pages = RANGE(VA, VA + page - 1);
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, page, page, UINT64_MAX, &iova),
			-EFAULT);
	fake.hollow = RANGE(VA, VA + page - 1);
	assert_int_equal(ioas_map_any(ioas, IOAS_DEVICE, VA, page, page, UINT64_MAX, &iova),
			-EFAULT);
}

/* Run a step of the sequence. A caller that is not stubborn stops at an error. */
#define STEP(call) do { \
	int step_ret = (call); \
	if (step_ret < 0 && first == 0) \
		first = step_ret; \
	if (step_ret < 0 && !stubborn) \
		return first; \
} while (0)

static int
story(struct ioas **space, bool stubborn)
{
	struct ioas_info info;
	int first = 0, fd;
	uint64_t iova;
	bool viable;

	STEP(ioas_open(IOAS_BACKEND_NOIOMMU, without(7), layout, space, NULL));
	if (*space == NULL)
		return first;
	STEP(ioas_survey(*space, without(7), &info, &viable));
	ioas_info_free(&info);
	STEP(ioas_attach(*space, without(7), &viable));
	STEP(ioas_attach(*space, without(8), &viable));
	fd = ioas_open_device(*space, without(8));
	STEP(fd);
	vfio_uapi_close(fd);
	STEP(ioas_map(*space, IOAS_EAL, VA, VA, 600 * page, NULL));
	STEP(ioas_map_any(*space, IOAS_DEVICE, 2 * VA, page, page, UINT64_MAX, &iova));
	STEP(ioas_unmap(*space, IOAS_EAL, VA, 600 * page));
	ioas_detach(*space, without(7));
	ioas_detach(*space, without(8));
	STEP(ioas_attach(*space, without(8), &viable));
	STEP(ioas_map(*space, IOAS_EAL, VA, VA, page, NULL));
	return first;
}

/* A detach continues after an error. */
static bool
may_be_ignored(const char *call)
{
	return strcmp(call, "vfio_uapi_group_unset_container") == 0;
}

static void
run(bool stubborn, unsigned int n, int error)
{
	struct ioas *space = NULL;
	int ret;

	machine();
	assert_int_equal(iova_layout_create(&layout), 0);
	fake_fail_nth(n, error);
	ret = story(&space, stubborn);
	ioas_close(space);
	if (n > 0 && fake_failed() == NULL)
		fail_msg("call %u did not come", n);
	if (ret != -error && !(ret == 0 && may_be_ignored(fake_failed())))
		fail_msg("call %u, %s: %d in place of %d", n, fake_failed(), ret, -error);
	assert_int_equal(fake_leaks(stderr), 0);
	assert_int_equal(iova_layout_check(layout, stderr), 0);
	assert_null(iova_layout_used_from(layout, 0));
	iova_layout_destroy(layout);
	layout = NULL;
}

static void
test_failures(void **state)
{
	static const int errors[] = { EIO, ENOMEM, EBUSY, ENODEV, EPERM, EINVAL, ENOENT };
	unsigned int n, length;
	size_t i;

	page = (uint64_t)sysconf(_SC_PAGESIZE);
	run(false, 0, 0);
	length = fake_calls();
	assert_true(length >= CALLS_LEAST);
	EACH_ROW(i, errors, "%s", strerror(errors[i]))
		for (n = 1; n <= length; n++) {
			run(false, n, errors[i]);
			run(true, n, errors[i]);
		}
}

#define NOIOMMU_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NOIOMMU_TEST(test_choice),
		NOIOMMU_TEST(test_members),
		NOIOMMU_TEST(test_map),
		NOIOMMU_TEST(test_pages),
		NOIOMMU_TEST(test_untouched),
		NOIOMMU_TEST(test_reach),
		NOIOMMU_TEST(test_map_any),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests_name("noiommu", tests, NULL, NULL);
}
