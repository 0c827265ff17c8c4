/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The judgement of doctor about what the user can reach: see test_doctor.c. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor_check.h"

void
test_nodes(void **state)
{
	(void)state;
	/* One way is enough. */
	device.node[2].open = DOCTOR_NO;
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 0);
	device.node[1].open = DOCTOR_NO;
	snprintf(facts.user.name, sizeof(facts.user.name), "alice");
	expect_only(DOCTOR_NODE_DENIED, BDF, "alice can't open /dev/node1", "chgrp GROUP /dev/node1");
	device.node[0].open = device.node[1].open = DOCTOR_UNKNOWN;
	device.node[2].path[0] = '\0';
	expect_only(DOCTOR_NODE_UNTESTED, BDF, "whether this user can open /dev/node0", "run doctor as root, or");
	/* Root does not help. */
	device.node[0].open = device.node[1].open = DOCTOR_UNKNOWN;
	device.node[2].path[0] = '\0';
	facts.user.later = true;
	expect_only(DOCTOR_NODE_UNTESTED, BDF, "whether this user can open /dev/node0", "while the unit runs");
}

static struct iova_hole windows[40];

/* Windows that only root can read. */
static void
windows_read(size_t n)
{
	size_t i;

	facts.user.windows_hidden = true;
	snprintf(facts.user.name, sizeof(facts.user.name), "alice");
	for (i = 0; i < n; i++)
		windows[i] = (struct iova_hole){ .range = { i * 0x100000000, i * 0x100000000 + 0xfffff },
			.origin = IOVA_ORIGIN_HOST_BRIDGE };
	device.plan.holes = (struct hole_list){ .v = windows, .n = n, .cap = n };
	device.plan.bridge.source = HOLES_SOURCE_IOMEM;
}

void
test_windows_of_user(void **state)
{
	uint64_t i;

	(void)state;
	windows_read(3);
	windows[1].origin = IOVA_ORIGIN_MSI;
	expect_only(DOCTOR_WINDOWS_UNREAD, BDF, "/proc/iomem shows no addresses to alice",
		"give it all at start, with the device's other keys behind it: -a vfio_msi:" BDF
		",hole=0x0-0xfffff,hole=0x200000000-0x2000fffff");
	/* Too many for an argument. */
	windows_read(40);
	expect_only(DOCTOR_WINDOWS_UNREAD, BDF, "to alice", "-a vfio_msi:" BDF ",hole=0x0-0x18000fffff,hole=0x1900000000-");
	/* And for one sentence. */
	windows_read(40);
	for (i = 0; i < 40; i++)
		windows[i].range = (struct iova_range){ (i + 64) << 54, ((i + 64) << 54) + 0xfffff };
	expect_only(DOCTOR_WINDOWS_UNREAD, BDF, "to alice", "at start the argument that this prints as root: dpdk-test-msi layout -a vfio_msi:" BDF);
	/* The device tree is for everybody. */
	windows_read(3);
	device.plan.bridge.source = HOLES_SOURCE_DEVICE_TREE;
	expect_nothing();
	windows_read(0);
	expect_nothing();
	windows_read(3);
	device.plan.topo.group_noiommu = true;
	expect_nothing();
	windows_read(3);
	facts.user.windows_hidden = false;
	expect_nothing();
}

