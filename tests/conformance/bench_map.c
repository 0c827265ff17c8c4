/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Cost of a mapping without the kernel: nanoseconds of processor time of a map and of an
 * unmap (the minimum of several rounds), and bytes of memory.
 */

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "common.h"

#define MAPPINGS 50000
#define ROUNDS 7

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
map_at(struct ioas *ioas, uint64_t iova)
{
	return ioas_map(ioas, IOAS_EAL, iova + PAGE, iova, PAGE, NULL);
}

/* Map pages upwards one by one, with a gap after each. Unmap them downwards. */
static void
measure(struct ioas *ioas, double *map, double *unmap, size_t *bytes)
{
	const size_t before = mallinfo2().uordblks;
	double start = now();
	uint64_t i;

	for (i = 0; i < MAPPINGS; i++)
		assert_int_equal(map_at(ioas, 2 * i * PAGE), 0);
	*map = (now() - start) / MAPPINGS;
	*bytes = (mallinfo2().uordblks - before) / MAPPINGS;
	start = now();
	while (i-- > 0)
		assert_int_equal(ioas_unmap(ioas, IOAS_EAL, 2 * i * PAGE, PAGE), 0);
	*unmap = (now() - start) / MAPPINGS;
}

static void
bench(void **state)
{
	double map, unmap, least_map = 0, least_unmap = 0;
	struct ioas *ioas = open_space();
	size_t bytes;
	bool viable;
	int i;

	add_group(7);
	assert_int_equal(ioas_attach(ioas, MEMBER(7), &viable), 0);
	for (i = 0; i < ROUNDS; i++) {
		measure(ioas, &map, &unmap, &bytes);
		if (i == 0 || map < least_map)
			least_map = map;
		if (i == 0 || unmap < least_unmap)
			least_unmap = unmap;
	}
	printf("%-21s map %5.0f ns, unmap %5.0f ns, %zu bytes\n",
			per_group ? "container per group" : ioas_backend_name(BACKEND),
			least_map, least_unmap, bytes);
	ioas_close(ioas);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { machine_test(bench) };

	return RUN_ON_BACKENDS("map", tests);
}
