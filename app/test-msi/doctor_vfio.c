/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include "doctor_live.h"
#include "uapi/vfio_uapi.h"

/* @return a descriptor, or -1 */
static int
node_open(const char *path, bool driven, int *error)
{
	int fd;

	/* To open it would load the modules of its driver. */
	if (!driven)
		return -1;
	fd = vfio_uapi_open(path);
	*error = fd < 0 ? fd : 0;
	return fd < 0 ? -1 : fd;
}

void
doctor_live_vfio(struct doctor_vfio *vfio)
{
	int fd = node_open("/dev/vfio/vfio", vfio->driven, &vfio->container_error);

	/* A container does not know this call. */
	if (fd >= 0)
		vfio->compat = vfio_uapi_iommufd_rlimit_mode(fd) >= 0 ? DOCTOR_YES : DOCTOR_NO;
	vfio_uapi_close(fd);
	vfio_uapi_close(node_open("/dev/iommu", vfio->iommufd_driven, &vfio->iommufd_error));
}
