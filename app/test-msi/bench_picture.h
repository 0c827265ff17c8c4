/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The picture of "bench layout".
 */

#ifndef BENCH_PICTURE_H
#define BENCH_PICTURE_H

#include <stdio.h>

#include "bench_layout.h"

/** Write results of at least one number of ranges as SVG. */
void bench_picture_write(FILE *f, const struct bench_results *results);

#endif /* BENCH_PICTURE_H */
