/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Drivers, arguments, EAL's memory, threads and the clock around the operations of the bus, which
 * are real.
 */

#ifndef CONFORMANCE_ENTRY_AROUND_H
#define CONFORMANCE_ENTRY_AROUND_H

#include <stdatomic.h>
#include <stdbool.h>

#include "bus.h"

#define A 0
#define B 1

extern struct vfio_msi_device *devices[2];
extern const char *root;		/**< of the files that a scan reads, or NULL */
extern void (*in_claim)(const struct topo_addr *addr);	/**< or NULL, as the next three */
extern void (*in_probe)(void);		/**< of a driver */
extern void (*in_remove)(void);		/**< of a driver */
extern void (*before_unmap)(void);
extern int driver_result;
extern int again_result;		/**< of a driver whose device runs; EEXIST before each test */
extern atomic_bool mapped;		/**< EAL's memory */
extern atomic_uint scans;
extern __thread bool is_intr;
extern atomic_uint looks;		/**< at the clock */
extern atomic_long step;		/**< seconds from each look at the clock to the next */

/** Two devices on the list, in groups 7 and 8, which are not attached. */
int entry_setup(void **state);
int entry_teardown(void **state);

void pause_ms(long ms);

#endif /* CONFORMANCE_ENTRY_AROUND_H */
