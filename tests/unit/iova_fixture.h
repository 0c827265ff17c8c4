/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Fixture and short helpers for the tests of the layout. Each test has a layout of its
 * own; the teardown checks and destroys it.
 */

#ifndef IOVA_FIXTURE_H
#define IOVA_FIXTURE_H

#include "iova/iova_layout.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TOP UINT64_MAX

#define RANGE(first, last) ((struct iova_range){ (first), (last) })

extern struct iova_layout *layout;
extern struct iova_conflict why;

#define layout_test(test) cmocka_unit_test_setup_teardown(test, layout_setup, layout_teardown)

/* Setup and teardown functions for cmocka. */
int layout_setup(void **state);
int layout_teardown(void **state);

/** Make a hole owned by 0000:00:03.0. */
struct iova_hole a_hole(uint64_t first, uint64_t last, enum iova_origin origin,
		enum iova_hardness hardness);

/* Each of these must succeed. */
void add_hole(uint64_t first, uint64_t last, enum iova_hardness hardness);
void allow(uint64_t first, uint64_t last);
void place_at(uint64_t first, uint64_t last);

/** Check the conflict in `why`. */
void expect_conflict(uint64_t first, uint64_t last, bool is_hole);

/** Compare the whole dump. */
void expect_dump(const char *want);

#endif /* IOVA_FIXTURE_H */
