/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdio.h>

#include "ioas/ioas_ops.h"
#include "uapi/vfio_uapi.h"

/* The node of the group: opened by the caller, by the user, or here. */
static int
group_fd(const struct ioas_member *m)
{
	char path[VFIO_UAPI_NODE_LEN];

	if (m->group_fd >= 0)
		return m->group_fd;
	if (m->fds != NULL)
		return vfio_uapi_dup(m->fds->group);
	vfio_uapi_group_node(m->group, m->noiommu, path);
	return vfio_uapi_open(path);
}

int
ioas_group_enter(void *leg, const struct ioas_member *m,
		struct ioas_attachment *attachment, bool *viable)
{
	uint32_t flags;
	int ret;

	attachment->fd = group_fd(m);
	attachment->ours = m->group_fd < 0;
	attachment->given = attachment->ours && m->fds != NULL;
	if (attachment->fd < 0)
		return attachment->fd;
	ret = vfio_uapi_group_status(attachment->fd, &flags);
	if (ret == 0 && (flags & VFIO_GROUP_FLAGS_VIABLE) == 0) {
		*viable = false;
		ret = -EPERM;
	}
	if (ret < 0 && attachment->ours)
		vfio_uapi_close(attachment->fd);
	return ret;
}

int
ioas_group_attach(struct ioas_attachment *attachment, int container)
{
	int ret = vfio_uapi_group_set_container(attachment->fd, container);

	if (ret == -EINVAL && attachment->given &&
	    vfio_uapi_group_unset_container(attachment->fd) == 0)
		ret = vfio_uapi_group_set_container(attachment->fd, container);
	return ret;
}

int
ioas_group_device(struct ioas_attachment *attachment, const struct ioas_member *m)
{
	char name[128];
	int n, ret;

	n = snprintf(name, sizeof(name), "%s%s%s", m->name,
			m->vf_token != NULL ? " vf_token=" : "",
			m->vf_token != NULL ? m->vf_token : "");
	if (n < 0 || (size_t)n >= sizeof(name))
		return -EINVAL;
	ret = vfio_uapi_group_get_device(attachment->fd, name);
	return ret == -EACCES ? -EKEYREJECTED : ret;
}
