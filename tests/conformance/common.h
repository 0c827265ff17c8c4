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
#include "mappings_count.h"
#include "per_group.h"
#include "row.h"

/** For each invalid answer from FIRST up to, but not including, END. */
#define EACH_LIE(lie, first, end) \
	for ((lie) = (first), row_enter("lie"); (lie) < (end) ? \
			row_at((lie), "%s", fake_lie_name(lie)) : row_leave(); (lie)++)

#define PAGE UINT64_C(4096)
#define RANGE(first, last) ((struct iova_range){ (first), (last) })

extern struct iova_layout *layout;

/** cmocka fixtures: create a machine and a layout. The teardown fails if anything leaks. */
int machine_setup(void **state);
int machine_teardown(void **state);

#define machine_test(t) cmocka_unit_test_setup_teardown(t, machine_setup, machine_teardown)

/** The backend of the present run. Each program runs all its tests on each backend. */
extern enum ioas_backend backend;

/** Does an iommufd provide the container's node? Then type1 runs over it. */
extern bool over_iommufd;

/** Reset the machine for the backend. */
void machine_reset(void);

/** A group with one device, 0000:01:GROUP.0. */
struct fake_group *add_group(int id);

/** The device of add_group(), by its character device with iommufd, else by its group. */
const struct ioas_member *member(int group);
#define MEMBER(g) member(g)

/** @p iommufd if the backend is iommufd, else @p type1. */
#define BY_BACKEND(type1, iommufd) (backend == IOAS_BACKEND_IOMMUFD ? (iommufd) : (type1))

/** The backend that a space reports when the test requests "backend". */
#define BACKEND (over_iommufd ? IOAS_BACKEND_COMPAT : backend)

/** As BY_BACKEND(), by the interface of the kernel: @p iommufd also if type1 runs over iommufd. */
#define BY_KERNEL(type1, iommufd) (over_iommufd ? (iommufd) : BY_BACKEND(type1, iommufd))

/** Open a space of the backend on the layout. */
struct ioas *open_space(void);

/** Attach the device of add_group() to a space; must succeed. */
void attach_group(struct ioas *ioas, int group);

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

/** Restrict the layout to the ranges that the kernel reports for a space. */
void obey(struct ioas *ioas, const char *owner);

/** Add a hard or soft hole; must succeed. */
void add_hole(uint64_t first, uint64_t last, enum iova_hardness hardness);

/**
 * Check that kernel, record and layout have the same mappings, in order, and that the
 * invariants of the layout hold. If the space has several legs, each must have all
 * mappings.
 */
void expect_same(struct ioas *ioas);

/** As expect_same(), but mappings may be parked, also in some legs only. @return how many */
size_t expect_same_or_parked(struct ioas *ioas);

#endif /* CONFORMANCE_COMMON_H */
