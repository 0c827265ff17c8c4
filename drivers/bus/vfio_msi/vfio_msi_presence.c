/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Has a primary process devices on this bus?
 *
 * A secondary process without arguments wants to know: on the pci bus it gets all
 * devices of the primary, and tools as dpdk-dumpcap take no arguments for EAL. A
 * question to a primary that does not know of this bus is answered by nobody and
 * waits for seconds, so the primary tells by a file in EAL's runtime directory,
 * which it keeps locked. The lock goes with the process however that ends; a file
 * without one means nothing.
 */

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>

#include "neighbours.h"
#include "uapi/vfio_uapi.h"

static int presence = -1;

static const char *
file_path(void)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bus_" VFIO_MSI_BUS, rte_eal_get_runtime_dir());
	return path;
}

void
vfio_msi_presence_announce(void)
{
	if (presence >= 0)
		return;
	/* Who looks has it for a moment only. */
	presence = vfio_uapi_lock_file(file_path());
	if (presence < 0)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": can't lock %s: %s; name the devices in secondary processes (-a vfio_msi:all)",
			file_path(), strerror(-presence));
}

void
vfio_msi_presence_withdraw(void)
{
	if (presence < 0)
		return;
	unlink(file_path());
	vfio_uapi_close(presence);
	presence = -1;
}

bool
vfio_msi_presence_seen(void)
{
	return vfio_uapi_file_is_locked(file_path()) > 0;
}
