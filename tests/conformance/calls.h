/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * System calls of the engine, counted at link time: calls.c replaces the functions of the
 * C library that read files, and calls them. The fake kernel counts calls on VFIO. Not
 * thread safe.
 */

#ifndef CALLS_H
#define CALLS_H

#include <stddef.h>

/** Reset the count to 0. */
void calls_reset(void);

/** System calls since calls_reset(): those on files and those that the fake kernel counts. */
unsigned int calls_count(void);

/**
 * Called for each file when it is closed, and for each folder.
 *
 * @param bytes  number of bytes read; 0 for a folder
 */
extern void (*calls_file)(const char *path, size_t bytes);

#endif /* CALLS_H */
