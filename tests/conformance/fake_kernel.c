/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The machine, its file table, and the count of calls.
 *
 * Every call of vfio_uapi.h that can fail passes fake_enter(), which counts it. If the
 * test requested its failure, it fails there, before it has any effect. Descriptors begin
 * at FD_BASE, so a test that mixes them with real ones is detected. Files hold references
 * as in the kernel: the file of a device refers to that of its group, and an attached
 * group refers to its container.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fake_private.h"

#define FD_BASE 1000000
#define FILES (2 * FAKE_MEMBERS)

struct fake_machine fake;
void (*fake_map_begins)(uint64_t iova);
void (*fake_unmap_begins)(uint64_t iova);
static pthread_mutex_t mapping_lock = PTHREAD_MUTEX_INITIALIZER;

int
fake_mapping_lock(void (*hook)(uint64_t iova), uint64_t iova)
{
	if (hook != NULL)
		hook(iova);
	return pthread_mutex_lock(&mapping_lock);
}

void
fake_mapping_unlock(const int *in_kernel)
{
	pthread_mutex_unlock(&mapping_lock);
}
struct fake_container fake_containers[FAKE_OBJECTS];
struct fake_group_state fake_groups[FAKE_MEMBERS];
struct fake_device fake_devices[FAKE_MEMBERS];
size_t fake_n_groups, fake_n_devices;

static struct {
	enum fake_kind kind;
	void *obj;
} files[FILES];

static unsigned int n_calls, fail_at, n_faults;
static int fail_error;
static const char *failed_name;

void
fake_reset(void)
{
	size_t i;

	for (i = 0; i < FAKE_OBJECTS; i++) {
		fake_spapr_leave(&fake_containers[i]);
		free(fake_containers[i].maps);
		free(fake_containers[i].allowed);
	}
	fake_iommufd_reset();
	memset(fake_containers, 0, sizeof(fake_containers));
	memset(fake_groups, 0, fake_n_groups * sizeof(*fake_groups));
	memset(fake_devices, 0, fake_n_devices * sizeof(*fake_devices));
	memset(files, 0, sizeof(files));
	fake_mmaps(NULL);
	fake_eventfds_reset();
	fake_n_groups = 0;
	fake_n_devices = 0;
	n_calls = 0;
	n_faults = 0;
	fake_fail_nth(0, 0);
	fake_map_begins = NULL;
	fake_unmap_begins = NULL;
	fake = (struct fake_machine) {
		.api_version = VFIO_API_VERSION,
		.page_sizes = UINT64_C(0x40201000),
		.dma_limit = 65535,
		.memlock = UINT64_MAX,
		.hollow = { 1, 0 }, .read_only = { 1, 0 },
		.elsewhere = { 1, 0 }, .untouched = { 1, 0 }, .private_pages = { 1, 0 }, .small_pages = { 1, 0 },
		.vectors = UINT32_MAX,
		.power = FAKE_POWER,
	};
}

/* A full table of the fake is no test failure: end the program. */
static void
full(bool is)
{
	if (is) {
		fputs("fake kernel: too small for this test\n", stderr);
		abort();
	}
}

struct fake_group *
fake_group_add(int id)
{
	struct fake_group *g = &fake_groups[fake_n_groups].cfg;

	full(fake_n_groups == FAKE_MEMBERS);
	fake_n_groups++;
	*g = (struct fake_group) {
		.id = id,
		.viable = true,
		.isolated = true,
		.aperture = { 0, (UINT64_C(1) << 48) - 1 },
	};
	return g;
}

void
fake_range(struct fake_group *group, uint64_t first, uint64_t last)
{
	full(group->n_reserved == FAKE_RESERVED);
	group->reserved[group->n_reserved++] = (struct iova_range){ first, last };
}

void
fake_device_add(struct fake_group *group, const char *bdf, uint32_t msix)
{
	struct fake_device *d = &fake_devices[fake_n_devices];
	size_t i;

	full(fake_n_devices == FAKE_MEMBERS || msix > FAKE_VECTORS);
	fake_n_devices++;
	snprintf(d->bdf, sizeof(d->bdf), "%s", bdf);
	fake_device_bind(bdf);
	d->n_msix = msix;
	for (i = 0; i < fake_n_groups; i++)
		if (&fake_groups[i].cfg == group) {
			d->group = &fake_groups[i];
			d->next = d->group->first;
			d->group->first = d;
		}
}

struct fake_device *
fake_device_find(const char *bdf)
{
	size_t i;

	for (i = 0; i < fake_n_devices; i++)
		if (strcmp(fake_devices[i].bdf, bdf) == 0)
			return &fake_devices[i];
	return NULL;
}

void
fake_device_token(const char *bdf, const char *token)
{
	fake_device_find(bdf)->token = token;
}

void
fake_device_held(const char *bdf, bool held)
{
	fake_device_find(bdf)->held = held;
}

