/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices of an address space: opened by their group or their own node, with tokens, and
 * beside groups that another process has opened.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "common.h"

static void
test_open_device(void **state)
{
	struct ioas *ioas = open_space();
	struct ioas_member m;
	int fd;

	add_group(7);
	assert_int_equal(ioas_open_device(ioas, MEMBER(7)), -ENODEV);
	attach_group(ioas, 7);
	assert_int_equal(ioas_open_device(ioas, MEMBER(8)), -ENODEV);
	m = *MEMBER(7);
	m.name = "0000:01:00.1";
	assert_int_equal(ioas_open_device(ioas, &m), -ENODEV);
	fd = ioas_open_device(ioas, MEMBER(7));
	assert_true(fd >= 0);
	assert_int_equal(vfio_uapi_reset(fd), 0);
	/* A device may be closed after its space: this is no leak. */
	ioas_close(ioas);
	assert_int_equal(vfio_uapi_reset(fd), 0);
	vfio_uapi_close(fd);
}

/* The kernel requests a device: it is closed, and all others remain open. */
static void
test_surrender(void **state)
{
	struct ioas *ioas = open_space();
	unsigned int left;
	int fd;

	add_group(7);
	left = fake_leaks(NULL);
	attach_group(ioas, 7);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000, PAGE, NULL), 0);
	fd = ioas_open_device(ioas, MEMBER(7));
	assert_true(fd >= 0);
	vfio_uapi_close(fd);
	ioas_surrender(ioas, MEMBER(7));
	ioas_surrender(ioas, MEMBER(7));
	ioas_surrender(ioas, MEMBER(8));
	assert_int_equal(ioas_n_attached(ioas), 1);
	expect_same(ioas);
	if (backend == IOAS_BACKEND_IOMMUFD) {
		assert_int_equal(ioas_open_device(ioas, MEMBER(7)), -ENODEV);
		/* The device is free: its group can be opened. */
		fd = vfio_uapi_open("/dev/vfio/7");
		assert_true(fd >= 0);
		vfio_uapi_close(fd);
	}
	ioas_detach(ioas, MEMBER(7));
	assert_int_equal(ioas_n_attached(ioas), 0);
	assert_int_equal(fake_leaks(NULL), left);
	attach_group(ioas, 7);
	ioas_close(ioas);
}

/* The token is checked when the group opens the device, or at the bind. */
static int
open_with_token(struct ioas *ioas, const char *token, int *fd)
{
	struct ioas_member m = *MEMBER(7);
	bool viable;
	int ret;

	m.vf_token = token;
	ret = ioas_attach(ioas, &m, &viable);
	if (ret < 0)
		return ret;
	*fd = ioas_open_device(ioas, &m);
	if (*fd < 0)
		ioas_detach(ioas, &m);
	return *fd < 0 ? *fd : 0;
}

static void
test_vf_token(void **state)
{
	static const char uuid[] = "14d63f20-8445-11ea-8900-1f9ce7d5650d";
	static const char *const odd[] = {
		"", "14d63f20-8445-11ea-8900-1f9ce7d5650", "14d63f20-8445-11ea-8900-1f9ce7d5650dd",
		"14d63f2008445-11ea-8900-1f9ce7d5650d", "x4d63f20-8445-11ea-8900-1f9ce7d5650d",
	};
	struct ioas *ioas = open_space();
	char longest[512];
	unsigned int left = fake_leaks(NULL);
	size_t i;
	int fd;

	add_group(7);
	assert_int_equal(open_with_token(ioas, uuid, &fd), -EINVAL);
	fake_device_token(MEMBER(7)->name, uuid);
	assert_int_equal(open_with_token(ioas, uuid, &fd), 0);
	vfio_uapi_close(fd);
	ioas_detach(ioas, MEMBER(7));
	assert_int_equal(open_with_token(ioas, "14d63f20-8445-11ea-8900-1f9ce7d5650e", &fd),
			-EKEYREJECTED);
	assert_int_equal(open_with_token(ioas, NULL, &fd), -EKEYREJECTED);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(open_with_token(ioas, longest, &fd), -EINVAL);
	EACH_ROW(i, odd, "%s", odd[i])
		assert_int_equal(open_with_token(ioas, odd[i], &fd),
				BY_BACKEND(-EKEYREJECTED, -EINVAL));
	fake.no_bind_token = true;
	assert_int_equal(open_with_token(ioas, uuid, &fd), BY_BACKEND(0, -EINVAL));
	if (backend == IOAS_BACKEND_TYPE1) {
		vfio_uapi_close(fd);
		ioas_detach(ioas, MEMBER(7));
	}
	assert_int_equal(fake_leaks(NULL), left);
	ioas_close(ioas);
}

