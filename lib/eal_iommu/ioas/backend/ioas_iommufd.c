/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Backend iommufd: one address space (IOAS) on /dev/iommu, and devices in it.
 *
 * The backend opens the character device of a device and binds it. The bind resets the
 * device, so it is bound once and held from its survey to its detach. The survey reads the
 * limits in a temporary address space, as the common space mixes them with the limits of
 * all other devices. If the caller has opened the group of a device (EAL), the device is
 * attached by its group, with the common space behind it.
 *
 * The kernel pins memory only while a device is attached. Nothing is mapped before the
 * first attach, else the attach would return the errors of the memory.
 */

#include <ctype.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "ioas/backend/ioas_node.h"
#include "ioas/ioas_ops.h"
#include "uapi/vfio_uapi.h"

#define IOMMUFD_NODE "/dev/iommu"
#define IOMMUFD_RANGES 16		/* first guess */
#define IOMMUFD_RANGES_MAX 65536	/* a list above this is a fault */
#define IOMMUFD_TRIES 16		/* how often the list may grow meanwhile */

/* Opening without binding leaves the device alone. */
static int
iommufd_fits(const struct ioas_member *m)
{
	int fd;

	if (m->cdev == NULL)
		return -ENODEV;
	if (m->fds != NULL)
		return 0;
	fd = vfio_uapi_open(m->cdev);
	if (fd < 0)
		return fd;
	vfio_uapi_close(fd);
	return 0;
}

static int
iommufd_open(void *leg, const struct ioas_fds *fds)
{
	struct ioas_node *k = leg;
	int ret = ioas_node_open(k, IOMMUFD_NODE, fds != NULL ? fds->iommufd : -1);

	if (ret < 0)
		return ret;
	ret = ioas_node_alloc(k);
	if (ret < 0)
		vfio_uapi_close(k->fd);
	return ret;
}

static bool
iommufd_alone(const struct ioas_member *m)
{
	return m->cdev != NULL && m->group_fd < 0;
}

