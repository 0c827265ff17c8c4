/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Resets of one function, or of all functions that share a bus.
 *
 * A bus reset requires that the caller owns all open functions of the bus. It proves this
 * with the nodes of their groups if the device was opened by its group, and with the
 * iommufd if the device was opened by its character device. All functions must be bound
 * to a VFIO driver.
 */

#include <errno.h>
#include <string.h>

#include "fake_private.h"

void
fake_device_no_reset(const char *bdf)
{
	fake_device_find(bdf)->no_reset = true;
}

unsigned int
fake_resets(const char *bdf)
{
	return fake_device_find(bdf)->n_resets;
}

int
vfio_uapi_reset(int device)
{
	struct fake_device *d;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);

	if (ret < 0)
		return ret;
	if (d->no_reset)
		return -EINVAL;
	d->n_resets++;
	return 0;
}

/* Is "DDDD:BB" the same? */
static bool
same_bus(const struct fake_device *a, const struct fake_device *b)
{
	const size_t len = (size_t)(strrchr(a->bdf, ':') - a->bdf) + 1;

	return strncmp(a->bdf, b->bdf, len) == 0;
}

/* The iommufd a descriptor's device is bound to, or NULL: opened by its group. */
static const struct fake_iommufd *
ctx_of(int device)
{
	const struct fake_cdev *file = fake_file(device, FAKE_CDEV);

	return file == NULL ? NULL : file->ctx;
}

static bool
group_in(const struct fake_group_state *g, const struct fake_iommufd *ctx)
{
	size_t i;

	for (i = 0; i < fake_n_devices; i++)
		if (fake_devices[i].group == g && fake_devices[i].bound != NULL &&
				fake_devices[i].bound->ctx == ctx)
			return true;
	return g->ctx == ctx;
}

static uint32_t
id_of(const struct fake_device *d, const struct fake_iommufd *ctx)
{
	if (ctx == NULL)
		return (uint32_t)d->group->cfg.id;
	if (d->bound != NULL && d->bound->ctx == ctx)
		return (uint32_t)(d - fake_devices) + 1;
	return group_in(d->group, ctx) ? 0 : ABI_DEVID_NOT_OWNED;
}

int
vfio_uapi_hot_reset_info(int device, struct vfio_pci_dependent_device *v, uint32_t *n,
		uint32_t *flags)
{
	const struct fake_iommufd *ctx = ctx_of(device);
	struct fake_device *d;
	unsigned int domain, bus, slot, function;
	uint32_t room = *n;
	size_t i;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);

	if (ret < 0)
		return ret;
	if (fake.no_hot_reset)
		return -ENODEV;
	*flags = ctx != NULL ? ABI_HOT_RESET_DEVID : 0;
	if (fake_lie_about_count(room, n, -ENOSPC, &ret))
		return ret;
	*n = 0;
	for (i = 0; i < fake_n_devices; i++) {
		if (!same_bus(&fake_devices[i], d))
			continue;
		if (*n < room && sscanf(fake_devices[i].bdf, "%x:%x:%x.%x", &domain, &bus, &slot,
					&function) == 4)
			v[*n] = (struct vfio_pci_dependent_device) {
				.group_id = id_of(&fake_devices[i], ctx),
				.segment = (uint16_t)domain,
				.bus = (uint8_t)bus,
				.devfn = (uint8_t)(slot << 3 | function),
			};
		(*n)++;
	}
	return *n > room ? -ENOSPC : 0;
}

/* Is every fd the node of a group? A duplicate group is an error of the caller. */
static int
check_groups(const int *groups, uint32_t n)
{
	uint32_t i, k;

	for (i = 0; i < n; i++) {
		if (fake_file(groups[i], FAKE_GROUP) == NULL)
			return fake_is_open(groups[i]) ? -EINVAL : -EBADF;
		for (k = 0; k < i; k++)
			if (groups[k] == groups[i])
				fake_fault("a group twice in a reset:", groups[i]);
	}
	return 0;
}

static bool
may_reset(const struct fake_device *d, const struct fake_iommufd *ctx, const int *groups,
		uint32_t n)
{
	uint32_t i;

	if (!d->group->cfg.viable)
		return false;
	if (ctx != NULL)
		return !d->held && (d->bound == NULL || d->bound->ctx == ctx);
	for (i = 0; i < n; i++)
		if (fake_file(groups[i], FAKE_GROUP) == d->group)
			return true;
	return !d->held && !d->group->cfg.held && d->group->n_devices == 0 && d->bound == NULL;
}

int
vfio_uapi_hot_reset(int device, const int *groups, uint32_t n)
{
	const struct fake_iommufd *ctx = ctx_of(device);
	struct fake_device *d;
	size_t i, count = 0;
	int ret = fake_ioctl(__func__, device, FAKE_DEVICE, &d);

	if (ret < 0)
		return ret;
	if ((n == 0) != (ctx != NULL))
		return -EINVAL;
	if (fake.no_hot_reset)
		return -ENODEV;
	for (i = 0; i < fake_n_devices; i++)
		count += same_bus(&fake_devices[i], d);
	if (n > count)
		return -EINVAL;
	ret = check_groups(groups, n);
	if (ret < 0)
		return ret;
	for (i = 0; i < fake_n_devices; i++)
		if (same_bus(&fake_devices[i], d) && !may_reset(&fake_devices[i], ctx, groups, n))
			return -EINVAL;
	for (i = 0; i < fake_n_devices; i++)
		fake_devices[i].n_resets += same_bus(&fake_devices[i], d);
	return 0;
}
