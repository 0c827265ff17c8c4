/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. Device arguments; their functions are those of a test. */

#ifndef FAKE_RTE_DEVARGS_H
#define FAKE_RTE_DEVARGS_H

#include "dev_driver.h"

enum rte_dev_policy { RTE_DEV_ALLOWED, RTE_DEV_BLOCKED };
enum rte_devtype { RTE_DEVTYPE_ALLOWED, RTE_DEVTYPE_BLOCKED };

struct rte_devargs {
	enum rte_devtype type;
	enum rte_dev_policy policy;
	char name[RTE_DEV_NAME_MAX_LEN];
	char *args;
	const void *data;
	struct rte_bus *bus;
	const char *bus_str, *drv_str, *cls_str;
};

int rte_devargs_parse(struct rte_devargs *da, const char *text);
void rte_devargs_reset(struct rte_devargs *da);
int rte_devargs_insert(struct rte_devargs **da);
int rte_devargs_remove(struct rte_devargs *da);
struct rte_devargs *rte_devargs_next(const char *bus, const struct rte_devargs *start);

#define RTE_EAL_DEVARGS_FOREACH(bus, da) \
	for (da = rte_devargs_next(bus, NULL); da != NULL; da = rte_devargs_next(bus, da))

#endif /* FAKE_RTE_DEVARGS_H */
