/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices that POWER freezes after an error (EEH, Enhanced Error Handling).
 *
 * After a DMA outside of its window, or another error, the hypervisor stops all devices of the
 * group: DMA is dropped, and registers read as ones. The kernel does not report it while user
 * space owns the group, so an alarm asks each second, for all devices (ioas_watch.h). Opening the
 * device again makes the kernel reset it.
 *
 * The application gets a removal event, as for errors of PCI Express (vfio_msi_err.c).
 *
 * Main cancels the alarm before it changes the list, which waits for the alarm, and sets it
 * again. The application's callbacks run in another alarm (vfio_msi_removal.c), after all
 * devices of the group are logged.
 */

#include <errno.h>
#include <stddef.h>

#include <rte_alarm.h>

#include "device.h"
#include "space.h"

#define PERIOD_US 1000000

static struct ioas_watch watch = TAILQ_HEAD_INITIALIZER(watch);

static struct vfio_msi_device *
device_of(struct ioas_watched *w)
{
	return (struct vfio_msi_device *)((uintptr_t)w - offsetof(struct vfio_msi_device, eeh));
}

static void on_alarm(void *arg);

/* One alarm as long as there is a device. */
static void
set_alarm(void)
{
	rte_eal_alarm_cancel(on_alarm, NULL);
	if (!TAILQ_EMPTY(&watch) && rte_eal_alarm_set(PERIOD_US, on_alarm, NULL) < 0)
		BUS_LOG(WARNING, VFIO_MSI_BUS ": no memory to watch for errors that freeze devices (EEH); attach a device again");
}

/* On EAL's interrupt thread. */
static void
on_alarm(void *arg __rte_unused)
{
	struct vfio_msi_device *dev;
	struct ioas_watched *w;

	ioas_watch_poll(vfio_msi_bus.ioas, "", &watch);
	TAILQ_FOREACH(w, &watch, link) {
		if (!w->is_new)
			continue;
		w->is_new = false;
		dev = device_of(w);
		BUS_LOG(ERR, "%s: the machine has frozen this device after an error (EEH): its DMA is stopped, and its registers read as ones; the application gets a removal event: detach the port and attach it again, which resets the device",
			dev->label);
		vfio_msi_removal_send(dev);
	}
	set_alarm();
}

void
vfio_msi_eeh_start(struct vfio_msi_device *dev)
{
	int ret;

	if (vfio_msi_is_secondary() || dev->eeh_watched)
		return;
	dev->eeh = (struct ioas_watched){ .member = vfio_msi_member(dev) };
	ret = ioas_stopped(vfio_msi_bus.ioas, &dev->eeh.member);
	if (ret < 0 && ret != -EAGAIN)
		return;
	rte_eal_alarm_cancel(on_alarm, NULL);
	TAILQ_INSERT_TAIL(&watch, &dev->eeh, link);
	dev->eeh_watched = true;
	set_alarm();
}

void
vfio_msi_eeh_stop(struct vfio_msi_device *dev)
{
	if (!dev->eeh_watched)
		return;
	rte_eal_alarm_cancel(on_alarm, NULL);
	TAILQ_REMOVE(&watch, &dev->eeh, link);
	dev->eeh_watched = false;
	set_alarm();
}
