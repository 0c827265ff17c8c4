/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The rules of iommufd and of character devices that the fake kernel implements. As in
 * test_fake.c, code above the system calls relies on each of them.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake_kernel.h"

#define PAGE UINT64_C(4096)
#define NIC "0000:01:00.0"
#define OTHER "0000:02:00.0"

static struct fake_group *g7, *g8;
static int iommufd, nic, other;
static uint32_t space;

/* An address space with one of two bound devices. */
static int
setup(void **state)
{
	fake_reset();
	g7 = fake_group_add(7);
	g8 = fake_group_add(8);
	fake_range(g7, 0xfee00000, 0xfeefffff);
	fake_device_add(g7, NIC, 8);
	fake_device_add(g8, OTHER, 8);
	iommufd = vfio_uapi_open(FAKE_IOMMUFD_NODE);
	nic = vfio_uapi_open(fake_cdev(NIC));
	other = vfio_uapi_open(fake_cdev(OTHER));
	return vfio_uapi_ioas_alloc(iommufd, &space) |
			vfio_uapi_device_bind(nic, iommufd, NULL) |
			vfio_uapi_device_bind(other, iommufd, NULL) |
			vfio_uapi_device_attach(nic, space);
}

static int
teardown(void **state)
{
	vfio_uapi_close(nic);
	vfio_uapi_close(other);
	vfio_uapi_close(iommufd);
	return (int)fake_leaks(stderr);
}

static int
map(uint64_t iova, uint64_t size)
{
	return vfio_uapi_ioas_map(iommufd, space, 0x100000, iova, size, false);
}

static void
test_bind(void **state)
{
	struct vfio_device_info info;
	uint8_t token[ABI_UUID_SIZE] = { 0 };
	int fd, group, second = vfio_uapi_open(FAKE_IOMMUFD_NODE);

	/* A device can be opened again, but can't be bound again. */
	fd = vfio_uapi_open(fake_cdev(NIC));
	assert_int_equal(vfio_uapi_device_info(fd, &info), -EINVAL);
	assert_int_equal(vfio_uapi_device_attach(fd, space), -EINVAL);
	assert_int_equal(vfio_uapi_device_bind(fd, iommufd, NULL), -EINVAL);
	assert_int_equal(vfio_uapi_device_bind(nic, iommufd, NULL), -EINVAL);
	vfio_uapi_close(fd);
	assert_int_equal(vfio_uapi_device_info(nic, &info), 0);
	/* A device and its group can't be in use at the same time. */
	assert_int_equal(vfio_uapi_open("/dev/vfio/8"), -EBUSY);
	vfio_uapi_close(other);
	group = vfio_uapi_open("/dev/vfio/8");
	assert_true(group >= 0);
	other = vfio_uapi_open(fake_cdev(OTHER));
	assert_int_equal(vfio_uapi_device_bind(other, iommufd, NULL), -EBUSY);
	vfio_uapi_close(group);
	g8->isolated = false;
	g8->direct = true;
	assert_int_equal(vfio_uapi_device_bind(other, iommufd, NULL), -EPERM);
	g8->isolated = true;
	assert_int_equal(vfio_uapi_device_bind(other, iommufd, NULL), -EINVAL);
	g8->direct = false;
	g8->viable = false;
	assert_int_equal(vfio_uapi_device_bind(other, iommufd, NULL), -EPERM);
	g8->viable = true;
	assert_int_equal(vfio_uapi_device_bind(other, iommufd, token), -EINVAL);
	fake_device_token(OTHER, "00000000-0000-0000-0000-000000000000");
	assert_int_equal(vfio_uapi_device_bind(other, iommufd, NULL), -EACCES);
	fake.no_bind_token = true;
	assert_int_equal(vfio_uapi_device_bind(other, iommufd, token), -EINVAL);
	fake.no_bind_token = false;
	assert_int_equal(vfio_uapi_device_bind(other, second, token), 0);
	/* Attach accepts only an address space of the iommufd that the device is bound to. */
	assert_int_equal(vfio_uapi_device_attach(other, space + 1), -ENOENT);
	vfio_uapi_close(second);
}

