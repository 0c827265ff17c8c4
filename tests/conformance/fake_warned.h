/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The log of EAL, of which a test reads the last warning.
 */

#ifndef FAKE_WARNED_H
#define FAKE_WARNED_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_log.h>

static char warned[256];	/* the last warning */

void
fake_eal_log(const char *level, const char *format, ...)
{
	va_list ap;

	if (strcmp(level, "WARNING") != 0)
		return;
	va_start(ap, format);
	vsnprintf(warned, sizeof(warned), format, ap);
	va_end(ap);
}

#endif /* FAKE_WARNED_H */
