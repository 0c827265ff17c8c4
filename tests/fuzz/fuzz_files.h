/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Files in memory for the sysfs room, which is compiled with fuzz_calls.h: a target reads
 * some files of a machine thousands of times a second. Paths are those of the machine,
 * without the root. Not thread safe.
 */

#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include "fuzz.h"

/** The root to pass to functions that read files. */
#define FUZZ_ROOT "/fuzz"

/** Make or replace a file. The data is not copied and must remain. */
void fuzz_file(const char *path, const void *data, size_t len);
void fuzz_text(const char *path, const char *text);

/** Make or replace a symbolic link. The target is copied. */
void fuzz_link(const char *path, const char *target);

/** Make the files that all inputs of a target have: @p make runs at the first call. */
void fuzz_files_once(void (*make)(void));

/** Remove a file or a link, if there is one. */
void fuzz_remove(const char *path);

/** Remove everything. */
void fuzz_files_reset(void);

/** A file, or a link, that an input may have. */
struct fuzz_place {
	char key;
	bool link;
	const char *path;
};

/** Ends a record of an input. */
#define FUZZ_RECORD_END 0x1e

/**
 * Make files from an input: records of a key, the content or the target, and
 * FUZZ_RECORD_END. Places without a record do not exist. Unknown keys are skipped. The
 * input must remain.
 */
void fuzz_places_make(struct fuzz_in *in, const struct fuzz_place *places, size_t n);

/** Every descriptor and folder must be closed. */
void fuzz_files_check(void);

#endif /* FUZZ_FILES_H */
