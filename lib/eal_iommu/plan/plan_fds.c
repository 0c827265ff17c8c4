/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Descriptors that the user gives in place of nodes: each must be of the node that its key
 * says, as sysfs shows it. The paths of the nodes need not exist in this process's /dev.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan_internal.h"
#include "sysfs/sysfs.h"
#include "uapi/vfio_uapi.h"

#define NAME_LEN 96	/* of a file, cut */
#define PATH_LEN 128

/* A node that a descriptor must be of. */
struct node {
	const char *path;		/* outside of a container */
	char source[PATH_LEN];		/* the file with its number */
	unsigned int major, minor;
};

/* Read the number of a node from sysfs. */
static int
number_read(const char *root, struct node *node)
{
	char *text, end;
	int n, ret = sysfs_read_file(root, &text, NULL, "%s", node->source);

	if (ret < 0)
		return ret;
	n = sscanf(text, "%u:%u%c", &node->major, &node->minor, &end);
	free(text);
	return n == 3 && end == '\n' ? 0 : -EBADMSG;
}

static bool
is_of(const struct vfio_uapi_file *file, const struct node *node)
{
	return file->is_device && file->major == node->major && file->minor == node->minor;
}

/* What the user gave in its place. */
static void
name_file(const char *root, int fd, const struct vfio_uapi_file *file, char *out, size_t size)
{
	char name[NAME_LEN];

	if (sysfs_read_link_target(root, name, sizeof(name), "/proc/self/fd/%d", fd) < 0)
		snprintf(name, sizeof(name), "another file");
	sysfs_mask(name);
	if (file->is_device)
		snprintf(out, size, "%s (%u:%u)", name, file->major, file->minor);
	else
		snprintf(out, size, "%s (no device)", name);
}

/* Is the descriptor of this node, or of the other one, which may be NULL? */
static int
check_one(const char *root, const char *key, int fd, struct node *node, struct node *other,
		char *why, size_t size)
{
	struct vfio_uapi_file file;
	char name[NAME_LEN + 32];
	int ret = vfio_uapi_file_read(fd, &file), known;

	if (ret < 0)
		return say(ret, why, size,
			"%s=%d can't be used: %s; open %s without close-on-exec before this process starts, e.g. by a launcher",
			key, fd, strerror(-ret), node->path);
	known = number_read(root, node);
	if (other != NULL && number_read(root, other) == 0 && is_of(&file, other))
		node = other;
	else if (known < 0)
		return say(known, why, size,
			"%s=%d can't be checked, as %s can't be read: %s; load vfio-pci, and show /sys to this process",
			key, fd, node->source, strerror(-known));
	if (is_of(&file, node) && !file.writable)
		return say(-EACCES, why, size,
			"%s=%d is open for reading or writing only; open %s for both (O_RDWR)",
			key, fd, node->path);
	if (is_of(&file, node))
		return 0;
	name_file(root, fd, &file, name, sizeof(name));
	return say(-EINVAL, why, size,
		"%s=%d is %s, not %s (%u:%u); give the number of a descriptor of that node", key, fd,
		name, node->path, node->major, node->minor);
}

static int
check_iommufd(const char *root, const struct plan_device *pd, char *why, size_t size)
{
	const struct ioas_fds *fds = pd->fds;
	struct node device = { .path = pd->cdev }, iommufd = { .path = "/dev/iommu" };
	int ret;

	if (pd->cdev[0] == '\0')
		return say(-ENODEV, why, size,
			"device=%d can't be used, as the device has no character device; give the nodes of its group: group=FD,container=FD",
			fds->device);
	snprintf(device.source, sizeof(device.source), "/sys/bus/pci/devices/%s/vfio-dev/%s/dev",
		pd->topo.bdf, pd->topo.cdev);
	snprintf(iommufd.source, sizeof(iommufd.source), "/sys/class/misc/iommu/dev");
	ret = check_one(root, "device", fds->device, &device, NULL, why, size);
	return ret < 0 ? ret :
		check_one(root, "iommufd", fds->iommufd, &iommufd, NULL, why, size);
}

static int
check_type1(const char *root, const struct plan_device *pd, char *why, size_t size)
{
	const struct ioas_fds *fds = pd->fds;
	char path[VFIO_UAPI_NODE_LEN];
	struct node group = { .path = path }, container = { .path = "/dev/vfio/vfio" };
	struct node iommufd = { .path = "/dev/iommu" };
	int ret;

	vfio_uapi_group_node(pd->topo.group, pd->topo.group_noiommu, path);
	snprintf(group.source, sizeof(group.source), "/sys/class/vfio/%s/dev",
		path + strlen("/dev/vfio/"));
	snprintf(container.source, sizeof(container.source), "/sys/class/misc/vfio/dev");
	snprintf(iommufd.source, sizeof(iommufd.source), "/sys/class/misc/iommu/dev");
	ret = check_one(root, "group", fds->group, &group, NULL, why, size);
	/* An iommufd can be used as a container. */
	return ret < 0 ? ret :
		check_one(root, "container", fds->container, &container, &iommufd, why, size);
}

/* The first device of the process has chosen the node of the address space. */
static int
check_space(const struct ioas *space, const struct plan_device *pd, char *why, size_t size)
{
	const bool by_group = pd->fds->device < 0;
	const char *key = by_group ? "container" : "iommufd", *by;
	int fd = by_group ? pd->fds->container : pd->fds->iommufd, group;
	int first = ioas_fd_of(space, &by, &group);

	if (first >= 0 && group >= 0 && group != pd->topo.group)
		return say(-EINVAL, why, size,
			"container=%d serves IOMMU group %d of %s only, as a container of this machine takes one group, and the bus opens those of other groups itself; give access to the nodes in place of descriptors, or use another process for each group",
			first, group, by);
	if (first == fd)
		return 0;
	if (first < 0)
		return say(-EINVAL, why, size,
			"%s=%d was given, but the bus has opened %s itself for the first device of this process, and all devices share one address space; give descriptors for all devices, or for none",
			key, fd, ioas_traits_of(space)->node);
	return say(-EINVAL, why, size,
		"%s=%d differs from %s=%d of %s, and the devices of a process share one address space; give all of them the same number",
		key, fd, key, first, by);
}

int
plan_check_fds(const char *root, const struct ioas *space, const struct plan_device *pd,
		char *why, size_t size)
{
	int ret;

	if (pd->fds == NULL)
		return 0;
	ret = pd->fds->device >= 0 ? check_iommufd(root, pd, why, size) :
		check_type1(root, pd, why, size);
	return ret < 0 || space == NULL ? ret : check_space(space, pd, why, size);
}

int
plan_explain_fds(const struct ioas_member *m, int ret, char *why, size_t size)
{
	const struct ioas_fds *fds = m->fds;
	const bool by_group = fds->device < 0;

	if (ret == -EXDEV)
		return say(ret, why, size,
			"device=%d is bound to another iommufd than iommufd=%d, and stays bound until all descriptors of it are closed; give the iommufd that it was used with before, or open its node again",
			fds->device, fds->iommufd);
	return say(ret, why, size,
		"the kernel refuses %s=%d: the device is in use through another descriptor, or its reserved regions or its IOMMU's limits conflict with this address space; see dmesg",
		by_group ? "group" : "device", by_group ? fds->group : fds->device);
}
