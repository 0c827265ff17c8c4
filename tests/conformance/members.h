/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Disks, interfaces and IDs of functions in a tree of files.
 */

#ifndef MEMBERS_H
#define MEMBERS_H

#define DEVICES "/sys/bus/pci/devices/"

/** What a message says of a device whose use is hidden. */
#define UNSEEN "its use by the host is not visible here: check on the host, as root, that " \
	"nothing needs it, before you "

/** What a message says of a device whose use sysfs does not show. */
#define CHECK "check that the machine does not need it, then "

/** Set the IDs of a function. */
void set_id(const char *root, const char *bdf, const char *vendor, const char *device,
		const char *class);

/** Add a disk or partition: its number, its parent, and the disk built upon it ("": none). */
void disk_add(const char *root, const char *name, const char *number, const char *below,
		const char *holder);

/** Add an interface: its parent, its state, and the interface built upon it ("": none). */
void interface_add(const char *root, const char *name, const char *below, const char *state,
		const char *master);

#endif /* MEMBERS_H */
