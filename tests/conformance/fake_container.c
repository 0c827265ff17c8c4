/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Containers and the groups in them.
 *
 * SET_CONTAINER claims the group. It rejects groups with firmware regions (1:1) and
 * groups with members on kernel drivers. A group passes the checks of the IOMMU when its
 * container gets one: the first group at SET_IOMMU, later ones at once. The order of the
 * checks is that of the kernel: aperture against mappings, reserved ranges against
 * mappings, whether any range remains, and last the isolation of interrupts. When the
 * last group leaves, the IOMMU and all mappings of the container go.
 *
 * A machine may limit a container to one group. It may also have windows: then the window
 * of a container is created before the first map, at the place that the machine chooses.
 */

#include <errno.h>
#include <string.h>

#include "fake_private.h"

/* Cut a range out of each range of the list. */
static size_t
exclude(struct iova_range *v, size_t n, size_t max, struct iova_range hole)
{
	size_t i, count = n;

	for (i = 0; i < n; i++) {
		struct iova_range r = v[i];
		bool left = r.first < hole.first, right = r.last > hole.last;

		if (!iova_range_overlap(r, hole))
			continue;
		if (left)
			v[i].last = hole.first - 1;
		if (right && left && count < max)
			v[count++] = (struct iova_range){ hole.last + 1, r.last };
		else if (right)
			v[i].first = hole.last + 1;
		else if (!left)
			v[i] = (struct iova_range){ 1, 0 };
	}
	return count;
}

static void
sort_ranges(struct iova_range *v, size_t n)
{
	size_t i, j;

	for (i = 1; i < n; i++)
		for (j = i; j > 0 && v[j].first < v[j - 1].first; j--) {
			struct iova_range t = v[j];

			v[j] = v[j - 1];
			v[j - 1] = t;
		}
}

size_t
fake_iova_list(const struct fake_container *c, const struct fake_group_state *more,
		struct iova_range *out, size_t max)
{
	size_t i, j, n = 1, kept = 0;

	out[0] = c->has_window ? c->window : (struct iova_range){ 0, UINT64_MAX };
	for (i = 0; i < fake_n_groups; i++)
		if (fake_has_group(c, &fake_groups[i]) || &fake_groups[i] == more)
			out[0] = iova_range_cut(out[0], fake_groups[i].cfg.aperture);
	if (!iova_range_valid(out[0]))
		return 0;
	for (i = 0; i < fake_n_groups; i++) {
		const struct fake_group_state *g = &fake_groups[i];

		if (!fake_has_group(c, g) && g != more)
			continue;
		for (j = 0; j < g->cfg.n_reserved; j++)
			n = exclude(out, n, max, g->cfg.reserved[j]);
	}
	for (i = 0; i < n; i++)
		if (iova_range_valid(out[i]))
			out[kept++] = out[i];
	sort_ranges(out, kept);
	return kept;
}

/* The checks of type1 when a group is attached. */
static int
iommu_attach(const struct fake_container *c, const struct fake_group_state *g)
{
	struct iova_range list[FAKE_RANGES], a = g->cfg.aperture;
	size_t i;

	for (i = 0; i < c->n_maps; i++)
		if (!iova_range_covers(a, c->maps[i].iova))
			return -EINVAL;
	for (i = 0; i < g->cfg.n_reserved; i++)
		if (fake_map_in(c, g->cfg.reserved[i]))
			return -EINVAL;
	if (fake_iova_list(c, g, list, FAKE_RANGES) == 0)
		return -EINVAL;
	return g->cfg.isolated ? 0 : -EPERM;
}

bool
fake_has_group(const struct fake_container *c, const struct fake_group_state *g)
{
	const struct fake_device *d;

	for (d = g->first; d != NULL; d = d->next)
		if (d->ioas == c)
			return true;
	return g->container == c;
}

bool
fake_has_groups(const struct fake_container *c)
{
	size_t i;

	for (i = 0; i < fake_n_groups; i++)
		if (fake_has_group(c, &fake_groups[i]))
			return true;
	return false;
}

static void
group_leave(struct fake_group_state *g)
{
	struct fake_container *c = g->container;
	struct fake_iommufd *ctx = g->ctx;

	g->container = NULL;
	g->ctx = NULL;
	fake_iommufd_put(ctx);
	if (c == NULL || fake_has_groups(c))
		return;
	fake_maps_drop(c);
	c->type = 0;
	c->has_window = false;
	fake_spapr_leave(c);
}

void
fake_container_closed(struct fake_container *c)
{
	c->fds--;
}

void
fake_group_closed(struct fake_group_state *g)
{
	/* None is left if the last device of the group was closed. */
	if (g->fds > 0)
		g->fds--;
	if (g->fds == 0 && g->n_devices == 0)
		group_leave(g);
}

int
fake_type1_call(const char *name, int fd, struct fake_container **out)
{
	struct fake_iommufd *ctx;
	int ret;

	if (fake_file(fd, FAKE_IOMMUFD) == NULL)
		return fake_ioctl(name, fd, FAKE_CONTAINER, out);
	ret = fake_ioctl(name, fd, FAKE_IOMMUFD, &ctx);
	*out = fake_iommufd_for_groups(fd);
	return ret == 0 && *out == NULL ? -ENODEV : ret;
}

/* Calls that need neither a group nor an address space. */
static int
ask(const char *name, int fd)
{
	void *obj;

	return fake_ioctl(name, fd, fake_file(fd, FAKE_IOMMUFD) != NULL ? FAKE_IOMMUFD :
			FAKE_CONTAINER, &obj);
}

int
vfio_uapi_api_version(int container)
{
	int ret = ask(__func__, container);

	return ret < 0 ? ret : fake.api_version;
}

