/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "surveyed.h"

struct plan_device pd;
char why[PLAN_WHY];

int
survey_addr(const char *root, const struct topo_addr *addr)
{
	const struct plan_request request = { .root = root, .addr = *addr, .backend = backend };
	struct ioas *space = NULL;
	int ret = plan_survey(&request, &space, &pd, why, sizeof(why));

	assert_true((ret == 0) == (space != NULL));
	ioas_close(space);
	return ret;
}

int
survey(const char *root, const char *bdf)
{
	struct topo_addr addr;

	assert_int_equal(topology_parse_bdf(bdf, &addr), 0);
	memset(why, 0, sizeof(why));
	return survey_addr(root, &addr);
}

void
expect_failure(const char *root, int error, const char *const *words)
{
	assert_int_equal(survey(root, NIC), error);
	for (; *words != NULL; words++)
		if (strstr(why, *words) == NULL)
			fail_msg("no \"%s\" in \"%s\"", *words, why);
	assert_null(pd.info.ranges);
	plan_device_free(&pd);
	assert_int_equal(fake_leaks(stderr), 0);
}

void
says(const char *root, int error, const char *text)
{
	assert_int_equal(survey(root, NIC), error);
	assert_string_equal(why, text);
	plan_device_free(&pd);
}

void
expect_msi(const char *root, enum plan_msi msi, const char *const *words)
{
	assert_int_equal(survey(root, NIC), 0);
	assert_string_equal(plan_msi_name(pd.msi), plan_msi_name(msi));
	for (; *words != NULL; words++)
		if (strstr(pd.msi_why, *words) == NULL)
			fail_msg("no \"%s\" in \"%s\"", *words, pd.msi_why);
}

void
lacks(const char *words)
{
	if (strstr(why, words) != NULL)
		fail_msg("\"%s\" in \"%s\"", words, why);
}
