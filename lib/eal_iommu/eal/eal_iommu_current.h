/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The address space and layout that rte_eal_iommu.h works on: the bus sets
 * them at bring-up and takes them away before it goes down.
 */

#ifndef EAL_IOMMU_CURRENT_H
#define EAL_IOMMU_CURRENT_H

#include "ioas/ioas.h"

/** Both NULL takes them away. Called while no other thread uses the API. */
void eal_iommu_current_set(struct ioas *ioas, struct iova_layout *layout);

#endif /* EAL_IOMMU_CURRENT_H */
