/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* System calls on a container of POWER. */

#include <string.h>
#include <sys/ioctl.h>

#include "uapi/vfio_uapi.h"
#include "uapi/vfio_uapi_private.h"

int
vfio_uapi_spapr_info(int container, struct vfio_iommu_spapr_tce_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	return call(container, VFIO_IOMMU_SPAPR_TCE_GET_INFO, info);
}

int
vfio_uapi_spapr_create(int container, unsigned int page_shift, uint64_t size, uint64_t *start)
{
	struct vfio_iommu_spapr_tce_create create = {
		.argsz = sizeof(create),
		.page_shift = page_shift,
		.window_size = size,
		.levels = 1,
	};
	int ret = call(container, VFIO_IOMMU_SPAPR_TCE_CREATE, &create);

	*start = create.start_addr;
	return ret;
}

int
vfio_uapi_spapr_remove(int container, uint64_t start)
{
	struct vfio_iommu_spapr_tce_remove remove = {
		.argsz = sizeof(remove),
		.start_addr = start,
	};

	return call(container, VFIO_IOMMU_SPAPR_TCE_REMOVE, &remove);
}

static int
call_memory(int container, unsigned long request, uint64_t vaddr, uint64_t size)
{
	struct vfio_iommu_spapr_register_memory memory = {
		.argsz = sizeof(memory),
		.vaddr = vaddr,
		.size = size,
	};

	return call(container, request, &memory);
}

int
vfio_uapi_spapr_register(int container, uint64_t vaddr, uint64_t size)
{
	return call_memory(container, VFIO_IOMMU_SPAPR_REGISTER_MEMORY, vaddr, size);
}

int
vfio_uapi_spapr_unregister(int container, uint64_t vaddr, uint64_t size)
{
	return call_memory(container, VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY, vaddr, size);
}

int
vfio_uapi_spapr_eeh_state(int container)
{
	struct vfio_eeh_pe_op op = {
		.argsz = sizeof(op),
		.op = VFIO_EEH_PE_GET_STATE,
	};

	return neg_errno(ioctl(container, VFIO_EEH_PE_OP, &op));
}
