/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * /dev/iommu and character devices.
 *
 * A device is bound to one iommufd and attached to one of its address spaces; a second
 * attach moves it. The attached device brings its reserved ranges, not its group. Memory
 * is pinned only while a device is attached. So a map before the first attach does not
 * detect missing memory and does not count it. An iommufd and its address
 * spaces exist until its last user closes it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_private.h"

static struct fake_iommufd iommufds[FAKE_OBJECTS];
static struct fake_cdev cdevs[FAKE_MEMBERS];

void
fake_iommufd_reset(void)
{
	memset(iommufds, 0, sizeof(iommufds));
	memset(cdevs, 0, sizeof(cdevs));
}

static bool
in_use(const struct fake_iommufd *ctx)
{
	size_t i;

	for (i = 0; i < fake_n_groups; i++)
		if (fake_groups[i].ctx == ctx)
			return true;
	for (i = 0; i < FAKE_MEMBERS; i++)
		if (cdevs[i].fds > 0 && cdevs[i].ctx == ctx)
			return true;
	for (i = 0; i < fake_n_devices; i++)
		if (fake_devices[i].ioas != NULL && fake_devices[i].ioas->ctx == ctx)
			return true;
	return ctx->fds > 0;
}

int
fake_iommufd_open(bool missing, bool denied)
{
	size_t i;
	int fd;

	if (missing)
		return -ENOENT;
	if (denied)
		return -EACCES;
	for (i = 0; i < FAKE_OBJECTS; i++) {
		if (in_use(&iommufds[i]))
			continue;
		memset(&iommufds[i], 0, sizeof(iommufds[i]));
		fd = fake_file_open(FAKE_IOMMUFD, &iommufds[i]);
		iommufds[i].fds = fd >= 0;
		return fd;
	}
	return -ENOMEM;
}

static void
ioas_free(struct fake_container *c)
{
	fake_maps_drop(c);
	free(c->allowed);
	memset(c, 0, sizeof(*c));
}

/* The last user frees the address spaces. */
void
fake_iommufd_put(struct fake_iommufd *ctx)
{
	size_t i;

	if (ctx == NULL || in_use(ctx))
		return;
	for (i = 0; i < FAKE_OBJECTS; i++)
		if (fake_containers[i].ctx == ctx)
			ioas_free(&fake_containers[i]);
}

void
fake_iommufd_closed(struct fake_iommufd *ctx)
{
	if (--ctx->fds == 0)
		fake_iommufd_put(ctx);
}

int
fake_cdev_open(struct fake_device *d)
{
	size_t i;
	int fd;

	if (fake.no_cdevs)
		return -ENOENT;
	if (d->group->cfg.denied)
		return -EACCES;
	for (i = 0; i < FAKE_MEMBERS && cdevs[i].fds > 0; i++)
		;
	if (i == FAKE_MEMBERS)
		return -ENOMEM;
	fd = fake_file_open(FAKE_CDEV, &cdevs[i]);
	cdevs[i] = (struct fake_cdev){ .dev = d, .fds = fd >= 0 };
	return fd;
}

void
fake_cdev_closed(struct fake_cdev *file)
{
	struct fake_iommufd *ctx = file->ctx;

	if (--file->fds > 0 || ctx == NULL)
		return;
	fake_irqs_off(file->dev);
	fake_ioas_detach(file->dev);
	file->dev->bound = NULL;
	file->dev->group->n_bound--;
	file->ctx = NULL;
	fake_iommufd_put(ctx);
}

static struct fake_container *
find_ioas(const struct fake_iommufd *ctx, uint32_t id)
{
	size_t i;

	for (i = 0; i < FAKE_OBJECTS; i++)
		if (fake_containers[i].ctx == ctx && fake_containers[i].id == id)
			return &fake_containers[i];
	return NULL;
}

static int
ioas_new(struct fake_iommufd *ctx, struct fake_container **out)
{
	size_t i;

	for (i = 0; i < FAKE_OBJECTS; i++) {
		struct fake_container *c = &fake_containers[i];

		if (c->fds > 0 || c->ctx != NULL || fake_has_groups(c))
			continue;
		memset(c, 0, sizeof(*c));
		c->ctx = ctx;
		c->id = ++ctx->last_id;
		*out = c;
		return 0;
	}
	return -ENOMEM;
}

int
fake_iommufd_group(struct fake_iommufd *ctx, struct fake_group_state *g)
{
	int ret = 0;

	if (ctx->for_groups == NULL)
		ret = ioas_new(ctx, &ctx->for_groups);
	if (ret == 0)
		g->ctx = ctx;
	return ret;
}

/* Is any mapping not aligned to the page size of devices? */
static bool
odd_mapping(const struct fake_container *c)
{
	size_t i;

	for (i = 0; i < c->n_maps; i++)
		if (((c->maps[i].iova.first | (c->maps[i].iova.last + 1)) & fake_page_mask()) != 0)
			return true;
	return false;
}

/* Does the range overlap a mapping or an allowed range? */
static bool
in_the_way(const struct fake_container *c, struct iova_range r)
{
	size_t i;

	for (i = 0; i < c->n_allowed; i++)
		if (iova_range_overlap(c->allowed[i], r))
			return true;
	return fake_map_in(c, r);
}

