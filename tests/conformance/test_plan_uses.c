/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the machine uses of a device: a message names the loss, and gives a command only
 * for what is not in use.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "members.h"
#include "row.h"
#include "surveyed.h"
#include "tree.h"

/* Rebinding would remove a disk that the machine uses. */
static void
test_boot_disk(void **state)
{
#define NVME "pci0000:00/" SIBLING "/nvme/nvme0"
	const char *root = *state;

	machine_device(root, SIBLING, NIC_GROUP, "nvme");
	machine_group->viable = false;
	FAILS(-EPERM, "member " SIBLING " is bound to nvme; bind it to vfio-pci too");
	disk_add(root, "nvme0n1", "259:0\n", NVME, "");
	FAILS(-EPERM, "bound to nvme; its disk nvme0n1 would disappear: if nothing needs "
			"that, bind it");
	disk_add(root, "nvme0n1p2", "259:2\n", NVME, "");
	tree_text(root, "/proc/self/mountinfo",
			"22 1 0:20 / /proc rw - proc proc rw\n"
			"25 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1p2 is mounted at /; put one");
	lacks("vfio-pci");
	/* A disk in use by LVM, and a file system with a number of its own. */
	disk_add(root, "dm-0", "254:0\n", "virtual", "");
	disk_add(root, "nvme0n1p2", "259:2\n", NVME, "dm-0");
	tree_text(root, "/proc/self/mountinfo", "25 1 254:0 / /srv rw - ext4 /dev/mapper/x rw\n");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1p2 is mounted at /srv");
	tree_text(root, "/proc/self/mountinfo", "25 1 0:31 / /srv rw - btrfs /dev/nvme0n1p2 rw\n");
	FAILS(-EPERM, "its disk nvme0n1p2 is mounted at /srv");
	tree_text(root, "/sys/devices/virtual/block/dm-0/dm/name", "luks-1f\n");
	tree_text(root, "/proc/self/mountinfo", "25 1 0:31 / / rw - btrfs /dev/mapper/luks-1f rw\n");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1p2 is mounted at /");
	/* Not mounted here, but something is stacked on it. */
	tree_text(root, "/proc/self/mountinfo", "25 1 0:31 / / rw - btrfs /dev/mapper/luks-1 rw\n");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1p2 may be in use (dm-0 is built on it); put one");
	lacks("vfio-pci");
	tree_text(root, "/proc/self/mountinfo", "25 1 259:2 / /\033[2J rw - ext4 /dev/x rw\n");
	FAILS(-EPERM, "its disk nvme0n1p2 is mounted at /?[2J");
	tree_text(root, "/proc/self/mountinfo", "25 1 259:20 / /srv rw - ext4 /dev/nvme0n1p20 rw\n");
	tree_text(root, "/proc/swaps", "Filename Type Size\n/dev/dm-0 partition 999\n");
	FAILS(-EPERM, "its disk nvme0n1p2 is swap space");
	tree_text(root, "/proc/swaps", "Filename Type Size\n/dev/dm-01 partition 999\n");
	FAILS(-EPERM, "its disk nvme0n1p2 may be in use (dm-0");
	tree_text(root, "/proc/self/mountinfo",
			"25 1 0:31 / / rw - bcachefs /dev/sdz:/dev/nvme0n1p2:/dev/sdy rw\n");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1p2 is mounted at /");
	tree_text(root, "/proc/self/mountinfo",
			"25 1 0:31 / / rw - bcachefs /dev/sdz:/dev/nvme0n1p2x rw\n");
	FAILS(-EPERM, "its disk nvme0n1p2 may be in use (dm-0");
	/* The device itself. */
	machine_no_cdev(root, NIC);
	machine_device(root, NIC, NIC_GROUP, "ahci");
	machine_unlink(root, SIBLING, "driver");
	disk_add(root, "sda", "8:0\n", "pci0000:00/" NIC "/ata1/host0", "");
	says(root, -ENXIO, "is bound to ahci, not to a VFIO driver; its disk sda would "
			"disappear: if nothing needs that, rebind it with: " REBIND(NIC));
	tree_text(root, "/proc/self/mountinfo", "25 1 8:0 / / rw - ext4 /dev/sda rw\n");
	says(root, -ENXIO, "is bound to ahci, not to a VFIO driver, and must stay there: its disk "
			"sda is mounted at /; use another device");
}

