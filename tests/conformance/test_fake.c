/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The rules of VFIO that the fake kernel implements. A difference from a real kernel is
 * an error of the fake. Code above the system calls relies on each rule. rules*.c check
 * on real kernels those that a guest can show.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "fake_kernel.h"

#define PAGE UINT64_C(4096)
#define NIC "0000:01:00.0"

static struct fake_group *g7;
static int container, group;

/* A container with one group and an IOMMU. */
static int
setup(void **state)
{
	fake_reset();
	g7 = fake_group_add(7);
	fake_range(g7, 0xfee00000, 0xfeefffff);
	fake_device_add(g7, NIC, 8);
	container = vfio_uapi_open(FAKE_NODE);
	group = vfio_uapi_open("/dev/vfio/7");
	return vfio_uapi_group_set_container(group, container) |
			vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU);
}

static int
teardown(void **state)
{
	vfio_uapi_close(group);
	vfio_uapi_close(container);
	return (int)fake_leaks(stderr);
}

static int
map(uint64_t iova, uint64_t size)
{
	return vfio_uapi_map_dma(container, PAGE, iova, size, false);
}

static void
test_open(void **state)
{
	int c, g;

	assert_int_equal(vfio_uapi_open("/dev/vfio/7"), -EBUSY);
	assert_int_equal(vfio_uapi_open("/dev/vfio/8"), -ENOENT);
	assert_int_equal(vfio_uapi_open("/dev/null"), -ENOENT);
	fake_group_add(8)->denied = true;
	assert_int_equal(vfio_uapi_open("/dev/vfio/8"), -EACCES);
	fake_group_add(9)->held = true;
	assert_int_equal(vfio_uapi_open("/dev/vfio/9"), -EBUSY);
	fake_group_add(10);
	g = vfio_uapi_open("/dev/vfio/10");
	c = vfio_uapi_open(FAKE_NODE);
	assert_true(g >= 0 && c >= 0 && c != container);
	assert_int_equal(vfio_uapi_api_version(c), VFIO_API_VERSION);
	assert_int_equal(vfio_uapi_api_version(g), -ENOTTY);
	assert_true(vfio_uapi_check_extension(c, VFIO_TYPE1v2_IOMMU) > 0);
	assert_int_equal(vfio_uapi_check_extension(c, 99), 0);
	/* Without a group all calls that need the IOMMU fail. */
	assert_int_equal(vfio_uapi_set_iommu(c, VFIO_TYPE1v2_IOMMU), -EINVAL);
	assert_int_equal(vfio_uapi_map_dma(c, PAGE, PAGE, PAGE, false), -EINVAL);
	vfio_uapi_close(g);
	vfio_uapi_close(c);
	vfio_uapi_close(-1);
}

static void
test_groups(void **state)
{
	struct fake_group *g8 = fake_group_add(8);
	int g = vfio_uapi_open("/dev/vfio/8");
	uint32_t flags;

	assert_int_equal(vfio_uapi_group_status(group, &flags), 0);
	assert_int_equal(flags, VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	assert_int_equal(vfio_uapi_group_set_container(group, container), -EINVAL);
	assert_int_equal(vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), -EINVAL);
	g8->viable = false;
	assert_int_equal(vfio_uapi_group_status(g, &flags), 0);
	assert_int_equal(flags, 0);
	assert_int_equal(vfio_uapi_group_set_container(g, container), -EPERM);
	g8->direct = true;
	assert_int_equal(vfio_uapi_group_set_container(g, container), -EINVAL);
	g8->viable = true;
	g8->direct = false;
	/* The kernel checks mappings before isolation. */
	g8->isolated = false;
	assert_int_equal(vfio_uapi_group_set_container(g, container), -EPERM);
	assert_int_equal(map(0x100000, PAGE), 0);
	fake_range(g8, 0x100000, 0x1fffff);
	assert_int_equal(vfio_uapi_group_set_container(g, container), -EINVAL);
	g8->n_reserved = 0;
	g8->aperture = (struct iova_range){ 0, 0xfffff };
	assert_int_equal(vfio_uapi_group_set_container(g, container), -EINVAL);
	g8->aperture.last = UINT32_MAX;
	g8->isolated = true;
	assert_int_equal(vfio_uapi_group_set_container(g, container), 0);
	assert_int_equal(map(UINT64_C(1) << 32, PAGE), -EINVAL);
	/* The mappings remain until the last group leaves. */
	assert_int_equal(vfio_uapi_group_unset_container(group), 0);
	assert_int_equal(vfio_uapi_group_unset_container(group), -EINVAL);
	assert_int_equal(fake_n_mappings(), 1);
	assert_int_equal(map(0xfee00000, PAGE), 0);
	vfio_uapi_close(g);
	assert_int_equal(fake_n_mappings(), 0);
	assert_int_equal(map(PAGE, PAGE), -EINVAL);
}

