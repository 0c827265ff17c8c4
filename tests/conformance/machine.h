/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A small Arm machine: sysfs and procfs files that match the fake kernel. It has one NIC
 * on vfio-pci, alone in its group, with SW_MSI, and two windows of the host bridge.
 */

#ifndef MACHINE_H
#define MACHINE_H

#include "fake_kernel.h"

#define NIC "0000:00:03.0"
#define NIC_GROUP 2
#define SIBLING "0000:00:04.0"
#define SW_MSI_LINE "0x0000000008000000 0x00000000080fffff msi\n"

/** The NIC's group in the fake kernel. */
extern struct fake_group *machine_group;

/** cmocka fixtures: *state is the root of the files. */
int tree_machine_setup(void **state);
int tree_machine_teardown(void **state);

/** Page size of this process. The plan assumes that the kernel has the same. */
uint64_t machine_page(void);

/** Reset the fake kernel. The files remain. */
void machine_kernel(void);

/** Add a function to a group and bind it to a driver; it may exist already. */
void machine_device(const char *root, const char *bdf, int group, const char *driver);

/** Remove the folder of its character device, as when vfio-pci is unbound. */
void machine_no_cdev(const char *root, const char *bdf);

/**
 * Unbind a function of the fake kernel too from vfio-pci, and bind it again: it gets the lowest
 * free number.
 */
void machine_unbind(const char *root, const char *bdf);
void machine_bind(const char *root, const char *bdf, int group);

/** Remove a link of a function. */
void machine_unlink(const char *root, const char *bdf, const char *link);

/** Set reserved_regions of any group, reserved_regions of the NIC's group, and /proc/iomem. */
void machine_regions_of(const char *root, int group, const char *text);
void machine_regions(const char *root, const char *text);
void machine_iomem(const char *root, const char *text);

/** Add a process that has a node open. */
void machine_holder(const char *root, int pid, const char *comm, const char *node);

#endif /* MACHINE_H */