const char *
fake_cdev(const char *bdf)
{
	const struct fake_device *d = fake_device_find(bdf);

	return d == NULL ? NULL : d->cdev;
}

void
fake_fail_nth(unsigned int n, int error)
{
	fail_at = n == 0 ? 0 : n_calls + n;
	fail_error = error;
	failed_name = NULL;
}

const char *
fake_failed(void)
{
	return failed_name;
}

unsigned int
fake_calls(void)
{
	return n_calls;
}

int
fake_enter(const char *name)
{
	if (++n_calls != fail_at)
		return 0;
	failed_name = name;
	return -fail_error;
}

void
fake_fault(const char *what, int fd)
{
	fprintf(stderr, "fake kernel: %s %d\n", what, fd);
	n_faults++;
}

int
fake_file_open(enum fake_kind kind, void *obj)
{
	int i;

	for (i = 0; i < FILES; i++)
		if (files[i].kind == FAKE_CLOSED) {
			files[i].kind = kind;
			files[i].obj = obj;
			return FD_BASE + i;
		}
	return -EMFILE;
}

bool
fake_is_open(int fd)
{
	return fd >= FD_BASE && fd < FD_BASE + FILES && files[fd - FD_BASE].kind != FAKE_CLOSED;
}

void *
fake_file(int fd, enum fake_kind kind)
{
	return fake_is_open(fd) && files[fd - FD_BASE].kind == kind ? files[fd - FD_BASE].obj : NULL;
}

int
fake_ioctl(const char *name, int fd, enum fake_kind kind, void *obj)
{
	int ret = fake_enter(name);
	void *found;

	if (ret < 0)
		return ret;
	if (!fake_is_open(fd)) {
		fake_fault(name, fd);
		return -EBADF;
	}
	found = fake_file(fd, kind);
	if (found == NULL && kind == FAKE_DEVICE) {
		const struct fake_cdev *file = fake_file(fd, FAKE_CDEV);

		/* Before the bind the kernel rejects all other calls. */
		if (file != NULL && file->ctx == NULL)
			return -EINVAL;
		found = file != NULL ? file->dev : NULL;
	}
	if (found == NULL)
		return -ENOTTY;
	memcpy(obj, &found, sizeof(found));
	return 0;
}

static int
container_open(void)
{
	size_t i;
	int fd;

	if (fake.no_node)
		return -ENOENT;
	if (fake.node_denied)
		return -EACCES;
	for (i = 0; i < FAKE_OBJECTS; i++) {
		struct fake_container *c = &fake_containers[i];

		if (c->fds > 0 || c->ctx != NULL || fake_has_groups(c))
			continue;
		fd = fake_file_open(FAKE_CONTAINER, c);
		c->fds = fd >= 0;
		return fd;
	}
	return -ENOMEM;
}

static int
group_open(struct fake_group_state *g)
{
	int fd;

	if (fake.no_groups)
		return -ENOENT;
	if (g->cfg.denied || (g->cfg.noiommu && fake.no_rawio))
		return g->cfg.denied ? -EACCES : -EPERM;
	if (g->cfg.held || g->fds > 0 || g->n_devices > 0 || g->n_bound > 0)
		return -EBUSY;
	fd = fake_file_open(FAKE_GROUP, g);
	g->fds = fd >= 0;
	return fd;
}

int
vfio_uapi_open(const char *path)
{
	int ret = fake_enter(__func__);
	char name[VFIO_UAPI_NODE_LEN];
	size_t i;

	if (ret < 0)
		return ret;
	if (strcmp(path, FAKE_NODE) == 0)
		return fake.compat ? fake_iommufd_open(fake.no_node, fake.node_denied) :
			container_open();
	if (strcmp(path, FAKE_IOMMUFD_NODE) == 0)
		return fake_iommufd_open(fake.no_iommufd, fake.iommufd_denied);
	for (i = 0; i < fake_n_devices; i++)
		if (strcmp(path, fake_devices[i].cdev) == 0)
			return fake_cdev_open(&fake_devices[i]);
	for (i = 0; i < fake_n_groups; i++) {
		vfio_uapi_group_node(fake_groups[i].cfg.id, fake_groups[i].cfg.noiommu, name);
		if (strcmp(path, name) == 0)
			return group_open(&fake_groups[i]);
	}
	return -ENOENT;
}

/* References of a file's descriptors; NULL: a file that the product does not duplicate. */
static unsigned int *
fds_of(int fd)
{
	void *obj = files[fd - FD_BASE].obj;

	switch (files[fd - FD_BASE].kind) {
	case FAKE_CONTAINER:
		return &((struct fake_container *)obj)->fds;
	case FAKE_GROUP:
		return &((struct fake_group_state *)obj)->fds;
	case FAKE_IOMMUFD:
		return &((struct fake_iommufd *)obj)->fds;
	case FAKE_CDEV:
		return &((struct fake_cdev *)obj)->fds;
	default:
		return NULL;
	}
}

