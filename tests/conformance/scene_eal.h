/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL's memory on the machine of a scene: the decision of the library about its IOVAs, in a
 * process whose addresses va_kernel.h models.
 */

#ifndef SCENE_EAL_H
#define SCENE_EAL_H

#include <stdio.h>

#include "scene.h"
#include "va/va_place.h"

/**
 * Place EAL's memory: hugepages as mounted there, or of 2 MiB if none is. A scene without
 * user space fails the running test.
 *
 * @param out  free with va_choice_free()
 */
void scene_eal_choose(const char *root, const struct scene *scene, struct va_choice *out);

/**
 * Print the decision, its reason, and where memory would lie: with IOVA as VA EAL's lists,
 * with assigned IOVAs what the layout gives to 512 MiB of each page size and node, or to one
 * page if that is larger.
 */
void scene_eal_print(FILE *f, const char *root, const struct scene *scene);

#endif /* SCENE_EAL_H */
