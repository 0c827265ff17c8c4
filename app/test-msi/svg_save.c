/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <sys/stat.h>

#include "svg.h"
#include "tool_signals.h"

static int
save(const char *path, void (*draw)(FILE *f, const void *what), const void *what)
{
	FILE *f = fopen(path, "we");
	int ret = 0;

	if (f == NULL)
		return -errno;
	draw(f, what);
	if (fflush(f) != 0 || ferror(f))
		ret = errno != 0 ? -errno : -EIO;
	if (fclose(f) != 0 && ret == 0)
		ret = -errno;
	return ret;
}

int
svg_save(const char *path, void (*draw)(FILE *f, const void *what), const void *what)
{
	struct stat st;
	sigset_t held;
	int ret;

	/* A named pipe or a terminal can block the writer for any time, so there signals act at once. */
	sigemptyset(&held);
	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		tool_signals_hold(&held);
	ret = save(path, draw, what);
	tool_signals_release(&held);
	return ret;
}
