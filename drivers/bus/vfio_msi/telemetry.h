/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Commands of DPDK's telemetry.
 *
 * A command runs on a thread of its own at any time. It holds no lock while it adds to a
 * reply, reads a file or waits. Commands on the address space wait for a thread that adds or
 * removes a device, which may wait for the kernel. Otherwise a command waits for no thread
 * that waits for the kernel to pin memory.
 *
 * DPDK's limits on replies (16 KiB as JSON, 512 entries) are lower than what a machine can
 * have. So a reply is an array of at most VFIO_MSI_PAGE entries. The parameter of the command
 * is the index of the first one, and an empty array is behind the end.
 *
 * bus.h has the floors, the threads and the locks.
 */

#ifndef VFIO_MSI_TELEMETRY_H
#define VFIO_MSI_TELEMETRY_H

#include "bus.h"

/* vfio_msi_telemetry_page.c */

/** Most entries of a reply. */
#define VFIO_MSI_PAGE 32

/** A part of a list, as an array of dictionaries. */
struct vfio_msi_page {
	struct rte_tel_data *reply;
	uint64_t first;		/**< index of its first entry */
	uint64_t next;		/**< index of the next entry of the list */
};

/** Start a reply. @param params  index of the first entry, NULL: 0. @return 0; -EINVAL. */
int vfio_msi_page_start(struct vfio_msi_page *page, const char *params,
		struct rte_tel_data *reply);

/** Whether the next entry of the list is on the page; counts it. */
bool vfio_msi_page_wants(struct vfio_msi_page *page);

/** Whether the page is complete, so that the walk of the list can stop. */
bool vfio_msi_page_is_full(const struct vfio_msi_page *page);

/** Add an entry that is wanted. @return the empty dictionary; NULL without memory. */
struct rte_tel_data *vfio_msi_page_add(struct vfio_msi_page *page);

/** Add an address, as hexadecimal text. */
void vfio_msi_page_hex(struct rte_tel_data *entry, const char *name, uint64_t value);

/* vfio_msi_telemetry_devices.c */
int vfio_msi_telemetry_devices(const char *command, const char *params,
		struct rte_tel_data *reply);
int vfio_msi_telemetry_requests(const char *command, const char *params,
		struct rte_tel_data *reply);
int vfio_msi_telemetry_irqs(const char *command, const char *params,
		struct rte_tel_data *reply);

#endif /* VFIO_MSI_TELEMETRY_H */
