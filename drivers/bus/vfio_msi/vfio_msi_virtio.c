/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Reject virtio devices that bypass the IOMMU.
 *
 * A virtio device uses addresses as physical ones, unless it has
 * VIRTIO_F_ACCESS_PLATFORM and its driver accepts that. IOVAs would then hit unrelated
 * memory, without a fault. Legacy devices, and the legacy interface of transitional ones,
 * never have the feature.
 *
 * Hardware (a DPU) is behind the IOMMU, whatever its features are. Config space does not
 * tell hardware from emulation, so the user can: virtio_dma=iommu. The IDs of QEMU's modern
 * devices are known, and are rejected also then.
 */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include <rte_byteorder.h>

#include "device.h"
#include "pci/pci_config.h"
#include "uapi/vfio_uapi.h"

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_DEVICE_FIRST 0x1000
#define VIRTIO_DEVICE_LAST 0x107f
#define SUBSYSTEM_OF_QEMU 0x1100	/* of VIRTIO_VENDOR; others have the virtio type */
#define CAPS_MAX 48	/* more do not fit into config space */

/* Offset of the common configuration in the device's file. */
static int
find_common(const struct vfio_msi_device *dev, uint64_t *out)
{
	uint8_t config[PCI_CONFIG_LEN];
	const struct compat_pci_region *r;
	struct virtio_pci_cap cap;
	unsigned int n;
	size_t at = 0;
	uint32_t offset;
	int ret = vfio_msi_config_read(dev, config);

	if (ret < 0)
		return ret;
	for (n = 0; n < CAPS_MAX; n++) {
		at = pci_config_cap(config, sizeof(config), PCI_CAP_ID_VNDR, at);
		if (at == 0 || at > sizeof(config) - sizeof(cap))
			break;
		memcpy(&cap, config + at, sizeof(cap));
		if (cap.cfg_type != VIRTIO_PCI_CAP_COMMON_CFG || cap.bar >= TOPO_BARS)
			continue;
		r = &dev->pci.region[cap.bar];
		offset = rte_le_to_cpu_32(cap.offset);
		if (r->size < sizeof(struct virtio_pci_common_cfg) ||
		    offset > r->size - sizeof(struct virtio_pci_common_cfg))
			return -EBADMSG;
		*out = r->offset + offset;
		return 0;
	}
	return -ENOENT;
}

/* Features 32 to 63. */
static int
high_features(int fd, uint64_t at, uint32_t *out)
{
	uint32_t word = rte_cpu_to_le_32(1);
	int ret = vfio_uapi_pwrite(fd, &word, sizeof(word),
			at + offsetof(struct virtio_pci_common_cfg, device_feature_select));

	if (ret == 0)
		ret = vfio_uapi_pread(fd, &word, sizeof(word),
			at + offsetof(struct virtio_pci_common_cfg, device_feature));
	*out = rte_le_to_cpu_32(word);
	return ret;
}

/* A modern device without ACCESS_PLATFORM. @return 0; -ENOTSUP with the reason logged. */
static int
check_user(const struct vfio_msi_device *dev)
{
	const struct topo_device *t = &dev->plan.topo;

	if (!dev->conf.virtio_dma_by_iommu) {
		BUS_LOG(ERR, "%s: is a virtio device without ACCESS_PLATFORM, which bypasses the IOMMU if it is emulated; enable the feature (QEMU: disable-legacy=on,iommu_platform=on), or, only if it is hardware, give virtio_dma=iommu",
			dev->label);
		return -ENOTSUP;
	}
	if (t->subvendor == VIRTIO_VENDOR && t->subdevice == SUBSYSTEM_OF_QEMU) {
		BUS_LOG(ERR, "%s: is a virtio device of QEMU without ACCESS_PLATFORM, which bypasses the IOMMU, so virtio_dma=iommu is wrong; enable the feature (QEMU: disable-legacy=on,iommu_platform=on)",
			dev->label);
		return -ENOTSUP;
	}
	BUS_LOG(NOTICE, "%s: a virtio device without ACCESS_PLATFORM, which is used as virtio_dma=iommu says that it is hardware behind the IOMMU; if packets are lost or memory changes, it is not: stop the application and drop the key",
		dev->label);
	return 0;
}

int
vfio_msi_virtio_check(const struct vfio_msi_device *dev)
{
	const struct topo_device *t = &dev->plan.topo;
	uint32_t features = 0;
	uint64_t at;
	int ret;

	if (t->vendor != VIRTIO_VENDOR || t->device < VIRTIO_DEVICE_FIRST ||
	    t->device > VIRTIO_DEVICE_LAST)
		return 0;
	/* There is none to bypass: IOVAs are physical addresses. */
	if (t->group_noiommu)
		return 0;
	ret = find_common(dev, &at);
	if (ret == -ENOENT) {
		BUS_LOG(ERR, "%s: is a legacy virtio device, which bypasses the IOMMU; make it a modern one (QEMU: disable-legacy=on,iommu_platform=on)",
			dev->label);
		return -ENOTSUP;
	}
	if (ret == 0)
		ret = high_features(dev->fd, at, &features);
	if (ret < 0) {
		BUS_LOG(ERR, "%s: can't read its virtio configuration: %s; see dmesg",
			dev->label, strerror(-ret));
		return ret;
	}
	if ((features & (UINT32_C(1) << (VIRTIO_F_ACCESS_PLATFORM - 32))) != 0)
		return 0;
	return check_user(dev);
}
