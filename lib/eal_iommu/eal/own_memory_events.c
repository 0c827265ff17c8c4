/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The lock is held while callbacks run, and is recursive: a callback may register and
 * unregister. While callbacks run no entry is freed, only its cb is cleared.
 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "eal/own_memory_private.h"

struct listener {
	TAILQ_ENTRY(listener) next;
	rte_eal_iommu_event_cb cb;	/* NULL: unregistered */
	void *arg;
};

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static TAILQ_HEAD(, listener) listeners = TAILQ_HEAD_INITIALIZER(listeners);
static unsigned int running;

static struct listener *
find(rte_eal_iommu_event_cb cb, const void *arg)
{
	struct listener *l;

	TAILQ_FOREACH(l, &listeners, next)
		if (l->cb == cb && l->arg == arg)
			return l;
	return NULL;
}

/* Free the entries that are unregistered. */
static void
sweep(void)
{
	struct listener *l, *next;

	for (l = TAILQ_FIRST(&listeners); l != NULL; l = next) {
		next = TAILQ_NEXT(l, next);
		if (l->cb != NULL)
			continue;
		TAILQ_REMOVE(&listeners, l, next);
		free(l);
	}
}

int
own_memory_event_register(rte_eal_iommu_event_cb cb, void *arg)
{
	struct listener *l;
	int ret = -EEXIST;

	if (cb == NULL)
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->cb = cb;
	l->arg = arg;
	pthread_mutex_lock(&lock);
	if (find(cb, arg) == NULL) {
		TAILQ_INSERT_TAIL(&listeners, l, next);
		ret = 0;
	}
	pthread_mutex_unlock(&lock);
	if (ret < 0)
		free(l);
	return ret;
}

int
own_memory_event_unregister(rte_eal_iommu_event_cb cb, void *arg)
{
	struct listener *l = NULL;

	pthread_mutex_lock(&lock);
	if (cb != NULL)
		l = find(cb, arg);
	if (l != NULL)
		l->cb = NULL;
	if (running == 0)
		sweep();
	pthread_mutex_unlock(&lock);
	return l == NULL ? -ENOENT : 0;
}

void
own_memory_event(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost)
{
	struct listener *l;

	pthread_mutex_lock(&lock);
	running++;
	TAILQ_FOREACH(l, &listeners, next)
		if (l->cb != NULL)
			l->cb(event, lost, l->arg);
	if (--running == 0)
		sweep();
	pthread_mutex_unlock(&lock);
}

void
own_memory_event_forget(void)
{
	struct listener *l;

	pthread_mutex_lock(&lock);
	TAILQ_FOREACH(l, &listeners, next)
		l->cb = NULL;
	if (running == 0)
		sweep();
	pthread_mutex_unlock(&lock);
}
