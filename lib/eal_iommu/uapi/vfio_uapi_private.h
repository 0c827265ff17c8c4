/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Turns errno into -errno, for calls on VFIO and iommufd: they may return the kernel's ENOTSUPP.
 */

#ifndef VFIO_UAPI_PRIVATE_H
#define VFIO_UAPI_PRIVATE_H

#include <errno.h>
#include <sys/ioctl.h>

#include "uapi/vfio_abi.h"

/** @return @p ret, or -errno if that is negative */
static inline int
neg_errno(int ret)
{
	return ret < 0 ? abi_error(errno) : ret;
}

/** A call without a result. @return 0; -errno */
static inline int
call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? abi_error(errno) : 0;
}

#endif /* VFIO_UAPI_PRIVATE_H */
