/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * To be preloaded: what EAL says of itself, years from now.
 *
 * DPDK keeps the SONAME for a year, but not the structures of buses. So a
 * plugin loads into releases it does not fit, and must find out by itself.
 */

const char *rte_version(void);
unsigned int rte_version_year(void);
unsigned int rte_version_month(void);

const char *
rte_version(void)
{
	return "DPDK 99.07.0";
}

unsigned int
rte_version_year(void)
{
	return 99;
}

unsigned int
rte_version_month(void)
{
	return 7;
}
