/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Advice does no harm: a device that the machine, a PMD or the device itself needs keeps
 * its driver, and a message states what a command takes away before it gives the command.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "row.h"
#include "surveyed.h"
#include "tree.h"

#define DEVICES "/sys/bus/pci/devices/"

static void
set_id(const char *root, const char *bdf, const char *vendor, const char *device,
		const char *class)
{
	const char *const files[][2] = {
		{ "vendor", vendor }, { "device", device }, { "class", class },
	};
	char path[128];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), DEVICES "%s/%s", bdf, files[i][0]);
		tree_text(root, path, files[i][1]);
	}
}

/*
 * Add a member of a class of devices below another one: a file with a text, and the empty file of
 * the member that is built upon it (NULL: none).
 */
static void
member_add(const char *root, const char *class, const char *name, const char *below,
		const char *file, const char *text, const char *upper)
{
	char dir[256], path[512], target[512];

	snprintf(dir, sizeof(dir), "devices/%s/%s/%s", below, strrchr(class, '/') + 1, name);
	snprintf(path, sizeof(path), "/sys/%s/%s", dir, file);
	tree_text(root, path, text);
	if (upper != NULL)
		tree_empty(root, "/sys/%s/%s", dir, upper);
	snprintf(path, sizeof(path), "/sys/%s/%s", class, name);
	snprintf(target, sizeof(target), "../../%s", dir);
	tree_link(root, path, target);
}

/* Add a disk or partition: its number, its parent, and the disk built upon it ("": none). */
static void
disk(const char *root, const char *name, const char *number, const char *below,
		const char *holder)
{
	char upper[64];

	snprintf(upper, sizeof(upper), "holders/%s", holder);
	member_add(root, "class/block", name, below, "dev", number, *holder == '\0' ? NULL : upper);
}

static void
interface(const char *root, const char *name, const char *below, const char *state,
		const char *master)
{
	char upper[64];

	snprintf(upper, sizeof(upper), "upper_%s", master);
	member_add(root, "class/net", name, below, "operstate", state, *master == '\0' ? NULL : upper);
}

static void
test_bridge(void **state)
{
	set_id(*state, NIC, "0x1b36\n", "0x000c\n", "0x060400\n");
	machine_device(*state, SIBLING, NIC_GROUP, "e1000e");
	set_id(*state, NIC, "0x1b36\n", "0x000c\n", "0x060400\n");
	says(*state, -ENOTSUP,
			"is a bridge, which belongs to the kernel; give the devices behind it");
	/* An endpoint of that class is not. */
	set_id(*state, NIC, "0x8086\n", "0x6f0d\n", "0x068000\n");
	machine_unlink(*state, SIBLING, "driver");
	assert_int_equal(survey(*state, NIC), 0);
	plan_device_free(&pd);
}

/* A PMD needs the kernel driver: the device keeps it, also as a sibling. */
static void
test_served_by_kernel(void **state)
{
	set_id(*state, NIC, "0x15b3\n", "0x1016\n", "0x020000\n");
	says(*state, -ENXIO, "no PMD can drive it here: net_mlx5 works through mlx5_core; "
			"bind it with: dpdk-devbind.py -b mlx5_core " NIC
			", and give it to the pci bus: -a " NIC);
	assert_int_equal(fake_calls(), 0);
	machine_no_cdev(*state, NIC);
	machine_device(*state, NIC, NIC_GROUP, "mlx5_core");
	says(*state, -ENXIO, "is bound to mlx5_core, and net_mlx5 works through that; leave it "
			"there, and give it to the pci bus: -a " NIC);
	machine_device(*state, NIC, NIC_GROUP, "vfio-pci");
	set_id(*state, NIC, "0x1414\n", "0x00ba\n", "0x020000\n");
	FAILS(-ENXIO, "net_mana works through mana");
	/* A disk of that vendor does not need the driver. */
	set_id(*state, NIC, "0x15b3\n", "0x6001\n", "0x010802\n");
	assert_int_equal(survey(*state, NIC), 0);
	plan_device_free(&pd);
	machine_device(*state, SIBLING, NIC_GROUP, "mlx4_core");
	machine_group->viable = false;
	FAILS(-EPERM, "member " SIBLING " is bound to mlx4_core; leave it there, as net_mlx4 "
			"works through mlx4_core; put one of the two into another slot");
	lacks("vfio-pci");
}

