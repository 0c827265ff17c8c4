/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. Events of devices; the test implements the function. */

#ifndef FAKE_RTE_DEV_H
#define FAKE_RTE_DEV_H

enum rte_dev_event_type { RTE_DEV_EVENT_ADD, RTE_DEV_EVENT_REMOVE };

void rte_dev_event_callback_process(const char *name, enum rte_dev_event_type event);

#endif /* FAKE_RTE_DEV_H */
