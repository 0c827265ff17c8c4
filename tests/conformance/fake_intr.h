/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL's interrupt thread: its sources and alarms. The test is this thread. It fails where EAL
 * waits for ever or panics.
 */

#ifndef FAKE_INTR_H
#define FAKE_INTR_H

#include <stdbool.h>

#include <rte_interrupts.h>

/** EAL has no memory for an alarm. */
extern bool fake_intr_no_alarms;

/** Nothing is registered. */
void fake_intr_reset(void);

/** EAL has read the eventfd of a handle and calls the callback. */
void fake_intr(const struct rte_intr_handle *h);

/** Run the alarms that are set now. @return how many */
unsigned int fake_intr_alarms(void);

#endif /* FAKE_INTR_H */
