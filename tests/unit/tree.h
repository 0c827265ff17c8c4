/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A temporary tree of files that stands for /sys, /proc and /dev, and a
 * seeded source of random bytes. Every function fails the running test
 * rather than return an error.
 */

#ifndef TREE_H
#define TREE_H

#include <stddef.h>
#include <stdint.h>

#define TREE_PATH_MAX 768

/** cmocka fixtures: *state is the path of an empty tree, removed at the end. */
int tree_setup(void **state);
int tree_teardown(void **state);

/** Write a file; folders above are made. @p path begins with '/'. */
void tree_write(const char *root, const char *path, const void *data, size_t len);

/** The same with a text. */
void tree_text(const char *root, const char *path, const char *text);

/** A property of a device tree: cells, written big-endian. */
void tree_cells(const char *root, const char *path, const uint32_t *cells, size_t n);

/** A symbolic link; an old one is replaced. */
void tree_link(const char *root, const char *path, const char *target);

/** The least that makes a PCI function, at @p path below /sys. */
void tree_device(const char *root, const char *path);

/** Open descriptors of this process. */
size_t tree_open_fds(void);

/** Path of a fixture; valid until the next call. */
const char *tree_fixture(const char *name);

/**
 * Rounds of fuzzing: @p rounds, or what FUZZ_ROUNDS in the environment says. The
 * seeds are fixed, so more rounds begin with the same ones. At least 1000.
 */
int tree_rounds(int rounds);

/** Next number of a sequence; *seed is its state. */
uint64_t tree_random(uint64_t *seed);

/**
 * One round of fuzzing: @p data of at most @p max bytes becomes noise, or
 * @p sample with some bytes changed, cut or doubled. @return its length.
 */
size_t tree_noise(uint64_t *seed, const char *sample, size_t sample_len, char *data, size_t max);

#endif /* TREE_H */
