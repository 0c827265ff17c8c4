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

#define FAKE_OBJECTS FAKE_SPACES
#define FAKE_MEMBERS 600	/* maximum of groups, and of devices */
#define FAKE_VECTORS 64	/* maximum of a device */

enum fake_kind {
	FAKE_CLOSED,
	FAKE_CONTAINER,
	FAKE_GROUP,
	FAKE_DEVICE,
	FAKE_EVENTFD,
	FAKE_IOMMUFD,
	FAKE_CDEV,
	FAKE_KINDS
};

/* A file of /dev/iommu. It exists while it is open or a device or group uses it. */
struct fake_iommufd {
	unsigned int fds;
	uint32_t last_id;
	struct fake_container *for_groups;
};

#define FAKE_WINDOWS 2

/* A window of POWER; shift 0: none. The first is the default one. */
struct fake_window {
	struct iova_range range;
	unsigned int shift;
};

/* Registered memory. */
struct fake_memory {
	struct iova_range va;
};

/*
 * A type1 container. It exists while its file is open or a group is attached. With a
 * ctx: an address space of iommufd.
 */
struct fake_container {
	unsigned int fds;
	struct fake_iommufd *ctx;
	uint32_t id;
	struct iova_range *allowed;
	size_t n_allowed;
	unsigned int type;	/* 0: no IOMMU yet */
	bool has_window;
	struct iova_range window;
	struct fake_window windows[FAKE_WINDOWS];
	bool no_default;	/* it was removed */
	bool enabled;
	struct fake_memory *memory;
	size_t n_memory;
	uint32_t dma_avail;
	struct fake_mapping *maps;	/* ascending */
	size_t n_maps, cap;
};

/* The file exists while the descriptor of the group or of one of its devices is open. */
struct fake_group_state {
	struct fake_group cfg;
	struct fake_device *first;	/* of its devices */
	unsigned int fds;
	unsigned int n_devices;		/* opened by the group */
	unsigned int n_bound;		/* opened by character devices */
	struct fake_container *container;
	struct fake_iommufd *ctx;	/* instead of a container */
};

/* An open character device. */
struct fake_cdev {
	struct fake_device *dev;
	struct fake_iommufd *ctx;	/* NULL: not bound */
	unsigned int fds;
};

struct fake_device {
	char bdf[24];
	char cdev[32];		/* "": unbound */
	unsigned int number;	/* of cdev */
	bool held;
	unsigned int n_open;	/* descriptors opened by its group */
	bool no_reset;		/* only a bus reset */
	unsigned int n_resets;
	struct fake_cdev *bound;
	struct fake_container *ioas;	/* attached to */
	const char *token;	/* NULL: requires none */
	struct fake_group_state *group;
	struct fake_device *next;	/* in the group */
	uint32_t n_msix;
	unsigned int irq_index;
	uint32_t n_vectors;	/* enabled of irq_index; 0: none */
	bool granted[FAKE_VECTORS];	/* the kernel has allocated it */
	int efd[FAKE_VECTORS];	/* if n_vectors is not 0; negative: none */
	bool notices[2];	/* has an eventfd for errors, for requests */
	uint8_t config[FAKE_CONFIG];
};

extern struct fake_container fake_containers[FAKE_OBJECTS];
extern struct fake_group_state fake_groups[FAKE_MEMBERS];
extern struct fake_device fake_devices[FAKE_MEMBERS];
extern size_t fake_n_groups, fake_n_devices;

/** A device, or NULL. */
struct fake_device *fake_device_find(const char *bdf);

/** Count a call. @return 0, or the error that the test requested. */
int fake_enter(const char *name);

/** Lock the kernel, after a call of the hook, which may block. */
int fake_mapping_lock(void (*hook)(uint64_t iova), uint64_t iova);

/** End of fake_mapping_lock(). */
void fake_mapping_unlock(const int *in_kernel);

/** Begin a map, which ends when the function returns. It may block here. */
#define FAKE_MAP_BEGIN(iova) \
	const int in_kernel __attribute__((cleanup(fake_mapping_unlock), unused)) = \
		fake_mapping_lock(fake_map_begins, iova)

/** As FAKE_MAP_BEGIN(), for an unmap. */
#define FAKE_UNMAP_BEGIN(iova) \
	const int in_kernel __attribute__((cleanup(fake_mapping_unlock), unused)) = \
		fake_mapping_lock(fake_unmap_begins, iova)

/** Record an error of the caller for fake_leaks(). */
void fake_fault(const char *what, int fd);

/** A new descriptor. @return it, or -EMFILE. */
int fake_file_open(enum fake_kind kind, void *obj);

/** Is a descriptor of any kind open? */
bool fake_is_open(int fd);

/** Object of a descriptor of a kind, or NULL. */
void *fake_file(int fd, enum fake_kind kind);

/** Count the call and look up its descriptor. @return 0, -EBADF, -ENOTTY, as fake_enter(). */
int fake_ioctl(const char *name, int fd, enum fake_kind kind, void *obj);

struct fake_eventfd;

/** Its only descriptor was closed. */
void fake_eventfd_closed(struct fake_eventfd *e);