/* Disks that claim to be built upon each other: the search ends and reports the disk. */
static void
test_endless_stack(void **state)
{
	char name[16], path[64];
	int i, j;

	machine_device(*state, SIBLING, NIC_GROUP, "nvme");
	machine_group->viable = false;
	disk_add(*state, "nvme0n1", "259:0\n", "pci0000:00/" SIBLING, "dm-0");
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "dm-%d", i);
		disk_add(*state, name, "254:0\n", "virtual", "");
		for (j = 0; j < 8; j++) {
			snprintf(path, sizeof(path), "/sys/class/block/%s/holders/dm-%d", name, j);
			tree_text(*state, path, "");
		}
	}
	FAILS(-EPERM, "its disk nvme0n1 may be in use (dm-0 is built on it)");
}

#define STAY ": leave it there, or make sure as doc/howto/hardware.rst describes that nothing needs it"

#define BOUND "is bound to ahci, not to a VFIO driver; "

/* A disk of the NIC's function, which is bound to ahci. */
static void
ahci_disk(const char *root)
{
	machine_no_cdev(root, NIC);
	machine_device(root, NIC, NIC_GROUP, "ahci");
	disk_add(root, "sda", "8:0\n", "pci0000:00/" NIC "/ata1/host0", "");
}

/* No command for a disk that has data: a storage server or a guest may have it open. */
static void
test_disk_data(void **state)
{
	const char *root = *state;
	char path[TREE_PATH_MAX];

	ahci_disk(root);
	tree_text(root, "/run/udev/data/b8:0", "S:disk/by-id/x\nE:ID_FS_TYPE=\nE:ID_FS_USAGE=other\n");
	FAILS(-ENXIO, "its disk sda would disappear: if nothing needs that, rebind it with");
	tree_text(root, "/run/udev/data/b8:0", "S:disk/by-id/x\nE:ID_FS_TYPE=ceph_bluestore\n");
	says(root, -ENXIO, "is bound to ahci, not to a VFIO driver; its disk sda may be in use "
			"(it holds ceph_bluestore)" STAY);
	lacks("rebind");
	tree_text(root, "/run/udev/data/b8:0", "");
	FAILS(-ENXIO, "its disk sda would disappear");
	disk_add(root, "sda1", "8:1\n", "pci0000:00/" NIC "/ata1/host0", "");
	tree_text(root, "/sys/class/block/sda1/partition", "1\n");
	snprintf(path, sizeof(path), "%s/sys/class/block/sda1/partition", root);
	says(root, -ENXIO, "is bound to ahci, not to a VFIO driver; its disk sda1 may be in use "
			"(it is a partition)" STAY);
	/* A number that would lead to another file. */
	tree_text(root, "/sys/class/block/sda/dev", "8:9/../b8:7\n");
	tree_text(root, "/run/udev/data/b8:7", "E:ID_FS_TYPE=ext4\n");
	tree_text(root, "/run/udev/data/b8:9/x", "");
	assert_int_equal(unlink(path), 0);
	FAILS(-ENXIO, "its disk sda would disappear");
}

/*
 * No command for a disk that is mounted or has swap space: another partition of it may have
 * the root file system, without a trace in sysfs if that is ZFS.
 */
static void
test_disk_mixed(void **state)
{
	static const char mounted[] = "25 1 8:1 / /boot/efi rw - vfat /dev/sda1 rw\n";
	const char *root = *state;

	ahci_disk(root);
	tree_text(root, "/proc/self/mountinfo", "25 1 8:0 / /srv rw - ext4 /dev/sda rw\n");
	says(root, -ENXIO, BOUND "its disk sda is mounted at /srv" STAY);
	disk_add(root, "sda1", "8:1\n", "pci0000:00/" NIC "/ata1/host0", "");
	disk_add(root, "sda2", "8:2\n", "pci0000:00/" NIC "/ata1/host0", "");
	tree_text(root, "/sys/class/block/sda1/partition", "1\n");
	tree_text(root, "/sys/class/block/sda2/partition", "2\n");
	tree_text(root, "/proc/self/mountinfo", mounted);
	says(root, -ENXIO, BOUND "its disk sda1 is mounted at /boot/efi" STAY);
	/* The same as soon as that is not mounted, and for swap space. */
	tree_text(root, "/proc/self/mountinfo", "");
	says(root, -ENXIO, BOUND "its disk sda1 may be in use (it is a partition)" STAY);
	tree_text(root, "/sys/module/zfs/version", "2.2\n");
	tree_text(root, "/proc/swaps", "Filename Type Size\n/dev/sda1 partition 999\n");
	says(root, -ENXIO, BOUND "its disk sda1 is swap space" STAY);
}

