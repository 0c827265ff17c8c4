/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What EAL's build configuration decides about its memory: how much address space it
 * reserves, and whether it can have IOVAs that are not VAs.
 *
 * Each page size has a share on each NUMA node. Up to 26.03 EAL splits a share into lists
 * and limits the sum of all shares; since 26.07 a share is one list, and EAL reserves all
 * of them in one block.
 */

#ifndef VFIO_MSI_DPDK_LIMITS_H
#define VFIO_MSI_DPDK_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_config.h>
#include <rte_memory.h>
#include <rte_memzone.h>

#include "va/va_lists.h"
#include "va/va_policy.h"

#define DPDK_MB(n) ((uint64_t)(n) << 20)
#define DPDK_MEMZONES 2560	/* rte_memzone_max_get(), which is no constant */

/** Limits of this DPDK. @param before  bytes that EAL maps before its memory zones */
static inline struct va_limits
dpdk_va_limits(uint64_t before)
{
	return (struct va_limits){
		.type_bytes = DPDK_MB(RTE_MAX_MEM_MB_PER_TYPE),
#ifdef RTE_MAX_MEM_MB
		.all_bytes = DPDK_MB(RTE_MAX_MEM_MB),
		.list_bytes = DPDK_MB(RTE_MAX_MEM_MB_PER_LIST),
		.list_pages = RTE_MAX_MEMSEG_PER_LIST,
#else
		.all_bytes = UINT64_MAX,
		.list_bytes = UINT64_MAX,
		.list_pages = UINT32_MAX,
		.one_block = true,
#endif
		.type_pages = RTE_MAX_MEMSEG_PER_TYPE,
		.entry_bytes = sizeof(struct rte_memseg),
		.lists = RTE_MAX_MEMSEG_LISTS,
		.zones = DPDK_MEMZONES,
		.zone_bytes = sizeof(struct rte_memzone),
		.before = before,
	};
}

/** Whether mbufs have a field for the IOVA; else drivers take their VA. */
static inline bool
dpdk_mbufs_have_iova(void)
{
#ifdef RTE_IOVA_IN_MBUF
	return RTE_IOVA_IN_MBUF != 0;
#else
	return RTE_IOVA_AS_PA != 0;
#endif
}

/**
 * Whether IOVAs can be assigned in this process: that needs EAL's IOVA mode PA. EAL ends the
 * process if it gets that mode where mbufs have no IOVA, or without physical addresses.
 */
static inline enum va_assign
dpdk_assign(void)
{
	if (!dpdk_mbufs_have_iova())
		return VA_ASSIGN_UNBUILT;
	return rte_eal_using_phys_addrs() != 0 ? VA_ASSIGN_POSSIBLE : VA_ASSIGN_UNPRIVILEGED;
}

#endif /* VFIO_MSI_DPDK_LIMITS_H */
