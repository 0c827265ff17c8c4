/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Shows secondary processes whether the primary has devices on this bus.
 *
 * A secondary process without arguments gets all devices of the primary, as on the pci
 * bus; tools like dpdk-dumpcap pass no arguments to EAL. A primary without this bus would
 * not answer a request, and the secondary would wait for seconds. So the primary keeps a
 * file in EAL's runtime directory locked. The kernel releases the lock when the process
 * ends, even if a child that it forked runs on; a file without a lock means no devices.
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
