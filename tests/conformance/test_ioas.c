/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Address spaces and groups: open, attach, detach, devices, limits.
 * test_ioas_map.c has the mappings in a layout.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

#define NIC "0000:01:00.0"

static void
test_names(void **state)
{
	enum ioas_backend b = IOAS_BACKEND_COUNT;

	assert_int_equal(ioas_backend_parse("type1", &b), 0);
	assert_int_equal(b, IOAS_BACKEND_TYPE1);
	assert_int_equal(ioas_backend_parse("auto", &b), 0);
	assert_int_equal(b, IOAS_BACKEND_AUTO);
	assert_int_equal(ioas_backend_parse("", &b), -EINVAL);
	assert_int_equal(ioas_backend_parse("type12", &b), -EINVAL);
	assert_int_equal(b, IOAS_BACKEND_AUTO);
	assert_string_equal(ioas_backend_name(IOAS_BACKEND_AUTO), "auto");
	assert_string_equal(ioas_backend_name(IOAS_BACKEND_TYPE1), "type1");
	assert_string_equal(ioas_backend_name(IOAS_BACKEND_COUNT), "?");
}

static void
test_open(void **state)
{
	struct ioas *ioas = NULL;

	fake.no_node = true;
	assert_int_equal(ioas_open(IOAS_BACKEND_AUTO, layout, &ioas), -ENOENT);
	fake.no_node = false;
	fake.node_denied = true;
	assert_int_equal(ioas_open(IOAS_BACKEND_TYPE1, layout, &ioas), -EACCES);
	fake.node_denied = false;
	fake.no_type1v2 = true;
	assert_int_equal(ioas_open(IOAS_BACKEND_TYPE1, layout, &ioas), -ENOTSUP);
	fake.no_type1v2 = false;
	fake.api_version = 1;
	assert_int_equal(ioas_open(IOAS_BACKEND_AUTO, layout, &ioas), -ENOTSUP);
	fake.api_version = VFIO_API_VERSION;
	assert_int_equal(ioas_open(IOAS_BACKEND_COUNT, layout, &ioas), -ENOTSUP);
	assert_null(ioas);
	assert_int_equal(ioas_open(IOAS_BACKEND_AUTO, layout, &ioas), 0);
	assert_int_equal(ioas_backend_of(ioas), IOAS_BACKEND_TYPE1);
	assert_int_equal(ioas_n_groups(ioas), 0);
	assert_int_equal(ioas_n_mappings(ioas), 0);
	ioas_close(ioas);
	ioas_close(NULL);
}

static struct ioas *
open_space(void)
{
	struct ioas *ioas;

	assert_int_equal(ioas_open(IOAS_BACKEND_AUTO, layout, &ioas), 0);
	return ioas;
}

static void
attach(struct ioas *ioas, int group)
{
	bool viable = false;

	assert_int_equal(ioas_attach(ioas, MEMBER(group), &viable), 0);
	assert_true(viable);
}

/* An attach that fails leaves nothing behind, as first group and as second. */
static void
test_attach_errors(void **state)
{
	static const struct {
		int id, error;
		bool viable;
	} rows[] = {
		{ 1, -EACCES, true }, { 2, -EBUSY, true }, { 3, -EPERM, false },
		{ 4, -EPERM, true }, { 5, -EINVAL, true }, { 6, -EINVAL, true },
		{ 99, -ENOENT, true },
	};
	struct ioas *ioas = open_space();
	unsigned int round, left;
	bool viable;
	size_t i;

	fake_group_add(1)->denied = true;
	fake_group_add(2)->held = true;
	fake_group_add(3)->viable = false;
	fake_group_add(4)->isolated = false;
	fake_group_add(5)->direct = true;
	fake_range(fake_group_add(6), 0, (UINT64_C(1) << 48) - 1);
	fake_group_add(7);
	for (round = 0; round < 2; round++) {
		left = fake_leaks(NULL);
		for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			assert_int_equal(ioas_attach(ioas, MEMBER(rows[i].id), &viable), rows[i].error);
			assert_int_equal(viable, rows[i].viable);
			assert_int_equal(ioas_n_groups(ioas), round);
			assert_int_equal(fake_leaks(NULL), left);
		}
		if (round == 0)
			attach(ioas, 7);
	}
	ioas_close(ioas);
}

/* A group whose limits do not go with what is mapped. */
static void
test_attach_conflict(void **state)
{
	struct ioas *ioas = open_space();
	bool viable;

	fake_group_add(7);
	fake_range(fake_group_add(8), 0x8000000, 0x80fffff);
	fake_group_add(9)->aperture = RANGE(0, 0x8000000 - 1);
	attach(ioas, 7);
	assert_int_equal(ioas_map(ioas, PAGE, 0x8000000, PAGE, NULL), 0);
	assert_int_equal(ioas_attach(ioas, MEMBER(8), &viable), -EINVAL);
	assert_true(viable);
	assert_int_equal(ioas_attach(ioas, MEMBER(9), &viable), -EINVAL);
	expect_same(ioas);
	assert_int_equal(ioas_unmap(ioas, 0x8000000, PAGE), 0);
	attach(ioas, 8);
	attach(ioas, 9);
	assert_int_equal(ioas_n_groups(ioas), 3);
	/* The kernel's refusal gives the range back. */
	assert_int_equal(ioas_map(ioas, PAGE, 0x8000000, PAGE, NULL), -EINVAL);
	expect_same(ioas);
	ioas_close(ioas);
}

