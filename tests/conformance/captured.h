/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A machine of files and the fake kernel, captured and unpacked elsewhere.
 */

#ifndef CAPTURED_H
#define CAPTURED_H

#include "answers_json.h"
#include "capture.h"
#include "tree.h"

/** The tar file of a machine and its contents. */
struct captured {
	char root[TREE_PATH_MAX];	/**< folder it is unpacked into */
	char *tar;			/**< its bytes */
	size_t len;
	char *missing;			/**< text about what is missing */
	struct answers_machine machine;
	struct plan_answers answers;
};

/** Capture and unpack a machine. An error fails the running test. */
void captured_make(const char *root, const struct capture_device *v, size_t n,
		struct captured *out);

void captured_free(struct captured *captured);

#endif /* CAPTURED_H */
