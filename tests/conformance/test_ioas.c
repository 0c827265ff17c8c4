/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Address spaces: names and choice of the backend, open, limits. Members are tested in
 * test_ioas_attach.c, mappings in a layout in test_ioas_map.c.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

static void
test_names(void **state)
{
	enum ioas_backend b = IOAS_BACKEND_COUNT;

	assert_int_equal(ioas_backend_parse("type1", &b), 0);
	assert_int_equal(b, IOAS_BACKEND_TYPE1);
	assert_int_equal(ioas_backend_parse("iommufd", &b), 0);
	assert_int_equal(b, IOAS_BACKEND_IOMMUFD);
	assert_int_equal(ioas_backend_parse("auto", &b), 0);
	assert_int_equal(b, IOAS_BACKEND_AUTO);
	assert_int_equal(ioas_backend_parse("", &b), -EINVAL);
	assert_int_equal(ioas_backend_parse("type12", &b), -EINVAL);
	assert_int_equal(b, IOAS_BACKEND_AUTO);
	assert_string_equal(ioas_backend_name(IOAS_BACKEND_AUTO), "auto");
	assert_string_equal(ioas_backend_name(IOAS_BACKEND_TYPE1), "type1");
	assert_string_equal(ioas_backend_name(IOAS_BACKEND_IOMMUFD), "iommufd");
	assert_string_equal(ioas_backend_name(IOAS_BACKEND_COUNT), "?");
}

/* Open each backend by name. */
static void
test_open(void **state)
{
	struct ioas *ioas = NULL;

	*BY_BACKEND(&fake.no_node, &fake.no_iommufd) = true;
	assert_int_equal(ioas_open(backend, NULL, layout, &ioas, NULL), -ENOENT);
	fake.no_node = fake.no_iommufd = false;
	*BY_BACKEND(&fake.node_denied, &fake.iommufd_denied) = true;
	assert_int_equal(ioas_open(backend, NULL, layout, &ioas, NULL), -EACCES);
	fake.node_denied = fake.iommufd_denied = false;
	assert_int_equal(ioas_open(IOAS_BACKEND_COUNT, NULL, layout, &ioas, NULL), -ENOTSUP);
	assert_null(ioas);
	assert_int_equal(ioas_open(backend, NULL, layout, &ioas, NULL), 0);
	assert_int_equal(ioas_backend_of(ioas), BACKEND);
	assert_int_equal(ioas_n_attached(ioas), 0);
	assert_int_equal(mappings_count(ioas), 0);
	ioas_close(ioas);
	ioas_close(NULL);
}

static void
test_open_type1(void **state)
{
	struct ioas *ioas = NULL;

	fake.no_type1v2 = true;
	assert_int_equal(ioas_open(IOAS_BACKEND_TYPE1, NULL, layout, &ioas, NULL), -ENOTSUP);
	fake.no_type1v2 = false;
	fake.api_version = 1;
	assert_int_equal(ioas_open(IOAS_BACKEND_TYPE1, NULL, layout, &ioas, NULL), -ENOTSUP);
	assert_null(ioas);
}

static void
expect_choice(const struct ioas_member *m, enum ioas_backend want, int error)
{
	struct ioas_choice c;
	struct ioas *ioas;

	assert_int_equal(ioas_open(IOAS_BACKEND_AUTO, m, layout, &ioas, &c), 0);
	assert_int_equal(ioas_backend_of(ioas), want);
	assert_int_equal(c.backend, want);
	assert_int_equal(c.error, error);
	assert_int_equal(c.passed, error == 0 ? IOAS_BACKEND_AUTO : IOAS_BACKEND_IOMMUFD);
	ioas_close(ioas);
}

/* "auto" selects iommufd if kernel and device support it, else it returns the reason. */
static void
test_choice(void **state)
{
	struct fake_group *g = add_group(7);
	struct ioas_member m = *member(7);
	struct ioas_choice c;
	struct ioas *ioas = NULL;
	const enum ioas_backend by_groups = over_iommufd ? IOAS_BACKEND_COMPAT :
			IOAS_BACKEND_TYPE1;

	m.cdev = fake_cdev(m.name);
	expect_choice(&m, IOAS_BACKEND_IOMMUFD, 0);
	expect_choice(NULL, IOAS_BACKEND_IOMMUFD, 0);
	fake.no_cdevs = true;
	expect_choice(&m, by_groups, -ENOENT);
	fake.no_cdevs = false;
	g->denied = true;
	expect_choice(&m, by_groups, -EACCES);
	g->denied = false;
	fake.iommufd_denied = true;
	expect_choice(&m, by_groups, -EACCES);
	fake.no_iommufd = true;
	expect_choice(&m, by_groups, -ENOENT);
	expect_choice(NULL, by_groups, -ENOENT);
	fake.no_node = true;
	assert_int_equal(ioas_open(IOAS_BACKEND_AUTO, &m, layout, &ioas, &c), -ENOENT);
	assert_int_equal(c.backend, IOAS_BACKEND_TYPE1);
	fake.no_iommufd = fake.iommufd_denied = false;
	/* iommufd needs neither the nodes of groups nor that of the container. */
	fake.no_groups = true;
	expect_choice(&m, IOAS_BACKEND_IOMMUFD, 0);
	m.cdev = NULL;
	fake.no_node = false;
	expect_choice(&m, by_groups, -ENODEV);
	assert_int_equal(ioas_open(IOAS_BACKEND_IOMMUFD, &m, layout, &ioas, &c), -ENODEV);
	assert_null(ioas);
}

