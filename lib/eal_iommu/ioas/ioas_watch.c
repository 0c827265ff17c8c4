/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>

#include <linux/pci_regs.h>

#include "ioas/ioas_watch.h"
#include "pci/pci_config.h"
#include "sysfs/sysfs.h"

/* An earlier member of the same group, which has been asked; or NULL. */
static const struct ioas_watched *
asked(const struct ioas_watch *watch, const struct ioas_watched *w)
{
	const struct ioas_watched *e;

	for (e = TAILQ_FIRST(watch); e != w; e = TAILQ_NEXT(e, link))
		if (e->member.group == w->member.group)
			return e;
	return NULL;
}

/*
 * Do the registers of a member read as ones? The class is read from sysfs: VFIO emulates the IDs,
 * and those of a virtual function are ones. No device has this class. @return 1; 0; -errno
 */
static int
is_silent(const char *root, const struct ioas_member *m)
{
	uint8_t config[PCI_CLASS_REVISION + sizeof(uint32_t)];
	size_t len;
	int ret = sysfs_read_start(root, config, sizeof(config), &len,
			"/sys/bus/pci/devices/%s/config", m->name);

	if (ret < 0)
		return ret;
	if (len < sizeof(config))
		return -EBADMSG;
	return pci_config_u32(config + PCI_CLASS_REVISION) == UINT32_MAX;
}

/* @return 1: a member is stopped; 0; -errno. */
static int
ask(struct ioas *ioas, const char *root, const struct ioas_member *m)
{
	int ret = ioas_stopped(ioas, m);

	return ret == IOAS_STOPPED_OR_UNKNOWN ? is_silent(root, m) : ret;
}

void
ioas_watch_poll(struct ioas *ioas, const char *root, struct ioas_watch *watch)
{
	const struct ioas_watched *e;
	struct ioas_watched *w;
	unsigned int before;
	int ret;

	TAILQ_FOREACH(w, watch, link) {
		before = w->samples;
		e = asked(watch, w);
		ret = e == NULL ? ask(ioas, root, &w->member) : 0;
		if (e != NULL)
			w->samples = e->samples;
		else if (ret == 0)
			w->samples = 0;
		else if (ret > 0 && w->samples < IOAS_WATCH_SAMPLES)
			w->samples++;
		/* An error says nothing. */
		w->is_new = before < IOAS_WATCH_SAMPLES && w->samples == IOAS_WATCH_SAMPLES;
	}
}
