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
#include "plan/plan.h"
#include "sriov.h"
#include "tree.h"

#define ROOT "/devices/pci0000:00"
#define SWITCH ROOT "/0000:00:02.0/0000:40:00.0"
#define FIRST_GROUP 20
#define VF_BAR 0x4000

/* A NIC: the folder of its port, and its first bus. */
static const struct nic {
	const char *port;
	unsigned int bus;
} nics[] = {
	{ ROOT "/0000:00:01.0", 0x01 },
	{ SWITCH "/0000:41:00.0", 0x42 },
};

static const char *const ports[] = {
	ROOT "/0000:00:01.0", ROOT "/0000:00:02.0", SWITCH, SWITCH "/0000:41:00.0",
};

/* The routing IDs of VFs begin behind the 8 functions that a NIC may have. */
struct topo_addr
sriov_vf(size_t i)
{
	size_t rid = 8 + i / 2;

	return (struct topo_addr){ .bus = (uint8_t)(nics[i % 2].bus + rid / 256),
		.dev = rid / 8 % 32, .fn = rid % 8 };
}

static void
put_text(const char *root, const char *dir, const char *file, const char *text)
{
	char path[TREE_PATH_MAX];

	snprintf(path, sizeof(path), "/sys%s/%s", dir, file);
	tree_text(root, path, text);
}

static void
put_link(const char *root, const char *dir, const char *link, const char *target)
{
	char path[TREE_PATH_MAX];

	snprintf(path, sizeof(path), "/sys%s/%s", dir, link);
	tree_link(root, path, target);
}

/* Create a function or bridge. CPU and bus see its memory at the same address, @p mem. */
static void
function_make(const char *root, const char *dir, uint64_t mem, const char *driver)
{
	uint8_t config[256] = { 0x86, 0x80, 0xed, 0x10, [0x10] = 0x0c };
	char path[TREE_PATH_MAX], text[512];

	tree_device(root, dir);
	put_text(root, dir, "numa_node", "0\n");
	put_text(root, dir, "current_link_speed", "16.0 GT/s PCIe\n");
	snprintf(path, sizeof(path), "../../../bus/pci/drivers/%s", driver);
	put_link(root, dir, "driver", path);
	put_link(root, dir, "iommu", "../../virtual/iommu/dmar1");
	snprintf(text, sizeof(text), "0x%016llx 0x%016llx 0x000000000014220c\n"
			"0x%016x 0x%016x 0x%016x\n", (unsigned long long)mem,
			(unsigned long long)mem + VF_BAR - 1, 0, 0, 0);
	put_text(root, dir, "resource", text);
	config[0x11] = mem >> 8 & 0xff;
	config[0x12] = mem >> 16 & 0xff;
	config[0x13] = mem >> 24 & 0xff;
	config[0x14] = mem >> 32 & 0xff;
	snprintf(path, sizeof(path), "/sys%s/config", dir);
	tree_write(root, path, config, sizeof(config));
}

static void
group_make(const char *root, const char *dir, int group)
{
	const char *bdf = strrchr(dir, '/') + 1;
	char path[64], target[256];

	snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%d", group);
	put_link(root, dir, "iommu_group", target);
	snprintf(path, sizeof(path), "/kernel/iommu_groups/%d", group);
	put_text(root, path, "reserved_regions", "0x00000000fee00000 0x00000000feefffff msi\n");
	snprintf(path, sizeof(path), "/kernel/iommu_groups/%d/devices", group);
	snprintf(target, sizeof(target), "../../../..%s", dir);
	put_link(root, path, bdf, target);
}

/* Folder of the i th VF below /sys. @return its last component, the PCI address. */
static const char *
vf_dir(size_t i, char *dir, size_t size)
{
	const struct topo_addr addr = sriov_vf(i);
	char bdf[TOPO_BDF_LEN];

	topology_format_bdf(&addr, bdf, sizeof(bdf));
	snprintf(dir, size, "%s/%s", nics[i % 2].port, bdf);
	return strrchr(dir, '/') + 1;
}

