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
 * In a secondary process a probe takes the lock for each device. The primary may take seconds to
 * answer for one, and rolls back an attach or detach that this process answers with an error.
 *
 * The lock is recursive: a driver may attach another device in its probe, in a primary process. In
 * a secondary, EAL asks the primary, which asks this process, on the interrupt thread. The
 * driver's thread has the lock until its own request ends, so that attach fails with -EBUSY. No
 * driver of DPDK for PCI does that.
 */

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <rte_interrupts.h>

#include "claim.h"
#include "probe.h"

#define WAIT_S 4	/* of the interrupt thread; EAL waits 5 s for a hotplug in other processes */
#define LET_MS 1000	/* of another thread, until the interrupt thread has the lock */

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static bool intr_waits;		/* the interrupt thread, for the lock; atomic */

/* As enter(), while another thread has the lock. */
static int
wait_for_lock(void)
{
	const struct timespec a_while = { .tv_nsec = 1000000 };
	struct timespec since, now;

	if (!rte_thread_is_intr()) {
		pthread_mutex_lock(&lock);
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &since);
	do {
		if (pthread_mutex_trylock(&lock) == 0) {
			__atomic_store_n(&intr_waits, false, __ATOMIC_RELAXED);
			return 0;
		}
		__atomic_store_n(&intr_waits, true, __ATOMIC_RELAXED);
		nanosleep(&a_while, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - since.tv_sec < WAIT_S);
	__atomic_store_n(&intr_waits, false, __ATOMIC_RELAXED);
	BUS_LOG(ERR, VFIO_MSI_BUS ": EAL's interrupt thread has waited %d s for another thread that attaches or detaches a device, and gives up, as that thread may wait for it; attach or detach again later",
		WAIT_S);
	return -EBUSY;
}

/* @return 0; -EBUSY: another thread has the lock for longer than the interrupt thread may wait. */
static int
enter(void)
{
	const bool waits = pthread_mutex_trylock(&lock) != 0;
	struct vfio_msi_wait w;
	int ret = 0;

	if (waits) {
		vfio_msi_wait_begin(&w);
		ret = wait_for_lock();
	}
	/* A thread that waits may have found a device that another one has removed since then. */
	if (ret == 0)
		vfio_msi_forgotten_keep();
	if (waits)
		vfio_msi_wait_end(&w);
	return ret;
}

static void
leave(void)
{
	pthread_mutex_unlock(&lock);
}

/* As enter(). @return also -ENODEV: the cleanup has ended. */
static int
enter_open(void)
{
	int ret = enter();

	if (ret == 0 && vfio_msi_bus.closed) {
		leave();
		ret = -ENODEV;
	}
	return ret;
}

/*
 * Without the lock: let the interrupt thread take it, which tries each millisecond. The time is
 * limited, as this thread may hold the lock of an operation around this one.
 */
static void
let_intr_enter(void)
{
	const struct timespec a_while = { .tv_nsec = 1000000 };
	unsigned int i;

	for (i = 0; i < LET_MS && __atomic_load_n(&intr_waits, __ATOMIC_RELAXED); i++)
		nanosleep(&a_while, NULL);
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

/* Between two devices, others may attach and detach devices. */
static int
probe_each(void)
{
	struct topo_addr prev = { 0 };
	bool first = true, more = true;
	int ret;

	while (more) {
		ret = enter_open();
		if (ret < 0)
			return ret;
		more = vfio_msi_probe_next(&prev, first);
		first = false;
		leave();
		let_intr_enter();
	}
	return 0;
}

int
vfio_msi_entry_probe(void)
{
	int ret;

	if (vfio_msi_is_secondary())
		return probe_each();
	ret = enter_open();
	if (ret < 0)
		return ret;
	ret = vfio_msi_probe();
	leave();
	return ret;
}

static int
plug_listed(struct rte_device *rdev)
{
	struct vfio_msi_device *dev = vfio_msi_of(rdev);
	const bool overwritten = compat_pci_driver_restore(&dev->pci.device);
	const bool runs = vfio_msi_is_running(dev);
	int ret = vfio_msi_plug(rdev);

	return runs ? compat_probed_again(overwritten, ret) : ret;
}

int
vfio_msi_entry_plug(struct rte_device *rdev)
{
	int ret = enter_open();

	if (ret < 0)
		return ret;
	ret = is_listed(rdev) ? plug_listed(rdev) : -ENODEV;
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
