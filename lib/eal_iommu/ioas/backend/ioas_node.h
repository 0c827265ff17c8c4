/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A leg that is a node of the kernel, a container or an iommufd: the state that type1,
 * iommufd, the one in between and spapr share.
 */

#ifndef IOAS_NODE_H
#define IOAS_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ioas/ioas.h"

/** A range that the hypervisor of POWER translates, see ioas_spapr.c. */
struct ioas_window {
	struct iova_range range;
	unsigned int page_shift;	/**< pages of 2^page_shift bytes */
};

/** Memory that is registered and mapped more than once, see ioas_spapr.c. */
struct ioas_shared {
	struct ioas_shared *next;
	uint64_t va;
	uint64_t size;
	unsigned int more;	/**< mappings, without the first */
};

struct ioas_node {
	int fd;			/**< of the node */
	bool given;		/**< it is a duplicate of one that the user opened */
	bool has_space;		/**< id is valid */
	uint32_t id;		/**< of the space: an iommufd has several */
	bool for_groups;	/**< groups that get fd use this space */
	atomic_bool no_files;	/**< the kernel can't map files; of all threads that map */
	bool over_iommufd;	/**< set by type1: the node is an iommufd, see ioas_compat_ops */
	bool is_spapr;		/**< set by type1: the kernel is that of POWER, see ioas_spapr_ops */
	struct ioas_window window;	/**< spapr: that is used */
	struct ioas_shared *shared;	/**< spapr */
	bool memlock_by_process;	/**< though the backend's traits say: by user */
};

/** Open the node, or duplicate @p given unless it is negative. @return fd, also in k; -errno. */
int ioas_node_open(struct ioas_node *k, const char *path, int given);

/**
 * Open a container that has an extension, or duplicate that of @p fds, which may be NULL.
 *
 * @return 0; -ENOTSUP: no such extension, or another version of VFIO; -errno
 */
int ioas_node_open_container(struct ioas_node *k, const struct ioas_fds *fds,
		unsigned int extension);

/** Make an address space in an iommufd. */
int ioas_node_alloc(struct ioas_node *k);

/** ops.close: close the node. In one that the user opened, destroy the address space. */
void ioas_node_close(void *leg);

/**
 * Open a member's character device, or duplicate the given one, and bind it.
 *
 * @param token  ABI_UUID_SIZE bytes, or NULL
 * @return fd; -EXDEV: it is bound to another iommufd; -errno
 */
int ioas_node_device(const struct ioas_node *k, const struct ioas_member *m,
		const uint8_t *token);

#endif /* IOAS_NODE_H */
