/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices in the denylist of vfio-pci: a command that binds them fails until the list is disabled,
 * so the message says first what that takes and what it risks.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "row.h"
#include "surveyed.h"
#include "tree.h"

#define DEVICES "/sys/bus/pci/devices/"
#define PARAMETER "/sys/module/vfio_pci/parameters/disable_denylist"
#define REFUSES " refuses it by its denylist: known errata may let a program that uses the " \
	"device attack or hang the machine; if you trust every program that can open it, add " \
	"vfio-pci.disable_denylist=1 to the kernel's command line and reboot; "

static void
set_id(const char *root, const char *vendor, const char *device, const char *class)
{
	tree_text(root, DEVICES NIC "/vendor", vendor);
	tree_text(root, DEVICES NIC "/device", device);
	tree_text(root, DEVICES NIC "/class", class);
}

/* The list of vfio_pci.c in Linux 7.2, and neighbours. */
static const struct {
	const char *vendor, *device, *kernels;	/* NULL: not in the list */
} devices[] = {
	{ "0x8086\n", "0x0435\n", "" },		/* DH895XCC */
	{ "0x8086\n", "0x0443\n", "" },
	{ "0x8086\n", "0x19e2\n", "" },		/* C3XXX */
	{ "0x8086\n", "0x19e3\n", "" },
	{ "0x8086\n", "0x37c8\n", "" },		/* C62X */
	{ "0x8086\n", "0x37c9\n", "" },
	{ "0x8086\n", "0x0b25\n", " of kernels since May 2024" },	/* DSA */
	{ "0x8086\n", "0x0cfe\n", " of kernels since May 2024" },	/* IAX */
	{ "0x8086\n", "0x4940\n", NULL },	/* QAT 4xxx */
	{ "0x8086\n", "0x19e4\n", NULL },
	{ "0x10de\n", "0x37c8\n", NULL },
};

static void
test_no_driver(void **state)
{
	char text[PLAN_TEXT];
	const char *root = *state;
	size_t i;

	tree_text(root, PARAMETER, "N\n");
	machine_no_cdev(root, NIC);
	machine_unlink(root, NIC, "driver");
	EACH_ROW(i, devices, "%s", devices[i].device) {
		const char *kernels = devices[i].kernels;

		set_id(root, devices[i].vendor, devices[i].device, "0x100000\n");
		snprintf(text, sizeof(text), "is bound to no driver; %s%s%sbind it with: " REBIND(NIC),
			kernels != NULL ? "vfio-pci" : "", kernels != NULL ? kernels : "",
			kernels != NULL ? REFUSES : "");
		says(root, -ENXIO, text);
	}
}

/* The loss is named too, and the command is complete. */
static void
test_driver(void **state)
{
	const char *root = *state;

	tree_text(root, PARAMETER, "N\n");
	machine_no_cdev(root, NIC);
	machine_device(root, NIC, NIC_GROUP, "c6xx");
	set_id(root, "0x8086\n", "0x37c8\n", "0x0b4000\n");
	tree_text(root, DEVICES NIC "/sriov_numvfs", "16\n");
	says(root, -ENXIO, "is bound to c6xx, not to a VFIO driver; vfio-pci" REFUSES
		"its virtual functions would disappear: if nothing needs that, rebind it with: " REBIND(NIC));
	/* The longest text. */
	set_id(root, "0x8086\n", "0x0b25\n", "0x088000\n");
	says(root, -ENXIO, "is bound to c6xx, not to a VFIO driver; vfio-pci of kernels since May 2024" REFUSES
		"its virtual functions would disappear: if nothing needs that, rebind it with: " SYSFS_REBIND(NIC));
}

/* The list is disabled, or it is not known: the module is not loaded. */
static void
test_parameter(void **state)
{
	static const char *const values[] = { "Y\n", "1\n", "", "?\n" };
	const char *root = *state;
	size_t i;

	machine_no_cdev(root, NIC);
	machine_unlink(root, NIC, "driver");
	set_id(root, "0x8086\n", "0x37c9\n", "0x0b4000\n");
	says(root, -ENXIO, "is bound to no driver; bind it with: " REBIND(NIC));
	EACH_ROW(i, values, "\"%s\"", values[i]) {
		tree_text(root, PARAMETER, values[i]);
		says(root, -ENXIO, "is bound to no driver; bind it with: " REBIND(NIC));
	}
	/* The device is bound already. */
	tree_text(root, PARAMETER, "N\n");
	machine_device(root, NIC, NIC_GROUP, "vfio-pci");
	set_id(root, "0x8086\n", "0x37c9\n", "0x0b4000\n");
	assert_int_equal(survey(root, NIC), 0);
	plan_device_free(&pd);
}

/* A member of the group needs no driver. */
static void
test_member(void **state)
{
	const char *root = *state;

	tree_text(root, PARAMETER, "N\n");
	machine_device(root, SIBLING, NIC_GROUP, "c6xx");
	tree_text(root, DEVICES SIBLING "/vendor", "0x8086\n");
	tree_text(root, DEVICES SIBLING "/device", "0x37c8\n");
	tree_text(root, DEVICES SIBLING "/class", "0x0b4000\n");
	machine_group->viable = false;
	FAILS(-EPERM, "its member " SIBLING " is bound to c6xx; unbind it, as vfio-pci may refuse it by its "
		"denylist: echo " SIBLING " > " DEVICES SIBLING "/driver/unbind");
	lacks("devbind");
	tree_text(root, PARAMETER, "Y\n");
	FAILS(-EPERM, "bind it to vfio-pci too, or to no driver: " REBIND(SIBLING));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_no_driver),
		PLAN_TEST(test_driver),
		PLAN_TEST(test_parameter),
		PLAN_TEST(test_member),
	};

	return RUN_ON_BACKENDS("plan_denied", tests);
}
