/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The member of the address space for a device: its VF token, and its group if EAL has it.
 */

#include <rte_eal.h>
#include <bsd/string.h>

#include "space.h"

void
vfio_msi_token_take(struct vfio_msi_device *dev)
{
	rte_uuid_t token;

	strlcpy(dev->vf_token, dev->conf.vf_token, sizeof(dev->vf_token));
	rte_eal_vfio_get_vf_token(token);
	if (dev->vf_token[0] == '\0' && !rte_uuid_is_null(token))
		rte_uuid_unparse(token, dev->vf_token, sizeof(dev->vf_token));
}

/* EAL's option applies to all devices, but the kernel refuses a token for most of them. */
bool
vfio_msi_token_is_optional(const struct vfio_msi_device *dev)
{
	return dev->vf_token[0] != '\0' && dev->conf.vf_token[0] == '\0';
}

struct ioas_member
vfio_msi_member(const struct vfio_msi_device *dev)
{
	struct ioas_member m = plan_member(&dev->plan,
			dev->vf_token[0] != '\0' ? dev->vf_token : NULL);

	m.group_fd = dev->group_fd;
	return m;
}
