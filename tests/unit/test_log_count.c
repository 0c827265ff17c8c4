/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Counting errors by place, on several threads. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "row.h"
#include "eal/log_count.h"

#define THREADS 4
#define TIMES 10000
#define LOG(level, fmt) LOG_COUNT_##level(fmt)

struct seen {
	size_t places;
	uint64_t often, once;
};

static int
see(const char *text, uint64_t times, void *arg)
{
	struct seen *s = arg;

	s->places++;
	if (strcmp(text, "often %d") == 0)
		s->often = times;
	if (strcmp(text, "once") == 0)
		s->once = times;
	return 0;
}

static int
end_at_once(const char *text, uint64_t times, void *arg)
{
	(void)text;
	(void)times;
	return ++*(int *)arg;
}

static void *
log_often(void *arg)
{
	int i;

	for (i = 0; i < TIMES; i++) {
		LOG(ERR, "often %d");
		LOG(WARNING, "never");
		LOG(NOTICE, "never");
		LOG(INFO, "never");
		LOG(DEBUG, "never");
	}
	return arg;
}

static void
test_threads(void **state)
{
	struct seen s = { 0 };
	pthread_t thread[THREADS];
	int i, calls = 0;

	(void)state;
	assert_int_equal(log_count_foreach(end_at_once, &calls), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, log_often, NULL), 0);
	LOG(ERR, "once");
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(log_count_foreach(see, &s), 0);
	assert_int_equal(s.places, 2);
	assert_int_equal(s.often, THREADS * TIMES);
	assert_int_equal(s.once, 1);
	assert_int_equal(log_count_foreach(end_at_once, &calls), 1);
	assert_int_equal(calls, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
