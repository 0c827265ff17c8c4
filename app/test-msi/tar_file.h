/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Trees of small files as tar files, by libarchive. Without it every function
 * returns -ENOSYS.
 *
 * Writing takes what the caller gives, owned by nobody and without time stamps.
 * Reading trusts nothing: relative paths without "..", folders, files and
 * relative links that stay inside, all bounded; anything else ends it. Not
 * thread safe.
 */

#ifndef TAR_FILE_H
#define TAR_FILE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#define TAR_ENTRIES_MAX (1u << 19)
#define TAR_FILE_SIZE_MAX (4u << 20)	/**< of one file; sysfs.h reads no more */
#define TAR_SIZE_MAX (64u << 20)	/**< of all files */

/** Was the program built with libarchive? */
bool tar_available(void);

struct tar_out;

/**
 * Begin a tar file. Signals that end the program are held back until
 * tar_out_close(), so that no part of a file is left behind.
 *
 * @param path  must not exist yet; "-" is stdout
 * @return 0; -EEXIST; -EACCES, ... ; -ENOMEM; -ENOSYS.
 */
int tar_out_open(const char *path, struct tar_out **out);

/** Add a folder, a link, a file. @return 0; -EIO, -ENOSPC, ...; -EINTR: a signal waits. */
int tar_out_folder(struct tar_out *tar, const char *name);
int tar_out_link(struct tar_out *tar, const char *name, const char *target);
int tar_out_file(struct tar_out *tar, const char *name, const void *data, size_t len);

/**
 * End it.
 *
 * @param keep  false: the file is removed, as it is not whole
 * @return 0; -EIO, -ENOSPC, ...: it is removed then too. A signal that waits acts
 *   before it returns.
 */
int tar_out_close(struct tar_out *tar, bool keep);

/** Is @p target as the target of a link at @p name relative, and inside the tree? */
bool tar_link_stays(const char *name, const char *target);

/**
 * Unpack a tar file, also one that gzip or xz packed, into an empty folder.
 *
 * @param folder  absolute path without links in it
 * @param held    signals that end it when they wait, of tool_signals.h
 * @param why     one sentence about a failure
 * @return 0; -EBADMSG no tar file, or an entry that is not accepted; -EFBIG; -EINTR;
 *   what opening, reading and writing give; -ENOSYS.
 */
int tar_unpack(const char *path, const char *folder, const sigset_t *held, char *why,
		size_t size);

#endif /* TAR_FILE_H */