/* The bytes of a UUID in the order they are written. */
static int
parse_uuid(const char *s, uint8_t *out)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	char digits[3] = "";
	size_t i, n = 0;

	if (strlen(s) != strlen(form))
		return -EINVAL;
	for (i = 0; form[i] != '\0'; i++) {
		if (form[i] == '-' ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return -EINVAL;
		if (form[i] == '-')
			continue;
		digits[n++ % 2] = s[i];
		if (n % 2 == 0)
			out[n / 2 - 1] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return 0;
}

static int
iommufd_enter(void *leg, const struct ioas_member *m, struct ioas_attachment *attachment,
		bool *viable)
{
	const struct ioas_node *k = leg;
	uint8_t token[ABI_UUID_SIZE];
	int ret;

	if (!iommufd_alone(m))
		return ioas_group_enter(leg, m, attachment, viable);
	ret = m->vf_token == NULL ? 0 : parse_uuid(m->vf_token, token);
	if (ret < 0)
		return ret;
	attachment->ours = true;
	attachment->fd = ioas_node_device(k, m, m->vf_token == NULL ? NULL : token);
	return attachment->fd < 0 ? attachment->fd : 0;
}

static int
iommufd_attach(void *leg, struct ioas_attachment *attachment)
{
	struct ioas_node *k = leg;
	int ret;

	if (attachment->name[0] != '\0')
		return vfio_uapi_device_attach(attachment->fd, k->id);
	/* In an iommufd of the user, a survey has set another space meanwhile. */
	if (!k->for_groups || k->given) {
		ret = vfio_uapi_ioas_for_groups(k->fd, k->id);
		if (ret < 0)
			return ret;
		k->for_groups = true;
	}
	return ioas_group_attach(attachment, k->fd);
}

static void
iommufd_detach(struct ioas_attachment *attachment)
{
	/* What fails here is done when the node is closed. */
	if (attachment->name[0] != '\0')
		vfio_uapi_device_detach(attachment->fd);
	else
		vfio_uapi_group_unset_container(attachment->fd);
}

static int
iommufd_open_device(struct ioas_attachment *attachment, const struct ioas_member *m)
{
	if (attachment->name[0] == '\0')
		return ioas_group_device(attachment, m);
	return vfio_uapi_dup(attachment->fd);
}

static int
take_ranges(const struct abi_iova_range *v, uint32_t n, uint64_t alignment,
		struct ioas_info *out)
{
	uint32_t i;

	if (n == 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
		return -EBADMSG;
	out->ranges = calloc(n, sizeof(*out->ranges));
	if (out->ranges == NULL)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		out->ranges[i].first = v[i].first;
		out->ranges[i].last = v[i].last;
		if (!iova_range_valid(out->ranges[i]))
			return -EBADMSG;
	}
	out->n_ranges = n;
	/* The kernel reports only the smallest page size. */
	out->page_sizes = alignment;
	return 0;
}

static int
space_info(int fd, uint32_t id, struct ioas_info *out)
{
	uint32_t room = IOMMUFD_RANGES, n;
	struct abi_iova_range *v = NULL;
	uint64_t alignment;
	unsigned int tries;
	int ret = -EMSGSIZE;

	memset(out, 0, sizeof(*out));
	out->dma_avail = UINT64_MAX;
	/* The list may grow between two calls: ask until it fits. */
	for (tries = 0; ret == -EMSGSIZE && tries < IOMMUFD_TRIES; tries++) {
		free(v);
		v = calloc(room, sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
		n = room;
		ret = vfio_uapi_ioas_ranges(fd, id, v, &n, &alignment);
		if (ret == -EMSGSIZE ? n <= room || n > IOMMUFD_RANGES_MAX :
		    ret == 0 && n > room) {
			ret = -EBADMSG;
			break;
		}
		room = n;
	}
	if (ret == -EMSGSIZE)
		ret = -EBADMSG;
	if (ret == 0)
		ret = take_ranges(v, n, alignment, out);
	if (ret < 0)
		ioas_info_free(out);
	free(v);
	return ret;
}

static int
iommufd_info(void *leg, struct ioas_info *out)
{
	const struct ioas_node *k = leg;

	return space_info(k->fd, k->id, out);
}

static int
iommufd_survey(void *leg, struct ioas_attachment *attachment, struct ioas_info *out)
{
	const struct ioas_node *k = leg;
	uint32_t id;
	int ret = vfio_uapi_ioas_alloc(k->fd, &id);

	if (ret < 0)
		return ret;
	ret = vfio_uapi_device_attach(attachment->fd, id);
	if (ret == 0) {
		ret = space_info(k->fd, id, out);
		vfio_uapi_device_detach(attachment->fd);
	}
	vfio_uapi_ioas_destroy(k->fd, id);
	return ret;
}

static int
iommufd_keep(void *leg, const struct iova_range *v, size_t n)
{
	const struct ioas_node *k = leg;
	struct abi_iova_range *list;
	size_t i;
	int ret;

	if (n > UINT32_MAX)
		return -EINVAL;
	list = calloc(n + 1, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		list[i].first = v[i].first;
		list[i].last = v[i].last;
	}
	ret = vfio_uapi_ioas_allow(k->fd, k->id, list, (uint32_t)n);
	free(list);
	return ret;
}

/*
 * By its file memory is pinned a hugepage at a time and not 4 KiB at a time. What
 * the kernel does not take by the file it may take by the address.
 */
static int
iommufd_map(void *leg, const struct ioas_memory *mem, uint64_t iova, uint64_t size)
{
	const struct ioas_file *file = mem->file;
	struct ioas_node *k = leg;
	int ret;

	if (file != NULL && file->fd >= 0 && !atomic_load(&k->no_files)) {
		ret = vfio_uapi_ioas_map_file(k->fd, k->id, file->fd, file->start, iova, size,
				mem->read_only);
		if (ret == 0)
			return 0;
		if (ret == -ENOTTY)
			atomic_store(&k->no_files, true);
	}
	return vfio_uapi_ioas_map(k->fd, k->id, mem->va, iova, size, mem->read_only);
}

static int
iommufd_unmap(void *leg, uint64_t va, uint64_t iova, uint64_t size, uint64_t *done)
{
	const struct ioas_node *k = leg;
	int ret = vfio_uapi_ioas_unmap(k->fd, k->id, iova, size, done);

	/* Nothing is mapped there: no bytes, which the caller finds too few. */
	return ret == -ENOENT ? 0 : ret;
}

static void
iommufd_clear(void *leg)
{
	const struct ioas_node *k = leg;
	uint64_t done;

	vfio_uapi_ioas_unmap(k->fd, k->id, 0, UINT64_MAX, &done);
}

static const char *
iommufd_hint(int ret)
{
	switch (ret) {
	case -ENOMEM:
		return "; is RLIMIT_MEMLOCK too low? (ulimit -l; iommufd counts the memory of all processes of a user together)";
	case -EINVAL:
		return "; the kernel refuses the range (reserved, or outside of the aperture) or its alignment";
	case -EFAULT:
		return "; there is no memory that can be pinned, e.g. at the BAR of a device";
	default:
		return "";
	}
}

const struct ioas_ops ioas_iommufd_ops = {
	.backend = IOAS_BACKEND_IOMMUFD,
	.traits = {
		.node = IOMMUFD_NODE,
		.need = "the kernel needs CONFIG_IOMMUFD and CONFIG_VFIO_DEVICE_CDEV; load the modules with: modprobe -a iommufd vfio-pci, and give your group access to the node",
		.unsafe_interrupts = "iommufd.allow_unsafe_interrupts=1",
		.serves_msi_window = true,
		.group_by_device = true,
		.memlock_by_user = true,
		.maps_files = true,
		.fds = "device=FD,iommufd=FD",
	},
	.leg_size = sizeof(struct ioas_node),
	.fits = iommufd_fits,
	.open = iommufd_open,
	.close = ioas_node_close,
	.alone = iommufd_alone,
	.enter = iommufd_enter,
	.survey = iommufd_survey,
	.attach = iommufd_attach,
	.detach = iommufd_detach,
	.open_device = iommufd_open_device,
	.info = iommufd_info,
	.keep = iommufd_keep,
	.map = iommufd_map,
	.unmap = iommufd_unmap,
	.clear = iommufd_clear,
	.hint = iommufd_hint,
};

static bool
compat_memlock_by_process(const void *leg)
{
	const struct ioas_node *k = leg;

	return k->memlock_by_process;
}

static const char *
compat_hint(int ret)
{
	/* By whom it is counted depends on the node. */
	return ret == -ENOMEM ? "; is RLIMIT_MEMLOCK too low? (ulimit -l)" : iommufd_hint(ret);
}

const struct ioas_ops ioas_compat_ops = {
	.backend = IOAS_BACKEND_COMPAT,
	.traits = {
		.node = TYPE1_NODE,
		.need = TYPE1_NEED,
		.unsafe_interrupts = "iommufd.allow_unsafe_interrupts=1",
		.serves_msi_window = true,
		.group_by_device = true,
		.memlock_by_user = true,
		.maps_files = true,
		.fds = TYPE1_FDS,
	},
	.leg_size = sizeof(struct ioas_node),
	.close = ioas_node_close,
	.memlock_by_process = compat_memlock_by_process,
	.enter = ioas_group_enter,
	.attach = iommufd_attach,
	.detach = iommufd_detach,
	.open_device = ioas_group_device,
	.info = iommufd_info,
	.keep = iommufd_keep,
	.map = iommufd_map,
	.unmap = iommufd_unmap,
	.clear = iommufd_clear,
	.hint = compat_hint,
};
