/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The part of VFIO's ABI that this library uses, independent of the installed headers.
 *
 * The oldest supported <linux/vfio.h> is that of Debian 12 (6.1). It has everything type1
 * needs. Later additions are declared here, guarded by the macro that came with them.
 *
 * Character devices and iommufd are newer, and their structures grow. They have names of
 * their own (abi_*) and do not depend on the headers. Each structure begins with its
 * size, which tells the kernel how much of it the caller knows.
 */

#ifndef VFIO_ABI_H
#define VFIO_ABI_H

#include <assert.h>
#include <errno.h>
#include <linux/types.h>
#include <linux/vfio.h>

#ifndef VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL
#define VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL 3
struct vfio_iommu_type1_info_dma_avail {
	struct vfio_info_cap_header header;
	__u32 avail;
};
#endif

#ifndef VFIO_UNMAP_ALL
#define VFIO_UNMAP_ALL 9
#define VFIO_DMA_UNMAP_FLAG_ALL (1 << 1)
#endif

/* The kernel's own ENOTSUPP, which some calls return, for example to enable MSI-X. */
#define ABI_ENOTSUPP 524

/** Turn errno into an error that strerror() knows. @return -errno */
static inline int
abi_error(int error)
{
	return error == ABI_ENOTSUPP ? -ENOTSUP : -error;
}

/* On a character device of VFIO. */
#define ABI_DEVICE_BIND _IO(VFIO_TYPE, VFIO_BASE + 18)
#define ABI_DEVICE_ATTACH _IO(VFIO_TYPE, VFIO_BASE + 19)
#define ABI_DEVICE_DETACH _IO(VFIO_TYPE, VFIO_BASE + 20)

#define ABI_BIND_TOKEN (1u << 0)	/* the kernel reads token; EINVAL: an older
					 * kernel */
#define ABI_UUID_SIZE 16

struct abi_device_bind {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 devid;		/* out */
	__aligned_u64 token;	/* address of a UUID, ABI_UUID_SIZE bytes */
};

struct abi_device_attach {
	__u32 argsz;
	__u32 flags;
	__u32 id;		/* in: address space; out: its page table */
};

struct abi_device_detach {
	__u32 argsz;
	__u32 flags;
};

/* Devices that a hot reset affects: flags, and the special ID in place of a group. */
#define ABI_HOT_RESET_DEVID (1u << 0)	/* group_id is a device ID; older kernels: 0 */
#define ABI_DEVID_NOT_OWNED UINT32_MAX	/* the device is not bound to this iommufd */

/* On /dev/iommu. */
#define ABI_IOMMUFD(n) _IO(';', 0x80 + (n))
#define ABI_DESTROY ABI_IOMMUFD(0)
#define ABI_IOAS_ALLOC ABI_IOMMUFD(1)
#define ABI_IOAS_ALLOW_IOVAS ABI_IOMMUFD(2)
#define ABI_IOAS_IOVA_RANGES ABI_IOMMUFD(4)
#define ABI_IOAS_MAP ABI_IOMMUFD(5)
#define ABI_IOAS_UNMAP ABI_IOMMUFD(6)
#define ABI_OPTION ABI_IOMMUFD(7)
#define ABI_VFIO_IOAS ABI_IOMMUFD(8)
#define ABI_IOAS_MAP_FILE ABI_IOMMUFD(15)

struct abi_destroy {
	__u32 size;
	__u32 id;
};

struct abi_ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 id;		/* out */
};

struct abi_iova_range {
	__aligned_u64 first;
	__aligned_u64 last;
};

/* For both calls that take a list of ranges; ALLOW_IOVAS ends before alignment. */
struct abi_ioas_ranges {
	__u32 size;
	__u32 id;
	__u32 count;		/* IOVA_RANGES: in: capacity; out: number of ranges */
	__u32 reserved;
	__aligned_u64 ranges;	/* address of count abi_iova_range structures */
	__aligned_u64 alignment;	/* out */
};

#define ABI_MAP_FIXED (1u << 0)
#define ABI_MAP_WRITE (1u << 1)
#define ABI_MAP_READ (1u << 2)

struct abi_ioas_map {
	__u32 size;
	__u32 flags;
	__u32 id;
	__u32 reserved;
	__aligned_u64 va;
	__aligned_u64 length;
	__aligned_u64 iova;
};

/* Linux 6.13; EINVAL unless the file is hugetlbfs, shmem or a memfd. */
struct abi_ioas_map_file {
	__u32 size;
	__u32 flags;
	__u32 id;
	__s32 fd;
	__aligned_u64 start;
	__aligned_u64 length;
	__aligned_u64 iova;
};

struct abi_ioas_unmap {
	__u32 size;
	__u32 id;
	__aligned_u64 iova;
	__aligned_u64 length;	/* out: bytes unmapped */
};

#define ABI_OPTION_RLIMIT_MODE 0
#define ABI_OPTION_GET 1

struct abi_option {
	__u32 size;
	__u32 option;
	__u16 op;
	__u16 reserved;
	__u32 object;
	__aligned_u64 value;	/* out: 1 if the kernel counts locked memory by process */
};

#define ABI_VFIO_IOAS_SET 1

struct abi_vfio_ioas {
	__u32 size;
	__u32 id;
	__u16 op;
	__u16 reserved;
};

static_assert(sizeof(struct abi_device_bind) == 24, "ABI");
static_assert(sizeof(struct abi_device_attach) == 12, "ABI");
static_assert(sizeof(struct abi_device_detach) == 8, "ABI");
static_assert(sizeof(struct abi_destroy) == 8, "ABI");
static_assert(sizeof(struct abi_ioas_alloc) == 12, "ABI");
static_assert(sizeof(struct abi_iova_range) == 16, "ABI");
static_assert(sizeof(struct abi_ioas_ranges) == 32, "ABI");
static_assert(sizeof(struct abi_ioas_map) == 40, "ABI");
static_assert(sizeof(struct abi_ioas_map_file) == 40, "ABI");
static_assert(sizeof(struct abi_ioas_unmap) == 24, "ABI");
static_assert(sizeof(struct abi_option) == 24, "ABI");
static_assert(sizeof(struct abi_vfio_ioas) == 12, "ABI");

static_assert(sizeof(struct vfio_pci_dependent_device) == 8, "ABI");
static_assert(sizeof(struct vfio_pci_hot_reset_info) == 12, "ABI");
static_assert(sizeof(struct vfio_pci_hot_reset) == 12, "ABI");

static_assert(sizeof(struct vfio_info_cap_header) == 8, "ABI");
static_assert(sizeof(struct vfio_group_status) == 8, "ABI");
static_assert(sizeof(struct vfio_irq_info) == 16, "ABI");
static_assert(sizeof(struct vfio_irq_set) == 20, "ABI");
static_assert(sizeof(struct vfio_region_info) == 32, "ABI");
static_assert(sizeof(struct vfio_iommu_type1_dma_map) == 32, "ABI");
static_assert(sizeof(struct vfio_iommu_type1_dma_unmap) == 24, "ABI");
static_assert(sizeof(struct vfio_iova_range) == 16, "ABI");
static_assert(sizeof(struct vfio_iommu_type1_info_cap_iova_range) == 16, "ABI");
static_assert(sizeof(struct vfio_iommu_type1_info_dma_avail) == 12, "ABI");

#endif /* VFIO_ABI_H */
