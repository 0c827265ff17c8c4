/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of the fake kernel share: its objects and its file table.
 */

#ifndef FAKE_PRIVATE_H
#define FAKE_PRIVATE_H

#include "fake_kernel.h"

#define FAKE_OBJECTS 16	/* containers, groups, devices: of each */

enum fake_kind {
	FAKE_CLOSED,
	FAKE_CONTAINER,
	FAKE_GROUP,
	FAKE_DEVICE,
	FAKE_EVENTFD,
};

/* Lives while its file is open or a group is attached. */
struct fake_container {
	bool open;
	unsigned int type;	/* 0: no IOMMU yet */
	uint32_t dma_avail;
	struct fake_mapping *maps;	/* ascending */
	size_t n_maps, cap;
};

/* Its file lives while its descriptor or one of a device is open. */
struct fake_group_state {
	struct fake_group cfg;
	bool open;
	unsigned int n_devices;
	struct fake_container *container;
};

struct fake_device {
	char bdf[24];
	const char *token;	/* NULL: wants none */
	struct fake_group_state *group;
	uint32_t n_msix;
	unsigned int irq_index;
	uint32_t n_vectors;	/* enabled of irq_index; 0: none */
	uint8_t config[FAKE_CONFIG];
};

extern struct fake_container fake_containers[FAKE_OBJECTS];
extern struct fake_group_state fake_groups[FAKE_OBJECTS];
extern struct fake_device fake_devices[FAKE_OBJECTS];
extern size_t fake_n_groups, fake_n_devices;

/** Count a call. @return 0, or the error it has to fail with. */
int fake_enter(const char *name);

/** A fault of the caller: fake_leaks() tells of it. */
void fake_fault(const char *what, int fd);

/** A new descriptor. @return it, or -EMFILE. */
int fake_file_open(enum fake_kind kind, void *obj);

/** Object of a descriptor of that kind, or NULL. */
void *fake_file(int fd, enum fake_kind kind);

/** Count the call and look up its descriptor. @return 0, -EBADF, -ENOTTY, as fake_enter(). */
int fake_ioctl(const char *name, int fd, enum fake_kind kind, void *obj);

/** A file of the kind was closed. */
void fake_container_closed(struct fake_container *c);
void fake_group_closed(struct fake_group_state *g);
void fake_device_closed(struct fake_device *d);

/** Is a group attached? */
bool fake_has_groups(const struct fake_container *c);

/** Ranges that the groups of a container and one more (or NULL) leave; at most @p max. */
size_t fake_iova_list(const struct fake_container *c, const struct fake_group_state *more,
		struct iova_range *out, size_t max);

/** Index of the first mapping that ends at or after @p iova. */
size_t fake_map_find(const struct fake_container *c, uint64_t iova);

/** Does a mapping overlap the range? */
bool fake_map_in(const struct fake_container *c, struct iova_range range);

/** Drop all mappings. */
void fake_maps_drop(struct fake_container *c);

/** Memory of vfio_uapi_mmap() that is left; it is given back. */
unsigned int fake_mmaps(FILE *f);

#define FAKE_RANGES ((FAKE_RESERVED + 1) * FAKE_OBJECTS)

#endif /* FAKE_PRIVATE_H */
