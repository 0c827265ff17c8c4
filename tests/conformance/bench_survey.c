/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Cost of a scan of many VFs on a tree of files and the fake kernel: seconds of processor
 * time (the minimum of several scans) and system calls. "grows" is the factor relative to
 * the row above, which has half as many VFs.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "calls.h"
#include "common.h"
#include "sriov.h"
#include "tree.h"

#define FIRST 64
#define TIMES 3

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double
measure(size_t n, bool iomem, double half)
{
	double least = 0, start, took;
	void *root;
	int i;

	assert_int_equal(tree_setup(&root), 0);
	sriov_make(root, n, iomem);
	for (i = 0; i < TIMES; i++) {
		calls_reset();
		start = now();
		sriov_scan(root, n);
		took = now() - start;
		if (i == 0 || took < least)
			least = took;
	}
	printf("%-8s %-10s %4zu %8.4f", ioas_backend_name(backend), iomem ? "iomem" : "resources",
			n, least);
	printf(half > 0 ? "  %5.2f" : "      -", least / half);
	printf("  %7u  %6u\n", calls_count(), calls_count() / (unsigned int)n);
	assert_int_equal(tree_teardown(&root), 0);
	return least;
}

static void
bench(void **state)
{
	static const enum ioas_backend backends[] = {
		IOAS_BACKEND_TYPE1, IOAS_BACKEND_IOMMUFD,
	};
	double took;
	size_t i, n;
	int iomem;

	puts("backend  windows by  VFs  seconds  grows    calls  per VF");
	for (i = 0; i < sizeof(backends) / sizeof(*backends); i++)
		for (iomem = 1; iomem >= 0; iomem--)
			for (n = FIRST, took = 0; n <= SRIOV_MAX; n *= 2) {
				backend = backends[i];
				took = measure(n, iomem != 0, took);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bench) };

	return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
