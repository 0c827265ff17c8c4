/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of the sysfs room share.
 */

#ifndef SYSFS_INTERNAL_H
#define SYSFS_INTERNAL_H

#include <stdarg.h>

#include "sysfs/sysfs.h"

/** Root and formatted path in @p path, of SYSFS_PATH_MAX bytes. @return 0, -ENAMETOOLONG. */
int sysfs_path(char *path, const char *root, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

/** sysfs_path() with the arguments behind @p fmt of the calling function. */
#define SYSFS_PATH(ret, path, root, fmt) do { \
	va_list ap_; \
	va_start(ap_, fmt); \
	(ret) = sysfs_path(path, root, fmt, ap_); \
	va_end(ap_); \
} while (0)

#endif /* SYSFS_INTERNAL_H */
