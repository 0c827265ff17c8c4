/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The files in memory, for the calls on them. Not thread safe.
 */

#ifndef FUZZ_ENTRIES_H
#define FUZZ_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_NAME_LEN 256

/** A file or a link. A folder exists while something is in it. */
struct fuzz_entry {
	char path[FUZZ_NAME_LEN];	/**< begins with the root */
	char target[FUZZ_NAME_LEN];	/**< of a link; "": a file */
	const uint8_t *data;
	size_t len;
};

/** What has this path, or NULL. */
const struct fuzz_entry *fuzz_entry_find(const char *path);

/** A number that no other entry has, while this one exists. */
size_t fuzz_entry_number(const struct fuzz_entry *e);

/** Is anything in this folder? */
bool fuzz_entry_is_folder(const char *path);

/** The index of what is first in a folder. */
size_t fuzz_entry_first(const char *folder);

/** What has this index, or NULL if it is not in this folder. Each next one is in order of path. */
const struct fuzz_entry *fuzz_entry_in(const char *folder, size_t i);

#endif /* FUZZ_ENTRIES_H */