static void
vf_make(const char *root, size_t i)
{
	int group = FIRST_GROUP + (int)i;
	char dir[128], cdev[64];
	const char *bdf = vf_dir(i, dir, sizeof(dir));
	struct fake_group *g;

	function_make(root, dir, UINT64_C(0x6000000000) + i * VF_BAR, "vfio-pci");
	group_make(root, dir, group);
	g = fake_group_add(group);
	fake_range(g, 0xfee00000, 0xfeefffff);
	fake_device_add(g, bdf, 4);
	snprintf(cdev, sizeof(cdev), "vfio-dev%s/dev", strrchr(fake_cdev(bdf), '/'));
	put_text(root, dir, cdev, "509:0\n");
}

void
sriov_unbind(const char *root, size_t i)
{
	char dir[128], path[TREE_PATH_MAX], target[160], file[48], name[16];
	const char *bdf = vf_dir(i, dir, sizeof(dir));
	int up;

	put_link(root, dir, "driver", "../../../bus/pci/drivers/iavf");
	snprintf(path, sizeof(path), "%s/sys%s/vfio-dev%s/dev", root, dir,
			strrchr(fake_cdev(bdf), '/'));
	assert_int_equal(unlink(path), 0);
	for (up = 0; up < 2; up++) {
		*strrchr(path, '/') = '\0';
		assert_int_equal(rmdir(path), 0);
	}
	snprintf(name, sizeof(name), "eth%zu", i);
	snprintf(file, sizeof(file), "net/%s/operstate", name);
	put_text(root, dir, file, "up\n");
	snprintf(target, sizeof(target), "../..%s/net/%s", dir, name);
	put_link(root, "/class/net", name, target);
}

void
sriov_make(const char *root, size_t n, bool iomem)
{
	char dir[128], dev[SRIOV_MAX * 16] = "";
	size_t i, len = 0;

	fake_reset();
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(dev + len, sizeof(dev) - len, "eth%zu: 0\n", i);
	tree_text(root, "/proc/net/dev", dev);
	for (i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		function_make(root, ports[i], 0x90000000 + i * VF_BAR, "pcieport");
		put_text(root, ports[i], "class", "0x060400\n");
		group_make(root, ports[i], (int)i);
	}
	for (i = 0; i < sizeof(nics) / sizeof(*nics); i++) {
		snprintf(dir, sizeof(dir), "%s/0000:%02x:00.0", nics[i].port, nics[i].bus);
		function_make(root, dir, 0xa0000000 + i * VF_BAR, "ice");
		put_text(root, dir, "sriov_numvfs", "256\n");
		group_make(root, dir, 10 + (int)i);
	}
	for (i = 0; i < n; i++)
		vf_make(root, i);
	tree_text(root, "/proc/iomem", iomem ?
			"00000000-00000fff : Reserved\n90000000-dfffffff : PCI Bus 0000:00\n"
			"6000000000-6fffffffff : PCI Bus 0000:00\n" :
			"00000000-00000000 : Reserved\n00000000-00000000 : PCI Bus 0000:00\n");
}

void
sriov_scan(const char *root, size_t n)
{
	struct plan_device *v = calloc(n, sizeof(*v));
	struct iova_layout *all;
	struct ioas *space = NULL;
	struct plan_scan scan;
	char why[PLAN_TEXT] = "";
	size_t i;

	assert_non_null(v);
	assert_int_equal(iova_layout_create(&all), 0);
	plan_scan_begin(&scan, root);
	for (i = 0; i < n; i++) {
		const struct plan_request request = {
			.scan = &scan, .addr = sriov_vf(i), .backend = backend, .layout = all,
		};

		if (plan_survey(&request, &space, &v[i], why, sizeof(why)) != 0 ||
				plan_add(all, &v[i], why, sizeof(why)) != 0)
			fail_msg("VF %zu: %s", i, why);
	}
	plan_scan_end(&scan);
	for (i = 0; i < n; i++)
		plan_device_free(&v[i]);
	free(v);
	ioas_close(space);
	iova_layout_destroy(all);
}
