/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. Devices and drivers: what the bus has of them. */

#ifndef FAKE_DEV_DRIVER_H
#define FAKE_DEV_DRIVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "rte_common.h"

#define RTE_DEV_NAME_MAX_LEN 64
#define RTE_TAILQ_HEAD(name, type) TAILQ_HEAD(name, type)
#define RTE_TAILQ_FOREACH(var, head, field) TAILQ_FOREACH(var, head, field)
#define container_of(ptr, type, member) ((type *)((uintptr_t)(ptr) - offsetof(type, member)))

struct rte_bus;
struct rte_devargs;
struct rte_dev_iterator;

struct rte_driver {
#ifdef FAKE_NEW_BUSES
	TAILQ_ENTRY(rte_driver) next;
	const struct rte_bus *bus;
#endif
	const char *name;
};

struct rte_device {
	const char *name;
	const struct rte_driver *driver;
	struct rte_devargs *devargs;
	const struct rte_bus *bus;
	const char *bus_info;
	int numa_node;
};

typedef int (*rte_dev_cmp_t)(const struct rte_device *dev, const void *data);

#endif /* FAKE_DEV_DRIVER_H */
