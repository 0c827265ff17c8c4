/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * System calls on VFIO, one function each. Only this room makes them.
 *
 * Every function returns a negative errno on failure; code above this room does not read
 * errno. Tests link a fake kernel that implements this header. The functions are as
 * thread safe as the kernel's system calls.
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

/** Size of the path of a group's node. */
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
 * Open a file of this user and lock it exclusively; create it if it does not exist. The lock
 * lasts until this process closes the file, through any descriptor, or ends. Its children don't
 * have it.
 * @return fd; -EAGAIN another process has the lock; -errno.
 */
int vfio_uapi_lock_file(const char *path);

/** Does another process hold the exclusive lock? @return 1 yes; 0 no; -errno. */
int vfio_uapi_file_is_locked(const char *path);

/** Close; a negative fd is allowed. Cannot fail. */
void vfio_uapi_close(int fd);

/** Duplicate a descriptor with O_CLOEXEC. @return fd or -errno. */
int vfio_uapi_dup(int fd);

/** What a descriptor refers to. */
struct vfio_uapi_file {
	bool is_device;		/**< a character device */
	bool writable;		/**< opened for reading and writing */
	unsigned int major;	/**< of the device */
	unsigned int minor;
};

/** fstat() and F_GETFL. @return 0; -EBADF: not open; -errno. */
int vfio_uapi_file_read(int fd, struct vfio_uapi_file *out);

/** VFIO_GET_API_VERSION. @return the version or -errno. */
int vfio_uapi_api_version(int container);

/** VFIO_CHECK_EXTENSION. @return > 0 supported, 0 not, -errno. */
int vfio_uapi_check_extension(int container, unsigned int extension);

/** VFIO_SET_IOMMU: VFIO_TYPE1v2_IOMMU, VFIO_NOIOMMU_IOMMU. */
int vfio_uapi_set_iommu(int container, unsigned int type);

/**
 * VFIO_IOMMU_GET_INFO.
 *
 * @param info  argsz is the size of the buffer. If the kernel returns a larger argsz, it
 *   did not fill the capabilities: the caller enlarges the buffer and calls again
 */
int vfio_uapi_iommu_info(int container, struct vfio_iommu_type1_info *info);

/**
 * VFIO_IOMMU_MAP_DMA. Sizes in bytes.
 *
 * @param read_only  devices may read the memory but not write to it
 */
int vfio_uapi_map_dma(int container, uint64_t vaddr, uint64_t iova, uint64_t size,
		bool read_only);

/**
 * VFIO_IOMMU_UNMAP_DMA.
 *
 * @param unmapped  number of bytes that the kernel unmapped
 */
int vfio_uapi_unmap_dma(int container, uint64_t iova, uint64_t size,
		uint64_t *unmapped);

/*
 * The next functions use a container of POWER (VFIO_SPAPR_TCE_v2_IOMMU). An IOVA is
 * translated by an entry (TCE) of a window.
 */

/** VFIO_IOMMU_SPAPR_TCE_GET_INFO; sets argsz. @return 0; -ENXIO: no IOMMU, -errno. */
int vfio_uapi_spapr_info(int container, struct vfio_iommu_spapr_tce_info *info);

/**
 * VFIO_IOMMU_SPAPR_TCE_CREATE.
 *
 * @param page_shift  2^page_shift bytes for each entry
 * @param size        of the window in bytes, a power of two
 * @param start       IOVA of the window, which the kernel chooses
 */
int vfio_uapi_spapr_create(int container, unsigned int page_shift, uint64_t size,
		uint64_t *start);

/** VFIO_IOMMU_SPAPR_TCE_REMOVE. @param start  IOVA of the window */
int vfio_uapi_spapr_remove(int container, uint64_t start);

/**
 * VFIO_IOMMU_SPAPR_REGISTER_MEMORY: pins memory, which only then can be mapped.
 *
 * @return 0; -EBUSY: the same memory is registered in this container; -EINVAL: a part
 *   of it is registered, or it is unaligned; -errno.
 */
int vfio_uapi_spapr_register(int container, uint64_t vaddr, uint64_t size);

