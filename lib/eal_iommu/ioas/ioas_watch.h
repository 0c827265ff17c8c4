/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Notice members whose DMA is stopped after an error (EEH of POWER).
 *
 * The kernel stops all members of a group together. When one of them is closed it thaws the
 * others, which then hang. So each group is asked once for all of its members, and the caller
 * reports all of them before it lets anybody close one. A single answer proves nothing: it is
 * the same while firmware recovers. Nor do several: where firmware has no EEH for a device, the
 * kernel gives the answer for a frozen device forever. So the device must not respond either: the
 * config space of a frozen one reads as ones.
 *
 * Not thread safe: the caller serialises. Does not wait for other threads.
 */

#ifndef IOAS_WATCH_H
#define IOAS_WATCH_H

#include <stdbool.h>
#include <sys/queue.h>

#include "ioas/ioas.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A member is stopped after so many equal answers. */
#define IOAS_WATCH_SAMPLES 3

/** A watched member. */
struct ioas_watched {
	struct ioas_member member;	/**< attached */
	unsigned int samples;		/**< polls in sequence that found it stopped */
	bool is_new;			/**< stopped since the last call; the caller clears it */
	TAILQ_ENTRY(ioas_watched) link;
};

TAILQ_HEAD(ioas_watch, ioas_watched);

/**
 * Ask about all groups. Marks all members that are stopped now, and were not before.
 *
 * @param root  as in sysfs.h
 */
void ioas_watch_poll(struct ioas *ioas, const char *root, struct ioas_watch *watch);

#ifdef __cplusplus
}
#endif

#endif /* IOAS_WATCH_H */
