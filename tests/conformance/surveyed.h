/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Survey as a process without other devices; releases the device.
 */

#ifndef SURVEYED_H
#define SURVEYED_H

#include "common.h"
#include "machine.h"
#include "plan/plan.h"

/** Result of the last survey, freed by the test, and its message. */
extern struct plan_device pd;
extern char why[PLAN_WHY];

/** Survey a device as a process without other devices, and release the device. */
int survey_addr(const char *root, const struct topo_addr *addr);
int survey(const char *root, const char *bdf);

/** The survey of the NIC fails. Its message has all the words, and nothing remains open. */
void expect_failure(const char *root, int error, const char *const *words);

#define FAILS(error, ...) \
	expect_failure(*state, error, (const char *const[]){ __VA_ARGS__, NULL })

/** The survey of the NIC fails with exactly this message. */
void says(const char *root, int error, const char *text);

/** The survey of the NIC gives this grade, and its reason has all the words. */
void expect_msi(const char *root, enum plan_msi msi, const char *const *words);

#define EXPECT_MSI(msi, ...) \
	expect_msi(*state, (msi), (const char *const[]){ __VA_ARGS__, NULL })
/** The same, without the result. */
#define MSI(msi, ...) do { \
	EXPECT_MSI(msi, __VA_ARGS__); \
	plan_device_free(&pd); \
} while (0)

/** How a message says that a device is bound to vfio-pci: by DPDK's script, and by sysfs. */
#define REBIND(bdf) "dpdk-devbind.py -b vfio-pci " bdf
#define SYSFS_BIND(bdf) "echo vfio-pci > /sys/bus/pci/devices/" bdf "/driver_override; "
#define SYSFS_PROBE(bdf) "echo " bdf " > /sys/bus/pci/drivers_probe"
#define SYSFS_REBIND(bdf) SYSFS_BIND(bdf) \
	"echo " bdf " > /sys/bus/pci/devices/" bdf "/driver/unbind; " SYSFS_PROBE(bdf)

/** The message of the last survey lacks these words. */
void lacks(const char *words);

#define PLAN_TEST(t) cmocka_unit_test_setup_teardown(t, tree_machine_setup, tree_machine_teardown)

#endif /* SURVEYED_H */
