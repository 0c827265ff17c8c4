/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL's removal event of a device, to which the application responds by detaching the device.
 *
 * A callback of the application may remove the device at once (not in a secondary process: EAL needs
 * the interrupt thread for that, see doc/howto/hotplug.rst), or wait for a thread that removes one.
 * A removal waits until no callback of the device's interrupts runs: inside of one, it would
 * wait for itself. So an alarm sends the event. Nobody waits for this alarm, and it accesses
 * nothing of the device: EAL reads the name again after each callback, and the first may have
 * removed the device.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_alarm.h>
#include <rte_dev.h>

#include "device.h"

/* An event that is not sent yet. At most one for each name. */
struct removal {
	char name[RTE_DEV_NAME_MAX_LEN];
	bool dropped;
	TAILQ_ENTRY(removal) next;
};

static TAILQ_HEAD(, removal) removals = TAILQ_HEAD_INITIALIZER(removals);
static rte_spinlock_t removals_lock = RTE_SPINLOCK_INITIALIZER;

/* The caller holds the lock. */
static struct removal *
find(const char *name)
{
	struct removal *r;

	TAILQ_FOREACH(r, &removals, next)
		if (!r->dropped && strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

/* @return the event, which is new; NULL: there is one (*ret is 0), or no memory */
static struct removal *
add(const char *name, int *ret)
{
	struct removal *r = NULL;

	*ret = 0;
	rte_spinlock_lock(&removals_lock);
	if (find(name) == NULL) {
		r = calloc(1, sizeof(*r));
		*ret = r == NULL ? -ENOMEM : 0;
	}
	if (r != NULL) {
		snprintf(r->name, sizeof(r->name), "%s", name);
		TAILQ_INSERT_TAIL(&removals, r, next);
	}
	rte_spinlock_unlock(&removals_lock);
	return r;
}

/* Take the event off the list. @return whether it is to be sent */
static bool
take(struct removal *r)
{
	bool wanted;

	rte_spinlock_lock(&removals_lock);
	TAILQ_REMOVE(&removals, r, next);
	wanted = !r->dropped;
	rte_spinlock_unlock(&removals_lock);
	return wanted;
}

/* On EAL's interrupt thread. */
static void
on_alarm(void *arg)
{
	struct removal *r = arg;

	if (take(r))
		rte_dev_event_callback_process(r->name, RTE_DEV_EVENT_REMOVE);
	free(r);
}

void
vfio_msi_removal_send(const struct vfio_msi_device *dev)
{
	int ret;
	struct removal *r = add(dev->pci.device.device.name, &ret);

	if (r != NULL) {
		ret = rte_eal_alarm_set(1, on_alarm, r);
		if (ret < 0) {	/* EAL may have it all the same */
			rte_eal_alarm_cancel(on_alarm, r);
			take(r);
			free(r);
		}
	}
	if (ret < 0)
		BUS_LOG(ERR, "%s: no memory to send the removal event to the application; detach the port by hand (testpmd: port stop N, port detach N)",
			dev->label);
}

void
vfio_msi_removal_drop(const struct vfio_msi_device *dev)
{
	struct removal *r;

	rte_spinlock_lock(&removals_lock);
	r = find(dev->pci.device.device.name);
	if (r != NULL)
		r->dropped = true;
	rte_spinlock_unlock(&removals_lock);
}