static void
test_counting(void **state)
{
	struct ioas *ioas = open_space();
	unsigned int left;

	fake_group_add(7);
	fake_group_add(8);
	attach(ioas, 7);
	left = fake_leaks(NULL);
	attach(ioas, 7);
	assert_int_equal(ioas_n_groups(ioas), 1);
	assert_int_equal(fake_leaks(NULL), left);
	attach(ioas, 8);
	assert_int_equal(ioas_map(ioas, PAGE, 0x10000, PAGE, NULL), 0);
	assert_int_equal(ioas_map(ioas, PAGE, 0x20000, PAGE, NULL), 0);
	ioas_detach(ioas, MEMBER(99));
	ioas_detach(ioas, MEMBER(7));
	assert_int_equal(ioas_n_groups(ioas), 2);
	ioas_detach(ioas, MEMBER(7));
	ioas_detach(ioas, MEMBER(7));
	assert_int_equal(ioas_n_groups(ioas), 1);
	assert_int_equal(ioas_n_mappings(ioas), 2);
	expect_same(ioas);
	/* The last one takes every mapping, and the layout knows. */
	ioas_detach(ioas, MEMBER(8));
	assert_int_equal(ioas_n_groups(ioas), 0);
	assert_int_equal(ioas_n_mappings(ioas), 0);
	expect_same(ioas);
	assert_int_equal(fake_leaks(NULL), 1);
	assert_int_equal(ioas_map(ioas, PAGE, 0x10000, PAGE, NULL), -EINVAL);
	expect_same(ioas);
	/* The first group of a second life gets the IOMMU anew. */
	attach(ioas, 8);
	assert_int_equal(ioas_map(ioas, PAGE, 0x10000, PAGE, NULL), 0);
	expect_same(ioas);
	ioas_close(ioas);
}

static void
test_open_device(void **state)
{
	const struct ioas_member nic = { .group = 7, .group_fd = -1, .name = NIC };
	struct ioas_member m = nic;
	struct ioas *ioas = open_space();
	int fd;

	fake_device_add(fake_group_add(7), NIC, 1);
	assert_int_equal(ioas_open_device(ioas, &nic), -ENODEV);
	attach(ioas, 7);
	m.group = 8;
	assert_int_equal(ioas_open_device(ioas, &m), -ENODEV);
	m = nic;
	m.name = "0000:01:00.1";
	assert_int_equal(ioas_open_device(ioas, &m), -ENODEV);
	fd = ioas_open_device(ioas, &nic);
	assert_true(fd >= 0);
	/* A device that outlives its space is no leak once it is closed. */
	ioas_close(ioas);
	vfio_uapi_close(fd);
}

static void
test_vf_token(void **state)
{
	static const char uuid[] = "14d63f20-8445-11ea-8900-1f9ce7d5650d";
	struct ioas_member m = { .group = 7, .group_fd = -1, .name = NIC };
	struct ioas *ioas = open_space();
	char longest[512];
	unsigned int calls;
	int fd;

	fake_device_add(fake_group_add(7), NIC, 1);
	attach(ioas, 7);
	m.vf_token = uuid;
	assert_int_equal(ioas_open_device(ioas, &m), -EINVAL);
	fake_device_token(NIC, uuid);
	fd = ioas_open_device(ioas, &m);
	assert_true(fd >= 0);
	vfio_uapi_close(fd);
	m.vf_token = "14d63f20-8445-11ea-8900-1f9ce7d5650e";
	assert_int_equal(ioas_open_device(ioas, &m), -EACCES);
	m.vf_token = NULL;
	assert_int_equal(ioas_open_device(ioas, &m), -EACCES);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	m.vf_token = longest;
	calls = fake_calls();
	assert_int_equal(ioas_open_device(ioas, &m), -EINVAL);
	assert_int_equal(fake_calls(), calls);
	ioas_close(ioas);
}

