/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What tests on the fake kernel have in common: after every test nothing is
 * left in the kernel; and whether kernel, record and layout say the same.
 */

#ifndef CONFORMANCE_COMMON_H
#define CONFORMANCE_COMMON_H

#include "fake_kernel.h"
#include "ioas.h"

#define PAGE UINT64_C(4096)
#define RANGE(first, last) ((struct iova_range){ (first), (last) })

extern struct iova_layout *layout;

/** cmocka fixtures: a new machine and a layout; at the end no leak is allowed. */
int machine_setup(void **state);
int machine_teardown(void **state);

#define machine_test(t) cmocka_unit_test_setup_teardown(t, machine_setup, machine_teardown)

/** A member that is one group, opened by us. */
#define MEMBER(g) (&(const struct ioas_member){ .group = (g), .group_fd = -1, .name = "0000:01:00.0" })

/** The layout obeys what the kernel says of a space. */
void obey(struct ioas *ioas, const char *owner);

/** Add a hard or soft hole; must succeed. */
void add_hole(uint64_t first, uint64_t last, enum iova_hardness hardness);

/**
 * Do kernel, record and layout have the same mappings? Of three lists each
 * has what the others have, in order; the layout's invariants hold.
 */
void expect_same(struct ioas *ioas);

#endif /* CONFORMANCE_COMMON_H */
