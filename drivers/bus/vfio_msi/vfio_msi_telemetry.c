/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Registers the commands of DPDK's telemetry, and has those about the address space:
 * "/vfio_msi/memory", "/vfio_msi/nodes", "/vfio_msi/maps", "/vfio_msi/freed",
 * "/vfio_msi/layout", and "/vfio_msi/errors".
 */

#include <errno.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_telemetry.h>

#include "policy.h"
#include "space.h"
#include "telemetry.h"
#include "eal/dma_sync.h"
#include "eal/own_memory.h"

#define TEXT 100	/* of a message, shorter than DPDK's limit of a string */

struct sums {
	uint64_t mappings, bytes, eal_bytes;
};

static int
add_mapped(const struct rte_eal_iommu_mapped *mapped, void *arg)
{
	struct sums *sums = arg;

	sums->mappings++;
	sums->bytes += mapped->len;
	if (mapped->owner == RTE_EAL_IOMMU_OWNER_EAL)
		sums->eal_bytes += mapped->len;
	return 0;
}

static int
on_memory(const char *command, const char *params, struct rte_tel_data *reply)
{
	struct dma_sync_refused refused = dma_sync_refused();
	struct sums sums = { 0 };
	int ret = own_memory_mapping_foreach(add_mapped, &sums);

	/* Without a device nothing is mapped. */
	if (ret < 0 && ret != -ENODEV)
		return ret;
	rte_tel_data_start_dict(reply);
	rte_tel_data_add_dict_string(reply, "iova", vfio_msi_policy_assigns() ? "assigned" :
			rte_eal_iova_mode() == RTE_IOVA_PA ? "pa" : "va");
	compat_telemetry_add(reply, "mappings", sums.mappings);
	compat_telemetry_add(reply, "bytes", sums.bytes);
	compat_telemetry_add(reply, "eal_bytes", sums.eal_bytes);
	compat_telemetry_add(reply, "refused", refused.times);
	compat_telemetry_add(reply, "refused_bytes", refused.bytes);
	return 0;
}

static const char *const owners[] = {
	[RTE_EAL_IOMMU_OWNER_EAL] = "eal",
	[RTE_EAL_IOMMU_OWNER_DEVICE] = "device",
	[RTE_EAL_IOMMU_OWNER_APPLICATION] = "application",
};

/*
 * Open the entry of the next element of a walk.
 *
 * @param entry  gets an empty dictionary; NULL: the element has no entry
 * @return for the walk: 0; 1: the page is full, or there is no memory for the entry.
 */
static int
entry_open(struct vfio_msi_page *page, struct rte_tel_data **entry)
{
	*entry = NULL;
	if (vfio_msi_page_wants(page)) {
		*entry = vfio_msi_page_add(page);
		if (*entry == NULL)
			return 1;
	}
	return vfio_msi_page_is_full(page);
}

static int
add_node(int node, uint64_t size, uint64_t bytes, void *arg)
{
	struct rte_tel_data *entry;
	int full = entry_open(arg, &entry);

	if (entry == NULL)
		return full;
	rte_tel_data_add_dict_int(entry, "node", node);
	compat_telemetry_add(entry, "page", size);
	compat_telemetry_add(entry, "bytes", bytes);
	return full;
}

static int
add_map(const struct rte_eal_iommu_mapped *mapped, void *arg)
{
	struct rte_tel_data *entry;
	int full = entry_open(arg, &entry);

	if (entry == NULL)
		return full;
	vfio_msi_page_hex(entry, "iova", mapped->iova);
	vfio_msi_page_hex(entry, "va", (uintptr_t)mapped->addr);
	compat_telemetry_add(entry, "len", mapped->len);
	rte_tel_data_add_dict_string(entry, "owner", owners[mapped->owner]);
	rte_tel_data_add_dict_int(entry, "read_only", mapped->read_only);
	return full;
}

static int
add_freed(const struct rte_eal_iommu_mapped *freed, uint64_t seconds, void *arg)
{
	struct rte_tel_data *entry;
	int full = entry_open(arg, &entry);

	if (entry == NULL)
		return full;
	vfio_msi_page_hex(entry, "iova", freed->iova);
	compat_telemetry_add(entry, "len", freed->len);
	rte_tel_data_add_dict_string(entry, "owner", owners[freed->owner]);
	compat_telemetry_add(entry, "seconds", seconds);
	return full;
}