/* Functions of one card share a group in every slot. */
static void
test_one_card(void **state)
{
#define PORT "0000:00:03.1"
	const char *root = *state;

	machine_device(root, PORT, NIC_GROUP, "mlx4_core");
	machine_group->viable = false;
	FAILS(-EPERM, "member " PORT " is bound to mlx4_core; leave it there, as net_mlx4 works "
			"through mlx4_core; both are functions of one card, so use another card");
	lacks("slot");
	machine_device(root, PORT, NIC_GROUP, "e1000e");
	interface(root, "eth0", "pci0000:00/" PORT, "up\n", "");
	tree_text(root, "/proc/net/route",
			"eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
	FAILS(-EPERM, "its interface eth0 has the default route; both are functions of one card");
	lacks("slot");
}

/* Rebinding would remove a disk that the machine uses. */
static void
test_boot_disk(void **state)
{
#define NVME "pci0000:00/" SIBLING "/nvme/nvme0"
	const char *root = *state;

	machine_device(root, SIBLING, NIC_GROUP, "nvme");
	machine_group->viable = false;
	FAILS(-EPERM, "member " SIBLING " is bound to nvme; bind it to vfio-pci too");
	disk(root, "nvme0n1", "259:0\n", NVME, "");
	FAILS(-EPERM, "bound to nvme; its disk nvme0n1 would disappear: if nothing needs "
			"that, bind it");
	disk(root, "nvme0n1p2", "259:2\n", NVME, "");
	tree_text(root, "/proc/self/mountinfo",
			"22 1 0:20 / /proc rw - proc proc rw\n"
			"25 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1p2 is mounted at /; put one");
	lacks("vfio-pci");
	/* A disk in use by LVM, and a file system with a number of its own. */
	disk(root, "dm-0", "254:0\n", "virtual", "");
	disk(root, "nvme0n1p2", "259:2\n", NVME, "dm-0");
	tree_text(root, "/proc/self/mountinfo", "25 1 254:0 / /srv rw - ext4 /dev/mapper/x rw\n");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1p2 is mounted at /srv");
	tree_text(root, "/proc/self/mountinfo", "25 1 0:31 / /srv rw - btrfs /dev/nvme0n1p2 rw\n");
	FAILS(-EPERM, "its disk nvme0n1p2 is mounted at /srv");
	tree_text(root, "/sys/devices/virtual/block/dm-0/dm/name", "luks-1f\n");
	tree_text(root, "/proc/self/mountinfo", "25 1 0:31 / / rw - btrfs /dev/mapper/luks-1f rw\n");
	FAILS(-EPERM, "leave it there, as its disk nvme0n1p2 is mounted at /");
	tree_text(root, "/proc/self/mountinfo", "25 1 0:31 / / rw - btrfs /dev/mapper/luks-1 rw\n");
	FAILS(-EPERM, "its disk nvme0n1 would disappear");
	tree_text(root, "/proc/self/mountinfo", "25 1 259:2 / /\033[2J rw - ext4 /dev/x rw\n");
	FAILS(-EPERM, "its disk nvme0n1p2 is mounted at /?[2J");
	tree_text(root, "/proc/self/mountinfo", "25 1 259:20 / /srv rw - ext4 /dev/nvme0n1p20 rw\n");
	tree_text(root, "/proc/swaps", "Filename Type Size\n/dev/dm-0 partition 999\n");
	FAILS(-EPERM, "its disk nvme0n1p2 is swap space");
	tree_text(root, "/proc/swaps", "Filename Type Size\n/dev/dm-01 partition 999\n");
	FAILS(-EPERM, "its disk nvme0n1 would disappear");
	/* The device itself. */
	machine_no_cdev(root, NIC);
	machine_device(root, NIC, NIC_GROUP, "ahci");
	machine_unlink(root, SIBLING, "driver");
	disk(root, "sda", "8:0\n", "pci0000:00/" NIC "/ata1/host0", "");
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
	disk(*state, "nvme0n1", "259:0\n", "pci0000:00/" SIBLING, "dm-0");
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "dm-%d", i);
		disk(*state, name, "254:0\n", "virtual", "");
		for (j = 0; j < 8; j++) {
			snprintf(path, sizeof(path), "/sys/class/block/%s/holders/dm-%d", name, j);
			tree_text(*state, path, "");
		}
	}
	FAILS(-EPERM, "its disk nvme0n1 would disappear");
}