/* A node that is not there can't be given to a group of users. */
void
test_nodes_absent(void **state)
{
	(void)state;
	/* The other way exists. */
	device.node[2].absent = true;
	device.node[2].open = DOCTOR_UNKNOWN;
	expect_nothing();
	device.node[1].absent = device.node[3].absent = true;
	expect_only(DOCTOR_NODE_ABSENT, BDF, "/dev/node1 does not exist here",
		"if this is a container, pass /dev/node0 and /dev/node1 into it; otherwise check that /dev is a devtmpfs");
	/* The device has its own node, but not the one that all share. */
	device.node[0].absent = device.node[3].absent = true;
	expect_only(DOCTOR_NODE_ABSENT, BDF, "/dev/node3 does not exist here", "pass /dev/node2 and /dev/node3 into");
	device.node[0].absent = true;
	device.node[2].path[0] = '\0';
	expect_only(DOCTOR_NODE_ABSENT, BDF, "/dev/node0 does not exist here", "pass /dev/node0 and /dev/node1 into");
	/* Nodes that exist and are denied are nearer to a cure. */
	device.node[1].absent = true;
	device.node[3].open = DOCTOR_NO;
	expect_only(DOCTOR_NODE_DENIED, BDF, "can't open /dev/node3", "chgrp GROUP /dev/node3");
	/* Without any node this is said once. */
	device.node[0].absent = device.node[2].absent = true;
	facts.vfio.container = facts.vfio.iommufd = DOCTOR_NO;
	expect_only(DOCTOR_VFIO_NODE, "", "neither", "modprobe");
}

/* A container, or the machine, with all devices of the machine, and the nodes of some. */
static void
two_devices(struct doctor_device *two, const char *container, bool both)
{
	two[0] = two[1] = device;
	two[1].node[1].absent = two[1].node[3].absent = true;
	two[0].node[1].absent = two[0].node[2].absent = both;
	facts.v = two;
	facts.n = 2;
	snprintf(facts.machine.container, sizeof(facts.machine.container), "%s", container);
}

void
test_nodes_passed(void **state)
{
	struct doctor_device two[2];

	(void)state;
	two_devices(two, "kubernetes", false);
	snprintf(two[1].bdf, sizeof(two[1].bdf), "0000:03:00.0");
	expect_only(DOCTOR_NODE_NOT_PASSED, "0000:03:00.0", "/dev/node1 does not exist in this container", "");
	/* Who names a device wants to use it. */
	two_devices(two, "kubernetes", false);
	facts.named = true;
	expect_only(DOCTOR_NODE_ABSENT, BDF, "/dev/node1 does not exist here",
		"pass /dev/node0 and /dev/node1 into the container: doc/howto/containers.rst");
	two_devices(two, "", false);
	expect_only(DOCTOR_NODE_ABSENT, BDF, "/dev/node1", "devtmpfs");
	/* No device is left to use. */
	two_devices(two, "kubernetes", true);
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 3);
	assert_int_equal(found.v[0].id, DOCTOR_NODE_ABSENT);
	assert_int_equal(found.v[1].id, DOCTOR_NODE_ABSENT);
}

/* There are two findings, and this one is that the container forbids the nodes. */
static void
expect_forbidden_of_two(unsigned int at)
{
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[at].id, DOCTOR_NODE_FORBIDDEN);
	doctor_findings_free(&found);
	iova_layout_destroy(facts.layout);
	healthy();
}

/* The modes of nodes say nothing about the device cgroup. */
void
test_nodes_forbidden(void **state)
{
	(void)state;
	/* One way is enough. */
	facts.vfio.container_error = -EPERM;
	expect_nothing();
	facts.vfio.container_error = -EPERM;
	device.node[2].path[0] = device.node[3].path[0] = '\0';
	expect_only(DOCTOR_NODE_FORBIDDEN, "", "forbids this process to open /dev/vfio/vfio",
		"pass /dev/vfio/vfio and the nodes of the devices as devices, not as a volume: docker run --device");
	facts.vfio.container_error = -EPERM;
	device.node[2].absent = true;
	expect_only(DOCTOR_NODE_FORBIDDEN, "", "/dev/vfio/vfio", "--device");
	facts.vfio.iommufd_error = -EPERM;
	device.node[1].absent = true;
	expect_only(DOCTOR_NODE_FORBIDDEN, "", "/dev/iommu", "--device");
	facts.vfio.container_error = -EPERM;
	device.node[3].open = DOCTOR_NO;
	expect_only(DOCTOR_NODE_DENIED, BDF, "can't open /dev/node3", "chgrp");
	facts.vfio.container_error = -EPERM;
	facts.vfio.iommufd = DOCTOR_NO;
	facts.n = 0;
	expect_forbidden_of_two(0);
	facts.vfio.container_error = facts.vfio.iommufd_error = -EPERM;
	expect_forbidden_of_two(1);
	/* Another error is not the cgroup's. */
	facts.vfio.container_error = facts.vfio.iommufd_error = -EACCES;
	expect_nothing();
}

