/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Device arguments: the name of a device and its keys.
 *
 * Needs neither an initialised EAL nor the bus, so that dpdk-test-msi parses
 * arguments with the code of the bus. Thread safe (no state).
 */

#ifndef VFIO_MSI_ARGS_H
#define VFIO_MSI_ARGS_H

#include <sched.h>
#include <stddef.h>

#include <rte_uuid.h>

#include "holes/holes.h"
#include "ioas/ioas.h"
#include "topology/topology.h"
#include "va/va_policy.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VFIO_MSI_BUS "vfio_msi"
#define VFIO_MSI_PREFIX VFIO_MSI_BUS ":"
#define VFIO_MSI_ALL VFIO_MSI_PREFIX "all"

/** Key msi=. */
enum vfio_msi_mode {
	VFIO_MSI_DEFAULT,	/**< no key: EAL's --vfio-intr decides */
	VFIO_MSI_AUTO,		/**< MSI-X, MSI, INTx, none */
	VFIO_MSI_REQUIRE,	/**< MSI-X or MSI, else the probe fails */
	VFIO_MSI_OFF,		/**< INTx or none */
};

/** Key irq_affinity=. */
enum vfio_msi_affinity_mode {
	VFIO_MSI_AFFINITY_NONE,	/**< interrupts stay where the kernel and irqbalance have them */
	VFIO_MSI_AFFINITY_AUTO,	/**< processors of EAL's control threads and workers */
	VFIO_MSI_AFFINITY_LIST,	/**< processors of the user */
};

/** The keys of one device argument. */
struct vfio_msi_conf {
	enum ioas_backend backend;
	enum vfio_msi_mode msi;
	enum va_key iova;	/**< iova=, of the process: devices must not contradict */
	struct hole_list holes;	/**< hole=, IOVA_ORIGIN_USER */
	unsigned int dma_bits;	/**< dma_bits=: address bits that arrive; 0: all */
	char vf_token[RTE_UUID_STRLEN];	/**< vf_token=, "" for none */
	struct ioas_fds fds;	/**< device=, iommufd=, group=, container=; -1 for none */
	enum vfio_msi_affinity_mode affinity;
	cpu_set_t cpus;		/**< irq_affinity=LIST: not empty */
	bool virtio_dma_by_iommu;	/**< virtio_dma=iommu: trust the user, not the features */
	char *pmd_args;		/**< arguments for the PMD; never NULL after parse */
};

/** BDF of "vfio_msi:BDF". @return 0, or -EINVAL ("all" included). */
int vfio_msi_parse_name(const char *name, struct topo_addr *out);

/**
 * Parse the keys.
 *
 * @param args  "KEY=VALUE,...", NULL or "" for none; or EAL's layer of the bus,
 *   "bus=vfio_msi,addr=BDF,KEY=VALUE,...", whose first two keys are skipped
 * @return 0; -EINVAL or -ENOMEM with the reason in @p why
 */
int vfio_msi_parse_args(const char *args, struct vfio_msi_conf *out,
		char *why, size_t size);

/** Append to the arguments for the PMD; "" appends nothing. @return 0; -ENOMEM. */
int vfio_msi_conf_pmd(struct vfio_msi_conf *conf, const char *args);

/** The descriptors that were given, or NULL. */
const struct ioas_fds *vfio_msi_conf_fds(const struct vfio_msi_conf *conf);

void vfio_msi_conf_free(struct vfio_msi_conf *conf);

/**
 * Append the user's holes, with the device as owner.
 *
 * @return 0; -ENOMEM, with some holes in the list
 */
int vfio_msi_conf_holes(const struct vfio_msi_conf *conf, const char *owner,
		struct hole_list *list);

/** Append the hole above dma_bits=, if any, with the device as owner. @return 0; -ENOMEM. */
int vfio_msi_conf_limit(const struct vfio_msi_conf *conf, const char *owner,
		struct hole_list *list);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_MSI_ARGS_H */