/**
 * VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY. Mapped memory stays pinned.
 *
 * @return 0, also for mapped memory; -ENOENT: it is not registered; -errno.
 */
int vfio_uapi_spapr_unregister(int container, uint64_t vaddr, uint64_t size);

/**
 * VFIO_EEH_PE_OP, its state: of all devices of the container's group.
 *
 * @return VFIO_EEH_PE_STATE_*; -ENODEV: the machine does not stop devices (no EEH); -errno.
 */
int vfio_uapi_spapr_eeh_state(int container);

/** VFIO_GROUP_GET_STATUS. @param flags  VFIO_GROUP_FLAGS_* */
int vfio_uapi_group_status(int group, uint32_t *flags);

/** VFIO_GROUP_SET_CONTAINER. */
int vfio_uapi_group_set_container(int group, int container);

/** VFIO_GROUP_UNSET_CONTAINER. */
int vfio_uapi_group_unset_container(int group);

/** VFIO_GROUP_GET_DEVICE_FD. @param name  "BDF" [" vf_token=UUID"]. @return fd or -errno. */
int vfio_uapi_group_get_device(int group, const char *name);

/*
 * The next functions use character devices and iommufd (vfio_uapi_iommufd.c). A kernel
 * without a call returns -ENOTTY.
 */

/**
 * Bind a device to an iommufd. The kernel opens and resets the device.
 *
 * @param token  ABI_UUID_SIZE bytes, or NULL
 */
int vfio_uapi_device_bind(int device, int iommufd, const uint8_t *token);

/** Attach a bound device to an address space and detach it from its previous one. */
int vfio_uapi_device_attach(int device, uint32_t ioas);

/** Detach a device from its address space. */
int vfio_uapi_device_detach(int device);

/**
 * Read how an iommufd counts locked memory. This also tells an iommufd from other nodes.
 *
 * @return 1 by process; 0 by user; -ENOTTY, or -EINVAL from a VFIO container without an
 *   IOMMU: the node is no iommufd
 */
int vfio_uapi_iommufd_rlimit_mode(int fd);

/** Create an address space. */
int vfio_uapi_ioas_alloc(int iommufd, uint32_t *ioas);

/** Destroy an address space without attached devices. */
int vfio_uapi_ioas_destroy(int iommufd, uint32_t ioas);

/**
 * Read the ranges that can be mapped. Ranges already mapped are included.
 *
 * @param n          in: capacity; out: number of ranges, also on -EMSGSIZE
 * @param alignment  every IOVA must be a multiple of it, in bytes
 */
int vfio_uapi_ioas_ranges(int iommufd, uint32_t ioas, struct abi_iova_range *v,
		uint32_t *n, uint64_t *alignment);

/**
 * Set the ranges that no later attachment may make unusable. Replaces the previous list.
 */
int vfio_uapi_ioas_allow(int iommufd, uint32_t ioas,
		const struct abi_iova_range *v, uint32_t n);

/** Map at a fixed IOVA. Sizes in bytes. @param read_only  as vfio_uapi_map_dma() */
int vfio_uapi_ioas_map(int iommufd, uint32_t ioas, uint64_t vaddr, uint64_t iova,
		uint64_t size, bool read_only);

/**
 * Map a part of a hugetlbfs, shmem or memfd file at a fixed IOVA. -ENOTTY: older kernel.
 *
 * @param read_only  as vfio_uapi_map_dma()
 */
int vfio_uapi_ioas_map_file(int iommufd, uint32_t ioas, int fd, uint64_t start,
		uint64_t iova, uint64_t size, bool read_only);

/**
 * Unmap all mappings in the range.
 *
 * @param unmapped  number of bytes that the kernel unmapped
 */
int vfio_uapi_ioas_unmap(int iommufd, uint32_t ioas, uint64_t iova, uint64_t size,
		uint64_t *unmapped);

/** Groups that use this iommufd as their container get this address space. */
int vfio_uapi_ioas_for_groups(int iommufd, uint32_t ioas);

/** VFIO_DEVICE_GET_INFO; sets argsz. */
int vfio_uapi_device_info(int device, struct vfio_device_info *info);

