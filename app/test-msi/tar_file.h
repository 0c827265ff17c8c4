/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Trees of small files as tar files, with libarchive. Without libarchive every function
 * returns -ENOSYS.
 *
 * Entries are written without owner and time. Reading trusts nothing: it accepts only
 * relative paths without "..", folders, files and relative links that stay inside, all
 * with size limits. Any other entry ends it. Not thread safe.
 */

#ifndef TAR_FILE_H
#define TAR_FILE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define TAR_ENTRIES_MAX (1u << 19)
#define TAR_FILE_SIZE_MAX (4u << 20)	/**< size of one file; sysfs.h reads no more */
#define TAR_SIZE_MAX (64u << 20)	/**< size of all files */

/** Was the program built with libarchive? */
bool tar_available(void);

struct tar_out;

/**
 * Create a tar file. Signals that end the program are blocked until tar_out_close(), so
 * that no partial file remains.
 *
 * @param path  must not exist yet; "-" is stdout
 * @return 0; -EEXIST; -EACCES, ...; -ENOMEM; -ENOSYS.
 */
int tar_out_open(const char *path, struct tar_out **out);

/**
 * Add a folder, a link, a file. @return 0; -EIO, -ENOSPC, ...; -EINTR: a signal is
 * pending.
 */
int tar_out_folder(struct tar_out *tar, const char *name);
int tar_out_link(struct tar_out *tar, const char *name, const char *target);
int tar_out_file(struct tar_out *tar, const char *name, const void *data, size_t len);

/**
 * Finish the tar file.
 *
 * @param keep  false: remove the file, as it is incomplete
 * @return 0; -EIO, -ENOSPC, ... after removing the file. A pending signal acts before the
 *   function returns.
 */
int tar_out_close(struct tar_out *tar, bool keep);

/** Is @p target, of a link at @p name, relative and inside the tree? */
bool tar_link_stays(const char *name, const char *target);

/**
 * Unpack a tar file, also if packed by gzip or xz, into an empty folder.
 *
 * @param folder  absolute path without links in it
 * @param held    of tool_signals.h; a pending signal ends the unpacking
 * @param why     one sentence about a failure
 * @return 0; -EBADMSG not a tar file, or an entry that is not accepted; -EFBIG; -EINTR;
 *   errors of opening, reading and writing; -ENOSYS.
 */
int tar_unpack(const char *path, const char *folder, const sigset_t *held, char *why,
		size_t size);

#endif /* TAR_FILE_H */