/* Each error is provoked together with every later one in the kernel's order. */
static void
test_map(void **state)
{
	struct fake_mapping m;

	fake.memlock = 4 * PAGE;
	assert_int_equal(map(0x10000, 2 * PAGE), 0);
	assert_int_equal(map(0x10000, 0), -EINVAL);
	assert_int_equal(map(UINT64_MAX - PAGE + 1, 2 * PAGE), -EOVERFLOW);
	assert_int_equal(vfio_uapi_map_dma(container, UINT64_MAX - PAGE + 1, 0, 2 * PAGE, false),
			-EOVERFLOW);
	assert_int_equal(map(0x10001, PAGE), -EINVAL);
	assert_int_equal(map(0x10000, PAGE + 1), -EINVAL);
	assert_int_equal(vfio_uapi_map_dma(container, 1, 0x20000, PAGE, false), -EINVAL);
	assert_int_equal(map(0xf000, 5 * PAGE), -EEXIST);
	assert_int_equal(map(0x11000, PAGE), -EEXIST);
	assert_int_equal(map(0xfedff000, 2 * PAGE), -EINVAL);
	assert_int_equal(map(UINT64_C(1) << 48, PAGE), -EINVAL);
	assert_int_equal(map(0x20000, 3 * PAGE), -ENOMEM);
	assert_int_equal(map(0x20000, 2 * PAGE), 0);
	assert_true(fake_mapping_get(1, &m));
	assert_int_equal(m.iova.first, 0x20000);
	assert_int_equal(m.iova.last, 0x21fff);
	assert_int_equal(m.va, PAGE);
	assert_false(fake_mapping_get(2, &m));
}