/* A variant of vfio-pci needs vfio-pci-core only. */
void
test_driver(void **state)
{
	(void)state;
	facts.vfio.driver = DOCTOR_NO;
	snprintf(device.plan.topo.driver, sizeof(device.plan.topo.driver), "mlx5_vfio_pci");
	expect_nothing();
	facts.vfio.driver = DOCTOR_NO;
	snprintf(device.plan.topo.driver, sizeof(device.plan.topo.driver), "hisi_acc");
	snprintf(device.plan.topo.cdev, sizeof(device.plan.topo.cdev), "vfio0");
	expect_nothing();
	facts.vfio.driver = facts.vfio.container = facts.vfio.iommufd = DOCTOR_NO;
	snprintf(device.plan.topo.driver, sizeof(device.plan.topo.driver), "mlx5_vfio_pci");
	expect_only(DOCTOR_VFIO_NODE, "", "neither /dev/vfio/vfio nor /dev/iommu", "modprobe");
	/* It was named, and has its own driver. */
	facts.vfio.driver = DOCTOR_NO;
	snprintf(device.plan.topo.driver, sizeof(device.plan.topo.driver), "igb");
	expect_only(DOCTOR_VFIO_DRIVER, "", "not loaded", "modprobe vfio-pci");
	/* There is nothing to load. */
	facts.vfio.driver = facts.vfio.module = DOCTOR_NO;
	snprintf(device.plan.topo.driver, sizeof(device.plan.topo.driver), "igb");
	expect_only(DOCTOR_VFIO_DRIVER, "", "not loaded", "the running kernel has no module vfio-pci");
	facts.vfio.module = facts.vfio.container = facts.vfio.iommufd = DOCTOR_NO;
	facts.machine.arch = TOPO_ARCH_POWER;
	expect_only(DOCTOR_VFIO_NODE, "", "neither", "the running kernel has no module vfio-pci");
}

/* What a container can't do itself is done on the host. */
void
test_on_host(void **state)
{
	static const char kind[] = "kubernetes";

	(void)state;
	facts.vfio.driver = DOCTOR_NO;
	device.plan.topo.driver[0] = '\0';
	snprintf(facts.machine.container, sizeof(facts.machine.container), "%s", kind);
	expect_only(DOCTOR_VFIO_DRIVER, "", "not loaded", "on the host: modprobe vfio-pci");
	facts.user.memlock = 8 << 20;
	snprintf(facts.machine.container, sizeof(facts.machine.container), "%s", kind);
	expect_only(DOCTOR_MEMLOCK_SMALL, "", "8192 KiB", "docker run --ulimit memlock=2147483648, or for Kubernetes LimitMEMLOCK=");
	facts.memory.mounted.n_pages = 0;
	snprintf(facts.machine.container, sizeof(facts.machine.container), "%s", kind);
	expect_only(DOCTOR_HUGEPAGES_UNREACHED, "", "of 2M are reserved", "a volume emptyDir with medium: HugePages");
	facts.vfio.entry_limit = 1000;
	snprintf(facts.machine.container, sizeof(facts.machine.container), "%s", kind);
	expect_only(DOCTOR_ENTRY_LIMIT, "", "allows 1000", "on the host: echo 1152 >");
	facts.memory.mount[0].open = DOCTOR_NO;
	facts.memory.mount[0].read_only = true;
	snprintf(facts.machine.container, sizeof(facts.machine.container), "%s", kind);
	expect_only(DOCTOR_HUGEPAGES_DENIED, "", "/dev/hugepages is mounted read-only", "without readOnly");
	memset(nodes, 0, sizeof(nodes));
	snprintf(facts.machine.container, sizeof(facts.machine.container), "%s", kind);
	expect_only(DOCTOR_HUGEPAGES_NONE, "", "no hugepages", "on the host: echo 512 >");
}