static void
expect_info(struct ioas *ioas, const struct iova_range *want, size_t n, uint64_t avail)
{
	struct ioas_info info;

	assert_int_equal(ioas_info_get(ioas, &info), 0);
	assert_int_equal(info.n_ranges, n);
	if (n > 0)
		assert_memory_equal(info.ranges, want, n * sizeof(*want));
	/* iommufd reports only the smallest page size, and has no limit of mappings. */
	assert_int_equal(info.page_sizes, BY_KERNEL(fake.page_sizes, PAGE));
	assert_true(info.dma_avail == BY_KERNEL(avail, UINT64_MAX));
	ioas_info_free(&info);
	assert_null(info.ranges);
}

static void
test_info(void **state)
{
	static const struct iova_range alone[] = {
		{ 0, 0x7ffffff }, { 0x8100000, (UINT64_C(1) << 48) - 1 },
	};
	static const struct iova_range both[] = {
		{ 0x1000, 0x7ffffff }, { 0x8100000, 0xfedfffff }, { 0xfef00000, UINT32_MAX },
	};
	struct ioas *ioas = open_space();
	struct fake_group *g;

	fake_range(add_group(7), 0x8000000, 0x80fffff);
	g = add_group(8);
	g->aperture = RANGE(0x1000, UINT32_MAX);
	fake_range(g, 0xfee00000, 0xfeefffff);
	attach_group(ioas, 7);
	expect_info(ioas, alone, 2, 65535);
	attach_group(ioas, 8);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, PAGE, PAGE, NULL), 0);
	expect_info(ioas, both, 3, 65534);
	/* Old kernels: after a capability of 12 bytes the next one is not aligned to 8 bytes. */
	fake.packed_caps = true;
	expect_info(ioas, both, 3, 65534);
	if (BY_KERNEL(true, false)) {
		fake.no_ranges = true;
		expect_info(ioas, NULL, 0, 65534);
		fake.no_caps = true;
		expect_info(ioas, NULL, 0, UINT64_MAX);
	}
	ioas_close(ioas);
}

/* More ranges than the first guess has room for. */
static void
test_info_many(void **state)
{
	struct ioas *ioas = open_space();
	struct ioas_info info;
	uint64_t at = 0x100000;
	int id, i;

	for (id = 1; id <= 5; id++) {
		struct fake_group *g = add_group(id);

		for (i = 0; i < FAKE_RESERVED; i++, at += 0x100000)
			fake_range(g, at, at + PAGE - 1);
		attach_group(ioas, id);
	}
	assert_int_equal(ioas_info_get(ioas, &info), 0);
	assert_int_equal(info.n_ranges, 5 * FAKE_RESERVED + 1);
	assert_int_equal(info.ranges[5 * FAKE_RESERVED].first, at - 0x100000 + PAGE);
	ioas_info_free(&info);
	ioas_close(ioas);
}

/* Invalid answers of the kernel are rejected, after a bounded number of calls. */
static void
test_info_lies(void **state)
{
	struct ioas *ioas = open_space();
	struct ioas_info info;
	unsigned int calls;
	enum fake_lie lie;

	fake_range(add_group(7), 0x8000000, 0x80fffff);
	attach_group(ioas, 7);
	EACH_LIE(lie, FAKE_CAP_CYCLE, FAKE_UNMAP_LESS) {
		if (lie != FAKE_RANGE_INVERTED &&
				BY_KERNEL(lie > FAKE_ARGSZ_CREEPS, lie < FAKE_COUNT_ZERO))
			continue;
		fake.lie = lie;
		calls = fake_calls();
		assert_int_equal(ioas_info_get(ioas, &info), -EBADMSG);
		assert_null(info.ranges);
		assert_int_equal(info.n_ranges, 0);
		assert_in_range(fake_calls() - calls, 1, 64);
	}
	ioas_close(ioas);
}

/* Without a layout only the kernel checks. */
static void
test_no_layout(void **state)
{
	struct ioas *ioas;
	uint64_t iova;

	fake_range(add_group(8), 0x8000000, 0x80fffff);
	assert_int_equal(ioas_open(backend, NULL, NULL, &ioas, NULL), 0);
	attach_group(ioas, 8);
	assert_int_equal(ioas_map_any(ioas, IOAS_EAL, PAGE, PAGE, PAGE, UINT32_MAX, &iova), -ENOTSUP);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000, PAGE, NULL), -ENOTSUP);
	assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 0x10000, PAGE), -ENOENT);
	assert_int_equal(mappings_count(ioas), 0);
	ioas_close(ioas);
	assert_int_equal(fake_n_mappings(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		machine_test(test_open),
		machine_test(test_open_type1),
		machine_test(test_choice),
		machine_test(test_info),
		machine_test(test_info_many),
		machine_test(test_info_lies),
		machine_test(test_no_layout),
	};

	return RUN_ON_BACKENDS("ioas", tests);
}
