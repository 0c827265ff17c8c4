/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A test program whose tests are folders of fixtures.
 */

#ifndef SCENE_RUN_H
#define SCENE_RUN_H

#include <stdbool.h>
#include <stddef.h>

/** State of a test: the folder's name, and an empty root for its machine, if that is a text. */
struct scene_test {
	const char *name;
	char *root;
};

/**
 * Run a test for each folder of fixtures that is a machine: one that has a text "machine"
 * (scene.h), or with @p trees also the tree of its files. One without the file of results fails.
 *
 * @param group  name of the group of tests
 * @param trees  folders that have /sys/bus/pci/devices are machines, too
 * @param names  the folders to run instead, if @p n is not 0
 * @return exit status
 */
int scene_run(const char *group, bool trees, void (*test)(void **state), char *const *names, size_t n);

/** Read a file of a folder of fixtures. If it is missing, the running test fails and shows @p text. */
char *scene_results(const char *name, const char *file, const char *text);

#endif /* SCENE_RUN_H */
