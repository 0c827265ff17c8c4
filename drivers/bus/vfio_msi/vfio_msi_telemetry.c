/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What is mapped, for DPDK's telemetry: "/vfio_msi/memory".
 *
 * A thread of telemetry runs the command at any time, so it reads only what has a lock of
 * its own.
 */

#include <errno.h>

#include <rte_eal.h>
#include <rte_telemetry.h>

#include "policy.h"
#include "space.h"
#include "eal/dma_sync.h"
#include "eal/own_memory.h"

#define COMMAND "/" VFIO_MSI_BUS "/memory"
#define HELP "Returns what is mapped for DMA. No parameters."

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
on_command(const char *command, const char *params, struct rte_tel_data *reply)
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

void
vfio_msi_telemetry_start(void)
{
	static bool started;

	/* There is no function to unregister a command. */
	if (!started && rte_telemetry_register_cmd(COMMAND, on_command,
			HELP) < 0)
		BUS_LOG(INFO, "telemetry has no command %s: out of memory, or its table is full",
			COMMAND);
	started = true;
}