/* A container with groups has only what is for groups of their kind. */
static bool
has_other_groups(const struct fake_container *c, bool noiommu)
{
	size_t i;

	for (i = 0; i < fake_n_groups; i++)
		if (fake_groups[i].container == c && fake_groups[i].cfg.noiommu != noiommu)
			return true;
	return false;
}

static bool
may_have(int container, bool noiommu)
{
	const struct fake_container *c = fake_file(container, FAKE_CONTAINER);

	return c == NULL || !has_other_groups(c, noiommu);
}

int
vfio_uapi_check_extension(int container, unsigned int extension)
{
	int ret = ask(__func__, container);

	if (ret < 0)
		return ret;
	switch (extension) {
	case VFIO_SPAPR_TCE_v2_IOMMU:
		return fake.power.on;
	case VFIO_TYPE1_IOMMU:
		return !fake.power.on;
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL:
		return !fake.no_type1v2 && !fake.power.on && may_have(container, false);
	case VFIO_NOIOMMU_IOMMU:
		return !fake.noiommu_off && may_have(container, true);
	default:
		return 0;
	}
}

static int
set_noiommu(struct fake_container *c)
{
	if (fake.noiommu_off || has_other_groups(c, true))
		return -ENODEV;
	if (fake.no_rawio)
		return -EPERM;
	c->type = VFIO_NOIOMMU_IOMMU;
	return 0;
}

int
vfio_uapi_set_iommu(int container, unsigned int type)
{
	struct fake_container *c;
	int ret = fake_type1_call(__func__, container, &c);
	size_t i;

	/* With an iommufd this call has no effect: it only checks the type. */
	if (ret < 0 || c->ctx != NULL)
		return ret < 0 || type == VFIO_TYPE1v2_IOMMU ? ret : -EINVAL;
	if (!fake_has_groups(c) || c->type != 0)
		return -EINVAL;
	if (type == VFIO_NOIOMMU_IOMMU)
		return set_noiommu(c);
	if (type != (fake.power.on ? VFIO_SPAPR_TCE_v2_IOMMU : VFIO_TYPE1v2_IOMMU) ||
	    fake.no_type1v2 || has_other_groups(c, false))
		return -ENODEV;
	for (i = 0; !fake.power.on && i < fake_n_groups && ret == 0; i++)
		if (fake_groups[i].container == c)
			ret = iommu_attach(c, &fake_groups[i]);
	if (ret < 0)
		return ret;
	c->type = type;
	c->dma_avail = fake.dma_limit;
	return 0;
}

static size_t
count_groups(const struct fake_container *c)
{
	size_t i, n = 0;

	for (i = 0; i < fake_n_groups; i++)
		n += fake_has_group(c, &fake_groups[i]);
	return n;
}

int
fake_window_create(int container, struct iova_range *out)
{
	struct fake_container *c;
	int ret = fake_ioctl(__func__, container, FAKE_CONTAINER, &c);

	if (ret < 0)
		return ret;
	if (c->type == 0 || c->has_window || c->n_maps > 0)
		return -EINVAL;
	if (count_groups(c) > 1)
		return -EPERM;
	c->has_window = true;
	c->window = fake.window;
	*out = c->window;
	return 0;
}

int
vfio_uapi_group_status(int group, uint32_t *flags)
{
	struct fake_group_state *g;
	int ret = fake_ioctl(__func__, group, FAKE_GROUP, &g);

	*flags = 0;
	if (ret < 0)
		return ret;
	if (g->container != NULL || g->ctx != NULL)
		*flags |= VFIO_GROUP_FLAGS_CONTAINER_SET;
	if (g->cfg.viable)
		*flags |= VFIO_GROUP_FLAGS_VIABLE;
	return 0;
}

int
fake_claim(const struct fake_group_state *g, bool isolated_too)
{
	if (isolated_too && !g->cfg.isolated)
		return -EPERM;
	if (g->cfg.direct)
		return -EINVAL;
	return g->cfg.viable ? 0 : -EPERM;
}

int
vfio_uapi_group_set_container(int group, int container)
{
	struct fake_group_state *g;
	struct fake_container *c;
	struct fake_iommufd *ctx;
	int ret = fake_ioctl(__func__, group, FAKE_GROUP, &g);

	if (ret < 0)
		return ret;
	if (g->container != NULL || g->ctx != NULL)
		return -EINVAL;
	ctx = fake_file(container, FAKE_IOMMUFD);
	if (ctx != NULL)
		return fake_iommufd_group(ctx, g);
	c = fake_file(container, FAKE_CONTAINER);
	if (c == NULL)
		return fake_is_open(container) ? -EBADFD : -EBADF;
	if (g->cfg.noiommu)
		ret = fake.no_rawio ? -EPERM : 0;
	else
		ret = fake_claim(g, false);
	if (ret == 0 && has_other_groups(c, g->cfg.noiommu))
		ret = -EPERM;
	if (ret == 0 && (fake.one_group || fake.power.on) && fake_has_groups(c))
		ret = -EPERM;
	if (ret == 0 && c->type != 0 && !g->cfg.noiommu)
		ret = iommu_attach(c, g);
	if (ret < 0)
		return ret;
	g->container = c;
	return 0;
}

int
vfio_uapi_group_unset_container(int group)
{
	struct fake_group_state *g;
	int ret = fake_ioctl(__func__, group, FAKE_GROUP, &g);

	if (ret < 0)
		return ret;
	if (g->container == NULL && g->ctx == NULL)
		return -EINVAL;
	/* With iommufd the devices remain attached: they hold their own references. */
	if (g->container != NULL && g->n_devices > 0)
		return -EBUSY;
	group_leave(g);
	return 0;
}
