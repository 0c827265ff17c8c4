/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Remove a device from the bus, and free it once EAL does not access it any more.
 *
 * EAL holds no reference to a device. After an unplug it writes to it, after a failed plug or
 * unplug it logs its name, and other threads may have found it before: they wait for some seconds for
 * an answer of other processes, and for the lock of vfio_msi_entry.c. A wait for the lock has no
 * limit, as drivers start and stop meanwhile, so KEEP_S starts again when it ends. This relies on
 * EAL: from the moment when it finds a device to the call of the bus, and from there to its last
 * access, it needs less than KEEP_S. So a thread whose wait began KEEP_S after a removal or later
 * has not found that device, and does not keep it: no device is kept for ever, even if there is
 * always a thread that waits.
 *
 * What is younger at the cleanup is left to the end of the process, and so is a device that its
 * driver does not release.
 */

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "claim.h"
#include "space.h"

/* EAL waits for other processes for 5 s. */
#define KEEP_S 60

/* Threads that wait for the lock of the operations, the one that has begun first in front. */
static TAILQ_HEAD(, vfio_msi_wait) waits = TAILQ_HEAD_INITIALIZER(waits);
static pthread_mutex_t waits_lock = PTHREAD_MUTEX_INITIALIZER;

static time_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

void
vfio_msi_device_free(struct vfio_msi_device *dev)
{
	plan_device_free(&dev->plan);
	vfio_msi_given_free(dev);
	free(dev);
}

void
vfio_msi_forgotten_free(void)
{
	const time_t t = now();
	struct vfio_msi_device *dev;

	while ((dev = TAILQ_FIRST(&vfio_msi_bus.forgotten)) != NULL &&
	       t - dev->forgotten >= KEEP_S) {
		TAILQ_REMOVE(&vfio_msi_bus.forgotten, dev, next);
		vfio_msi_device_free(dev);
	}
}

void
vfio_msi_wait_begin(struct vfio_msi_wait *w)
{
	pthread_mutex_lock(&waits_lock);
	w->began = now();
	TAILQ_INSERT_TAIL(&waits, w, next);
	pthread_mutex_unlock(&waits_lock);
}

void
vfio_msi_wait_end(struct vfio_msi_wait *w)
{
	pthread_mutex_lock(&waits_lock);
	TAILQ_REMOVE(&waits, w, next);
	pthread_mutex_unlock(&waits_lock);
}

/* @return whether a thread waits; when the first one of them began */
static bool
longest_wait(time_t *began)
{
	const struct vfio_msi_wait *w;

	pthread_mutex_lock(&waits_lock);
	w = TAILQ_FIRST(&waits);
	if (w != NULL)
		*began = w->began;
	pthread_mutex_unlock(&waits_lock);
	return w != NULL;
}

/* The list stays in order: what is kept are the devices that were removed last. */
void
vfio_msi_forgotten_keep(void)
{
	struct vfio_msi_device *dev;
	time_t began, t;

	if (!longest_wait(&began))
		return;
	t = now();
	TAILQ_FOREACH(dev, &vfio_msi_bus.forgotten, next)
		if (began - dev->removed <= KEEP_S)
			dev->forgotten = t;
}

void
vfio_msi_device_forget(struct vfio_msi_device *dev)
{
	vfio_msi_list_remove(dev);
	vfio_msi_detach(dev);
	vfio_msi_leave_layout(dev);
	dev->removed = dev->forgotten = now();
	TAILQ_INSERT_TAIL(&vfio_msi_bus.forgotten, dev, next);
}
