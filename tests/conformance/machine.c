/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"
#include "machine.h"
#include "tree.h"

#define BUS "/devices/pci0000:00/"

struct fake_group *machine_group;

uint64_t
machine_page(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The number of the fake kernel. Before it has devices: it counts them from 0, the NIC first. */
static int
vfio_dev(const char *bdf)
{
	const char *node = fake_cdev(bdf);

	if (node != NULL && node[0] != '\0')
		return atoi(node + strlen("/dev/vfio/devices/vfio"));
	return strcmp(bdf, NIC) == 0 ? 0 : 1;
}

void
machine_device(const char *root, const char *bdf, int group, const char *driver)
{
	/* An ID, and BAR 0 at the address of the first row of "resource". */
	static const uint8_t config[64] = { 0x86, 0x80, [0x13] = 0x10 };
	const int number = vfio_dev(bdf);
	char path[256], target[256];

	snprintf(path, sizeof(path), BUS "%s", bdf);
	tree_device(root, path);
	snprintf(path, sizeof(path), "/sys" BUS "%s/driver", bdf);
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	tree_link(root, path, target);
	if (strcmp(driver, "vfio-pci") == 0) {
		snprintf(path, sizeof(path), "/sys" BUS "%s/vfio-dev/vfio%d/dev", bdf, number);
		snprintf(target, sizeof(target), "%d:%d\n", FAKE_CDEV_MAJOR, number);
		tree_text(root, path, target);
	}
	snprintf(path, sizeof(path), "/sys/class/vfio/%d/dev", group);
	snprintf(target, sizeof(target), "%d:%d\n", FAKE_GROUP_MAJOR, group);
	tree_text(root, path, target);
	snprintf(path, sizeof(path), "/sys" BUS "%s/resource", bdf);
	tree_text(root, path, "0x10000000 0x1001ffff 0x40200\n");
	snprintf(path, sizeof(path), "/sys" BUS "%s/config", bdf);
	tree_write(root, path, config, sizeof(config));
	snprintf(path, sizeof(path), "/sys" BUS "%s/iommu", bdf);
	tree_link(root, path, "../../virtual/iommu/smmu3.0x0000000009050000");
	snprintf(path, sizeof(path), "/sys" BUS "%s/iommu_group", bdf);
	snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%d", group);
	tree_link(root, path, target);
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices/%s", group, bdf);
	snprintf(target, sizeof(target), "../../../.." BUS "%s", bdf);
	tree_link(root, path, target);
}

void
machine_unlink(const char *root, const char *bdf, const char *link)
{
	char path[TREE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys" BUS "%s/%s", root, bdf, link);
	assert_int_equal(unlink(path), 0);
}

void
machine_no_cdev(const char *root, const char *bdf)
{
	char path[TREE_PATH_MAX], *end;

	snprintf(path, sizeof(path), "%s/sys" BUS "%s/vfio-dev/vfio%d/dev", root, bdf, vfio_dev(bdf));
	assert_int_equal(unlink(path), 0);
	end = strrchr(path, '/');
	*end = '\0';
	assert_int_equal(rmdir(path), 0);
	end = strrchr(path, '/');
	*end = '\0';
	assert_int_equal(rmdir(path), 0);
}

void
machine_unbind(const char *root, const char *bdf)
{
	machine_no_cdev(root, bdf);
	machine_unlink(root, bdf, "driver");
	fake_device_unbind(bdf);
}

void
machine_bind(const char *root, const char *bdf, int group)
{
	fake_device_bind(bdf);
	machine_device(root, bdf, group, "vfio-pci");
}

void
machine_regions_of(const char *root, int group, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/reserved_regions", group);
	tree_text(root, path, text);
}

void
machine_regions(const char *root, const char *text)
{
	machine_regions_of(root, NIC_GROUP, text);
}

void
machine_iomem(const char *root, const char *text)
{
	tree_text(root, "/proc/iomem", text);
}

void
machine_holder(const char *root, int pid, const char *comm, const char *node)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	tree_text(root, path, comm);
	snprintf(path, sizeof(path), "/proc/%d/fd/17", pid);
	tree_link(root, path, node);
}

void
machine_kernel(void)
{
	machine_reset();
	machine_group = fake_group_add(NIC_GROUP);
	fake_range(machine_group, 0x8000000, 0x80fffff);
	fake_device_add(machine_group, NIC, 4);
}

/* Show every source about uses of functions: interfaces, mounts, swap space. */
static void
machine_uses(const char *root)
{
	tree_text(root, "/sys/class/net/lo/operstate", "unknown\n");
	tree_text(root, "/sys/class/block/loop0/dev", "7:0\n");
	tree_text(root, "/proc/net/dev", "Inter-|   Receive\n face |bytes\n    lo: 0\n"
			"  eth0: 0\n bond0: 0\n");
	tree_text(root, "/proc/swaps", "Filename Type Size\n");
	tree_text(root, "/proc/1/mountinfo", "");
	tree_link(root, "/proc/self/ns/pid", "pid:[4026531836]");
}

int
tree_machine_setup(void **state)
{
	if (tree_setup(state) != 0 || machine_setup(state) != 0)
		return -1;
	machine_uses(*state);
	tree_text(*state, "/sys/class/misc/vfio/dev", "10:196\n");
	tree_text(*state, "/sys/class/misc/iommu/dev", "10:124\n");
	machine_device(*state, NIC, NIC_GROUP, "vfio-pci");
	machine_regions(*state, SW_MSI_LINE);
	machine_iomem(*state, "10000000-3effffff : PCI Bus 0000:00\n"
			"8000000000-ffffffffff : PCI Bus 0000:00\n");
	machine_kernel();
	return 0;
}

int
tree_machine_teardown(void **state)
{
	int ret = tree_teardown(state);

	return machine_teardown(state) != 0 ? -1 : ret;
}
