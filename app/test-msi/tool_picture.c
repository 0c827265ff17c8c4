/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <string.h>

#include "svg.h"
#include "test_msi.h"

int
tool_picture_save(const char *path, void (*draw)(FILE *f, const void *arg), const void *arg)
{
	int ret = svg_save(path, draw, arg);

	if (ret == 0)
		return STATUS_GOOD;
	tool_error(path, "can't be written: %s", strerror(-ret));
	return STATUS_FAULT;
}