static void
expect_on_host(enum doctor_id id, const char *about, const char *cure)
{
	snprintf(facts.machine.container, sizeof(facts.machine.container), "kubernetes");
	expect_only(id, about, "", cure);
}

/* The command line of the kernel, its parameters, the firmware and NUMA nodes are the host's. */
void
test_machine_on_host(void **state)
{
	(void)state;
	facts.machine.acs_override = true;
	expect_on_host(DOCTOR_ACS_OVERRIDE, "", "on the host: remove this word");
	facts.vfio.noiommu = DOCTOR_YES;
	expect_on_host(DOCTOR_NOIOMMU_MODE, "", "on the host: if no application uses a device");
	facts.vfio.unsafe_type1 = DOCTOR_YES;
	expect_on_host(DOCTOR_UNSAFE_INTERRUPTS, "", "on the host: if every device comes up");
	facts.vfio.unsafe_iommufd = DOCTOR_YES;
	expect_on_host(DOCTOR_UNSAFE_INTERRUPTS, "", "on the host: if every device comes up");
	facts.machine.iommu = DOCTOR_NO;
	expect_on_host(DOCTOR_IOMMU_OFF, "", "on the host: switch the IOMMU on");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.arch = TOPO_ARCH_ARM;
	expect_on_host(DOCTOR_IOMMU_OFF, "", "on the host: switch the SMMU on");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.arch = TOPO_ARCH_POWER;
	expect_on_host(DOCTOR_IOMMU_OFF, "", "on the host: if the machine has an IOMMU");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.off_word = true;
	expect_on_host(DOCTOR_IOMMU_OFF, "", "on the host: the kernel's command line has iommu=off");
	facts.machine.remap = DOCTOR_NO;
	expect_on_host(DOCTOR_INTERRUPTS_UNISOLATED, "", "on the host: switch interrupt remapping");
	facts.machine.remap = DOCTOR_NO;
	facts.machine.remap_foreign = true;
	expect_on_host(DOCTOR_INTERRUPTS_UNISOLATED, "", "on the host: give this guest, on its host, an IOMMU");
	facts.machine.remap = DOCTOR_NO;
	snprintf(facts.machine.remap_word, sizeof(facts.machine.remap_word), "nointremap");
	expect_on_host(DOCTOR_INTERRUPTS_UNISOLATED, "", "on the host: remove this word");
	facts.vfio.driver = DOCTOR_NO;
	facts.vfio.module = DOCTOR_NO;
	device.plan.topo.driver[0] = '\0';
	expect_on_host(DOCTOR_VFIO_DRIVER, "", "on the host: the running kernel has no module");
	nodes[0].total = nodes[0].unused = 0;
	nodes[0].n_pools = 0;
	expect_on_host(DOCTOR_HUGEPAGES_NODE, BDF, "on the host: reserve there");
	snprintf(facts.memory.allowed, sizeof(facts.memory.allowed), "7");
	expect_on_host(DOCTOR_HUGEPAGES_LIMITED, "", "on the host: reserve some there");
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.off = (struct topo_off){ .why = TOPO_OFF_GUEST };
	expect_on_host(DOCTOR_IOMMU_OFF, "", "on the host: ");
}