static int
pin(const struct fake_container *c)
{
	size_t i;

	for (i = 0; i < c->n_maps; i++)
		if (fake_pin(&c->maps[i]) < 0)
			return -EFAULT;
	return fake_over_memlock(c, 0) ? -ENOMEM : 0;
}

int
fake_ioas_attach(struct fake_device *d, struct fake_container *c)
{
	const struct fake_group *g = &d->group->cfg;
	size_t i;

	if (d->ioas == c)
		return 0;
	/* A group is in one space. Its only attached device may move. */
	for (i = 0; i < fake_n_devices; i++)
		if (fake_devices[i].group == d->group && &fake_devices[i] != d &&
				fake_devices[i].ioas != NULL && fake_devices[i].ioas != c)
			return -EINVAL;
	for (i = 0; i < g->n_reserved; i++)
		if (in_the_way(c, g->reserved[i]))
			return -EADDRINUSE;
	if (g->aperture.first > 0 &&
			in_the_way(c, (struct iova_range){ 0, g->aperture.first - 1 }))
		return -EADDRINUSE;
	if (g->aperture.last < UINT64_MAX &&
			in_the_way(c, (struct iova_range){ g->aperture.last + 1, UINT64_MAX }))
		return -EADDRINUSE;
	if (odd_mapping(c))
		return -EADDRINUSE;
	if (!fake_has_groups(c) && pin(c) < 0)
		return pin(c);
	d->ioas = c;
	return 0;
}

void
fake_ioas_detach(struct fake_device *d)
{
	struct fake_container *c = d->ioas;

	d->ioas = NULL;
	if (c != NULL)
		fake_iommufd_put(c->ctx);
}

/* Count a call on a character device, which must be bound. */
static int
bound_call(const char *name, int device, struct fake_cdev **out)
{
	int ret = fake_ioctl(name, device, FAKE_CDEV, out);

	if (ret < 0)
		return ret;
	return (*out)->ctx == NULL ? -EINVAL : 0;
}

int
vfio_uapi_device_attach(int device, uint32_t ioas)
{
	struct fake_container *c;
	struct fake_cdev *file;
	int ret = bound_call(__func__, device, &file);

	if (ret < 0)
		return ret;
	c = find_ioas(file->ctx, ioas);
	return c == NULL ? -ENOENT : fake_ioas_attach(file->dev, c);
}

int
vfio_uapi_device_detach(int device)
{
	struct fake_cdev *file;
	int ret = bound_call(__func__, device, &file);

	if (ret == 0)
		fake_ioas_detach(file->dev);
	return ret;
}

int
fake_ioas_call(const char *name, int iommufd, uint32_t id, struct fake_container **out)
{
	struct fake_iommufd *ctx;
	int ret = fake_ioctl(name, iommufd, FAKE_IOMMUFD, &ctx);

	if (ret < 0)
		return ret;
	*out = find_ioas(ctx, id);
	return *out == NULL ? -ENOENT : 0;
}

int
vfio_uapi_iommufd_rlimit_mode(int fd)
{
	struct fake_iommufd *ctx;
	int ret = fake_ioctl(__func__, fd, FAKE_IOMMUFD, &ctx);

	/* A container forwards unknown calls to its IOMMU driver. Without an IOMMU it has none. */
	if (ret == -ENOTTY && fake_file(fd, FAKE_CONTAINER) != NULL)
		return ((struct fake_container *)fake_file(fd, FAKE_CONTAINER))->type == 0 ?
			-EINVAL : -ENOTTY;
	return ret < 0 ? ret : fake.by_process;
}

struct fake_container *
fake_iommufd_for_groups(int iommufd)
{
	struct fake_iommufd *ctx = fake_file(iommufd, FAKE_IOMMUFD);

	return ctx == NULL ? NULL : ctx->for_groups;
}

unsigned int
fake_spaces(int iommufd)
{
	const struct fake_iommufd *ctx = fake_file(iommufd, FAKE_IOMMUFD);
	unsigned int i, n = 0;

	for (i = 0; i < FAKE_OBJECTS; i++)
		n += ctx != NULL && fake_containers[i].ctx == ctx;
	return n;
}

int
vfio_uapi_ioas_alloc(int iommufd, uint32_t *ioas)
{
	struct fake_iommufd *ctx;
	struct fake_container *c;
	int ret = fake_ioctl(__func__, iommufd, FAKE_IOMMUFD, &ctx);

	if (ret == 0)
		ret = ioas_new(ctx, &c);
	*ioas = ret == 0 ? c->id : 0;
	return ret;
}

int
vfio_uapi_ioas_destroy(int iommufd, uint32_t ioas)
{
	struct fake_container *c;
	int ret = fake_ioas_call(__func__, iommufd, ioas, &c);

	if (ret < 0)
		return ret;
	if (fake_has_groups(c))
		return -EBUSY;
	if (c->ctx->for_groups == c)
		c->ctx->for_groups = NULL;
	ioas_free(c);
	return 0;
}

int
vfio_uapi_ioas_for_groups(int iommufd, uint32_t ioas)
{
	struct fake_container *c;
	int ret = fake_ioas_call(__func__, iommufd, ioas, &c);

	if (ret == 0)
		c->ctx->for_groups = c;
	return ret;
}
