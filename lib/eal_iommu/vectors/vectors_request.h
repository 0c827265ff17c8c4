/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Request vectors of a machine that may have too few for all its devices.
 *
 * A process that tries how many there are has all of them for a moment. So a request that gets
 * fewer than it wants can be repeated, after a pause of 25 ms.
 *
 * Thread safe (no state) for different devices.
 */

#ifndef VECTORS_REQUEST_H
#define VECTORS_REQUEST_H

#ifdef __cplusplus
extern "C" {
#endif

/** Attempts of a caller that can wait, with pauses of 75 ms in total. Others make one. */
#define VECTORS_TRIES 4

/**
 * Enable the first vectors of a device that has none enabled, as many as the kernel has.
 *
 * @param index  VFIO_PCI_MSIX_IRQ_INDEX or VFIO_PCI_MSI_IRQ_INDEX
 * @param fds    an eventfd for each vector, -1: none
 * @param n      number of vectors, at least 1; not more than the device has
 * @param tries  attempts to get all of them, at least 1
 * @return the number granted, at least 1; -ENOSPC the kernel has none; -errno
 */
int vectors_request(int device, unsigned int index, const int *fds, unsigned int n,
		unsigned int tries);

/**
 * How many of the first @p n vectors the kernel has for a device now. They are left disabled.
 * The kernel must have granted one before.
 *
 * @param tries  as above
 * @return the number; @p n also if the kernel fails otherwise, which says nothing about it
 */
unsigned int vectors_available(int device, unsigned int index, unsigned int n,
		unsigned int tries);

/** The pause between two attempts. */
void vectors_pause(void);

#ifdef __cplusplus
}
#endif

#endif /* VECTORS_REQUEST_H */