/** Forget all eventfds. */
void fake_eventfds_reset(void);

/** Disable all interrupts of a device. */
void fake_irqs_off(struct fake_device *d);

/** A file of the kind was closed. */
void fake_container_closed(struct fake_container *c);
void fake_group_closed(struct fake_group_state *g);
void fake_device_closed(struct fake_device *d);

/** Is a group attached? */
bool fake_has_groups(const struct fake_container *c);

/** Is the group, or a device of it, attached? */
bool fake_has_group(const struct fake_container *c, const struct fake_group_state *g);

/**
 * A type1 call on a container, or on an iommufd that provides the container's node: then
 * *out is the iommufd's address space for groups, with a ctx.
 *
 * @return 0; -ENODEV: the iommufd has no such space; as fake_ioctl()
 */
int fake_type1_call(const char *name, int fd, struct fake_container **out);

/** The checks of the kernel before a process may own a group. @return 0, -EPERM, -EINVAL. */
int fake_claim(const struct fake_group_state *g, bool isolated_too);

/* fake_info.c */

/**
 * Return an invalid number of entries.
 *
 * @param too_few  errno of the kernel where the caller has too little room, negative
 * @return true if the test requested it
 */
bool fake_lie_about_count(uint32_t room, uint32_t *n, int too_few, int *ret);

/* fake_iommufd.c */
void fake_iommufd_reset(void);
int fake_iommufd_open(bool missing, bool denied);
int fake_cdev_open(struct fake_device *d);
/** Drop a user. The last one frees the address spaces. NULL is allowed. */
void fake_iommufd_put(struct fake_iommufd *ctx);
void fake_iommufd_closed(struct fake_iommufd *ctx);
void fake_cdev_closed(struct fake_cdev *file);
/** Count a call on an address space and look it up. @return 0, -ENOENT, as fake_ioctl(). */
int fake_ioas_call(const char *name, int iommufd, uint32_t id, struct fake_container **out);
/** The address space for groups; NULL: there is none yet. */
struct fake_container *fake_iommufd_for_groups(int iommufd);
/** Map memory, as vfio_uapi_ioas_map() does. */
int fake_ioas_map(struct fake_container *c, uint64_t vaddr, uint64_t iova, uint64_t size,
		bool read_only);
/** Unmap a range. An empty range is no error. *unmapped: bytes, on success. */
int fake_ioas_unmap(struct fake_container *c, uint64_t iova, uint64_t size, uint64_t *unmapped);
/** Put a group into the address space for groups; create the space if there is none. */
int fake_iommufd_group(struct fake_iommufd *ctx, struct fake_group_state *g);
/** Attach a device, with the checks of the kernel. */
int fake_ioas_attach(struct fake_device *d, struct fake_container *c);
void fake_ioas_detach(struct fake_device *d);

/** Ranges that the groups of a container and one more (or NULL) can map; at most @p max. */
size_t fake_iova_list(const struct fake_container *c, const struct fake_group_state *more,
		struct iova_range *out, size_t max);

/** Index of the first mapping that ends at or after @p iova. */
size_t fake_map_find(const struct fake_container *c, uint64_t iova);

/** Does a mapping overlap the range? */
bool fake_map_in(const struct fake_container *c, struct iova_range range);

/** Insert a mapping. @return 0, -ENOMEM. */
int fake_map_insert(struct fake_container *c, const struct fake_mapping *m);

/** Remove the mappings that begin in a range. @return bytes. */
uint64_t fake_map_remove(struct fake_container *c, struct iova_range range);

/** Can the memory of a mapping be pinned? Memory of a file always can. @return 0, -EFAULT. */
int fake_pin(const struct fake_mapping *m);

/** Smallest page minus one. */
uint64_t fake_page_mask(void);

/** Would @p size bytes more be over the limit? */
bool fake_over_memlock(const struct fake_container *c, uint64_t size);

/** Bytes that an unmap reports: the given number, or an invalid one on request. */
uint64_t fake_unmapped(uint64_t bytes);

/** Is the range within one of the ranges that can be mapped? */
bool fake_in_one_range(const struct fake_container *c, struct iova_range range);

/** Remove what is mapped in a range, page by page. */
void fake_map_cut(struct fake_container *c, struct iova_range range);

/* fake_spapr.c */

/** Map @p size bytes at the start of m->iova, whose end is set. @return 0, -errno */
int fake_spapr_map(struct fake_container *c, struct fake_mapping *m, uint64_t size);
int fake_spapr_unmap(struct fake_container *c, uint64_t iova, uint64_t size);
/** The last group leaves: windows and registrations end. */
void fake_spapr_leave(struct fake_container *c);
/** Number of registered ranges of all containers. */
unsigned int fake_spapr_registered(void);

/** Drop all mappings. */
void fake_maps_drop(struct fake_container *c);

/** Report and free the memory of vfio_uapi_mmap() that was not unmapped. */
unsigned int fake_mmaps(FILE *f);

#define FAKE_RANGES ((FAKE_RESERVED + 1) * FAKE_OBJECTS)

#endif /* FAKE_PRIVATE_H */
