/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. Replies of telemetry. */

#ifndef FAKE_RTE_TELEMETRY_H
#define FAKE_RTE_TELEMETRY_H

#include <stdint.h>

struct rte_tel_data;

int rte_tel_data_add_dict_uint(struct rte_tel_data *reply, const char *name, uint64_t value);

#endif /* FAKE_RTE_TELEMETRY_H */
