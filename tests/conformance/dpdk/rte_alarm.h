/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. The test implements the functions. */

#ifndef FAKE_RTE_ALARM_H
#define FAKE_RTE_ALARM_H

#include <stdint.h>

typedef void (*rte_eal_alarm_callback)(void *arg);

int rte_eal_alarm_set(uint64_t us, rte_eal_alarm_callback cb, void *arg);
int rte_eal_alarm_cancel(rte_eal_alarm_callback cb, void *arg);

#endif /* FAKE_RTE_ALARM_H */
