/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices: PCI functions with config space, BAR 0 and interrupts. A device can be opened
 * while its group has an IOMMU.
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "fake_private.h"

#define REGION_SHIFT 40
#define MMAPS 64

static struct {
	void *addr;
	size_t len;
} mmaps[MMAPS];

/* Check the token of "BDF vf_token=UUID". A token for a device without one is rejected too. */
static int
check_token(const struct fake_device *d, const char *rest)
{
	static const char key[] = " vf_token=";

	if (d->token == NULL)
		return rest[0] == '\0' ? 0 : -EINVAL;
	return strncmp(rest, key, strlen(key)) == 0 &&
		strcmp(rest + strlen(key), d->token) == 0 ? 0 : -EACCES;
}

/* Open a device by its group. With iommufd the checks of the IOMMU are done here. */
static int
open_by_group(struct fake_group_state *g, struct fake_device *d)
{
	int fd, ret;

	if (g->ctx != NULL && d->ioas == NULL) {
		ret = fake_claim(g, true);
		if (ret == 0)
			ret = fake_ioas_attach(d, g->ctx->for_groups);
		if (ret < 0)
			return ret;
	}
	fd = fake_file_open(FAKE_DEVICE, d);
	g->n_devices += fd >= 0;
	d->n_open += fd >= 0;
	return fd;
}

int
vfio_uapi_group_get_device(int group, const char *name)
{
	struct fake_group_state *g;
	size_t i, len = strcspn(name, " ");
	int ret = fake_ioctl(__func__, group, FAKE_GROUP, &g);

	if (ret < 0)
		return ret;
	for (i = 0; i < fake_n_devices; i++) {
		struct fake_device *d = &fake_devices[i];

		if (d->group != g || strlen(d->bdf) != len || strncmp(d->bdf, name, len) != 0)
			continue;
		if (g->ctx == NULL && (g->container == NULL || g->container->type == 0))
			return -EINVAL;
		ret = check_token(d, name + len);
		return ret < 0 ? ret : open_by_group(g, d);
	}
	return -ENODEV;
}

/* Close a descriptor that was opened by the group. The last close detaches the device. */
void
fake_device_closed(struct fake_device *d)
{
	if (--d->n_open == 0) {
		fake_irqs_off(d);
		fake_ioas_detach(d);
		/* The kernel thaws the whole group. */
		if (fake.power.eeh_state >= 0)
			fake.power.eeh_state = VFIO_EEH_PE_STATE_NORMAL;
	}
	if (--d->group->n_devices == 0 && d->group->fds == 0)
		fake_group_closed(d->group);
}

int
vfio_uapi_device_info(int device, struct vfio_device_info *info)
{
	struct fake_device *d;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);

	memset(info, 0, sizeof(*info));
	if (ret < 0)
		return ret;
	info->argsz = sizeof(*info);
	info->flags = VFIO_DEVICE_FLAGS_PCI | (d->no_reset ? 0 : VFIO_DEVICE_FLAGS_RESET);
	info->num_regions = VFIO_PCI_NUM_REGIONS;
	info->num_irqs = VFIO_PCI_NUM_IRQS;
	return 0;
}

static uint64_t
region_size(uint64_t index)
{
	if (index == VFIO_PCI_BAR0_REGION_INDEX)
		return FAKE_BAR;
	return index == VFIO_PCI_CONFIG_REGION_INDEX ? FAKE_CONFIG : 0;
}

int
vfio_uapi_region_info(int device, struct vfio_region_info *info)
{
	struct fake_device *d;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);

	if (ret < 0)
		return ret;
	if (info->argsz < sizeof(*info) || info->index >= VFIO_PCI_VGA_REGION_INDEX)
		return -EINVAL;
	info->offset = (uint64_t)info->index << REGION_SHIFT;
	info->size = region_size(info->index);
	info->flags = info->size == 0 ? 0 :
			VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (info->index == VFIO_PCI_BAR0_REGION_INDEX)
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	info->cap_offset = 0;
	return 0;
}

/* Only config space can be read and written. */
static int
config_at(const char *name, int fd, size_t len, uint64_t offset, uint8_t **at)
{
	uint64_t pos = offset & ((UINT64_C(1) << REGION_SHIFT) - 1);
	struct fake_device *d;
	int ret = fake_ioctl(name, fd, FAKE_DEVICE, &d);

	if (ret < 0)
		return ret;
	if (offset >> REGION_SHIFT != VFIO_PCI_CONFIG_REGION_INDEX)
		return -EINVAL;
	if (pos >= FAKE_CONFIG || len > FAKE_CONFIG - pos)
		return -EFAULT;
	*at = d->config + pos;
	return 0;
}

int
vfio_uapi_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	uint8_t *at;
	int ret = config_at(__func__, fd, len, offset, &at);

	if (ret == 0)
		memcpy(buf, at, len);
	return ret;
}

int
vfio_uapi_pwrite(int fd, const void *buf, size_t len, uint64_t offset)
{
	uint8_t *at;
	int ret = config_at(__func__, fd, len, offset, &at);

	if (ret == 0)
		memcpy(at, buf, len);
	return ret;
}

int
vfio_uapi_mmap(void *hint, size_t len, int prot, int flags, int fd, uint64_t offset, void **out)
{
	int i, ret = fake_enter(__func__);
	void *p;

	if (ret < 0)
		return ret;
	if (fd >= 0) {
		const struct fake_cdev *file = fake_file(fd, FAKE_CDEV);

		if (fake_file(fd, FAKE_DEVICE) == NULL && file == NULL)
			return -EBADF;
		if (file != NULL && file->ctx == NULL)
			return -EINVAL;
		if ((flags & MAP_SHARED) == 0 || offset >= FAKE_BAR || len > FAKE_BAR - offset)
			return -EINVAL;
	}
	for (i = 0; i < MMAPS && mmaps[i].addr != NULL; i++)
		;
	if (i == MMAPS)
		return -ENOMEM;
	p = mmap(hint, len, prot, flags | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	mmaps[i].addr = p;
	mmaps[i].len = len;
	*out = p;
	return 0;
}

void
vfio_uapi_munmap(void *addr, size_t len)
{
	int i;

	for (i = 0; i < MMAPS; i++)
		if (mmaps[i].addr == addr && mmaps[i].len == len) {
			munmap(addr, len);
			mmaps[i].addr = NULL;
			return;
		}
	fake_fault("munmap of what is not mapped, bytes:", (int)len);
}

unsigned int
fake_mmaps(FILE *f)
{
	unsigned int i, n = 0;

	for (i = 0; i < MMAPS; i++) {
		if (mmaps[i].addr == NULL)
			continue;
		if (f != NULL)
			fprintf(f, "fake kernel: left: %zu bytes at %p\n", mmaps[i].len,
					mmaps[i].addr);
		munmap(mmaps[i].addr, mmaps[i].len);
		mmaps[i].addr = NULL;
		n++;
	}
	return n;
}
