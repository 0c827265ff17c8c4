/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * One function per system call on VFIO: the only room that makes them.
 *
 * Every function returns a negative errno on failure; errno itself is not
 * looked at above this room. Tests link another implementation of this header
 * (a fake kernel) instead. Thread safe as far as the kernel is.
 */

#ifndef VFIO_UAPI_H
#define VFIO_UAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "uapi/vfio_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Room for the path of a group's node. */
#define VFIO_UAPI_NODE_LEN 32

/** Path of a group's node; @p out has VFIO_UAPI_NODE_LEN bytes. */
static inline void
vfio_uapi_group_node(int group, bool noiommu, char *out)
{
	snprintf(out, VFIO_UAPI_NODE_LEN, "/dev/vfio/%s%d", noiommu ? "noiommu-" : "", group);
}

/** Open a device node read-write with O_CLOEXEC. @return fd or -errno. */
int vfio_uapi_open(const char *path);

/**
 * A file of this user that this process keeps locked until it is closed, or the
 * process ends; made if it is not there. Waits for who has it. @return fd or -errno.
 */
int vfio_uapi_lock_file(const char *path);

/** Does a process keep this file locked? @return 1 yes; 0 no; -errno. */
int vfio_uapi_file_is_locked(const char *path);

/** Close; a negative fd is allowed. Cannot fail. */
void vfio_uapi_close(int fd);

/** Another descriptor of the same open node, with O_CLOEXEC. @return fd or -errno. */
int vfio_uapi_dup(int fd);

/** VFIO_GET_API_VERSION. @return the version or -errno. */
int vfio_uapi_api_version(int container);

/** VFIO_CHECK_EXTENSION. @return > 0 supported, 0 not, -errno. */
int vfio_uapi_check_extension(int container, unsigned int extension);

/** VFIO_SET_IOMMU: VFIO_TYPE1v2_IOMMU, ... */
int vfio_uapi_set_iommu(int container, unsigned int type);

/**
 * VFIO_IOMMU_GET_INFO.
 *
 * @param info  argsz is the size of the buffer; the kernel may raise it above
 *   that without filling capabilities: the caller enlarges and asks again
 */
int vfio_uapi_iommu_info(int container, struct vfio_iommu_type1_info *info);

/** VFIO_IOMMU_MAP_DMA, read and write. Sizes in bytes. */
int vfio_uapi_map_dma(int container, uint64_t vaddr, uint64_t iova,
		uint64_t size);

/**
 * VFIO_IOMMU_UNMAP_DMA.
 *
 * @param unmapped  bytes the kernel says it unmapped
 */
int vfio_uapi_unmap_dma(int container, uint64_t iova, uint64_t size,
		uint64_t *unmapped);

/** VFIO_GROUP_GET_STATUS. @param flags  VFIO_GROUP_FLAGS_* */
int vfio_uapi_group_status(int group, uint32_t *flags);

/** VFIO_GROUP_SET_CONTAINER. */
int vfio_uapi_group_set_container(int group, int container);

/** VFIO_GROUP_UNSET_CONTAINER. */
int vfio_uapi_group_unset_container(int group);

/** VFIO_GROUP_GET_DEVICE_FD. @param name  "BDF" [" vf_token=UUID"]. @return fd or -errno. */
int vfio_uapi_group_get_device(int group, const char *name);

/*
 * Character devices and iommufd, in vfio_uapi_iommufd.c. A kernel that does not
 * have a call answers -ENOTTY.
 */

/**
 * Bind a device to an iommufd: opens and resets it.
 *
 * @param token  ABI_UUID_SIZE bytes, or NULL
 */
int vfio_uapi_device_bind(int device, int iommufd, const uint8_t *token);

/** Attach a bound device to an address space; it leaves the one it was in. */
int vfio_uapi_device_attach(int device, uint32_t ioas);

/** Detach a device from its address space. */
int vfio_uapi_device_detach(int device);

/**
 * How an iommufd counts locked memory; so it tells an iommufd from other nodes.
 *
 * @return 1 by process; 0 by user; -ENOTTY, or -EINVAL from a container of VFIO
 *   without an IOMMU: the node is no iommufd
 */
int vfio_uapi_iommufd_rlimit_mode(int fd);

/** A new address space. */
int vfio_uapi_ioas_alloc(int iommufd, uint32_t *ioas);

/** Destroy an address space that no device is attached to. */
int vfio_uapi_ioas_destroy(int iommufd, uint32_t ioas);

/**
 * Ranges that can be mapped; what is mapped is not left out.
 *
 * @param n          in: room; out: how many there are, also on -EMSGSIZE
 * @param alignment  bytes that IOVAs are multiples of
 */
