/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Regions of a device: the table that librte_bus_pci reads, and the mapped BARs.
 *
 * The bus maps a whole BAR if the kernel allows that (since 4.16 even a BAR with the
 * MSI-X table). It maps pieces if the kernel reports pieces, or does not allow to map the
 * table. A BAR of I/O space, or one that the kernel does not allow to map, has the
 * address NULL.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "device.h"
#include "vfio_msi_bar.h"
#include "pci/pci_config.h"
#include "uapi/vfio_uapi.h"

#define REGION_INFO_MAX (64u << 10)

/* Region info with its capabilities; grows the buffer until it fits. */
static int
region_info(int fd, unsigned int index, struct vfio_region_info **out)
{
	struct vfio_region_info *info = NULL;
	size_t size = sizeof(*info);
	int ret;

	for (;;) {
		struct vfio_region_info *bigger = realloc(info, size);

		if (bigger == NULL) {
			ret = -ENOMEM;
			break;
		}
		info = bigger;
		memset(info, 0, size);
		info->argsz = (uint32_t)size;
		info->index = index;
		ret = vfio_uapi_region_info(fd, info);
		if (ret < 0)
			break;
		if (info->argsz <= size) {
			*out = info;
			return 0;
		}
		size = info->argsz;
		if (size > REGION_INFO_MAX) {
			ret = -EBADMSG;
			break;
		}
	}
	free(info);
	return ret;
}

int
vfio_msi_config_read(const struct vfio_msi_device *dev, uint8_t *config)
{
	struct vfio_region_info *info;
	int ret = region_info(dev->fd, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	if (ret < 0)
		return ret;
	ret = info->size < PCI_CONFIG_LEN ? -EBADMSG :
		vfio_uapi_pread(dev->fd, config, PCI_CONFIG_LEN, info->offset);
	free(info);
	return ret;
}

/* Reserve addresses for the whole BAR, and map its pieces there. */
static int
map_bar(struct vfio_msi_device *dev, unsigned int i,
		const struct vfio_region_info *info,
		const struct vfio_msi_bar_table *table)
{
	struct vfio_msi_bar_pieces p;
	void *addr, *got;
	unsigned int n;
	int ret = vfio_msi_bar_pieces(info, table,
			(uint64_t)sysconf(_SC_PAGESIZE), &p);

	if (ret < 0 || p.n == 0)
		return ret;
	ret = vfio_msi_bar_reserve(dev, i, info->size, &addr);
	if (ret < 0)
		return ret;
	for (n = 0; ret == 0 && n < p.n; n++)
		ret = vfio_uapi_mmap((char *)addr + p.piece[n].first,
				p.piece[n].last - p.piece[n].first + 1,
				PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				dev->fd, info->offset + p.piece[n].first, &got);
	if (ret < 0) {
		vfio_uapi_munmap(addr, info->size);
		return ret;
	}
	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	dev->bar[i].addr = addr;
	dev->bar[i].len = info->size;
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
	dev->pci.device.mem_resource[i].addr = addr;
	return 0;
}

/* @return false: no MSI-X table, or an invalid one. */
static bool
find_table(const uint8_t *config, struct vfio_msi_bar_table *out)
{
	struct pci_config_msix msix;

	if (pci_config_msix(config, PCI_CONFIG_LEN, &msix) < 0 || msix.bar >= PCI_CONFIG_BARS)
		return false;
	out->bar = msix.bar;
	out->at.first = msix.offset;
	out->at.last = msix.offset + (uint64_t)msix.vectors * PCI_MSIX_ENTRY_SIZE - 1;
	return true;
}

int
vfio_msi_regions_map(struct vfio_msi_device *dev)
{
	uint8_t config[PCI_CONFIG_LEN];
	struct vfio_msi_bar_table table;
	struct vfio_device_info dinfo;
	bool has_table;
	unsigned int i, n;
	int ret = vfio_uapi_device_info(dev->fd, &dinfo);

	if (ret == 0)
		ret = vfio_msi_config_read(dev, config);
	if (ret < 0)
		return ret;
	has_table = find_table(config, &table);
	n = RTE_MIN(dinfo.num_regions, (uint32_t)COMPAT_PCI_REGIONS);
	for (i = 0; ret == 0 && i < n; i++) {
		struct vfio_region_info *info = NULL;

		ret = region_info(dev->fd, i, &info);
		/* The kernel has no VGA region for most devices. */
		if (ret == -EINVAL && i == VFIO_PCI_VGA_REGION_INDEX) {
			ret = 0;
			break;
		}
		if (ret == 0) {
			dev->pci.region[i].size = info->size;
			dev->pci.region[i].offset = info->offset;
			if (i < TOPO_BARS)
				ret = map_bar(dev, i, info,
						has_table ? &table : NULL);
		}
		free(info);
	}
	if (ret < 0)
		vfio_msi_regions_unmap(dev);
	return ret;
}

bool
vfio_msi_regions_have(const struct vfio_msi_device *dev, const void *addr)
{
	unsigned int i;

	for (i = 0; i < TOPO_BARS; i++)
		if (dev->bar[i].addr != NULL && addr >= dev->bar[i].addr &&
		    (size_t)((const char *)addr - (const char *)dev->bar[i].addr) <
		    dev->bar[i].len)
			return true;
	return false;
}

/*
 * Zeroed memory, although a bus answers all ones for a removed device: with zeros
 * drivers find the locks in registers free, with all ones net_e1000_igb waits for
 * minutes.
 */
static int
replace_range(void *addr, size_t len)
{
	void *got;

	return vfio_uapi_mmap(addr, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
			-1, 0, &got);
}

int
vfio_msi_regions_replace(struct vfio_msi_device *dev, const void *addr)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned int i;
	int ret = 0;

	if (addr != NULL)
		return replace_range((void *)((uintptr_t)addr & ~(page - 1)), page);
	for (i = 0; ret == 0 && i < TOPO_BARS; i++)
		if (dev->bar[i].addr != NULL)
			ret = replace_range(dev->bar[i].addr, dev->bar[i].len);
	return ret;
}

/*
 * @return whether the addresses of the BARs stay in use: by memory in place of the BARs, or after a
 * failure, which is logged, by the BARs
 */
static bool
leave_memory(struct vfio_msi_device *dev)
{
	int ret;

	if (!dev->kept)
		return false;
	ret = dev->revoked ? 0 : vfio_msi_regions_replace(dev, NULL);
	if (ret < 0)
		BUS_LOG(WARNING, "%s: its registers can't be replaced by memory: %s; it has no port, but a driver may use them, so it stays open until the process has ended; use it elsewhere after that only",
			dev->label, strerror(-ret));
	return true;
}

void
vfio_msi_regions_unmap(struct vfio_msi_device *dev)
{
	const bool left = leave_memory(dev);
	unsigned int i;

	/* The addresses can be reused soon; the SIGBUS handler must not replace them then. */
	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	for (i = 0; i < TOPO_BARS; i++) {
		if (dev->bar[i].addr == NULL)
			continue;
		if (!left)
			vfio_uapi_munmap(dev->bar[i].addr, dev->bar[i].len);
		dev->bar[i].addr = NULL;
		dev->pci.device.mem_resource[i].addr = NULL;
	}
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
	memset(dev->pci.region, 0, sizeof(dev->pci.region));
}
