/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "slow.h"

#define SECONDS_MOST 60		/* a test that takes longer ends the program */

static sem_t at_door, open_door;

static void
door(uint64_t iova)
{
	if (iova != SLOW)
		return;
	sem_post(&at_door);
	while (sem_wait(&open_door) != 0)
		;
}

void
slow_setup(void)
{
	alarm(SECONDS_MOST);
	sem_init(&at_door, 0, 0);
	sem_init(&open_door, 0, 0);
}

void
slow_teardown(void)
{
	alarm(0);
}

static void *
call_run(void *arg)
{
	struct call *c = arg;

	c->ret = c->fn();
	atomic_store(&c->done, true);
	return NULL;
}

void
call_begin(struct call *c, intptr_t (*fn)(void))
{
	c->fn = fn;
	atomic_init(&c->done, false);
	assert_int_equal(pthread_create(&c->thread, NULL, call_run, c), 0);
}

intptr_t
call_end(struct call *c)
{
	assert_int_equal(pthread_join(c->thread, NULL), 0);
	return c->ret;
}

bool
call_waits(struct call *c)
{
	const struct timespec t = { .tv_nsec = 50 * 1000 * 1000 };

	nanosleep(&t, NULL);
	return !atomic_load(&c->done);
}

void
slow_begin(struct call *c, intptr_t (*fn)(void), void (**hook)(uint64_t iova))
{
	*hook = door;
	call_begin(c, fn);
	while (sem_wait(&at_door) != 0)
		;
	*hook = NULL;
}

void
slow_go_on(void)
{
	sem_post(&open_door);
}