/** VFIO_DEVICE_GET_REGION_INFO; the caller sets argsz and index. */
int vfio_uapi_region_info(int device, struct vfio_region_info *info);

/** VFIO_DEVICE_GET_IRQ_INFO; sets argsz. */
int vfio_uapi_irq_info(int device, unsigned int index,
		struct vfio_irq_info *info);

/**
 * VFIO_DEVICE_SET_IRQS with eventfds.
 *
 * @param n    number of eventfds; 0 disables the index
 * @return 0; a positive number: only so many vectors are available and none was enabled;
 *   -errno.
 */
int vfio_uapi_set_irqs(int device, unsigned int index, unsigned int start,
		const int *fds, unsigned int n);

/**
 * VFIO_DEVICE_SET_IRQS: loopback. The kernel signals the eventfds of enabled vectors as
 * if the device had interrupted. It skips vectors that are not enabled.
 *
 * @param which  one byte per vector; the kernel signals those that are not 0. NULL: all
 * @param n      number of vectors, at least 1
 * @return 0; -EINVAL if n is 0 or if another index is enabled.
 */
int vfio_uapi_trigger_irqs(int device, unsigned int index, unsigned int start,
		const uint8_t *which, unsigned int n);

/** VFIO_DEVICE_SET_IRQS: unmask INTx, which the kernel masks at each interrupt. */
int vfio_uapi_unmask_intx(int device);

/** VFIO_DEVICE_RESET. */
int vfio_uapi_reset(int device);

/**
 * VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: the devices that a hot reset affects, including
 * this one.
 *
 * @param n      in: capacity; out: number of devices, also on -ENOSPC
 * @param flags  with ABI_HOT_RESET_DEVID, group_id is a device ID
 * @return 0; -ENODEV if neither slot nor bus can be reset; -errno.
 */
int vfio_uapi_hot_reset_info(int device, struct vfio_pci_dependent_device *v,
		uint32_t *n, uint32_t *flags);

/**
 * VFIO_DEVICE_PCI_HOT_RESET.
 *
 * @param groups  descriptors of all groups of the affected devices; none (n is 0) if the
 *   device was opened through its character device
 */
int vfio_uapi_hot_reset(int device, const int *groups, uint32_t n);

/** eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC). @return fd or -errno. */
int vfio_uapi_eventfd(void);

/** Signal an eventfd. Safe in a signal handler. Cannot fail on an open one. */
void vfio_uapi_signal(int eventfd);

/** Read the number of signals and reset it. @return 0; -EAGAIN: there was none; -errno. */
int vfio_uapi_eventfd_read(int eventfd, uint64_t *n);

/**
 * dup3() with O_CLOEXEC: atomically make @p to a duplicate of @p from.
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

/** munmap() of a range from vfio_uapi_mmap(). Cannot fail. */
void vfio_uapi_munmap(void *addr, size_t len);

/**
 * Have the kernel provide all pages of memory, as a write to each does, but change no byte
 * (vfio_uapi_memory.c).
 *
 * @param va    start of a page
 * @param size  bytes, whole pages
 * @return 0; -EFAULT: the process can't write to all of it, or there is no page for it;
 *   -EOPNOTSUPP: the kernel can't do this (before Linux 5.14); -errno
 */
int vfio_uapi_populate(uint64_t va, uint64_t size);

/**
 * Read the physical addresses of this process's memory (vfio_uapi_memory.c).
 *
 * @param va   start of a page
 * @param n    number of pages
 * @param out  the addresses of all, if no error is returned
 * @return 1: all pages are of files or shared memory; 0: the process has some for itself, which
 *   the kernel replaces at a write after fork(). A page of a private mapping of a file counts as
 *   the file's until the first write. -EFAULT: not all of it is in memory; -EPERM: the kernel does not show them
 *   without CAP_SYS_ADMIN; -EBADMSG: an address has more than 64 bits; -errno
 */
int vfio_uapi_physical(uint64_t va, size_t n, uint64_t *out);

/**
 * Is physical memory part of hugetlbfs?
 *
 * @return 1: all n pages are; 0: not all; -errno: the process can't read this
 */
int vfio_uapi_is_huge(uint64_t physical, size_t n);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_UAPI_H */
