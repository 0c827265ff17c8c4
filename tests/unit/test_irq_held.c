/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What "dpdk-test-msi irq" counts as held, while other threads open and close files. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "irq_held.h"
#include "row.h"

#define BDF "ffff:ff:1f.7"	/* no device of this host */
#define READINGS 15
#define COUNTS 6

int __real_nanosleep(const struct timespec *t, struct timespec *left);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left);

static atomic_bool stop;

/*
 * What another thread has done before each reading: '+' a descriptor more, '-' one less than
 * usual, ' ' neither. NULL: nothing is simulated.
 */
static const char *moments;
static int usual = -1, extra = -1;

static int
open_one(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void
before_reading(char moment)
{
	if (extra >= 0)
		close(extra);
	extra = moment == '+' ? open_one() : -1;
	if (moment == '-' && usual >= 0) {
		close(usual);
		usual = -1;
	} else if (moment != '-' && usual < 0) {
		usual = open_one();
	}
}

/* The pause between two readings. */
int
__wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	if (moments == NULL)
		return __real_nanosleep(t, left);
	before_reading(*++moments);
	return 0;
}

static unsigned int
descriptors(void)
{
	struct irq_held held = { 0 };
	const char *file = NULL;

	assert_int_equal(irq_held_count(BDF, &held, &file), 0);
	assert_int_equal(held.vectors, 0);
	return held.descriptors;
}

/* Others open and close descriptors in less than half of the readings. */
static void
moments_are_not_held(void **state)
{
	static const char *const rows[] = {
		"+              ", "              +", "-              ", "              -",
		"+++++++        ", "        +++++++", "-------        ", "        -------",
		"+ + + + + + +  ", " - - - - - - - ", "+-+-+-+        ", "+++++++ -------",
	};
	unsigned int wanted;
	size_t i;
	int left;

	before_reading(' ');
	wanted = descriptors();
	EACH_ROW(i, rows, "\"%s\"", rows[i]) {
		assert_int_equal(strlen(rows[i]), READINGS);
		moments = rows[i];
		before_reading(*moments);
		assert_int_equal(descriptors(), wanted);
		/* One that stays is counted. */
		moments = rows[i];
		before_reading(*moments);
		left = open_one();
		assert_int_equal(descriptors(), wanted + 1);
		close(left);
		moments = NULL;
	}
	before_reading(' ');
	close(usual);
	usual = -1;
}

/* As an alarm that reads a file. */
static void *
read_files(void *arg)
{
	static const struct timespec pause = { .tv_nsec = 200000 };

	while (!atomic_load(&stop)) {
		close(open("/dev/null", O_RDONLY | O_CLOEXEC));
		__real_nanosleep(&pause, NULL);
	}
	return arg;
}

static void
a_thread_opens_and_closes(void **state)
{
	unsigned int before = descriptors(), i;
	pthread_t thread;
	int left;

	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&thread, NULL, read_files, NULL), 0);
	for (i = 0; i < COUNTS; i++)
		assert_int_equal(descriptors(), before);
	left = open_one();
	assert_int_equal(descriptors(), before + 1);
	close(left);
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
}

static void
another_device_has_no_interrupts(void **state)
{
	uint64_t n = 7;

	assert_int_equal(irq_held_interrupts(BDF, &n), 0);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_are_not_held),
		cmocka_unit_test(a_thread_opens_and_closes),
		cmocka_unit_test(another_device_has_no_interrupts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
