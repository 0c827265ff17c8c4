/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_alarm.h>

#include "fake_intr.h"
#include "fake_private.h"

#define SOURCES 8
#define ALARMS 8

/* What EAL has registered: it copies the handle. A source is active while its callbacks run. */
static struct source {
	int fd;
	rte_intr_callback_fn cb;
	void *arg;
	bool active;
} sources[SOURCES];

/* Alarms, in the order of their times. As EAL, an alarm that runs is on the list. */
static struct alarm {
	rte_eal_alarm_callback cb;
	void *arg;
	bool executing;
} alarms[ALARMS];

bool fake_intr_no_alarms;

static struct source *
source_of(int fd)
{
	size_t i;

	for (i = 0; i < SOURCES; i++)
		if (sources[i].cb != NULL && sources[i].fd == fd)
			return &sources[i];
	return NULL;
}

int
rte_intr_callback_register(const struct rte_intr_handle *h, rte_intr_callback_fn cb, void *arg)
{
	size_t i;

	for (i = 0; sources[i].cb != NULL; i++)
		;
	sources[i] = (struct source){ .fd = h->fd, .cb = cb, .arg = arg };
	return 0;
}

void
fake_intr_reset(void)
{
	memset(sources, 0, sizeof(sources));
	memset(alarms, 0, sizeof(alarms));
	fake_intr_no_alarms = false;
}

/* The interrupt thread builds its list of descriptors again, and panics if one is closed. */
static void
rebuild(void)
{
	size_t i;

	for (i = 0; i < SOURCES; i++)
		if (sources[i].cb != NULL && !fake_is_open(sources[i].fd))
			fail_msg("EAL panics: error adding fd %d", sources[i].fd);
}

/* EAL repeats the attempt as long as the source is active: for ever on the interrupt thread. */
int
rte_intr_callback_unregister_sync(const struct rte_intr_handle *h, rte_intr_callback_fn cb,
		void *arg)
{
	struct source *s = source_of(h->fd);

	assert_non_null(s);
	if (s->active)
		fail_msg("the interrupt thread waits for itself");
	memset(s, 0, sizeof(*s));
	rebuild();
	return 1;
}

int
rte_eal_alarm_set(uint64_t us, rte_eal_alarm_callback cb, void *arg)
{
	size_t i;

	if (fake_intr_no_alarms)
		return -ENOMEM;
	for (i = 0; alarms[i].cb != NULL; i++)
		;
	alarms[i] = (struct alarm){ cb, arg, false };
	return 0;
}

int
rte_eal_alarm_cancel(rte_eal_alarm_callback cb, void *arg)
{
	int count = 0;
	size_t i;

	for (i = 0; i < ALARMS; i++)
		if (alarms[i].cb == cb && alarms[i].arg == arg && !alarms[i].executing) {
			memset(&alarms[i], 0, sizeof(alarms[i]));
			count++;
		}
	return count;
}

unsigned int
fake_intr_alarms(void)
{
	bool set[ALARMS];
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < ALARMS; i++)
		set[i] = alarms[i].cb != NULL;
	for (i = 0; i < ALARMS; i++) {
		if (!set[i] || alarms[i].cb == NULL)
			continue;
		alarms[i].executing = true;
		alarms[i].cb(alarms[i].arg);
		memset(&alarms[i], 0, sizeof(alarms[i]));
		n++;
	}
	return n;
}

void
fake_intr(const struct rte_intr_handle *h)
{
	struct source *s = source_of(h->fd);

	assert_non_null(s);
	s->active = true;
	s->cb(s->arg);
	s->active = false;
}
