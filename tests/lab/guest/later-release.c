/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * To be preloaded: the version functions of a future release of EAL.
 *
 * DPDK keeps the SONAME for a year, but may change the structures of buses. A plugin may
 * therefore be loaded into an incompatible release, and must detect this.
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
