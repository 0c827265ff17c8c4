/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdbool.h>
#include <stddef.h>

#include "eal/log_count.h"

static struct log_count *first;

void
log_count_add(struct log_count *c)
{
	struct log_count *next;

	if (__atomic_fetch_add(&c->times, 1, __ATOMIC_RELAXED) != 0)
		return;
	next = __atomic_load_n(&first, __ATOMIC_RELAXED);
	do {
		c->next = next;
	} while (!__atomic_compare_exchange_n(&first, &next, c, false, __ATOMIC_RELEASE,
			__ATOMIC_RELAXED));
}

int
log_count_foreach(int (*cb)(const char *text, uint64_t times, void *arg), void *arg)
{
	const struct log_count *c;
	int ret = 0;

	for (c = __atomic_load_n(&first, __ATOMIC_ACQUIRE); ret == 0 && c != NULL; c = c->next)
		ret = cb(c->text, __atomic_load_n(&c->times, __ATOMIC_RELAXED), arg);
	return ret;
}