/* A group that somebody else opened: used, never closed. */
static void
test_foreign_group(void **state)
{
	struct ioas_member m = { .group = 7, .name = NIC };
	struct ioas *ioas = open_space();
	unsigned int left;
	bool viable;
	uint32_t flags;
	int fd, device;

	fake_device_add(fake_group_add(7), NIC, 1);
	fake_group_add(8);
	fd = vfio_uapi_open("/dev/vfio/7");
	m.group_fd = fd;
	left = fake_leaks(NULL);
	/* What fails leaves the group without a container, and open. */
	fake_fail_nth(3, EPERM);
	assert_int_equal(ioas_attach(ioas, &m, &viable), -EPERM);
	assert_string_equal(fake_failed(), "vfio_uapi_set_iommu");
	assert_int_equal(fake_leaks(NULL), left);
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	attach(ioas, 8);
	device = ioas_open_device(ioas, &m);
	assert_true(device >= 0);
	vfio_uapi_close(device);
	ioas_detach(ioas, &m);
	assert_true(ioas_has_group(ioas, 7));
	ioas_detach(ioas, &m);
	assert_false(ioas_has_group(ioas, 7));
	assert_int_equal(vfio_uapi_group_status(fd, &flags), 0);
	assert_int_equal(flags, VFIO_GROUP_FLAGS_VIABLE);
	/* So does the end of the space. */
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	ioas_close(ioas);
	assert_int_equal(vfio_uapi_group_status(fd, &flags), 0);
	assert_int_equal(flags, VFIO_GROUP_FLAGS_VIABLE);
	vfio_uapi_close(fd);
}

static void
expect_info(struct ioas *ioas, const struct iova_range *want, size_t n, uint64_t avail)
{
	struct ioas_info info;

	assert_int_equal(ioas_info_get(ioas, &info), 0);
	assert_int_equal(info.n_ranges, n);
	if (n > 0)
		assert_memory_equal(info.ranges, want, n * sizeof(*want));
	assert_int_equal(info.page_sizes, fake.page_sizes);
	assert_true(info.dma_avail == avail);
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
	struct ioas_info info;
	struct fake_group *g;

	assert_int_equal(ioas_info_get(ioas, &info), -EINVAL);
	fake_range(fake_group_add(7), 0x8000000, 0x80fffff);
	g = fake_group_add(8);
	g->aperture = RANGE(0x1000, UINT32_MAX);
	fake_range(g, 0xfee00000, 0xfeefffff);
	attach(ioas, 7);
	expect_info(ioas, alone, 2, 65535);
	attach(ioas, 8);
	assert_int_equal(ioas_map(ioas, PAGE, PAGE, PAGE, NULL), 0);
	expect_info(ioas, both, 3, 65534);
	/* Older kernels: 12 byte capabilities push the next one off its 8 bytes. */
	fake.packed_caps = true;
	expect_info(ioas, both, 3, 65534);
	fake.no_ranges = true;
	expect_info(ioas, NULL, 0, 65534);
	fake.no_caps = true;
	expect_info(ioas, NULL, 0, UINT64_MAX);
	ioas_close(ioas);
}

/* What no kernel should say is refused, in a bounded number of questions. */
static void
test_info_lies(void **state)
{
	struct ioas *ioas = open_space();
	struct ioas_info info;
	unsigned int calls;
	enum fake_lie lie;

	fake_range(fake_group_add(7), 0x8000000, 0x80fffff);
	attach(ioas, 7);
	for (lie = FAKE_CAP_CYCLE; lie <= FAKE_ARGSZ_CREEPS; lie++) {
		fake.lie = lie;
		calls = fake_calls();
		if (ioas_info_get(ioas, &info) != -EBADMSG)
			fail_msg("lie %d was believed", (int)lie);
		assert_null(info.ranges);
		assert_int_equal(info.n_ranges, 0);
		assert_in_range(fake_calls() - calls, 1, 64);
	}
	ioas_close(ioas);
}

/* A space without a layout: the kernel alone decides. */
static void
test_no_layout(void **state)
{
	struct iova_conflict why;
	struct ioas *ioas;
	uint64_t iova;

	fake_range(fake_group_add(8), 0x8000000, 0x80fffff);
	assert_int_equal(ioas_open(IOAS_BACKEND_TYPE1, NULL, &ioas), 0);
	attach(ioas, 8);
	assert_int_equal(ioas_map_any(ioas, PAGE, PAGE, PAGE, UINT32_MAX, &iova), -ENOTSUP);
	memset(&why, 0xff, sizeof(why));
	assert_int_equal(ioas_map(ioas, PAGE, 0x10000, PAGE, &why), 0);
	assert_int_equal(ioas_map(ioas, PAGE, 0x10000, PAGE, &why), -EEXIST);
	assert_false(why.is_hole);
	assert_int_equal(why.with.last, 0);
	assert_int_equal(ioas_map(ioas, PAGE, 0x8000000, PAGE, NULL), -EINVAL);
	assert_int_equal(ioas_n_mappings(ioas), 1);
	assert_int_equal(ioas_unmap(ioas, 0x10000, PAGE), 0);
	assert_int_equal(ioas_map(ioas, PAGE, 0x20000, PAGE, NULL), 0);
	ioas_close(ioas);
	assert_int_equal(fake_n_mappings(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		machine_test(test_open),
		machine_test(test_attach_errors),
		machine_test(test_attach_conflict),
		machine_test(test_counting),
		machine_test(test_open_device),
		machine_test(test_vf_token),
		machine_test(test_foreign_group),
		machine_test(test_info),
		machine_test(test_info_lies),
		machine_test(test_no_layout),
	};

	return cmocka_run_group_tests_name("ioas", tests, NULL, NULL);
}
