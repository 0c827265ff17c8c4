/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "uapi/vfio_uapi.h"
#include "uapi/vfio_uapi_private.h"

int
vfio_uapi_open(const char *path)
{
	return neg_errno(open(path, O_RDWR | O_CLOEXEC));
}

/* A lock of the process: a child that is forked does not have it, other than that of flock(). */
int
vfio_uapi_lock_file(const char *path)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = neg_errno(open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
	int ret = fd < 0 ? fd : neg_errno(fcntl(fd, F_SETLK, &whole));

	if (ret == 0)
		return fd;
	vfio_uapi_close(fd);
	return ret == -EACCES && fd >= 0 ? -EAGAIN : ret;
}

int
vfio_uapi_file_is_locked(const char *path)
{
	struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = neg_errno(open(path, O_RDONLY | O_CLOEXEC));
	int ret = fd < 0 ? fd : neg_errno(fcntl(fd, F_GETLK, &whole));

	vfio_uapi_close(fd);
	return ret < 0 ? ret : whole.l_type != F_UNLCK;
}

void
vfio_uapi_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int
vfio_uapi_dup(int fd)
{
	return neg_errno(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

int
vfio_uapi_file_read(int fd, struct vfio_uapi_file *out)
{
	struct stat st;
	int ret = neg_errno(fcntl(fd, F_GETFL));
	int flags = ret;

	if (ret >= 0)
		ret = neg_errno(fstat(fd, &st));
	if (ret < 0)
		return ret;
	*out = (struct vfio_uapi_file) {
		.is_device = S_ISCHR(st.st_mode),
		.writable = (flags & O_ACCMODE) == O_RDWR,
		.major = major(st.st_rdev),
		.minor = minor(st.st_rdev),
	};
	return 0;
}

int
vfio_uapi_api_version(int container)
{
	return neg_errno(ioctl(container, VFIO_GET_API_VERSION));
}

int
vfio_uapi_check_extension(int container, unsigned int extension)
{
	return neg_errno(ioctl(container, VFIO_CHECK_EXTENSION,
				(unsigned long)extension));
}

int
vfio_uapi_set_iommu(int container, unsigned int type)
{
	return neg_errno(ioctl(container, VFIO_SET_IOMMU, (unsigned long)type));
}

int
vfio_uapi_iommu_info(int container, struct vfio_iommu_type1_info *info)
{
	return neg_errno(ioctl(container, VFIO_IOMMU_GET_INFO, info));
}

int
vfio_uapi_map_dma(int container, uint64_t vaddr, uint64_t iova, uint64_t size, bool read_only)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | (read_only ? 0 : VFIO_DMA_MAP_FLAG_WRITE),
		.vaddr = vaddr,
		.iova = iova,
		.size = size,
	};

	return neg_errno(ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
}

int
vfio_uapi_unmap_dma(int container, uint64_t iova, uint64_t size,
		uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};
	int ret = neg_errno(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap));

	*unmapped = ret == 0 ? unmap.size : 0;
	return ret;
}

int
vfio_uapi_group_status(int group, uint32_t *flags)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int ret = neg_errno(ioctl(group, VFIO_GROUP_GET_STATUS, &status));

	*flags = status.flags;
	return ret;
}

int
vfio_uapi_group_set_container(int group, int container)
{
	return neg_errno(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
}

int
vfio_uapi_group_unset_container(int group)
{
	return neg_errno(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
}

int
vfio_uapi_group_get_device(int group, const char *name)
{
	return neg_errno(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name));
}

int
vfio_uapi_device_info(int device, struct vfio_device_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	return neg_errno(ioctl(device, VFIO_DEVICE_GET_INFO, info));
}

int
vfio_uapi_region_info(int device, struct vfio_region_info *info)
{
	return neg_errno(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, info));
}

int
vfio_uapi_irq_info(int device, unsigned int index, struct vfio_irq_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return neg_errno(ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, info));
}

static int
set_irqs(int device, const struct vfio_irq_set *head, const void *data, size_t len)
{
	struct vfio_irq_set *set = calloc(1, sizeof(*set) + len);
	int ret;

	if (set == NULL)
		return -ENOMEM;
	*set = *head;
	set->argsz = (uint32_t)(sizeof(*set) + len);
	if (len > 0)
		memcpy(set->data, data, len);
	ret = neg_errno(ioctl(device, VFIO_DEVICE_SET_IRQS, set));
	free(set);
	return ret;
}

