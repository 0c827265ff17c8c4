/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Nodes that are opened here, or that the user opened.
 *
 * A character device is bound until its last descriptor is closed. That of the user
 * remains open, so a later attach finds the device bound: by this process, or by one that
 * ended and had the same descriptor.
 */

#include <errno.h>

#include "ioas/backend/ioas_node.h"
#include "ioas/ioas_ops.h"
#include "uapi/vfio_uapi.h"

int
ioas_node_open(struct ioas_node *k, const char *path, int given)
{
	k->given = given >= 0;
	k->fd = k->given ? vfio_uapi_dup(given) : vfio_uapi_open(path);
	return k->fd;
}

int
ioas_node_open_container(struct ioas_node *k, const struct ioas_fds *fds, unsigned int extension)
{
	int ret = ioas_node_open(k, TYPE1_NODE, fds != NULL ? fds->container : -1);

	if (ret < 0)
		return ret;
	ret = vfio_uapi_api_version(k->fd);
	if (ret >= 0)
		ret = ret == VFIO_API_VERSION ? vfio_uapi_check_extension(k->fd, extension) : 0;
	if (ret > 0)
		return 0;
	vfio_uapi_close(k->fd);
	return ret == 0 ? -ENOTSUP : ret;
}

int
ioas_node_alloc(struct ioas_node *k)
{
	int ret = vfio_uapi_ioas_alloc(k->fd, &k->id);

	k->has_space = ret == 0;
	return ret;
}

void
ioas_node_close(void *leg)
{
	const struct ioas_node *k = leg;

	if (k->given && k->has_space)
		vfio_uapi_ioas_destroy(k->fd, k->id);
	vfio_uapi_close(k->fd);
}

/*
 * Stop a bound device as a bind does. An earlier user may not have closed it: interrupts
 * off, reset. What fails here is not set up, or can be reset with its reset peers only.
 */
static void
stop(int device)
{
	unsigned int i;

	for (i = VFIO_PCI_INTX_IRQ_INDEX; i < VFIO_PCI_NUM_IRQS; i++)
		vfio_uapi_set_irqs(device, i, 0, NULL, 0);
	vfio_uapi_reset(device);
}

/*
 * Is the device bound to this iommufd? The kernel does not report that. But it does not
 * destroy an address space with a device in it, and the device finds only those of its
 * own iommufd.
 */
static int
check_bound(const struct ioas_node *k, int device)
{
	uint32_t id;
	int ret = vfio_uapi_ioas_alloc(k->fd, &id), busy;

	if (ret < 0)
		return ret;
	ret = vfio_uapi_device_attach(device, id);
	if (ret < 0) {
		vfio_uapi_ioas_destroy(k->fd, id);
		return ret == -ENOENT ? -EXDEV : ret;
	}
	busy = vfio_uapi_ioas_destroy(k->fd, id);
	vfio_uapi_device_detach(device);
	if (busy == 0)
		return -EXDEV;
	/* It is in no address space now, so it reaches no memory. */
	stop(device);
	vfio_uapi_ioas_destroy(k->fd, id);
	return busy == -EBUSY ? 0 : busy;
}

int
ioas_node_device(const struct ioas_node *k, const struct ioas_member *m, const uint8_t *token)
{
	int fd = m->fds != NULL ? vfio_uapi_dup(m->fds->device) : vfio_uapi_open(m->cdev);
	int ret;

	if (fd < 0)
		return fd;
	ret = vfio_uapi_device_bind(fd, k->fd, token);
	if (ret == -EINVAL && m->fds != NULL)
		ret = check_bound(k, fd);
	if (ret == 0)
		return fd;
	vfio_uapi_close(fd);
	/* Access to the node was granted: this is about the token. */
	return ret == -EACCES ? -EKEYREJECTED : ret;
}
