/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A leg that is a node of the kernel, a container or an iommufd: the state that type1,
 * iommufd and the one in between share.
 */

#ifndef IOAS_NODE_H
#define IOAS_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ioas_node {
	int fd;			/**< of the node */
	uint32_t id;		/**< of the space: an iommufd has several */
	bool for_groups;	/**< groups that get fd use this space */
	atomic_bool no_files;	/**< the kernel can't map files; of all threads that map */
	bool over_iommufd;	/**< set by type1: the node is an iommufd, see ioas_compat_ops */
	bool memlock_by_process;	/**< though the backend's traits say: by user */
};

/** ops.close: close the node. */
void ioas_node_close(void *leg);

#endif /* IOAS_NODE_H */
