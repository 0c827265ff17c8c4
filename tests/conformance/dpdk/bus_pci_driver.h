/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. PCI devices and their drivers. */

#ifndef FAKE_BUS_PCI_DRIVER_H
#define FAKE_BUS_PCI_DRIVER_H

#include "dev_driver.h"

#define RTE_PCI_ANY_ID 0xffff
#define RTE_CLASS_ANY_ID 0xffffff
#define PCI_MAX_RESOURCE 6

struct rte_intr_handle;

struct rte_pci_addr {
	uint32_t domain;
	uint8_t bus, devid, function;
};

struct rte_pci_id {
	uint32_t class_id;
	uint16_t vendor_id, device_id, subsystem_vendor_id, subsystem_device_id;
};

struct rte_pci_device;

#define RTE_PCI_DRV_NEED_MAPPING 0x1
#define RTE_PCI_DRV_PROBE_AGAIN 0x4
#define RTE_PCI_DRV_KEEP_MAPPED_RES 0x20
#define RTE_PCI_DRV_NEED_IOVA_AS_VA 0x40

struct rte_pci_driver {
#ifndef FAKE_NEW_BUSES
	TAILQ_ENTRY(rte_pci_driver) next;
#endif
	struct rte_driver driver;
	int (*probe)(struct rte_pci_driver *drv, struct rte_pci_device *dev);
	int (*remove)(struct rte_pci_device *dev);
	const struct rte_pci_id *id_table;
	uint32_t drv_flags;
};

enum rte_pci_kernel_driver { RTE_PCI_KDRV_UNKNOWN, RTE_PCI_KDRV_VFIO };

struct rte_pci_device {
	struct rte_device device;
	char name[20];
	struct rte_pci_addr addr;
	struct rte_pci_id id;
#ifndef FAKE_NEW_BUSES
	struct rte_pci_driver *driver;
#endif
	struct {
		uint64_t phys_addr, len;
		void *addr;
	} mem_resource[PCI_MAX_RESOURCE];
	const char *bus_info;
	uint16_t max_vfs;
	enum rte_pci_kernel_driver kdrv;
	struct rte_intr_handle *intr_handle, *vfio_req_intr_handle;
};

int rte_pci_addr_parse(const char *text, struct rte_pci_addr *addr);
int rte_pci_addr_cmp(const struct rte_pci_addr *a, const struct rte_pci_addr *b);

#endif /* FAKE_BUS_PCI_DRIVER_H */
