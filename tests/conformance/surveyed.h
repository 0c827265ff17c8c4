/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Survey as a process without other devices; releases the device.
 */

#ifndef SURVEYED_H
#define SURVEYED_H

#include "common.h"
#include "machine.h"
#include "plan/plan.h"

/** What the last survey found, to be freed by the test, and what it said. */
extern struct plan_device pd;
extern char why[PLAN_WHY];

/** A survey by a process that has nothing else; the device is let go. */
int survey_addr(const char *root, const struct topo_addr *addr);
int survey(const char *root, const char *bdf);

/** The survey of the NIC fails, says all the words, and leaves nothing open. */
void expect_failure(const char *root, int error, const char *const *words);

#define FAILS(error, ...) \
	expect_failure(*state, error, (const char *const[]){ __VA_ARGS__, NULL })

/** The survey of the NIC fails and says exactly this. */
void says(const char *root, int error, const char *text);

/** The last survey did not say these words. */
void lacks(const char *words);

#define PLAN_TEST(t) cmocka_unit_test_setup_teardown(t, tree_machine_setup, tree_machine_teardown)

#endif /* SURVEYED_H */
