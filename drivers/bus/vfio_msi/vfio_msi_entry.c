/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The operations of the bus that change devices, as EAL calls them: one at a time.
 *
 * EAL has no lock for them. They come from each thread of the application that attaches or
 * detaches a device, and from EAL's interrupt thread: for another process, from alarms of the
 * application (testpmd --hot-plug), and from callbacks for removals. In a secondary process the
 * primary's requests come before the first probe has begun.
 *
 * The holder of the lock may wait for a callback on the interrupt thread: it unregisters
 * callbacks, cancels alarms, and a driver may wait for an interrupt. If that callback waited for
 * the lock, both would wait for ever, so the interrupt thread waits for a limited time.
 *
 * What waits while the cleanup runs fails after it: EAL detaches its memory next, and nobody would
 * stop a device that starts then.
 *
 * The lock is recursive: a driver may attach another device in its probe.
 */

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <rte_interrupts.h>

#include "claim.h"
#include "probe.h"

#define WAIT_S 4	/* of the interrupt thread; EAL waits 5 s for a hotplug in other processes */

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

/* @return 0; -EBUSY: another thread has the lock for longer than the interrupt thread may wait. */
static int
enter(void)
{
	const struct timespec a_while = { .tv_nsec = 1000000 };
	struct timespec since, now;

	if (!rte_thread_is_intr()) {
		pthread_mutex_lock(&lock);
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &since);
	do {
		if (pthread_mutex_trylock(&lock) == 0)
			return 0;
		nanosleep(&a_while, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - since.tv_sec < WAIT_S);
	BUS_LOG(ERR, VFIO_MSI_BUS ": EAL's interrupt thread has waited %d s for another thread that attaches or detaches a device, and gives up, as that thread may wait for it; attach or detach again later",
		WAIT_S);
	return -EBUSY;
}

/* As enter(). @return also -ENODEV: the cleanup has ended. */
static int
enter_open(void)
{
	int ret = enter();

	if (ret == 0 && vfio_msi_bus.closed) {
		pthread_mutex_unlock(&lock);
		ret = -ENODEV;
	}
	return ret;
}

static void
leave(void)
{
	pthread_mutex_unlock(&lock);
}

/* Another thread may have removed the device after EAL found it. */
static bool
is_listed(const struct rte_device *rdev)
{
	const struct vfio_msi_device *dev;

	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (&dev->pci.device.device == rdev)
			return true;
	return false;
}

int
vfio_msi_entry_scan(void)
{
	int ret = enter_open();

	if (ret < 0)
		return ret;
	ret = vfio_msi_scan();
	leave();
	return ret;
}

int
vfio_msi_entry_probe(void)
{
	int ret = enter_open();

	if (ret < 0)
		return ret;
	ret = vfio_msi_probe();
	leave();
	return ret;
}

int
vfio_msi_entry_plug(struct rte_device *rdev)
{
	int ret = enter_open();

	if (ret < 0)
		return ret;
	ret = is_listed(rdev) ? vfio_msi_plug(rdev) : -ENODEV;
	leave();
	return ret;
}

/* With -ENOENT EAL knows that the device is detached as wanted, and attaches it nowhere again. */
int
vfio_msi_entry_unplug(struct rte_device *rdev)
{
	int ret = enter_open();

	if (ret < 0)
		return ret == -ENODEV ? -ENOENT : ret;
	ret = is_listed(rdev) ? vfio_msi_unplug(rdev) : -ENOENT;
	leave();
	return ret;
}

int
vfio_msi_entry_cleanup(void)
{
	int ret = enter();

	if (ret < 0)
		return ret;
	ret = vfio_msi_cleanup();
	vfio_msi_bus.closed = true;
	leave();
	return ret;
}