static int
add_range(const struct rte_eal_iommu_range *range, void *arg)
{
	static const char *const kinds[] = {
		[RTE_EAL_IOMMU_RANGE_ALLOWED] = "allowed",
		[RTE_EAL_IOMMU_RANGE_HOLE] = "hole",
		[RTE_EAL_IOMMU_RANGE_USED] = "used",
		[RTE_EAL_IOMMU_RANGE_FREE] = "free",
	};
	struct rte_tel_data *entry;
	int full = entry_open(arg, &entry);

	if (entry == NULL)
		return full;
	rte_tel_data_add_dict_string(entry, "kind", kinds[range->kind]);
	vfio_msi_page_hex(entry, "first", range->first);
	vfio_msi_page_hex(entry, "last", range->last);
	if (range->kind == RTE_EAL_IOMMU_RANGE_HOLE) {
		rte_tel_data_add_dict_int(entry, "hard", range->hard);
		rte_tel_data_add_dict_string(entry, "device", range->device);
	}
	if (range->what[0] != '\0')
		rte_tel_data_add_dict_string(entry, "what", range->what);
	return full;
}

/* Result of a walk: a full page ends it early, and without a device there is no entry. */
static int
result_of(int ret)
{
	return ret > 0 || ret == -ENODEV ? 0 : ret;
}

static int
on_nodes(const char *command, const char *params, struct rte_tel_data *reply)
{
	struct vfio_msi_page page;
	int ret = vfio_msi_page_start(&page, params, reply);

	return ret < 0 ? ret : result_of(vfio_msi_numa_foreach(add_node, &page));
}

static int
on_maps(const char *command, const char *params, struct rte_tel_data *reply)
{
	struct vfio_msi_page page;
	int ret = vfio_msi_page_start(&page, params, reply);

	return ret < 0 ? ret : result_of(own_memory_mapping_foreach(add_map, &page));
}

static int
on_freed(const char *command, const char *params, struct rte_tel_data *reply)
{
	struct vfio_msi_page page;
	int ret = vfio_msi_page_start(&page, params, reply);

	return ret < 0 ? ret : result_of(own_memory_freed_foreach(add_freed, &page));
}

static int
on_layout(const char *command, const char *params, struct rte_tel_data *reply)
{
	struct vfio_msi_page page;
	int ret = vfio_msi_page_start(&page, params, reply);

	return ret < 0 ? ret : result_of(own_memory_layout_foreach(add_range, &page));
}

static int
add_error(const char *text, uint64_t times, void *arg)
{
	struct rte_tel_data *entry;
	int full = entry_open(arg, &entry);
	char cut[TEXT];

	if (entry == NULL)
		return full;
	snprintf(cut, sizeof(cut), "%s", text);
	rte_tel_data_add_dict_string(entry, "message", cut);
	compat_telemetry_add(entry, "times", times);
	return full;
}

static int
on_errors(const char *command, const char *params, struct rte_tel_data *reply)
{
	struct vfio_msi_page page;
	int ret = vfio_msi_page_start(&page, params, reply);

	return ret < 0 ? ret : result_of(log_count_foreach(add_error, &page));
}

static const struct {
	const char *command;
	telemetry_cb answer;
	const char *help;
} commands[] = {
	{ "devices", vfio_msi_telemetry_devices, "Returns devices. Parameter: index of the first one." },
	{ "errors", on_errors, "Returns logged errors. Parameter: index of the first one." },
	{ "freed", on_freed, "Returns what was unmapped last. Parameter: index of the first one." },
	{ "irqs", vfio_msi_telemetry_irqs, "Returns interrupts. Parameter: index of the first one." },
	{ "layout", on_layout, "Returns ranges of IOVAs. Parameter: index of the first one." },
	{ "maps", on_maps, "Returns DMA mappings. Parameter: index of the first one." },
	{ "memory", on_memory, "Returns what is mapped for DMA. No parameters." },
	{ "nodes", on_nodes, "Returns memory by NUMA node. Parameter: index of the first one." },
	{ "requests", vfio_msi_telemetry_requests, "Returns requests of the kernel. Parameter: first index." },
};

void
vfio_msi_telemetry_start(void)
{
	static bool started;
	char name[40];
	size_t i;

	/* There is no function to unregister a command. */
	for (i = 0; !started && i < RTE_DIM(commands); i++) {
		snprintf(name, sizeof(name), "/" VFIO_MSI_BUS "/%s", commands[i].command);
		if (rte_telemetry_register_cmd(name, commands[i].answer, commands[i].help) < 0)
			BUS_LOG(INFO, "telemetry has no command %s: out of memory, or its table is full",
				name);
	}
	started = true;
}
