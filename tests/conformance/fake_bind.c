/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Binding a device to vfio-pci, and a character device to an iommufd, errors in the kernel's
 * order.
 */

#include <errno.h>
#include <stdio.h>

#include "fake_private.h"

static bool
is_taken(unsigned int number)
{
	size_t i;

	for (i = 0; i < fake_n_devices; i++)
		if (fake_devices[i].cdev[0] != '\0' && fake_devices[i].number == number)
			return true;
	return false;
}

void
fake_device_unbind(const char *bdf)
{
	fake_device_find(bdf)->cdev[0] = '\0';
}

void
fake_device_bind(const char *bdf)
{
	struct fake_device *d = fake_device_find(bdf);

	d->cdev[0] = '\0';
	for (d->number = 0; is_taken(d->number); d->number++)
		;
	snprintf(d->cdev, sizeof(d->cdev), "/dev/vfio/devices/vfio%u", d->number);
}

static int
token_ok(const struct fake_device *d, const uint8_t *token)
{
	char text[ABI_UUID_SIZE * 2 + 1];
	size_t i, n = 0;

	if (d->token == NULL)
		return token == NULL ? 0 : -EINVAL;
	if (token == NULL)
		return -EACCES;
	for (i = 0; i < ABI_UUID_SIZE; i++)
		snprintf(text + i * 2, 3, "%02x", token[i]);
	for (i = 0; d->token[i] != '\0'; i++)
		if (d->token[i] != '-' && (n >= sizeof(text) - 1 || d->token[i] != text[n++]))
			return -EACCES;
	return n == sizeof(text) - 1 ? 0 : -EACCES;
}

/* Does another process or another iommufd own a device of the group? */
static bool
owned_elsewhere(const struct fake_group_state *g, const struct fake_iommufd *ctx)
{
	size_t i;

	for (i = 0; i < fake_n_devices; i++) {
		const struct fake_device *d = &fake_devices[i];

		if (d->group == g && (d->held || (d->bound != NULL && d->bound->ctx != ctx)))
			return true;
	}
	return false;
}

int
vfio_uapi_device_bind(int device, int iommufd, const uint8_t *token)
{
	struct fake_iommufd *ctx;
	struct fake_cdev *file;
	int ret = fake_ioctl(__func__, device, FAKE_CDEV, &file);

	if (ret < 0)
		return ret;
	if (iommufd < 0 || (token != NULL && fake.no_bind_token))
		return -EINVAL;
	if (file->dev->group->fds > 0 || file->dev->group->cfg.held)
		return -EBUSY;
	if (file->ctx != NULL)
		return -EINVAL;
	ctx = fake_file(iommufd, FAKE_IOMMUFD);
	if (ctx == NULL)
		return fake_is_open(iommufd) ? -EBADFD : -EBADF;
	/* A device can't be bound twice, neither by this process nor by another one. */
	if (file->dev->bound != NULL || file->dev->held)
		return -EINVAL;
	ret = token_ok(file->dev, token);
	if (ret == 0)
		ret = fake_claim(file->dev->group, true);
	if (ret == 0 && owned_elsewhere(file->dev->group, ctx))
		ret = -EPERM;
	if (ret < 0)
		return ret;
	file->ctx = ctx;
	file->dev->bound = file;
	file->dev->group->n_bound++;
	return 0;
}
