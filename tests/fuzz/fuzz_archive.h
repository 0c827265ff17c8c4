/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The input in place of a tar file, and a model in place of the folder that it is unpacked
 * to, for tar_read.c; included before its text, as fuzz_calls.h is.
 */

#ifndef FUZZ_ARCHIVE_H
#define FUZZ_ARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

int fuzz_archive_open(struct archive *a, const char *path, size_t block);
int fuzz_archive_header(struct archive *a, struct archive_entry *e);
la_ssize_t fuzz_archive_data(struct archive *a, const void *block, size_t len, la_int64_t at);

#ifndef FUZZ_ARCHIVE_DEFINED_HERE
#define archive_read_open_filename(a, path, block) fuzz_archive_open(a, path, block)
#define archive_write_header(a, e) fuzz_archive_header(a, e)
#define archive_write_data_block(a, block, len, at) fuzz_archive_data(a, block, len, at)
#define archive_write_finish_entry(a) ARCHIVE_OK
#endif

#endif /* FUZZ_ARCHIVE_H */
