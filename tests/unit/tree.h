/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A temporary tree of files that replaces /sys, /proc and /dev, and a seeded source of
 * random bytes. On an error, each function fails the running test.
 */

#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_PATH_MAX 768

/** A process number that no process has: the highest is 4194304. */
#define TREE_PID 5004242
#define TREE_PID_TEXT "5004242"

/** cmocka fixtures: *state is the path of an empty tree. The teardown removes the tree. */
int tree_setup(void **state);
int tree_teardown(void **state);

/** Write a file and make the directories above it. @p path begins with '/'. */
void tree_write(const char *root, const char *path, const void *data, size_t len);

/** Write a text to a file. */
void tree_text(const char *root, const char *path, const char *text);

/** Make an empty file. Its path is in the format of printf(). */
__attribute__((format(printf, 2, 3)))
void tree_empty(const char *root, const char *format, ...);

/** Is there a file or a folder, or what a link names? */
__attribute__((format(printf, 2, 3)))
bool tree_exists(const char *root, const char *format, ...);

/** Write a property of a device tree, as big-endian cells. */
void tree_cells(const char *root, const char *path, const uint32_t *cells, size_t n);

/** Make or replace a symbolic link. */
void tree_link(const char *root, const char *path, const char *target);

/** Make a minimal PCI function at @p path below /sys. */
void tree_device(const char *root, const char *path);

/** @return the number of open descriptors of this process */
size_t tree_open_fds(void);

/** @return the path of a fixture, valid until the next call */
const char *tree_fixture(const char *name);

/** @return the next number of a sequence with the state *seed */
uint64_t tree_random(uint64_t *seed);

#endif /* TREE_H */