/* Machines like POWER: one group for each container, and a window. */
static void
test_one_group(void **state)
{
	struct iova_range window;
	int g;

	fake_group_add(8);
	g = vfio_uapi_open("/dev/vfio/8");

	assert_int_equal(vfio_uapi_group_set_container(g, container), 0);
	fake.window = (struct iova_range){ 0x100000, 0x1fffff };
	assert_int_equal(fake_window_create(container, &window), -EPERM);
	assert_int_equal(vfio_uapi_group_unset_container(g), 0);
	fake.one_group = true;
	assert_int_equal(vfio_uapi_group_set_container(g, container), -EPERM);
	assert_int_equal(fake_window_create(container, &window), 0);
	assert_int_equal(window.first, 0x100000);
	assert_int_equal(window.last, 0x1fffff);
	assert_int_equal(fake_window_create(container, &window), -EINVAL);
	assert_int_equal(map(0xff000, PAGE), -EINVAL);
	assert_int_equal(map(0x1ff000, 2 * PAGE), -EINVAL);
	assert_int_equal(map(0x100000, PAGE), 0);
	/* The last detach removes the window. */
	assert_int_equal(vfio_uapi_group_unset_container(group), 0);
	assert_int_equal(vfio_uapi_group_set_container(g, container), 0);
	assert_int_equal(fake_window_create(container, &window), -EINVAL);
	assert_int_equal(vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	assert_int_equal(map(0xff000, PAGE), 0);
	vfio_uapi_close(g);
}

static void
test_dma_limit(void **state)
{
	vfio_uapi_group_unset_container(group);
	fake.dma_limit = 1;
	assert_int_equal(vfio_uapi_group_set_container(group, container), 0);
	assert_int_equal(vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	assert_int_equal(map(0x1000, PAGE), 0);
	assert_int_equal(map(0x1000, PAGE), -EEXIST);
	assert_int_equal(map(0xfee00000, PAGE), -ENOSPC);
}

static void
test_unmap(void **state)
{
	uint64_t done;
	int i;

	for (i = 0; i < 4; i++)
		assert_int_equal(map(0x10000 + i * 2 * PAGE, 2 * PAGE), 0);
	assert_int_equal(vfio_uapi_unmap_dma(container, 0x10000, 0, &done), -EINVAL);
	assert_int_equal(vfio_uapi_unmap_dma(container, 0x10800, PAGE, &done), -EINVAL);
	assert_int_equal(vfio_uapi_unmap_dma(container, UINT64_MAX - PAGE + 1, 2 * PAGE, &done),
			-EOVERFLOW);
	assert_int_equal(vfio_uapi_unmap_dma(container, 0x10000, PAGE, &done), -EINVAL);
	assert_int_equal(vfio_uapi_unmap_dma(container, 0x11000, PAGE, &done), -EINVAL);
	assert_int_equal(vfio_uapi_unmap_dma(container, 0x10000, 3 * PAGE, &done), -EINVAL);
	assert_int_equal(vfio_uapi_unmap_dma(container, 0x11000, 3 * PAGE, &done), -EINVAL);
	assert_int_equal(fake_n_mappings(), 4);
	assert_int_equal(vfio_uapi_unmap_dma(container, 0, 0x14000, &done), 0);
	assert_int_equal(done, 4 * PAGE);
	assert_int_equal(vfio_uapi_unmap_dma(container, 0, 0x14000, &done), 0);
	assert_int_equal(done, 0);
	assert_int_equal(fake_n_mappings(), 2);
}

static void
test_info(void **state)
{
	struct {
		struct vfio_iommu_type1_info info;
		uint8_t caps[4096];
	} buf = { .info.argsz = sizeof(buf.info) };
	const struct vfio_info_cap_header *h;
	uint32_t off, n = 0;

	assert_int_equal(vfio_uapi_iommu_info(container, &buf.info), 0);
	assert_true(buf.info.argsz > sizeof(buf.info));
	assert_int_equal(buf.info.cap_offset, 0);
	assert_true(buf.info.flags & VFIO_IOMMU_INFO_CAPS);
	buf.info.argsz = sizeof(buf);
	assert_int_equal(vfio_uapi_iommu_info(container, &buf.info), 0);
	assert_int_equal(buf.info.argsz, sizeof(buf));
	for (off = buf.info.cap_offset; off != 0; off = h->next) {
		h = (const void *)((const uint8_t *)&buf + off);
		n |= 1u << h->id;
	}
	assert_int_equal(n, 1u << VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE |
			1u << VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION |
			1u << VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL);
	buf.info.argsz = 8;
	assert_int_equal(vfio_uapi_iommu_info(container, &buf.info), -EINVAL);
}

static void
test_device(void **state)
{
	struct vfio_region_info region = { .argsz = sizeof(region),
			.index = VFIO_PCI_CONFIG_REGION_INDEX };
	struct vfio_device_info info;
	uint32_t v = 0x12345678, w = 0;
	void *bar;
	int fd;

	assert_int_equal(vfio_uapi_group_get_device(group, "0000:01:00.1"), -ENODEV);
	assert_int_equal(vfio_uapi_group_get_device(group, NIC " vf_token=0"), -EINVAL);
	fake_device_token(NIC, "a");
	assert_int_equal(vfio_uapi_group_get_device(group, NIC), -EACCES);
	assert_int_equal(vfio_uapi_group_get_device(group, NIC " vf_token=b"), -EACCES);
	fd = vfio_uapi_group_get_device(group, NIC " vf_token=a");
	assert_true(fd >= 0);
	vfio_uapi_close(fd);
	fake_device_token(NIC, NULL);
	fd = vfio_uapi_group_get_device(group, NIC);
	assert_true(fd >= 0);
	assert_int_equal(vfio_uapi_group_unset_container(group), -EBUSY);
	assert_int_equal(vfio_uapi_device_info(fd, &info), 0);
	assert_int_equal(info.num_irqs, VFIO_PCI_NUM_IRQS);
	assert_int_equal(vfio_uapi_reset(fd), 0);
	assert_int_equal(vfio_uapi_region_info(fd, &region), 0);
	assert_int_equal(vfio_uapi_pwrite(fd, &v, 4, region.offset + 16), 0);
	assert_int_equal(vfio_uapi_pread(fd, &w, 4, region.offset + 16), 0);
	assert_int_equal(w, v);
	assert_int_equal(vfio_uapi_pread(fd, &w, 4, region.offset + region.size - 2),
			-EFAULT);
	region.index = 0;
	assert_int_equal(vfio_uapi_region_info(fd, &region), 0);
	assert_int_equal(vfio_uapi_mmap(NULL, region.size, PROT_READ, MAP_PRIVATE, fd,
				region.offset, &bar), -EINVAL);
	assert_int_equal(vfio_uapi_mmap(NULL, region.size, PROT_READ, MAP_SHARED, fd,
				region.offset, &bar), 0);
	vfio_uapi_munmap(bar, region.size);
	/* An open device keeps its group open, and the group keeps the mappings. */
	assert_int_equal(map(PAGE, PAGE), 0);
	vfio_uapi_close(group);
	assert_int_equal(vfio_uapi_open("/dev/vfio/7"), -EBUSY);
	assert_int_equal(fake_n_mappings(), 1);
	vfio_uapi_close(fd);
	assert_int_equal(fake_n_mappings(), 0);
	group = vfio_uapi_open("/dev/vfio/7");
	assert_true(group >= 0);
	assert_int_equal(vfio_uapi_group_get_device(group, NIC), -EINVAL);
}

static void
test_irqs(void **state)
{
	int fd = vfio_uapi_group_get_device(group, NIC), fds[9], i;
	const unsigned int msi = VFIO_PCI_MSI_IRQ_INDEX, msix = VFIO_PCI_MSIX_IRQ_INDEX;
	struct vfio_irq_info info;

	for (i = 0; i < 9; i++)
		fds[i] = vfio_uapi_eventfd();
	assert_int_equal(vfio_uapi_irq_info(fd, msix, &info), 0);
	assert_int_equal(info.count, 8);
	assert_true(info.flags & VFIO_IRQ_INFO_NORESIZE);
	assert_int_equal(vfio_uapi_irq_info(fd, VFIO_PCI_NUM_IRQS, &info), -EINVAL);
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 0, fds, 9), -EINVAL);
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 8, fds, 1), -EINVAL);
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 0, &fd, 1), -EINVAL);
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 0, &(int){ 1 }, 1), -EBADF);
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 0, NULL, 0), -EINVAL);
	fake.vectors = 3;
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 0, fds, 4), 3);
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 0, fds, 3), 0);
	assert_int_equal(vfio_uapi_trigger_irqs(fd, msix, 7, NULL, 1), 0);
	assert_int_equal(vfio_uapi_trigger_irqs(fd, msix, 0, NULL, 0), -EINVAL);
	assert_int_equal(vfio_uapi_trigger_irqs(fd, msi, 0, NULL, 1), -EINVAL);
	assert_int_equal(vfio_uapi_unmask_intx(fd), -EINVAL);
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 3, fds, 1), -EINVAL);
	assert_int_equal(vfio_uapi_set_irqs(fd, msi, 0, fds, 1), -EINVAL);
	assert_int_equal(vfio_uapi_set_irqs(fd, msi, 0, NULL, 0), -EINVAL);
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 0, NULL, 0), 0);
	assert_int_equal(vfio_uapi_set_irqs(fd, msi, 0, fds, 1), 0);
	assert_int_equal(vfio_uapi_set_irqs(fd, msi, 0, NULL, 0), 0);
	fake.vectors = 0;
	assert_int_equal(vfio_uapi_set_irqs(fd, msix, 0, fds, 1), -ENOSPC);
	assert_int_equal(vfio_uapi_set_irqs(fd, VFIO_PCI_INTX_IRQ_INDEX, 0, fds, 1), 0);
	assert_int_equal(vfio_uapi_unmask_intx(fd), 0);
	for (i = 0; i < 9; i++)
		vfio_uapi_close(fds[i]);
	vfio_uapi_close(fd);
}