static void
test_attach(void **state)
{
	uint32_t two;
	int copy;

	assert_int_equal(vfio_uapi_ioas_alloc(iommufd, &two), 0);
	assert_int_equal(map(0x10000, PAGE), 0);
	fake_range(g8, 0x10000, 0x1ffff);
	assert_int_equal(vfio_uapi_device_attach(other, space), -EADDRINUSE);
	g8->n_reserved = 0;
	g8->aperture.last = 0xffff;
	assert_int_equal(vfio_uapi_device_attach(other, space), -EADDRINUSE);
	g8->aperture.last = UINT32_MAX;
	assert_int_equal(vfio_uapi_device_attach(other, space), 0);
	assert_int_equal(map(UINT64_C(1) << 32, PAGE), -EINVAL);
	/* A second attach moves the device. */
	assert_int_equal(vfio_uapi_device_attach(other, two), 0);
	assert_int_equal(map(UINT64_C(1) << 32, PAGE), 0);
	assert_int_equal(vfio_uapi_ioas_destroy(iommufd, two), -EBUSY);
	assert_int_equal(vfio_uapi_device_detach(other), 0);
	assert_int_equal(vfio_uapi_ioas_destroy(iommufd, two), 0);
	assert_int_equal(vfio_uapi_ioas_destroy(iommufd, two), -ENOENT);
	/* The mappings remain when the last device is detached. */
	assert_int_equal(vfio_uapi_device_detach(nic), 0);
	assert_int_equal(fake_n_mappings(), 2);
	assert_int_equal(map(0xfee00000, PAGE), 0);
	assert_int_equal(vfio_uapi_device_attach(nic, space), -EADDRINUSE);
	/* A device and its iommufd exist while any descriptor of the device is open. */
	copy = vfio_uapi_dup(other);
	vfio_uapi_close(other);
	other = copy;
	g8->aperture.last = UINT64_MAX;
	assert_int_equal(vfio_uapi_device_attach(other, space), 0);
	vfio_uapi_close(iommufd);
	iommufd = -1;
	assert_int_equal(fake_n_mappings(), 3);
	vfio_uapi_close(nic);
	nic = -1;
	assert_int_equal(fake_n_mappings(), 3);
}

static void
test_pinning(void **state)
{
	assert_int_equal(vfio_uapi_device_detach(nic), 0);
	fake.memlock = PAGE;
	fake.hollow = (struct iova_range){ 0x100000, 0x100000 };
	assert_int_equal(map(0x10000, 2 * PAGE), 0);
	assert_int_equal(vfio_uapi_device_attach(nic, space), -EFAULT);
	fake.hollow = (struct iova_range){ 1, 0 };
	assert_int_equal(vfio_uapi_device_attach(nic, space), -ENOMEM);
	fake.memlock = 3 * PAGE;
	assert_int_equal(vfio_uapi_device_attach(nic, space), 0);
	assert_int_equal(map(0x20000, 2 * PAGE), -ENOMEM);
	fake.hollow = (struct iova_range){ 0x100000, 0x100000 };
	assert_int_equal(map(0x20000, PAGE), -EFAULT);
}

static void
test_map(void **state)
{
	struct fake_mapping m;

	assert_int_equal(map(0x10000, 2 * PAGE), 0);
	assert_int_equal(map(0x10000, 0), -EINVAL);
	assert_int_equal(vfio_uapi_ioas_map(iommufd, space, UINT64_MAX - PAGE + 1, 0, 2 * PAGE, false),
			-EOVERFLOW);
	assert_int_equal(map(UINT64_MAX - PAGE + 1, 2 * PAGE), -EOVERFLOW);
	assert_int_equal(map(0x10001, PAGE), -EINVAL);
	assert_int_equal(map(0x10000, PAGE + 1), -EINVAL);
	assert_int_equal(vfio_uapi_ioas_map(iommufd, space, 1, 0x20000, PAGE, false), -EINVAL);
	assert_int_equal(map(0xfee00000, PAGE), -EINVAL);
	assert_int_equal(map(UINT64_C(1) << 48, PAGE), -EINVAL);
	assert_int_equal(map(0x11000, PAGE), -EEXIST);
	assert_int_equal(vfio_uapi_ioas_map(iommufd, space + 9, PAGE, PAGE, PAGE, false), -ENOENT);
	assert_true(fake_mapping_get(0, &m));
	assert_int_equal(m.iova.last, 0x11fff);
	assert_int_equal(m.va, 0x100000);
}