/* The space uses a group that the caller opened, and never closes it. */
static void
test_foreign_group(void **state)
{
	struct ioas_member m;
	struct ioas *ioas = open_space();
	struct ioas_info info;
	unsigned int left;
	bool viable;
	uint32_t flags;
	int fd, device;

	add_group(7);
	add_group(8);
	m = *MEMBER(7);
	fd = vfio_uapi_open("/dev/vfio/7");
	m.group_fd = fd;
	left = fake_leaks(NULL);
	/* A failed attach leaves the group open and without a container. */
	fake_fail_nth(3, EPERM);
	assert_int_equal(ioas_attach(ioas, &m, &viable), -EPERM);
	assert_string_equal(fake_failed(), BY_KERNEL("vfio_uapi_set_iommu",
				"vfio_uapi_group_set_container"));
	assert_int_equal(fake_leaks(NULL), left);
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	attach_group(ioas, 8);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000, PAGE, NULL), 0);
	device = ioas_open_device(ioas, &m);
	assert_true(device >= 0);
	/* Both groups are in one address space. */
	assert_int_equal(fake_n_mappings(), per_group ? 2 : 1);
	vfio_uapi_close(device);
	/* A member with a device of the group joins by the group, too. */
	assert_int_equal(ioas_survey(ioas, MEMBER(7), &info, &viable), 0);
	assert_true(viable && info.n_ranges > 0);
	ioas_info_free(&info);
	assert_int_equal(ioas_attach(ioas, MEMBER(7), &viable), 0);
	assert_int_equal(ioas_n_attached(ioas), 2);
	device = ioas_open_device(ioas, MEMBER(7));
	assert_true(device >= 0);
	vfio_uapi_close(device);
	ioas_detach(ioas, MEMBER(7));
	ioas_detach(ioas, &m);
	assert_true(ioas_has_group(ioas, 7));
	ioas_detach(ioas, &m);
	assert_false(ioas_has_group(ioas, 7));
	assert_int_equal(vfio_uapi_group_status(fd, &flags), 0);
	assert_int_equal(flags, VFIO_GROUP_FLAGS_VIABLE);
	/* The close of the space also removes the group from it. */
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	ioas_close(ioas);
	assert_int_equal(vfio_uapi_group_status(fd, &flags), 0);
	assert_int_equal(flags, VFIO_GROUP_FLAGS_VIABLE);
	vfio_uapi_close(fd);
}

/*
 * A device without a character device is opened by its group, and is in the same space as
 * devices with one.
 */
static void
test_group_beside_device(void **state)
{
	struct ioas *ioas = open_space();
	struct ioas_member m;
	struct ioas_info info;
	unsigned int left = fake_leaks(NULL);
	bool viable;
	int fd;

	add_group(7);
	fake_range(add_group(8), 0x8000000, 0x80fffff);
	m = *MEMBER(8);
	m.cdev = NULL;
	attach_group(ioas, 7);
	assert_int_equal(ioas_survey(ioas, &m, &info, &viable), 0);
	assert_int_equal(info.n_ranges, 2);
	assert_int_equal(info.ranges[1].first, 0x8100000);
	ioas_info_free(&info);
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	fd = ioas_open_device(ioas, &m);
	assert_true(fd >= 0);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x8000000, PAGE, NULL), -EINVAL);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x7000000, PAGE, NULL), 0);
	expect_same(ioas);
	vfio_uapi_close(fd);
	ioas_detach(ioas, &m);
	expect_same(ioas);
	ioas_detach(ioas, MEMBER(7));
	assert_int_equal(fake_n_mappings(), 0);
	assert_int_equal(fake_leaks(NULL), left);
	ioas_close(ioas);
}

/* A second device of a group is attached while the first one is. */
static void
test_sibling_joins(void **state)
{
	struct ioas *ioas = open_space();
	struct fake_group *g = add_group(7);
	struct ioas_member m = *MEMBER(7);
	struct ioas_info info;
	bool viable;

	fake_range(g, 0x8000000, 0x80fffff);
	fake_device_add(g, "0000:01:07.1", 1);
	m.name = "0000:01:07.1";
	m.cdev = BY_BACKEND(NULL, fake_cdev(m.name));
	attach_group(ioas, 7);
	assert_int_equal(ioas_map(ioas, IOAS_EAL, PAGE, 0x10000, PAGE, NULL), 0);
	assert_int_equal(ioas_survey(ioas, &m, &info, &viable), 0);
	assert_int_equal(info.n_ranges, 2);
	assert_int_equal(info.ranges[1].first, 0x8100000);
	ioas_info_free(&info);
	assert_int_equal(ioas_attach(ioas, &m, &viable), 0);
	ioas_detach(ioas, &m);
	ioas_detach(ioas, MEMBER(7));
	ioas_close(ioas);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_open_device),
		machine_test(test_surrender),
		machine_test(test_vf_token),
		machine_test(test_foreign_group),
		machine_test(test_group_beside_device),
		machine_test(test_sibling_joins),
	};

	return RUN_ON_BACKENDS("ioas_device", tests);
}