/* Memory that is mapped read-only may be unwritable. Devices can't write to it. */
static void
test_read_only(void **state)
{
	struct fake_mapping m;

	fake.read_only = (struct iova_range){ PAGE, 2 * PAGE - 1 };
	assert_int_equal(vfio_uapi_map_dma(container, PAGE, 0x10000, PAGE, false), -EFAULT);
	assert_int_equal(vfio_uapi_map_dma(container, PAGE, 0x10000, PAGE, true), 0);
	assert_int_equal(vfio_uapi_map_dma(container, 2 * PAGE, 0x20000, PAGE, false), 0);
	assert_true(fake_mapping_get(0, &m));
	assert_true(m.read_only);
	assert_int_equal(fake_dma(0, 0x10fff, false), 0);
	assert_int_equal(fake_dma(0, 0x10fff, true), -EFAULT);
	assert_int_equal(fake_dma(0, 0x11000, false), -EFAULT);
	assert_int_equal(fake_dma(0, 0x20000, true), 0);
	assert_int_equal(fake_dma(FAKE_SPACES, 0x20000, false), -EFAULT);
}

static void
test_leaks(void **state)
{
	unsigned int before = fake_calls();

	assert_int_equal(map(PAGE, PAGE), 0);
	assert_int_equal(fake_leaks(NULL), 4);	/* two files, one group, one mapping */
	fake_fail_nth(2, EIO);
	assert_int_equal(map(2 * PAGE, PAGE), 0);
	assert_null(fake_failed());
	assert_int_equal(map(3 * PAGE, PAGE), -EIO);
	assert_string_equal(fake_failed(), "vfio_uapi_map_dma");
	assert_int_equal(map(3 * PAGE, PAGE), 0);
	assert_int_equal(fake_calls() - before, 4);
}

int
main(void)
{
#define FAKE_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_open), FAKE_TEST(test_groups), FAKE_TEST(test_map),
		FAKE_TEST(test_one_group),
		FAKE_TEST(test_dma_limit), FAKE_TEST(test_unmap), FAKE_TEST(test_info),
		FAKE_TEST(test_read_only), FAKE_TEST(test_device), FAKE_TEST(test_irqs), FAKE_TEST(test_leaks),
	};

	return cmocka_run_group_tests_name("fake_kernel", tests, NULL, NULL);
}
