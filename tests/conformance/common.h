/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Common to the tests on the fake kernel: a check that nothing is left in the kernel
 * after a test, and a comparison of kernel, record and layout.
 */

#ifndef CONFORMANCE_COMMON_H
#define CONFORMANCE_COMMON_H

#include "fake_kernel.h"
#include "ioas/ioas.h"
#include "per_group.h"
#include "row.h"

/** For each lie from FIRST up to END, which is not one of them. */
#define EACH_LIE(lie, first, end) \
	for ((lie) = (first), row_enter("lie"); (lie) < (end) ? \
			row_at((lie), "%s", fake_lie_name(lie)) : row_leave(); (lie)++)

#define PAGE UINT64_C(4096)
#define RANGE(first, last) ((struct iova_range){ (first), (last) })

extern struct iova_layout *layout;

/** cmocka fixtures: a new machine and a layout; at the end no leak is allowed. */
int machine_setup(void **state);
int machine_teardown(void **state);

#define machine_test(t) cmocka_unit_test_setup_teardown(t, machine_setup, machine_teardown)

/** The backend that the tests run on; each program runs all of them on each. */
extern enum ioas_backend backend;

/** Is the container's node an iommufd? Then type1 runs over it. */
extern bool over_iommufd;

/** A new machine for the backend. */
void machine_reset(void);

/** A group with one device, 0000:01:GROUP.0. */
struct fake_group *add_group(int id);

/** That device, opened by us: by the group, or where there are such by its node. */
const struct ioas_member *member(int group);
#define MEMBER(g) member(g)

/** @p type1 with that backend, @p iommufd with that. */
#define BY_BACKEND(type1, iommufd) (backend == IOAS_BACKEND_IOMMUFD ? (iommufd) : (type1))

/** What asking for the backend gives. */
#define BACKEND (over_iommufd ? IOAS_BACKEND_COMPAT : backend)

/** The same by the kernel's side: @p iommufd also where type1 runs over it. */
#define BY_KERNEL(type1, iommufd) (over_iommufd ? (iommufd) : BY_BACKEND(type1, iommufd))

/** Open a space of the backend on the layout. */
struct ioas *open_space(void);

/** Run the tests on every backend. @return the number of failures. */
#define RUN_ON_BACKENDS(name, tests) __extension__ ({ \
	int failures; \
	backend = IOAS_BACKEND_TYPE1; \
	failures = cmocka_run_group_tests_name(name " on type1", tests, NULL, NULL); \
	over_iommufd = true; \
	failures += cmocka_run_group_tests_name(name " on type1 over iommufd", tests, NULL, \
			NULL); \
	over_iommufd = false; \
	per_group = true; \
	failures += cmocka_run_group_tests_name(name " on a container per group", tests, NULL, \
			NULL); \
	per_group = false; \
	backend = IOAS_BACKEND_IOMMUFD; \
	failures + cmocka_run_group_tests_name(name " on iommufd", tests, NULL, NULL); \
})

/** The layout obeys what the kernel says of a space. */
void obey(struct ioas *ioas, const char *owner);

/** Add a hard or soft hole; must succeed. */
void add_hole(uint64_t first, uint64_t last, enum iova_hardness hardness);

/**
 * Check that kernel, record and layout have the same mappings, in order, and that the
 * invariants of the layout hold. If the space has several legs, each must have all
 * mappings.
 */
void expect_same(struct ioas *ioas);

/** The same, and some may be parked: in the layout and in some legs. @return how many */
size_t expect_same_or_parked(struct ioas *ioas);

#endif /* CONFORMANCE_COMMON_H */
