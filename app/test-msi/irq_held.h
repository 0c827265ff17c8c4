/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What a device and this process hold: interrupts as the kernel lists them, open descriptors.
 *
 * Independent of DPDK. Thread safe (no state).
 */

#ifndef IRQ_HELD_H
#define IRQ_HELD_H

#include <stdint.h>

struct irq_held {
	unsigned int vectors;	/**< of the device, in /proc/interrupts */
	unsigned int descriptors;	/**< of this process */
};

/**
 * Count what stays. Other threads of the process change the number of descriptors for a
 * moment: EAL's interrupt thread closes its epoll descriptor and opens another one after each
 * change of a callback, and alarms read files. So this reads several times, in about 60 ms,
 * and returns the medians.
 *
 * @param bdf   the device, "DDDD:BB:DD.F"
 * @param file  the file that can't be read, in case of an error
 * @return 0, -errno
 */
int irq_held_count(const char *bdf, struct irq_held *out, const char **file);

/** How many interrupts all vectors of the device got. @return 0, -errno of IRQ_HELD_INTERRUPTS. */
int irq_held_interrupts(const char *bdf, uint64_t *out);

#define IRQ_HELD_INTERRUPTS "/proc/interrupts"

#endif /* IRQ_HELD_H */