int
vfio_uapi_set_irqs(int device, unsigned int index, unsigned int start,
		const int *fds, unsigned int n)
{
	struct vfio_irq_set head = {
		.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
			(n > 0 ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE),
		.index = index,
		.start = start,
		.count = n,
	};

	return set_irqs(device, &head, fds, n * sizeof(*fds));
}

int
vfio_uapi_trigger_irqs(int device, unsigned int index, unsigned int start,
		const uint8_t *which, unsigned int n)
{
	struct vfio_irq_set head = {
		.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
			(which != NULL ? VFIO_IRQ_SET_DATA_BOOL : VFIO_IRQ_SET_DATA_NONE),
		.index = index,
		.start = start,
		.count = n,
	};

	/* The kernel takes a count of 0 as a request to disable the index. */
	if (n == 0)
		return -EINVAL;
	return set_irqs(device, &head, which, which != NULL ? n : 0);
}

int
vfio_uapi_unmask_intx(int device)
{
	struct vfio_irq_set head = {
		.flags = VFIO_IRQ_SET_ACTION_UNMASK | VFIO_IRQ_SET_DATA_NONE,
		.index = VFIO_PCI_INTX_IRQ_INDEX,
		.count = 1,
	};

	return set_irqs(device, &head, NULL, 0);
}

int
vfio_uapi_reset(int device)
{
	return neg_errno(ioctl(device, VFIO_DEVICE_RESET));
}

int
vfio_uapi_hot_reset_info(int device, struct vfio_pci_dependent_device *v,
		uint32_t *n, uint32_t *flags)
{
	size_t room = *n * sizeof(*v);
	struct vfio_pci_hot_reset_info *info = calloc(1, sizeof(*info) + room);
	int ret;

	if (info == NULL)
		return -ENOMEM;
	info->argsz = (uint32_t)(sizeof(*info) + room);
	ret = neg_errno(ioctl(device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info));
	if (ret == 0)
		memcpy(v, info->devices, room);
	*n = info->count;
	*flags = info->flags;
	free(info);
	return ret;
}

int
vfio_uapi_hot_reset(int device, const int *groups, uint32_t n)
{
	size_t len = n * sizeof(*groups);
	struct vfio_pci_hot_reset *reset = calloc(1, sizeof(*reset) + len);
	int ret;

	if (reset == NULL)
		return -ENOMEM;
	reset->argsz = (uint32_t)(sizeof(*reset) + len);
	reset->count = n;
	if (n > 0)
		memcpy(reset->group_fds, groups, len);
	ret = neg_errno(ioctl(device, VFIO_DEVICE_PCI_HOT_RESET, reset));
	free(reset);
	return ret;
}

int
vfio_uapi_eventfd(void)
{
	return neg_errno(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

void
vfio_uapi_signal(int eventfd)
{
	/* EAGAIN means that the counter is full: the reader wakes anyway. */
	(void)eventfd_write(eventfd, 1);
}

int
vfio_uapi_eventfd_read(int eventfd, uint64_t *n)
{
	eventfd_t value = 0;
	int ret = neg_errno(eventfd_read(eventfd, &value));

	*n = value;
	return ret;
}

int
vfio_uapi_dup_over(int from, int to)
{
	return dup3(from, to, O_CLOEXEC) < 0 ? -errno : 0;
}

int
vfio_uapi_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	ssize_t n = pread(fd, buf, len, (off_t)offset);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int
vfio_uapi_pwrite(int fd, const void *buf, size_t len, uint64_t offset)
{
	ssize_t n = pwrite(fd, buf, len, (off_t)offset);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int
vfio_uapi_mmap(void *hint, size_t len, int prot, int flags, int fd,
		uint64_t offset, void **out)
{
	void *p = mmap(hint, len, prot, flags, fd, (off_t)offset);

	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return 0;
}

void
vfio_uapi_munmap(void *addr, size_t len)
{
	munmap(addr, len);
}
