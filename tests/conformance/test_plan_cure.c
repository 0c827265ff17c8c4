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

#include <cmocka.h>

#include "members.h"
#include "row.h"
#include "surveyed.h"
#include "tree.h"

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
	interface_add(root, "eth0", "pci0000:00/" PORT, "up\n", "");
	tree_text(root, "/proc/net/route",
			"eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
	FAILS(-EPERM, "its interface eth0 has the default route; both are functions of one card");
	lacks("slot");
}

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
		PLAN_TEST(test_use_unknown),
		PLAN_TEST(test_capture),
		PLAN_TEST(test_physical_function),
	};

	return RUN_ON_BACKENDS("plan_cure", tests);
}
