/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Messages of the files here that map EAL's memory. */

#ifndef DMA_LOG_H
#define DMA_LOG_H

#include <rte_log.h>

#include "eal/log_count.h"

extern int eal_iommu_logtype;
#define RTE_LOGTYPE_EAL_IOMMU eal_iommu_logtype
#define SYNC_LOG(level, fmt, ...) do { \
	LOG_COUNT_##level(fmt); \
	RTE_LOG(level, EAL_IOMMU, fmt "\n", ##__VA_ARGS__); \
} while (0)

#endif /* DMA_LOG_H */
