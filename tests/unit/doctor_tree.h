/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The facts of doctor, read from a tree of files, of which each test has one.
 */

#ifndef DOCTOR_TREE_H
#define DOCTOR_TREE_H

#include <cmocka.h>

#include "doctor.h"
#include "tree.h"

static struct doctor_facts facts;

static inline void
read_again(const char *root, bool elsewhere)
{
	doctor_facts_free(&facts);
	assert_int_equal(doctor_read(root, elsewhere, &facts), 0);
}

static inline int
facts_teardown(void **state)
{
	doctor_facts_free(&facts);
	return tree_teardown(state);
}

#endif /* DOCTOR_TREE_H */
