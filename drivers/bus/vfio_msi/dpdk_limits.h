/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * How much address space EAL reserves at the most, in MiB.
 *
 * Each page size has its share on each NUMA node. Up to 26.03 there is a limit
 * for all shares together as well.
 */

#ifndef VFIO_MSI_DPDK_LIMITS_H
#define VFIO_MSI_DPDK_LIMITS_H

#include <stdint.h>

#include <rte_config.h>

#define DPDK_SHARE_MB ((uint64_t)RTE_MAX_MEM_MB_PER_TYPE)

#ifdef RTE_MAX_MEM_MB
#define DPDK_ALL_MB ((uint64_t)RTE_MAX_MEM_MB)
#else
#define DPDK_ALL_MB (UINT64_MAX >> 20)
#endif

#endif /* VFIO_MSI_DPDK_LIMITS_H */
