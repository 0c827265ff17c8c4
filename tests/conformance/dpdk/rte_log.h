/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK; fake_eal.c has the functions. */

#ifndef FAKE_RTE_LOG_H
#define FAKE_RTE_LOG_H

#define RTE_LOG_REGISTER_DEFAULT(type, level) int type = 0;
#define RTE_LOG_NOTICE 6
#define RTE_LOG_INFO 7
#define RTE_LOG(level, type, ...) fake_eal_log(#level, __VA_ARGS__)

/** Appends to fake_eal_said what is a notice or more important. */
void fake_eal_log(const char *level, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

int rte_log(unsigned int level, unsigned int type, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

#endif /* FAKE_RTE_LOG_H */
