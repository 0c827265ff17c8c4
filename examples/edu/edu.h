/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A driver of the vfio_msi bus for QEMU's device "edu" (docs/specs/edu in QEMU's source): it
 * computes factorials, and copies between memory and a buffer of its own. It drives 28 address
 * bits, and interrupts when it is done.
 *
 * Functions return 0, or -1 with the reason written to stderr. One thread at a time may use a
 * device.
 */

#ifndef EDU_H
#define EDU_H

#include <stdint.h>

#include <rte_common.h>

#define EDU_BUFFER 4096		/* bytes, in the device */

struct edu;

int complain(const char *what, int error);

/** Before rte_eal_init(). */
int edu_driver_register(void);

/** The device, or NULL. There may be one in this example. */
struct edu *edu_device(void);

/** Address of the device: "0000:01:00.0". */
const char *edu_name(const struct edu *edu);

/** Memory of EDU_BUFFER bytes that the device reaches, and its IOVA. */
uint8_t *edu_memory(const struct edu *edu, rte_iova_t *iova);

/** Highest address that the device drives. */
uint64_t edu_limit(const struct edu *edu);

/** Compute n! modulo 2^32, and sleep until the device interrupts. */
int edu_factorial(struct edu *edu, uint32_t n, uint32_t *result);

/** Copy the first bytes of the memory into the device; sleep until it is done. */
int edu_copy_in(struct edu *edu, uint32_t len);

/** Copy the first bytes of the device's buffer into the memory. */
int edu_copy_out(struct edu *edu, uint32_t len);

/** Number of interrupts since the start. */
int edu_interrupts(const struct edu *edu, uint64_t *count);

#endif /* EDU_H */
