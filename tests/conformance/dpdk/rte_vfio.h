/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* In place of DPDK's, for tests without DPDK. EAL has no VFIO. */

#ifndef FAKE_RTE_VFIO_H
#define FAKE_RTE_VFIO_H

static inline int
rte_vfio_is_enabled(const char *module)
{
	return 0;
}

static inline int
rte_vfio_enable(const char *module)
{
	return -1;
}

static inline int
rte_vfio_container_create(void)
{
	return -1;
}

static inline int
rte_vfio_container_group_bind(int container, int group)
{
	return -1;
}

static inline int
rte_vfio_container_destroy(int container)
{
	return -1;
}

#endif /* FAKE_RTE_VFIO_H */