int
vfio_uapi_dup(int fd)
{
	int ret = fake_enter(__func__);

	if (ret < 0)
		return ret;
	if (!fake_is_open(fd) || fds_of(fd) == NULL)
		return -EBADF;
	ret = fake_file_open(files[fd - FD_BASE].kind, files[fd - FD_BASE].obj);
	*fds_of(fd) += ret >= 0;
	return ret;
}

int
vfio_uapi_file_read(int fd, struct vfio_uapi_file *out)
{
	int ret = fake_enter(__func__);
	const void *obj;

	if (ret < 0)
		return ret;
	if (!fake_is_open(fd))
		return -EBADF;
	obj = files[fd - FD_BASE].obj;
	*out = (struct vfio_uapi_file){ .is_device = true, .writable = !fake.read_only_files };
	switch (files[fd - FD_BASE].kind) {
	case FAKE_CONTAINER:
	case FAKE_IOMMUFD:
		out->major = FAKE_MISC_MAJOR;
		out->minor = fake_file(fd, FAKE_CONTAINER) != NULL || fake.compat ?
			FAKE_CONTAINER_MINOR : FAKE_IOMMUFD_MINOR;
		break;
	case FAKE_GROUP:
		out->major = FAKE_GROUP_MAJOR;
		out->minor = (unsigned int)((const struct fake_group_state *)obj)->cfg.id;
		break;
	case FAKE_CDEV:
		out->major = FAKE_CDEV_MAJOR;
		out->minor = ((const struct fake_cdev *)obj)->dev->number;
		break;
	default:
		out->is_device = false;
	}
	return 0;
}

void
vfio_uapi_close(int fd)
{
	enum fake_kind kind;
	void *obj;

	if (fd < 0)
		return;
	if (!fake_is_open(fd)) {
		fake_fault("close of what is not open:", fd);
		return;
	}
	kind = files[fd - FD_BASE].kind;
	obj = files[fd - FD_BASE].obj;
	files[fd - FD_BASE].kind = FAKE_CLOSED;
	if (kind == FAKE_CONTAINER)
		fake_container_closed(obj);
	else if (kind == FAKE_GROUP)
		fake_group_closed(obj);
	else if (kind == FAKE_DEVICE)
		fake_device_closed(obj);
	else if (kind == FAKE_EVENTFD)
		fake_eventfd_closed(obj);
	else if (kind == FAKE_IOMMUFD)
		fake_iommufd_closed(obj);
	else if (kind == FAKE_CDEV)
		fake_cdev_closed(obj);
}

size_t
fake_n_mappings(void)
{
	size_t i, n = 0;

	for (i = 0; i < FAKE_OBJECTS; i++)
		n += fake_containers[i].n_maps;
	return n;
}

bool
fake_space_mappings(size_t c, const struct fake_mapping **maps, size_t *n)
{
	if (c >= FAKE_OBJECTS ||
	    (fake_containers[c].n_maps == 0 && !fake_has_groups(&fake_containers[c])))
		return false;
	*maps = fake_containers[c].maps;
	*n = fake_containers[c].n_maps;
	return true;
}

bool
fake_mapping_get(size_t i, struct fake_mapping *out)
{
	size_t c = 0;

	while (c < FAKE_OBJECTS && fake_containers[c].n_maps == 0)
		c++;
	if (c == FAKE_OBJECTS || i >= fake_containers[c].n_maps)
		return false;
	*out = fake_containers[c].maps[i];
	return true;
}

static unsigned int
leak(FILE *f, const char *what, unsigned int n)
{
	if (f != NULL && n > 0)
		fprintf(f, "fake kernel: left: %u %s\n", n, what);
	return n;
}

unsigned int
fake_leaks(FILE *f)
{
	static const char *const kinds[] = {
		[FAKE_CLOSED] = "", [FAKE_CONTAINER] = "open containers",
		[FAKE_GROUP] = "open groups", [FAKE_DEVICE] = "open devices",
		[FAKE_EVENTFD] = "eventfds", [FAKE_IOMMUFD] = "open iommufds",
		[FAKE_CDEV] = "open character devices",
	};
	unsigned int n[FAKE_KINDS] = { 0 }, attached = 0, all = 0;
	size_t i;

	for (i = 0; i < FILES; i++)
		n[files[i].kind]++;
	for (i = FAKE_CONTAINER; i < FAKE_KINDS; i++)
		all += leak(f, kinds[i], n[i]);
	for (i = 0; i < fake_n_groups; i++)
		attached += fake_groups[i].container != NULL || fake_groups[i].ctx != NULL;
	for (i = 0; i < fake_n_devices; i++)
		attached += fake_devices[i].ioas != NULL;
	all += leak(f, "attached groups or devices", attached);
	all += leak(f, "mappings", (unsigned int)fake_n_mappings());
	all += leak(f, "registered ranges", fake_spapr_registered());
	return all + leak(f, "faults of the caller", n_faults) + fake_mmaps(f);
}
