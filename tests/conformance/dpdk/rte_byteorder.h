/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. */

#ifndef FAKE_RTE_BYTEORDER_H
#define FAKE_RTE_BYTEORDER_H

#include <endian.h>
#include <stdint.h>

typedef uint16_t rte_le16_t;

#define rte_le_to_cpu_16(x) le16toh(x)
#define rte_cpu_to_le_16(x) htole16(x)

#endif /* FAKE_RTE_BYTEORDER_H */