/* A mount that only root can write to. */
void
test_mount_denied(void **state)
{
	(void)state;
	facts.memory.mount[0].open = DOCTOR_NO;
	snprintf(facts.user.name, sizeof(facts.user.name), "alice");
	expect_only(DOCTOR_HUGEPAGES_DENIED, "", "alice can't create files in /dev/hugepages",
		"chgrp GROUP /dev/hugepages && chmod 1775 /dev/hugepages");
	facts.memory.mount[0].open = DOCTOR_UNKNOWN;
	expect_nothing();
	/* No group of users helps here. */
	facts.memory.mount[0].open = DOCTOR_NO;
	facts.memory.mount[0].read_only = true;
	expect_only(DOCTOR_HUGEPAGES_DENIED, "", "/dev/hugepages is mounted read-only", "mount -o remount,rw /dev/hugepages");
	/* The unit does it itself. */
	facts.memory.mount[0].open = DOCTOR_NO;
	snprintf(facts.user.unit_before, sizeof(facts.user.unit_before), "{ argv[]=/bin/chgrp dpdk /dev/hugepages ; }");
	expect_nothing();
	/* Another size is enough, if it has pages. */
	facts.memory.mounted = (struct va_need){ .page = { GIB, 2 << 20 }, .n_pages = 2 };
	facts.memory.mount[1] = (struct doctor_mount){ "/mnt", DOCTOR_YES };
	facts.memory.mount[0].open = DOCTOR_NO;
	expect_nothing();
	facts.memory.mounted = (struct va_need){ .page = { GIB, 2 << 20 }, .n_pages = 2 };
	facts.memory.mount[1] = (struct doctor_mount){ "/mnt", DOCTOR_NO };
	expect_only(DOCTOR_HUGEPAGES_DENIED, "", "this user can't create files in /mnt", "chgrp GROUP /mnt");
}

static void
unit_of(const char *allows)
{
	static const char *const paths[DOCTOR_NODES] = { "/dev/vfio/vfio", "/dev/vfio/12", "/dev/iommu", "/dev/vfio/devices/vfio0" };
	size_t i;

	snprintf(facts.user.unit, sizeof(facts.user.unit), "fast");
	facts.user.unit_found = DOCTOR_YES;
	facts.user.unit_closed = allows != NULL;
	if (allows != NULL)
		snprintf(facts.user.unit_allows, sizeof(facts.user.unit_allows), "%s", allows);
	for (i = 0; i < DOCTOR_NODES; i++)
		snprintf(device.node[i].path, sizeof(device.node[i].path), "%s", paths[i]);
}

/* Entries of a unit are of these devices, or of others. */
void
test_unit_nodes(void **state)
{
	static const char *const good[] = { NULL, "/dev/vfio/vfio rw\n/dev/vfio/12 rwm\n", "char-misc rw\nchar-vfio rw\n",
		"/dev/iommu\n/dev/vfio/devices/vfio0 rw\n", "x\nchar-* rw\n", "/dev/iommu rw\nchar-vfio-* rw" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		unit_of(good[i]);
		expect_nothing();
	}
	/* The group before another card was added. */
	unit_of("/dev/vfio/vfio rw\n/dev/vfio/11 rw\n");
	expect_only(DOCTOR_UNIT_DEVICES, BDF, "the unit fast has no DeviceAllow= for /dev/vfio/12", "/etc/systemd/system/fast.service.d");
	unit_of("/dev/vfio/vfio rw\n/dev/vfio/12 r\n");
	expect_only(DOCTOR_UNIT_DEVICES, BDF, "for /dev/vfio/12", "char-vfio-dev");
	unit_of("char-vfio rw\n");
	expect_only(DOCTOR_UNIT_DEVICES, BDF, "for /dev/vfio/vfio", "systemctl daemon-reload");
	/* The only way that exists. */
	unit_of("/dev/vfio/vfio rw\nchar-vfio rw\n");
	device.node[1].absent = true;
	expect_only(DOCTOR_UNIT_DEVICES, BDF, "for /dev/iommu", "DeviceAllow=");
}

