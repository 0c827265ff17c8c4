/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. A bus, with the operations that the bus or the test calls. */

#ifndef FAKE_BUS_DRIVER_H
#define FAKE_BUS_DRIVER_H

#include <stdbool.h>

#include "dev_driver.h"

enum rte_bus_scan_mode { RTE_BUS_SCAN_UNDEFINED, RTE_BUS_SCAN_ALLOWLIST };

#ifdef FAKE_NEW_BUSES

struct rte_bus {
	const char *name;
	bool allow_multi_probe;
	int (*scan)(void);
	int (*probe)(struct rte_bus *bus);
	int (*cleanup)(struct rte_bus *bus);
	struct rte_device *(*find_device)(const struct rte_bus *bus,
			const struct rte_device *start, rte_dev_cmp_t cmp, const void *data);
	bool (*match)(const struct rte_driver *drv, const struct rte_device *dev);
	int (*probe_device)(struct rte_driver *drv, struct rte_device *dev);
	int (*unplug_device)(struct rte_device *dev);
	void *(*dev_iterate)(const struct rte_bus *bus, const void *start, const char *str,
			const struct rte_dev_iterator *it);
	TAILQ_HEAD(, rte_driver) driver_list;
	struct {
		enum rte_bus_scan_mode scan_mode;
	} conf;
};

void rte_bus_add_driver(struct rte_bus *bus, struct rte_driver *drv);

#else

struct rte_bus {
	const char *name;
	int (*scan)(void);
	int (*probe)(void);
	int (*cleanup)(void);
	struct rte_device *(*find_device)(const struct rte_device *start, rte_dev_cmp_t cmp,
			const void *data);
	int (*plug)(struct rte_device *dev);
	int (*unplug)(struct rte_device *dev);
	void *(*dev_iterate)(const void *start, const char *str,
			const struct rte_dev_iterator *it);
	struct {
		enum rte_bus_scan_mode scan_mode;
	} conf;
};

#endif

void rte_bus_register(struct rte_bus *bus);
struct rte_bus *rte_bus_find_by_name(const char *name);
int rte_eal_has_pci(void);

#endif /* FAKE_BUS_DRIVER_H */
