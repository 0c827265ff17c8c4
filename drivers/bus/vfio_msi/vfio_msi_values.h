/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Numbers in a device argument. Needs no DPDK. Thread safe (no state).
 */

#ifndef VFIO_MSI_VALUES_H
#define VFIO_MSI_VALUES_H

#include "holes/holes.h"

/** Fewest address bits of a device: with fewer it reaches no page. */
#define VFIO_MSI_BITS_MIN 12
#define VFIO_MSI_BITS_MAX 64

/** A file descriptor, decimal. @return 0; -EINVAL. */
int vfio_msi_value_fd(const char *value, int *out);

/** FIRST-LAST, both ends included, hexadecimal or decimal. @return 0; -EINVAL. */
int vfio_msi_value_range(const char *value, struct iova_range *out);

/** A number of address bits, decimal. @return 0; -EINVAL. */
int vfio_msi_value_bits(const char *value, unsigned int *out);

/** Highest address of so many bits; 0 bits: any. */
uint64_t vfio_msi_bits_last(unsigned int bits);

/**
 * The hole above so many address bits, without an owner.
 *
 * @return false if there is none: 0 bits, or all
 */
bool vfio_msi_bits_hole(unsigned int bits, struct iova_hole *out);

/**
 * Whether an IOMMU translates an address of so many bits.
 *
 * @param driver  it drives so many bits; NULL: the user's key dma_bits=
 * @param ranges  what it translates; none if that is unknown
 * @return 0; -ERANGE with the reason, which names both ranges
 */
int vfio_msi_bits_fit(unsigned int bits, const char *driver, const struct iova_range *ranges, size_t n,
		char *why, size_t size);

/**
 * Number of KEY=VALUE, as DPDK counts them: a comma between brackets separates none, and
 * empty ones do not count.
 */
unsigned int vfio_msi_values_count(const char *args);

#endif /* VFIO_MSI_VALUES_H */
