/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What the operations of the bus call and these tests don't need: it does nothing, and arguments
 * name no device.
 */

#include "claim.h"
#include "device.h"
#include "neighbours.h"
#include "policy.h"
#include "probe.h"
#include "space.h"
#include "eal/own_memory.h"

int vfio_msi_logtype;
__thread int rte_errno;
enum rte_iova_mode fake_iova_mode = RTE_IOVA_VA;
enum rte_proc_type_t fake_process_type = RTE_PROC_PRIMARY;

void
fake_eal_log(const char *level, const char *format, ...)
{
}

const struct rte_devargs *
vfio_msi_pci_devargs(const struct topo_addr *addr)
{
	return NULL;
}

bool
vfio_msi_pci_takes_all(void)
{
	return true;
}

void
vfio_msi_pci_unblock_all(void)
{
}

bool
vfio_msi_devargs_allow(const struct topo_addr *addr)
{
	return false;
}

void
vfio_msi_devargs_forget(const struct topo_addr *addr)
{
}

void
vfio_msi_devargs_unite(void)
{
}

void
vfio_msi_forget_changed(void)
{
}

bool
vfio_msi_reject(const char *name, const struct rte_devargs *da, const char *why)
{
	return true;
}

void
vfio_msi_rejections_free(void)
{
}

bool
vfio_msi_presence_seen(void)
{
	return true;
}

void
vfio_msi_mp_serve(void)
{
}

void
vfio_msi_mp_stop(void)
{
}

void
vfio_msi_policy_plan(void)
{
}

int
vfio_msi_policy_check(char *why, size_t size)
{
	return 0;
}

void
vfio_msi_policy_start(void)
{
}

void
vfio_msi_policy_stop(void)
{
}

enum dma_sync_choice
vfio_msi_policy_choice(void)
{
	return DMA_SYNC_NONE;
}

bool
vfio_msi_policy_assigns(void)
{
	return false;
}

bool
vfio_msi_policy_physical(void)
{
	return false;
}

const char *
vfio_msi_policy_physical_since(void)
{
	return NULL;
}

void
vfio_msi_leave_layout(struct vfio_msi_device *dev)
{
}

int
vfio_msi_eal_group_get(struct vfio_msi_device *dev)
{
	return 0;
}

void
vfio_msi_eal_group_put(struct vfio_msi_device *dev)
{
}

void
vfio_msi_device_close(struct vfio_msi_device *dev)
{
}

void
vfio_msi_places_free(void)
{
}

void
vfio_msi_numa_log(void)
{
}

void
vfio_msi_numa_stop(void)
{
}

void
vfio_msi_telemetry_start(void)
{
}

void
vfio_msi_dma_start(void)
{
}

void
vfio_msi_dma_stop(void)
{
}

void
vfio_msi_dma_free(void)
{
}

void
dma_sync_restored(void)
{
}

void
dma_sync_may_choose(bool may)
{
}

void
dma_sync_forget(void)
{
}

void
own_memory_forget(void)
{
}
