/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * In place of DPDK's, for tests without DPDK. The release of the fake DPDK: the newest whose buses
 * have no parameter, or with FAKE_NEW_BUSES the first whose buses have one.
 */

#ifndef FAKE_RTE_VERSION_H
#define FAKE_RTE_VERSION_H

#ifdef FAKE_NEW_BUSES
#define RTE_VER_YEAR 26
#define RTE_VER_MONTH 7
#else
#define RTE_VER_YEAR 25
#define RTE_VER_MONTH 11
#endif
#define RTE_VERSION_NUM(a, b, c, d) ((a) << 24 | (b) << 16 | (c) << 8 | (d))
#define RTE_VERSION RTE_VERSION_NUM(RTE_VER_YEAR, RTE_VER_MONTH, 0, 99)

static inline const char *
rte_version(void)
{
#ifdef FAKE_NEW_BUSES
	return "DPDK 26.07.0";
#else
	return "DPDK 25.11.0";
#endif
}

static inline unsigned int
rte_version_year(void)
{
	return RTE_VER_YEAR;
}

static inline unsigned int
rte_version_month(void)
{
	return RTE_VER_MONTH;
}

#endif /* FAKE_RTE_VERSION_H */
