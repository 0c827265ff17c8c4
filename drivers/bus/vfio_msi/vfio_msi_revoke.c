/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Revoke a device while its driver still uses it; access to its command register.
 */

#include <linux/pci_regs.h>

#include <rte_byteorder.h>

#include "device.h"
#include "space.h"
#include "uapi/vfio_uapi.h"

static uint64_t
config_offset(const struct vfio_msi_device *dev)
{
	return dev->pci.region[VFIO_PCI_CONFIG_REGION_INDEX].offset;
}

int
vfio_msi_command_update(const struct vfio_msi_device *dev, uint16_t set, uint16_t clear)
{
	uint64_t at = config_offset(dev) + PCI_COMMAND;
	uint16_t cmd, want;
	int ret = vfio_uapi_pread(dev->fd, &cmd, sizeof(cmd), at);

	want = (uint16_t)((rte_le_to_cpu_16(cmd) | set) & ~clear);
	if (ret < 0 || want == rte_le_to_cpu_16(cmd))
		return ret;
	want = rte_cpu_to_le_16(want);
	return vfio_uapi_pwrite(dev->fd, &want, sizeof(want), at);
}

int
vfio_msi_device_revoke(struct vfio_msi_device *dev)
{
	int null, ret;

	/* First, as the rest may fail and the caller may remove mappings then. */
	vfio_msi_command_update(dev, 0, PCI_COMMAND_MASTER);
	null = vfio_uapi_open("/dev/null");
	if (null < 0)
		return null;
	/* Mapped BARs keep the device open, as the file descriptor does. */
	ret = vfio_msi_regions_replace(dev, NULL);
	if (ret == 0)
		ret = vfio_uapi_dup_over(null, dev->fd);
	if (ret == 0) {
		const struct ioas_member member = vfio_msi_member(dev);

		ioas_surrender(vfio_msi_bus.ioas, &member);
	}
	vfio_uapi_close(null);
	return ret;
}