/* NVMe with several paths: the folder of the disk is not below a function. */
static void
test_nvme_subsystem(void **state)
{
	machine_device(*state, SIBLING, NIC_GROUP, "nvme");
	machine_group->viable = false;
	disk(*state, "nvme0n1", "259:0\n", "virtual/nvme-subsystem/nvme-subsys0", "");
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
	interface(root, "eth0", "pci0000:00/" NIC, "down\n", "");
	says(root, -ENXIO, "is bound to igb, not to a VFIO driver; rebind it with: " REBIND(NIC));
	/* The driver does not report the carrier: the flags say whether the interface is up. */
	interface(root, "eth0", "pci0000:00/" NIC, "unknown\n", "");
	tree_text(root, "/sys/devices/pci0000:00/" NIC "/net/eth0/flags", "0x1002\n");
	says(root, -ENXIO, "is bound to igb, not to a VFIO driver; rebind it with: " REBIND(NIC));
	tree_text(root, "/sys/devices/pci0000:00/" NIC "/net/eth0/flags", "0x1003\n");
	FAILS(-ENXIO, "its interface eth0 is up");
	interface(root, "eth0", "pci0000:00/" NIC, "up\n", "bond0");
	says(root, -ENXIO, "is bound to igb, not to a VFIO driver; its interface eth0 is up: if "
			"nothing needs that, rebind it with: " REBIND(NIC));
	/* The interface is used by a bond. */
	interface(root, "bond0", "virtual", "up\n", "");
	tree_text(root, "/proc/net/route",
			"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
			"eth1\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
			"bond0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
	FAILS(-ENXIO, "its interface eth0 is up");
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
	interface(root, "eth0", "pci0000:00/" SIBLING, "up\n", "bond0");
	FAILS(-EPERM, "member " SIBLING " is bound to e1000e; leave it there, as its interface "
			"eth0 has the default route");
	lacks("vfio-pci");
	tree_text(root, "/proc/net/ipv6_route", "");
	interface(root, "eth0", "pci0000:00/" SIBLING, "down\n", "");
	machine_unlink(root, SIBLING, "net/eth0/upper_bond0");
	tree_text(root, DEVICES SIBLING "/sriov_numvfs", "4\n");
	FAILS(-EPERM, "its virtual functions would disappear: if nothing needs that, bind");
}

#define UNSEEN "its use by the host is not visible here: check on the host, as root, that " \
	"nothing needs it, before you "

#define CHECK "check that the machine does not need it, then "

/* Classes: whether sysfs shows each use, and whether dpdk-devbind.py knows them. */
static const struct {
	const char *class, *vendor, *driver;
	bool known, devbind;
} classes[] = {
	{ "0x0c0330\n", "0x8086\n", "xhci_hcd", false, false },	/* USB: the keyboard */
	{ "0x030000\n", "0x8086\n", "ast", false, false },	/* VGA of a BMC: the console */
	{ "0x040300\n", "0x8086\n", "snd_hda_intel", false, false },
	{ "0x0c0500\n", "0x8086\n", "i801_smbus", false, false },
	{ "0x0c8000\n", "0x8086\n", "intel-spi", false, false },
	{ "0x010601\n", "0x8086\n", "ahci", false, false },
	{ "0x010802\n", "0x8086\n", "nvme", false, false },
	{ "0x00ff00\n", "0x1234\n", "edu", false, false },
	{ "0x088000\n", "0x8086\n", "wdat_wdt", false, false },
	{ "0x010700\n", "0x8086\n", "mpt3sas", false, false },	/* its disks may be hidden */
	{ "0x0b3000\n", "0x8086\n", "some_cpu", false, true },
	{ "0x0b3000\n", "0x1022\n", "some_cpu", false, false },
	{ "0x020000\n", "0x8086\n", "igb", true, true },
	{ "0x0b4000\n", "0x8086\n", "4xxx", true, true },	/* QAT */
	{ "0x100000\n", "0x8086\n", "ccp", true, true },
	{ "0x120000\n", "0x8086\n", "idxd", true, true },
};

/* sysfs does not show whether the machine needs its USB controller or console. */
static void
test_use_unknown(void **state)
{
	const char *root = *state, *check;
	char text[384];
	size_t i;

	machine_no_cdev(root, NIC);
	EACH_ROW(i, classes, "class %s", classes[i].class) {
		check = classes[i].known ? "" : CHECK;
		machine_device(root, NIC, NIC_GROUP, classes[i].driver);
		set_id(root, NIC, classes[i].vendor, "0x0001\n", classes[i].class);
		snprintf(text, sizeof(text), "is bound to %s, not to a VFIO driver; %srebind "
				"it with: %s", classes[i].driver, check,
				classes[i].devbind ? REBIND(NIC) : SYSFS_REBIND(NIC));
		says(root, -ENXIO, text);
	}
	machine_device(root, NIC, NIC_GROUP, "vfio-pci");
	machine_group->viable = false;
	EACH_ROW(i, classes, "class %s", classes[i].class) {
		check = classes[i].known ? "" : CHECK;
		machine_device(root, SIBLING, NIC_GROUP, classes[i].driver);
		set_id(root, SIBLING, classes[i].vendor, "0x0001\n", classes[i].class);
		snprintf(text, sizeof(text), "its member " SIBLING " is bound to %s; %sbind it to "
				"vfio-pci too, or to no driver: %s", classes[i].driver, check,
				classes[i].devbind ?
				REBIND(SIBLING) ", or dpdk-devbind.py -u " SIBLING :
				SYSFS_REBIND(SIBLING) ", or only the second of these");
		FAILS(-EPERM, text);
	}
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
	interface(root, "enp3s0", "pci0000:00/" NIC, "up\n", "");
	says(root, -ENXIO, unseen);
	tree_text(root, "/proc/net/dev", "enp3s0f1: 0\n  enp3s0: 0\n");
	FAILS(-ENXIO, "its interface enp3s0 is up: if nothing needs that, rebind it");
	/* The device as a member of the group. */
	machine_device(root, NIC, NIC_GROUP, "vfio-pci");
	machine_device(root, SIBLING, NIC_GROUP, "e1000e");
	interface(root, "enp4s0", "pci0000:00/" SIBLING, "up\n", "");
	machine_group->viable = false;
	FAILS(-EPERM, "is bound to e1000e; " UNSEEN "bind it to vfio-pci too, or to no driver: "
			REBIND(SIBLING));
}

/* A capture contains neither interfaces nor disks. */
static void
test_capture(void **state)
{
	char path[TREE_PATH_MAX], away[TREE_PATH_MAX];

	machine_no_cdev(*state, NIC);
	machine_device(*state, NIC, NIC_GROUP, "ice");
	snprintf(path, sizeof(path), "%s/sys/class", (char *)*state);
	snprintf(away, sizeof(away), "%s/away", (char *)*state);
	assert_int_equal(rename(path, away), 0);
	FAILS(-ENXIO, UNSEEN "rebind it");
	set_id(*state, NIC, "0x1000\n", "0x0014\n", "0x010400\n");
	FAILS(-ENXIO, UNSEEN "rebind it");
	/* An audio device has neither. */
	set_id(*state, NIC, "0x8086\n", "0x9d71\n", "0x040300\n");
	FAILS(-ENXIO, "VFIO driver; " CHECK "rebind it");
	assert_int_equal(rename(away, path), 0);
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
	disk(root, "sda", "8:0\n", "pci0000:00/" NIC "/ata1/host0", "");
	FAILS(-ENXIO, "its disk sda would disappear: if nothing needs that, rebind it");
	/* A container with its own PID namespace: process 1 is not that of the host. */
	tree_link(root, "/proc/self/ns/pid", "pid:[4026532201]");
	FAILS(-ENXIO, UNSEEN "rebind it");
	/* A use of the disk inside of the container has priority. */
	tree_text(root, "/proc/self/mountinfo", mounted);
	FAILS(-ENXIO, "must stay there: its disk sda is mounted at /");
	tree_text(root, "/proc/self/mountinfo", "");
	tree_text(root, "/proc/swaps", "Filename Type Size\n/dev/sda partition 999\n");
	FAILS(-ENXIO, "its disk sda is swap space: move this use");
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

/* A VF disappears without its physical function, so that must not be unbound. */
static void
test_physical_function(void **state)
{
	machine_device(*state, SIBLING, NIC_GROUP, "igb");
	machine_group->viable = false;
	tree_link(*state, DEVICES NIC "/physfn", "../" SIBLING);
	says(*state, -EPERM, "IOMMU group 2 is not viable: " SIBLING " is bound to igb, and the "
			"device disappears without that driver; put it into a slot that isolates it");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_bridge),
		PLAN_TEST(test_served_by_kernel),
		PLAN_TEST(test_one_card),
		PLAN_TEST(test_boot_disk),
		PLAN_TEST(test_endless_stack),
		PLAN_TEST(test_nvme_subsystem),
		PLAN_TEST(test_network),
		PLAN_TEST(test_use_unknown),
		PLAN_TEST(test_network_namespace),
		PLAN_TEST(test_capture),
		PLAN_TEST(test_mount_namespace),
		PLAN_TEST(test_physical_function),
	};

	return RUN_ON_BACKENDS("plan_cure", tests);
}
