/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Which libraries are another DPDK, in a tree of files. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor.h"
#include "tree.h"

#define DEBIAN "/usr/lib/x86_64-linux-gnu/"
#define OWN DEBIAN "librte_eal.so.25"

/* @param want  the other library, or "" */
static void
expect_other(const char *root, const char *want)
{
	char out[256] = "";

	assert_int_equal(doctor_dpdk_other(root, OWN, out, sizeof(out)), *want != '\0');
	assert_string_equal(out, want);
}

static void
test_other(void **state)
{
	const char *root = *state;
	char out[256];

	expect_other(root, "");
	tree_text(root, DEBIAN "librte_eal.so.25.0", "");
	tree_link(root, OWN, "librte_eal.so.25.0");
	tree_link(root, "/usr/lib64", "lib");
	expect_other(root, "");
	/* No libraries of a release, or no EAL. */
	tree_text(root, "/usr/local/lib/librte_eal.so.26", "");
	tree_text(root, "/usr/local/lib/librte_eal.so.26.0.debug", "");
	tree_text(root, "/usr/local/lib/librte_eal.so.x.0", "");
	tree_text(root, "/usr/local/lib/librte_eal.so.26.", "");
	tree_text(root, "/usr/local/lib/librte_eal_iommu.so.1.0", "");
	tree_text(root, "/usr/local/lib/other/librte_eal.so.26.0", "");
	expect_other(root, "");
	tree_text(root, "/usr/local/lib/aarch64-linux-gnu/librte_eal.so.26.0", "");
	expect_other(root, "/usr/local/lib/aarch64-linux-gnu/librte_eal.so.26.0");
	/* That one has the bus. */
	tree_text(root, "/usr/local/lib/aarch64-linux-gnu/dpdk/pmds-26.0/librte_bus_vfio_msi.so", "");
	expect_other(root, "");
	tree_text(root, "/usr/lib/librte_eal.so.23.0", "");
	expect_other(root, "/usr/lib/librte_eal.so.23.0");
	/* A program with DPDK inside. */
	tree_text(root, "/usr/bin/tool", "");
	assert_false(doctor_dpdk_other(root, "/usr/bin/tool", out, sizeof(out)));
	assert_false(doctor_dpdk_other(root, "", out, sizeof(out)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_other, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