/* Folders that a unit can't write to. */
void
test_unit_mounts(void **state)
{
	(void)state;
	unit_of(NULL);
	facts.user.unit_strict = true;
	expect_nothing();
	unit_of(NULL);
	facts.user.unit_strict = true;
	snprintf(facts.memory.mount[0].path, sizeof(facts.memory.mount[0].path), "/mnt/huge");
	expect_only(DOCTOR_HUGEPAGES_DENIED, "", "settings of the unit fast keep it from writing to /mnt/huge", "ReadWritePaths=/mnt/huge");
	/* What it does as root before does not help. */
	unit_of(NULL);
	snprintf(facts.user.unit_sealed, sizeof(facts.user.unit_sealed), "/a -/dev/hugepages");
	snprintf(facts.user.unit_before, sizeof(facts.user.unit_before), "chgrp dpdk /dev/hugepages");
	expect_only(DOCTOR_HUGEPAGES_DENIED, "", "writing to /dev/hugepages", "InaccessiblePaths=");
	unit_of(NULL);
	facts.user.unit_strict = true;
	snprintf(facts.memory.mount[0].path, sizeof(facts.memory.mount[0].path), "/mnt/huge");
	snprintf(facts.user.unit_writable, sizeof(facts.user.unit_writable), "/srv -/mnt");
	expect_nothing();
	unit_of(NULL);
	snprintf(facts.user.unit_sealed, sizeof(facts.user.unit_sealed), "/dev/huge /dev/hugepages-1G");
	expect_nothing();
	unit_of(NULL);
	snprintf(facts.user.unit_sealed, sizeof(facts.user.unit_sealed), "/");
	snprintf(facts.user.unit_writable, sizeof(facts.user.unit_writable), "/dev");
	expect_nothing();
}

/* The folder in which EAL makes its own: of a user, and of a unit. */
void
test_runtime(void **state)
{
	static const char own[] = "start the application with RUNTIME_DIRECTORY=FOLDER", of_unit[] = "add the lines [Service] and RuntimeDirectory=NAME";
	static const struct {
		const char *folder, *writable;
		bool unit, strict, open;
		const char *what, *cure;
	} rows[] = {
		{ "/tmp/dpdk", "", false, false, true, NULL, NULL },
		{ "/tmp/dpdk", "", false, false, false, "this user can't make a folder in /tmp/dpdk", own },
		{ "/var/run", "", true, false, true, NULL, NULL },
		{ "/var/run", "", true, true, true, "settings of the unit fast keep it from writing to /var/run", of_unit },
		{ "/var/run", "/run", true, true, true, NULL, NULL },
		{ "/var/run", "/var/run", true, true, true, NULL, NULL },
		{ "/var/run/dpdk", "/run/dpdk", true, true, true, NULL, NULL },
		{ "/tmp", "/tmp/dpdk", true, true, true, NULL, NULL },
		{ "/tmp", "/srv/dpdk", true, true, true, "keep it from writing to /tmp", of_unit },
		{ "/tmp/dpdk", "/tmp", true, true, false, "this user can't make a folder in /tmp/dpdk", of_unit },
	};
	struct doctor_user *u = &facts.user;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].unit)
			unit_of(NULL);
		snprintf(u->runtime, sizeof(u->runtime), "%s", rows[i].folder);
		snprintf(u->unit_writable, sizeof(u->unit_writable), "%s", rows[i].writable);
		u->unit_strict = rows[i].strict;
		u->runtime_open = rows[i].open ? DOCTOR_YES : DOCTOR_NO;
		if (rows[i].what == NULL)
			expect_nothing();
		else
			expect_only(DOCTOR_RUNTIME_DENIED, "", rows[i].what, rows[i].cure);
	}
	snprintf(facts.machine.container, sizeof(facts.machine.container), "docker");
	snprintf(u->runtime, sizeof(u->runtime), "/var/run");
	u->runtime_open = DOCTOR_NO;
	expect_only(DOCTOR_RUNTIME_DENIED, "", "can't make a folder in /var/run", "give the container a folder");
	/* Several folders of its own, unless it runs. */
	unit_of(NULL);
	u->runtime_many = true;
	expect_only(DOCTOR_RUNTIME_DENIED, "", "several folders", "Environment=RUNTIME_DIRECTORY=/run/NAME");
	unit_of(NULL);
	u->runtime_many = true;
	device.held_by_unit = true;
	expect_nothing();
}