/* Memory that is mapped read-only may be unwritable. Devices can't write to it. */
static void
test_read_only(void **state)
{
	struct fake_mapping m;

	fake.read_only = (struct iova_range){ PAGE, 2 * PAGE - 1 };
	assert_int_equal(vfio_uapi_ioas_map(iommufd, space, PAGE, 0x10000, PAGE, false), -EFAULT);
	assert_int_equal(vfio_uapi_ioas_map(iommufd, space, PAGE, 0x10000, PAGE, true), 0);
	assert_int_equal(vfio_uapi_ioas_map(iommufd, space, 2 * PAGE, 0x20000, PAGE, false), 0);
	assert_true(fake_mapping_get(0, &m));
	assert_true(m.read_only);
	assert_int_equal(fake_dma(0, 0x10fff, false), 0);
	assert_int_equal(fake_dma(0, 0x10fff, true), -EFAULT);
	assert_int_equal(fake_dma(0, 0x11000, false), -EFAULT);
	assert_int_equal(fake_dma(0, 0x20000, true), 0);
	assert_int_equal(fake_dma(FAKE_SPACES, 0x20000, false), -EFAULT);
}

static void
test_unmap(void **state)
{
	uint64_t done;
	int i;

	assert_int_equal(vfio_uapi_ioas_unmap(iommufd, space, 0, UINT64_MAX, &done), 0);
	assert_int_equal(done, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(map(0x10000 + i * 2 * PAGE, 2 * PAGE), 0);
	assert_int_equal(vfio_uapi_ioas_unmap(iommufd, space, 0, 0x10000, &done), -ENOENT);
	assert_int_equal(vfio_uapi_ioas_unmap(iommufd, space, 0x10000, PAGE, &done), -ENOENT);
	assert_int_equal(vfio_uapi_ioas_unmap(iommufd, space, 0x11000, PAGE, &done), -ENOENT);
	assert_int_equal(vfio_uapi_ioas_unmap(iommufd, space, UINT64_MAX - 1, 3, &done),
			-EOVERFLOW);
	assert_int_equal(fake_n_mappings(), 4);
	/* Mappings below the one that would be cut are unmapped. */
	assert_int_equal(vfio_uapi_ioas_unmap(iommufd, space, 0x10000, 3 * PAGE, &done), -ENOENT);
	assert_int_equal(fake_n_mappings(), 3);
	assert_int_equal(vfio_uapi_ioas_unmap(iommufd, space, 0, 0x14000, &done), 0);
	assert_int_equal(done, 2 * PAGE);
	assert_int_equal(vfio_uapi_ioas_unmap(iommufd, space, 0, UINT64_MAX, &done), 0);
	assert_int_equal(done, 4 * PAGE);
}

static void
test_ranges(void **state)
{
	struct abi_iova_range v[4] = { 0 };
	uint64_t align;
	uint32_t n = 1;

	assert_int_equal(vfio_uapi_ioas_ranges(iommufd, space, v, &n, &align), -EMSGSIZE);
	assert_int_equal(n, 2);
	assert_int_equal(v[0].last, 0xfedfffff);
	assert_int_equal(v[1].last, 0);
	assert_int_equal(map(0x10000, PAGE), 0);
	n = 4;
	assert_int_equal(vfio_uapi_ioas_ranges(iommufd, space, v, &n, &align), 0);
	assert_int_equal(n, 2);
	assert_int_equal(align, PAGE);
	assert_int_equal(v[0].first, 0);
	assert_int_equal(v[1].first, 0xfef00000);
	n = 4;
	assert_int_equal(vfio_uapi_ioas_ranges(iommufd, 99, v, &n, &align), -ENOENT);
	/* Without a device everything can be mapped. */
	assert_int_equal(vfio_uapi_device_detach(nic), 0);
	assert_int_equal(vfio_uapi_ioas_ranges(iommufd, space, v, &n, &align), 0);
	assert_int_equal(n, 1);
	assert_true(v[0].first == 0 && v[0].last == UINT64_MAX && align == 1);
}

static void
test_allow(void **state)
{
	const struct abi_iova_range good[] = { { 0x10000, 0x1ffff }, { 0x20000, 0x20fff } };
	const struct abi_iova_range overlap[] = { { 0x10000, 0x1ffff }, { 0x1f000, 0x20fff } };
	const struct abi_iova_range reserved = { 0xfedff000, 0xfee00000 };
	const struct abi_iova_range empty = { 0x1000, 0x1000 };

	assert_int_equal(vfio_uapi_ioas_allow(iommufd, space, overlap, 2), -EINVAL);
	assert_int_equal(vfio_uapi_ioas_allow(iommufd, space, &empty, 1), -EINVAL);
	assert_int_equal(vfio_uapi_ioas_allow(iommufd, space, &reserved, 1), -EADDRINUSE);
	assert_int_equal(vfio_uapi_ioas_allow(iommufd, space, good, 2), 0);
	/* Maps are not restricted, but devices that reserve an allowed range are rejected. */
	assert_int_equal(map(0x100000, PAGE), 0);
	fake_range(g8, 0x20000, 0x20fff);
	assert_int_equal(vfio_uapi_device_attach(other, space), -EADDRINUSE);
	assert_int_equal(vfio_uapi_ioas_allow(iommufd, space, good, 1), 0);
	assert_int_equal(vfio_uapi_device_attach(other, space), 0);
	assert_int_equal(vfio_uapi_ioas_allow(iommufd, space, NULL, 0), 0);
}

/* Groups with the iommufd instead of a container. */
static void
test_groups(void **state)
{
	uint32_t flags;
	int group, fd;

	vfio_uapi_close(other);
	other = -1;
	fake_range(g8, 0x100000, 0x1fffff);
	assert_int_equal(vfio_uapi_ioas_for_groups(iommufd, space), 0);
	group = vfio_uapi_open("/dev/vfio/8");
	assert_int_equal(vfio_uapi_group_set_container(group, iommufd), 0);
	assert_int_equal(vfio_uapi_group_set_container(group, iommufd), -EINVAL);
	assert_int_equal(vfio_uapi_group_status(group, &flags), 0);
	assert_true(flags & VFIO_GROUP_FLAGS_CONTAINER_SET);
	/* The limits of the group are checked when its device is opened. */
	assert_int_equal(map(0x100000, PAGE), 0);
	assert_int_equal(vfio_uapi_group_get_device(group, OTHER), -EADDRINUSE);
	assert_int_equal(map(0x10000, PAGE), 0);
	g8->n_reserved = 0;
	g8->isolated = false;
	assert_int_equal(vfio_uapi_group_get_device(group, OTHER), -EPERM);
	g8->isolated = true;
	fd = vfio_uapi_group_get_device(group, OTHER);
	assert_true(fd >= 0);
	assert_int_equal(vfio_uapi_device_attach(fd, space), -ENOTTY);
	assert_int_equal(vfio_uapi_ioas_destroy(iommufd, space), -EBUSY);
	assert_int_equal(vfio_uapi_group_unset_container(group), 0);
	vfio_uapi_close(fd);
	vfio_uapi_close(group);
}

/* A bound device that is not attached has no address space for a doorbell. */
static void
test_vectors(void **state)
{
	int efd = vfio_uapi_eventfd();
	const unsigned int msix = VFIO_PCI_MSIX_IRQ_INDEX;

	assert_int_equal(vfio_uapi_set_irqs(other, msix, 0, &efd, 1), -ENOSPC);
	assert_int_equal(vfio_uapi_device_attach(other, space), 0);
	assert_int_equal(vfio_uapi_set_irqs(other, msix, 0, &efd, 1), 0);
	vfio_uapi_close(efd);
}

int
main(void)
{
#define FAKE_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_bind), FAKE_TEST(test_attach), FAKE_TEST(test_pinning),
		FAKE_TEST(test_map), FAKE_TEST(test_read_only), FAKE_TEST(test_unmap),
		FAKE_TEST(test_ranges), FAKE_TEST(test_allow), FAKE_TEST(test_groups),
		FAKE_TEST(test_vectors),
	};

	return cmocka_run_group_tests_name("fake_iommufd", tests, NULL, NULL);
}