/* A USB controller may have a disk and the interface with the default route. */
static void
test_disk_and_interface(void **state)
{
	const char *root = *state;

	ahci_disk(root);
	interface_add(root, "eth0", "pci0000:00/" NIC, "up\n", "");
	tree_text(root, "/proc/net/route",
			"eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
	says(root, -ENXIO, BOUND "its interface eth0 has the default route: move this use to "
			"another device first, then rebind it with: " REBIND(NIC));
	tree_text(root, "/run/udev/data/b8:0", "E:ID_FS_TYPE=ceph_bluestore\n");
	says(root, -ENXIO, BOUND "its disk sda may be in use (it holds ceph_bluestore)" STAY);
	tree_text(root, "/proc/net/route",
			"eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
	says(root, -ENXIO, BOUND "its disk sda may be in use (it holds ceph_bluestore)" STAY);
}

/* A btrfs is mounted by the name of one of its disks. */
static void
test_btrfs(void **state)
{
	const char *root = *state;

	ahci_disk(root);
	tree_text(root, "/sys/fs/btrfs/features/x", "");
	tree_text(root, "/sys/fs/btrfs/1f-2/devices/sdz", "");
	FAILS(-ENXIO, "its disk sda would disappear");
	tree_text(root, "/sys/fs/btrfs/1f-3/devices/sdb", "");
	tree_text(root, "/sys/fs/btrfs/1f-3/devices/sda", "");
	says(root, -ENXIO, "is bound to ahci, not to a VFIO driver; its disk sda may be in use "
			"(a btrfs has it)" STAY);
	tree_text(root, "/proc/self/mountinfo", "25 1 0:31 / /srv rw - btrfs /dev/sdz rw\n");
	FAILS(-ENXIO, "a btrfs has it");
	tree_text(root, "/proc/self/mountinfo", "25 1 0:31 /@ / rw - btrfs /dev/sdb rw\n");
	FAILS(-ENXIO, "must stay there: its disk sda is mounted at /");
}

/* ZFS shows in sysfs neither its disks nor who holds them. */
static void
test_zfs(void **state)
{
	const char *root = *state;

	ahci_disk(root);
	tree_text(root, "/proc/self/mountinfo", "25 1 0:31 / / rw - zfs rpool/ROOT/x rw\n");
	says(root, -ENXIO, "is bound to ahci, not to a VFIO driver; its disk sda may be in use "
			"(ZFS is loaded, and hides which disks it has)" STAY);
	tree_text(root, "/proc/self/mountinfo", "");
	FAILS(-ENXIO, "its disk sda would disappear");
	tree_text(root, "/proc/1/mountinfo", "25 1 0:31 / / rw - zfs rpool/ROOT/x rw\n");
	FAILS(-ENXIO, "ZFS is loaded");
	tree_text(root, "/proc/1/mountinfo", "");
	tree_text(root, "/sys/module/zfs/version", "2.2\n");
	FAILS(-ENXIO, "ZFS is loaded");
	lacks("rebind");
}

/* NVMe with several paths: the folder of the disk is not below a function. */
static void
test_nvme_subsystem(void **state)
{
	machine_device(*state, SIBLING, NIC_GROUP, "nvme");
	machine_group->viable = false;
	disk_add(*state, "nvme0n1", "259:0\n", "virtual/nvme-subsystem/nvme-subsys0", "");
	tree_link(*state, "/sys/class/block/nvme0n1",
			"../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	tree_text(*state, "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/dev", "259:0\n");
	tree_text(*state, "/proc/self/mountinfo", "25 1 259:0 / / rw - ext4 /dev/root rw\n");
	FAILS(-EPERM, "bound to nvme; bind it to vfio-pci too");
	tree_text(*state, "/sys/devices/pci0000:00/" SIBLING "/nvme/nvme0/model", "");
	tree_link(*state, "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0",
			"../../../pci0000:00/" SIBLING "/nvme/nvme0");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1 is mounted at /");
	/* The same for a mounted partition. */
	tree_link(*state, "/sys/class/block/nvme0n1p2",
			"../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p2");
	tree_text(*state, "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p2/dev",
			"259:2\n");
	tree_text(*state, "/proc/self/mountinfo", "25 1 259:2 / / rw - ext4 /dev/root rw\n");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1p2 is mounted at /");
}

/* Rebinding would disconnect the machine from the network. */
static void
test_network(void **state)
{
	const char *root = *state;

	machine_no_cdev(root, NIC);
	machine_device(root, NIC, NIC_GROUP, "igb");
	interface_add(root, "eth0", "pci0000:00/" NIC, "down\n", "");
	says(root, -ENXIO, "is bound to igb, not to a VFIO driver; rebind it with: " REBIND(NIC));
	/* The driver does not report the carrier: the flags say whether the interface is up. */
	interface_add(root, "eth0", "pci0000:00/" NIC, "unknown\n", "");
	tree_text(root, "/sys/devices/pci0000:00/" NIC "/net/eth0/flags", "0x1002\n");
	says(root, -ENXIO, "is bound to igb, not to a VFIO driver; rebind it with: " REBIND(NIC));
	tree_text(root, "/sys/devices/pci0000:00/" NIC "/net/eth0/flags", "0x1003\n");
	FAILS(-ENXIO, "its interface eth0 is up");
	interface_add(root, "eth0", "pci0000:00/" NIC, "up\n", "bond0");
	says(root, -ENXIO, "is bound to igb, not to a VFIO driver; its interface eth0 is up: if "
			"nothing needs that, rebind it with: " REBIND(NIC));
	/* The interface is used by a bond. */
	interface_add(root, "bond0", "virtual", "down\n", "");
	FAILS(-ENXIO, "its interface eth0 is up: if");
	interface_add(root, "bond0", "virtual", "up\n", "");
	says(root, -ENXIO, "is bound to igb, not to a VFIO driver; its interface eth0 is in use "
			"(bond0 is built on it): move this use to another device first, then rebind it with: "
			REBIND(NIC));
	tree_text(root, "/proc/net/route",
			"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
			"eth1\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
			"bond0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
	FAILS(-ENXIO, "its interface eth0 is in use");
	tree_text(root, "/proc/net/route",
			"bond0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
	says(root, -ENXIO, "is bound to igb, not to a VFIO driver; its interface eth0 has the "
			"default route: move this use to another device first, then rebind it with: "
			REBIND(NIC));
	tree_text(root, "/proc/net/route", "");
	tree_text(root, "/proc/net/ipv6_route",
			"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
			"fe800000000000000000000000000001 00000400 1 0 00000003    bond0\n");
	FAILS(-ENXIO, "has the default route");
	/* The device as a sibling, and a card with virtual functions. */
	machine_device(root, NIC, NIC_GROUP, "vfio-pci");
	machine_device(root, SIBLING, NIC_GROUP, "e1000e");
	machine_group->viable = false;
	interface_add(root, "eth0", "pci0000:00/" SIBLING, "up\n", "bond0");
	FAILS(-EPERM, "member " SIBLING " is bound to e1000e; leave it there, as its interface "
			"eth0 has the default route");
	lacks("vfio-pci");
	tree_text(root, "/proc/net/ipv6_route", "");
	interface_add(root, "eth0", "pci0000:00/" SIBLING, "down\n", "");
	machine_unlink(root, SIBLING, "net/eth0/upper_bond0");
	tree_text(root, DEVICES SIBLING "/sriov_numvfs", "4\n");
	FAILS(-EPERM, "its virtual functions would disappear: if nothing needs that, bind");
}

/* A machine is reached through a NIC without the default route, too. */
static void
test_traffic(void **state)
{
	static const struct {
		const char *file, *text, *use;
	} rows[] = {
		{ "/proc/net/route", "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
			"in use (eth0 has a route)" },
		{ "/proc/net/route", "eth01\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", "up:" },
		{ "/proc/net/ipv6_route", "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 "
			"00000000000000000000000000000000 00000100 1 0 00000001     eth0\n", "in use (eth0 has a route)" },
		{ "/proc/net/ipv6_route", "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
			"00000000000000000000000000000000 00000100 1 0 00000001     eth0\n"
			"ff000000000000000000000000000000 08 00000000000000000000000000000000 00 "
			"00000000000000000000000000000000 00000100 1 0 00000001     eth0\nfe", "up:" },
		{ "/proc/net/if_inet6", "20010db8000000000000000000000001 02 40 00 80     eth0\n",
			"in use (eth0 has an address)" },
		{ "/proc/net/if_inet6", "fe80000000000000021b21fffe000001 02 40 20 80     eth0\n", "up:" },
		{ "/proc/net/arp", "192.0.2.1 0x1 0x2 00:1b:21:00:00:01 * eth0\n", "in use (eth0 has neighbours)" },
		{ "/proc/net/arp", "192.0.2.1 0x1 0x0 00:00:00:00:00:00 * eth0\n", "up:" },
	};
	const char *root = *state;
	char text[64];
	size_t i;

	machine_no_cdev(root, NIC);
	machine_device(root, NIC, NIC_GROUP, "igb");
	interface_add(root, "eth0", "pci0000:00/" NIC, "up\n", "");
	EACH_ROW(i, rows, "%s", rows[i].text) {
		tree_text(root, rows[i].file, rows[i].text);
		snprintf(text, sizeof(text), "its interface eth0 is %s", rows[i].use);
		FAILS(-ENXIO, text);
		tree_text(root, rows[i].file, "");
	}
	/* Without a carrier the route stays. */
	interface_add(root, "eth0", "pci0000:00/" NIC, "down\n", "");
	tree_text(root, rows[0].file, rows[0].text);
	FAILS(-ENXIO, "in use (eth0 has a route): move this use");
	/* As a member of the group it stays where it is. */
	machine_device(root, NIC, NIC_GROUP, "vfio-pci");
	machine_device(root, SIBLING, NIC_GROUP, "e1000e");
	machine_group->viable = false;
	interface_add(root, "eth0", "pci0000:00/" SIBLING, "up\n", "");
	FAILS(-EPERM, "leave it there, as its interface eth0 is in use (eth0 has a route); put");
	lacks("vfio-pci");
}

/* A container with its own network namespace does not show the interfaces of the host. */
static void
test_network_namespace(void **state)
{
	static const char unseen[] = "is bound to igb, not to a VFIO driver; " UNSEEN
		"rebind it with: " REBIND(NIC);
	const char *root = *state;
	char path[TREE_PATH_MAX];

	machine_no_cdev(root, NIC);
	machine_device(root, NIC, NIC_GROUP, "igb");
	/* No interface; then an interface in another namespace: the folder "net" exists. */
	says(root, -ENXIO, "is bound to igb, not to a VFIO driver; rebind it with: " REBIND(NIC));
	snprintf(path, sizeof(path), "%s" DEVICES NIC "/net", root);
	assert_int_equal(mkdir(path, 0755), 0);
	says(root, -ENXIO, unseen);
	assert_int_equal(rmdir(path), 0);
	/* With virtio there is another device in between. */
	machine_device(root, NIC, NIC_GROUP, "virtio-pci");
	tree_text(root, DEVICES NIC "/virtio0/vendor", "0x1af4\n");
	FAILS(-ENXIO, "VFIO driver; rebind it");
	snprintf(path, sizeof(path), "%s" DEVICES NIC "/virtio0/net", root);
	assert_int_equal(mkdir(path, 0755), 0);
	FAILS(-ENXIO, "VFIO driver; " UNSEEN "rebind it");
	assert_int_equal(rmdir(path), 0);
	machine_device(root, NIC, NIC_GROUP, "igb");
	/* sysfs of the host, but routes of the container. */
	interface_add(root, "enp3s0", "pci0000:00/" NIC, "up\n", "");
	says(root, -ENXIO, unseen);
	tree_text(root, "/proc/net/dev", "enp3s0f1: 0\n  enp3s0: 0\n");
	FAILS(-ENXIO, "its interface enp3s0 is up: if nothing needs that, rebind it");
	/* The device as a member of the group. */
	machine_device(root, NIC, NIC_GROUP, "vfio-pci");
	machine_device(root, SIBLING, NIC_GROUP, "e1000e");
	interface_add(root, "enp4s0", "pci0000:00/" SIBLING, "up\n", "");
	machine_group->viable = false;
	FAILS(-EPERM, "is bound to e1000e; " UNSEEN "bind it to vfio-pci too, or to no driver: "
			REBIND(SIBLING));
}

/* Uses of a disk are known only if the mounts of the host can be read. */
static void
test_mount_namespace(void **state)
{
	static const char mounted[] = "25 1 8:0 / / rw - ext4 /dev/sda rw\n";
	const char *root = *state;
	char path[TREE_PATH_MAX];

	machine_no_cdev(root, NIC);
	machine_device(root, NIC, NIC_GROUP, "ahci");
	disk_add(root, "sda", "8:0\n", "pci0000:00/" NIC "/ata1/host0", "");
	FAILS(-ENXIO, "its disk sda would disappear: if nothing needs that, rebind it");
	/* A container with its own PID namespace: process 1 is not that of the host. */
	tree_link(root, "/proc/self/ns/pid", "pid:[4026532201]");
	FAILS(-ENXIO, UNSEEN "rebind it");
	/* A use of the disk inside of the container has priority. */
	tree_text(root, "/proc/self/mountinfo", mounted);
	FAILS(-ENXIO, "must stay there: its disk sda is mounted at /");
	tree_text(root, "/proc/self/mountinfo", "");
	tree_text(root, "/proc/swaps", "Filename Type Size\n/dev/sda partition 999\n");
	FAILS(-ENXIO, "its disk sda is swap space" STAY);
	lacks("rebind");
	tree_text(root, "/proc/swaps", "Filename Type Size\n");
	/* A container with only its own mounts: the mounts of the host show the use. */
	tree_link(root, "/proc/self/ns/pid", "pid:[4026531836]");
	tree_text(root, "/proc/1/mountinfo", mounted);
	FAILS(-ENXIO, "must stay there: its disk sda is mounted at /");
	snprintf(path, sizeof(path), "%s/proc/1/mountinfo", root);
	assert_int_equal(unlink(path), 0);
	FAILS(-ENXIO, UNSEEN "rebind it");
	/* If /proc is hidden, so is the list of swap space. */
	tree_text(root, "/proc/1/mountinfo", "");
	snprintf(path, sizeof(path), "%s/proc/swaps", root);
	assert_int_equal(unlink(path), 0);
	FAILS(-ENXIO, UNSEEN "rebind it");
	tree_text(root, "/proc/meminfo", "MemTotal: 1 kB\n");
	FAILS(-ENXIO, "its disk sda would disappear");
	/* A controller without disks. */
	machine_device(root, NIC, NIC_GROUP, "vfio-pci");
	machine_device(root, SIBLING, NIC_GROUP, "ahci");
	set_id(root, SIBLING, "0x1b4b\n", "0x9230\n", "0x010601\n");
	machine_group->viable = false;
	FAILS(-EPERM, "is bound to ahci; " CHECK "bind it to vfio-pci too");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_boot_disk),
		PLAN_TEST(test_disk_data),
		PLAN_TEST(test_disk_mixed),
		PLAN_TEST(test_disk_and_interface),
		PLAN_TEST(test_btrfs),
		PLAN_TEST(test_zfs),
		PLAN_TEST(test_endless_stack),
		PLAN_TEST(test_nvme_subsystem),
		PLAN_TEST(test_network),
		PLAN_TEST(test_traffic),
		PLAN_TEST(test_network_namespace),
		PLAN_TEST(test_mount_namespace),
	};

	return RUN_ON_BACKENDS("plan_uses", tests);
}
