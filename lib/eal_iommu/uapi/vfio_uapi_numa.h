/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#ifndef VFIO_UAPI_NUMA_H
#define VFIO_UAPI_NUMA_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Can this process ask the kernel for the NUMA nodes of its pages? A kernel without NUMA can't
 * answer, and a container may forbid the call (seccomp).
 */
bool vfio_uapi_has_numa(void);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_UAPI_NUMA_H */