int vfio_uapi_ioas_ranges(int iommufd, uint32_t ioas, struct abi_iova_range *v,
		uint32_t *n, uint64_t *alignment);

/** Ranges that no device may make unusable by attaching; replaces the list. */
int vfio_uapi_ioas_allow(int iommufd, uint32_t ioas,
		const struct abi_iova_range *v, uint32_t n);

/** Map at a fixed IOVA, read and write. Sizes in bytes. */
int vfio_uapi_ioas_map(int iommufd, uint32_t ioas, uint64_t vaddr, uint64_t iova,
		uint64_t size);

/** The same for a part of a file in memory, whoever has it mapped. -ENOTTY: older kernel. */
int vfio_uapi_ioas_map_file(int iommufd, uint32_t ioas, int fd, uint64_t start,
		uint64_t iova, uint64_t size);

/**
 * Unmap all mappings in the range.
 *
 * @param unmapped  bytes the kernel says it unmapped
 */
int vfio_uapi_ioas_unmap(int iommufd, uint32_t ioas, uint64_t iova, uint64_t size,
		uint64_t *unmapped);

/** Let groups that get this iommufd as container use the address space. */
int vfio_uapi_ioas_for_groups(int iommufd, uint32_t ioas);

/** VFIO_DEVICE_GET_INFO; argsz is set here. */
int vfio_uapi_device_info(int device, struct vfio_device_info *info);

/** VFIO_DEVICE_GET_REGION_INFO; argsz and index set by the caller. */
int vfio_uapi_region_info(int device, struct vfio_region_info *info);

/** VFIO_DEVICE_GET_IRQ_INFO; argsz is set here. */
int vfio_uapi_irq_info(int device, unsigned int index,
		struct vfio_irq_info *info);

/**
 * VFIO_DEVICE_SET_IRQS with eventfds.
 *
 * @param n    number of eventfds; 0 disables the index
 * @return 0; a positive number: so many vectors are to be had, none enabled;
 *   or -errno.
 */
int vfio_uapi_set_irqs(int device, unsigned int index, unsigned int start,
		const int *fds, unsigned int n);

/**
 * VFIO_DEVICE_SET_IRQS: loopback. The kernel signals the eventfds of vectors that
 * are enabled as if the device had interrupted; others are passed over.
 *
 * @param which  one byte per vector, not 0: signal it. NULL: all of them
 * @param n      number of vectors, at least 1
 * @return 0; -EINVAL if n is 0, or this index is not the one that is enabled.
 */
int vfio_uapi_trigger_irqs(int device, unsigned int index, unsigned int start,
		const uint8_t *which, unsigned int n);

/** VFIO_DEVICE_SET_IRQS: let an INTx come again, which the kernel masked. */
int vfio_uapi_unmask_intx(int device);

/** VFIO_DEVICE_RESET. */
int vfio_uapi_reset(int device);

/**
 * VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: who is reset with a device, and itself.
 *
 * @param n      in: room; out: how many there are, also on -ENOSPC
 * @param flags  ABI_HOT_RESET_DEVID: group_id is the id of a device
 * @return 0; -ENODEV neither slot nor bus can be reset; -errno.
 */
int vfio_uapi_hot_reset_info(int device, struct vfio_pci_dependent_device *v,
		uint32_t *n, uint32_t *flags);

/**
 * VFIO_DEVICE_PCI_HOT_RESET.
 *
 * @param groups  nodes of all groups that have one of the devices; none (0) if the
 *   device was opened by its character device
 */
int vfio_uapi_hot_reset(int device, const int *groups, uint32_t n);

/** eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC). @return fd or -errno. */
int vfio_uapi_eventfd(void);

/** Signal an eventfd. Safe in a signal handler. Cannot fail on an open one. */
void vfio_uapi_signal(int eventfd);

/**
 * dup3 with O_CLOEXEC: @p to becomes what @p from is, in one step.
 *
 * @return 0 or -errno.
 */
int vfio_uapi_dup_over(int from, int to);

/** pread of exactly @p len bytes. @return 0, -EIO if short, -errno. */
int vfio_uapi_pread(int fd, void *buf, size_t len, uint64_t offset);

/** pwrite of exactly @p len bytes. @return 0, -EIO if short, -errno. */
int vfio_uapi_pwrite(int fd, const void *buf, size_t len, uint64_t offset);

/** mmap. @param out  the address. @return 0 or -errno. */
int vfio_uapi_mmap(void *hint, size_t len, int prot, int flags, int fd,
		uint64_t offset, void **out);

/** munmap. Cannot fail on what vfio_uapi_mmap() gave. */
void vfio_uapi_munmap(void *addr, size_t len);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_UAPI_H */
