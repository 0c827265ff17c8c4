/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The picture of a scene, with EAL's memory as scene_eal_choose() places it, in a process that
 * may assign IOVAs. The layout of the scene is the present one. A failure fails the running
 * test.
 */

#ifndef SCENE_PICTURE_H
#define SCENE_PICTURE_H

#include "scene.h"

/**
 * Check the picture. If the guide has a file "layout-NAME.svg" or ".txt" (in the folder
 * GUIDE of the environment), that must be this picture.
 */
void scene_picture_check(const char *root, const struct scene *scene, const char *name);

/** Print it as SVG or as text, to write such a file from. */
void scene_picture_print(const char *root, const struct scene *scene, bool svg);

#endif /* SCENE_PICTURE_H */
