/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Replaces tar_write.c and tar_read.c if libarchive is missing. */

#include <errno.h>
#include <stdio.h>

#include "tar_file.h"

bool
tar_available(void)
{
	return false;
}

int
tar_out_open(const char *path, struct tar_out **out)
{
	return -ENOSYS;
}

int
tar_out_folder(struct tar_out *tar, const char *name)
{
	return -ENOSYS;
}

int
tar_out_link(struct tar_out *tar, const char *name, const char *target)
{
	return -ENOSYS;
}

int
tar_out_file(struct tar_out *tar, const char *name, const void *data, size_t len)
{
	return -ENOSYS;
}

int
tar_out_close(struct tar_out *tar, bool keep)
{
	return -ENOSYS;
}

bool
tar_link_stays(const char *name, const char *target)
{
	return false;
}

int
tar_unpack(const char *path, const char *folder, const sigset_t *held, char *why, size_t size)
{
	snprintf(why, size, "this dpdk-test-msi was built without libarchive: install libarchive-dev, build it again, or unpack the file and give the folder");
	return -ENOSYS;
}
