/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <sys/syscall.h>
#include <unistd.h>

#include "uapi/vfio_uapi_numa.h"

bool
vfio_uapi_has_numa(void)
{
	return syscall(SYS_get_mempolicy, NULL, NULL, 0UL, NULL, 0UL) == 0;
}
