/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include "ioas/ioas_ops.h"

const struct ioas_ops *const ioas_backends[] = {
	&ioas_iommufd_ops,
	&ioas_type1_ops,
	&ioas_noiommu_ops,
	NULL
};
