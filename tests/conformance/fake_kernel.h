/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A kernel in memory, linked instead of vfio_uapi*.c: VFIO type1 v2 and iommufd with the
 * rules, errors and order of checks of the real ones, and on request invalid answers.
 * test_fake.c and test_fake_iommufd.c list the rules.
 *
 * There is one machine, reset by fake_reset(). Its descriptors are numbers that no real
 * file has. Several threads may map and unmap, but only one at a time is in the kernel.
 * Everything else is not thread safe.
 */

#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "iova/iova_range.h"
#include "uapi/vfio_uapi.h"

#define FAKE_NODE "/dev/vfio/vfio"
#define FAKE_IOMMUFD_NODE "/dev/iommu"
#define FAKE_MISC_MAJOR 10	/**< numbers of the nodes */
#define FAKE_CONTAINER_MINOR 196
#define FAKE_IOMMUFD_MINOR 124
#define FAKE_GROUP_MAJOR 242	/**< minor: the group */
#define FAKE_CDEV_MAJOR 509	/**< minor: in the order of fake_device_add() */
#define FAKE_SPACES 16		/**< containers, and files of /dev/iommu */
#define FAKE_RESERVED 8		/**< reserved ranges a group can have */
#define FAKE_CONFIG 4096	/**< bytes of a device's config space */
#define FAKE_BAR 65536		/**< bytes of BAR 0, the only one */

/** Invalid answers of the kernel. */
enum fake_lie {
	FAKE_TRUTH,
	FAKE_CAP_CYCLE,		/**< a capability that is its own successor */
	FAKE_CAP_OUTSIDE,	/**< begins behind the buffer */
	FAKE_CAP_FAR,		/**< begins 4 GiB away */
	FAKE_CAP_TAIL,		/**< its header is cut by the buffer's end */
	FAKE_CAP_LOW,		/**< begins in the fixed part of the answer */
	FAKE_CAP_ODD,		/**< begins at an odd offset */
	FAKE_CAP_TWICE,		/**< two lists of ranges */
	FAKE_CAP_RANGES_CUT,	/**< IOVA_RANGE without room for its count */
	FAKE_CAP_AVAIL_CUT,	/**< DMA_AVAIL without room for its number */
	FAKE_IOVAS_MANY,	/**< one range more than there is room for */
	FAKE_IOVAS_HUGE,	/**< so many that their size wraps 32 bits */
	FAKE_RANGE_INVERTED,	/**< first above last */
	FAKE_ARGSZ_DOUBLES,	/**< always requires twice the buffer */
	FAKE_ARGSZ_CREEPS,	/**< always requires eight bytes more */
	FAKE_COUNT_ZERO,	/**< iommufd: no range at all */
	FAKE_COUNT_LESS,	/**< too many for the buffer, but a smaller number */
	FAKE_COUNT_DOUBLES,	/**< always too many for the buffer */
	FAKE_COUNT_CREEPS,	/**< always one more than the buffer holds */
	FAKE_COUNT_HUGE,	/**< the largest number of 32 bits */
	FAKE_COUNT_OVER,	/**< reports success, but more than the buffer holds */
	FAKE_ALIGN_ODD,		/**< an alignment that is no power of two */
	FAKE_ALIGN_ZERO,
	FAKE_UNMAP_LESS,	/**< reports a page less than it unmapped */
	FAKE_UNMAP_MORE,	/**< reports a page more than it unmapped */
	FAKE_UNMAP_NOTHING,	/**< reports that it unmapped nothing */
	FAKE_LIES
};

/** Properties of the machine. Tests may change them at any time. */
/** POWER: containers of sPAPR in place of type1's. */
struct fake_power {
	bool on;
	uint64_t default_size;	/**< of the default window, which begins at 0; 1 GiB */
	uint32_t windows;	/**< that a group can have; 0: only the default one; 2 */
	uint64_t page_sizes;	/**< of the large window; 4 KiB, 64 KiB */
	uint64_t start;		/**< of the large window; 1 << 59 */
	uint64_t largest;	/**< size of it; 1 << 40 */
	uint64_t backing;	/**< page size of all memory; 2 MiB */
	int create_error;	/**< of the next attempt to create it; ENODEV after that */
	int eeh_state;		/**< VFIO_EEH_PE_STATE_* of each group, normal when a device is
				 * closed; -ENODEV: no EEH
				 */
};

#define FAKE_POWER { \
	.default_size = UINT64_C(1) << 30, .windows = 2, .page_sizes = UINT64_C(0x11000), \
	.start = UINT64_C(1) << 59, .largest = UINT64_C(1) << 40, .backing = UINT64_C(1) << 21, \
	.eeh_state = -ENODEV, \
}

struct fake_machine {
	bool no_node;		/**< the module is not loaded: ENOENT */
	bool node_denied;	/**< EACCES */
	bool no_iommufd;	/**< no /dev/iommu: ENOENT */
	bool iommufd_denied;	/**< EACCES */
	bool no_cdevs;		/**< no character devices: ENOENT */
	bool no_groups;		/**< no nodes of groups: ENOENT */
	bool compat;		/**< the container's node is an iommufd */
	bool by_process;	/**< an iommufd counts locked memory by process */
	bool no_bind_token;	/**< as kernels before the flag: EINVAL */
	bool no_map_file;	/**< as kernels before the call: ENOTTY */
	bool no_hot_reset;	/**< buses can't be reset: ENODEV */
	int api_version;
	bool no_type1v2;
	bool no_caps;		/**< GET_INFO without capabilities, as in old kernels */
	bool no_ranges;		/**< no IOVA_RANGE among them */
	bool packed_caps;	/**< capabilities aligned to 4 bytes, as in old kernels */
	uint64_t page_sizes;
	uint32_t dma_limit;	/**< sampled at SET_IOMMU */
	bool one_group;		/**< a container accepts one group: EPERM */
	bool windows;		/**< a container has a window, which is created */
	struct iova_range window;	/**< range of the next window */
	uint64_t memlock;	/**< bytes that may be mapped: RLIMIT_MEMLOCK */
	struct iova_range hollow;	/**< addresses without memory: EFAULT */
	struct iova_range read_only;	/**< memory that the process can't write to: EFAULT, unless
					 * it is mapped read-only
					 */
	uint32_t vectors;	/**< number of available MSI or MSI-X vectors */
	uint32_t few_vectors;	/**< the number for the first few_times requests */
	uint32_t few_times;
	bool dynamic_msix;	/**< vectors can be added later, as on PCs */
	bool no_doorbells;	/**< interrupts need no mapping, as on PCs */
	bool read_only_files;	/**< all files are open for reading only */
	struct fake_power power;
	bool noiommu_off;	/**< VFIO's no-IOMMU mode is off */
	bool no_rawio;		/**< the process lacks CAP_SYS_RAWIO */
	bool hidden_memory;	/**< it lacks CAP_SYS_ADMIN: no physical addresses */
	struct iova_range elsewhere;	/**< memory whose physical address is not the virtual
					 * one, but so far away
					 */
	uint64_t distance;
	struct iova_range untouched;	/**< memory without pages until it is populated */
	struct iova_range private_pages;	/**< memory that is not shared */
	bool no_populate;	/**< as kernels before the advice: EOPNOTSUPP */
	struct iova_range small_pages;	/**< physical memory that is not of hugetlbfs */
	enum fake_lie lie;
};

extern struct fake_machine fake;

/** Properties of a group. Tests may change them at any time. */
struct fake_group {
	int id;
	bool viable;		/**< false: a member is bound to a kernel driver */
	bool isolated;		/**< interrupts; false: EPERM */
	bool direct;		/**< firmware requires 1:1 mappings: EINVAL */
	bool held;		/**< open in another process: EBUSY */
	bool noiommu;		/**< a group of VFIO's no-IOMMU mode */
	bool denied;		/**< EACCES */
	struct iova_range aperture;
	struct iova_range reserved[FAKE_RESERVED];
	size_t n_reserved;
};

struct fake_mapping {
	struct iova_range iova;
	uint64_t va;
	bool file;		/**< mapped by file; va is unknown */
	bool read_only;		/**< devices may not write to it */
};

/** Name of an invalid answer, for messages. */
const char *fake_lie_name(enum fake_lie lie);

/**
 * Called at the start of each map, before it enters the kernel; may block. NULL after
 * fake_reset().
 */
extern void (*fake_map_begins)(uint64_t iova);

/** As fake_map_begins, for each unmap. */
extern void (*fake_unmap_begins)(uint64_t iova);

/** Reset to a machine with VFIO, 4 KiB pages, 65535 mappings, and no group. */
void fake_reset(void);

/** Add a viable, isolated group with an aperture of 48 bits and no device. */
struct fake_group *fake_group_add(int id);

/** Add a reserved range to a group. */
void fake_range(struct fake_group *group, uint64_t first, uint64_t last);

/** Add a PCI function with @p msix MSI-X vectors. */
void fake_device_add(struct fake_group *group, const char *bdf, uint32_t msix);

/** Number of vectors that the kernel has allocated for a device. */
unsigned int fake_vectors(const char *bdf);

/** A device raises an interrupt. @return false: its vector has no eventfd, so it is lost */
bool fake_irq_raise(const char *bdf, unsigned int vector);

/** Path of a device's character device, or NULL. */
const char *fake_cdev(const char *bdf);

/**
 * Unbind a device from vfio-pci, which frees the number of its character device, and bind it
 * again: it gets the lowest free number.
 */
void fake_device_unbind(const char *bdf);
void fake_device_bind(const char *bdf);

/** Set whether another process has a device open. */
void fake_device_held(const char *bdf, bool held);

/** Make a bus reset the only reset of a device. */
void fake_device_no_reset(const char *bdf);

/** Number of resets of a device that the process requested. */
unsigned int fake_resets(const char *bdf);

/** Set the token that the device requires, as its physical function does. */
void fake_device_token(const char *bdf, const char *token);

/**
 * Make the @p n th call from now on (1: the next) fail with @p error (positive) and
 * without effect; 0: none. Calls that can't fail are not counted.
 */
void fake_fail_nth(unsigned int n, int error);

/** Name of the call that failed on request, or NULL if it was not reached. */
const char *fake_failed(void);

/** Calls since fake_reset(). */
unsigned int fake_calls(void);

/**
 * Report what is left: open descriptors, mappings, attached groups, mapped memory, and
 * errors of the caller (a close of a closed descriptor, ...).
 *
 * @param f  gets one line for each; may be NULL
 */
unsigned int fake_leaks(FILE *f);

/** The i th mapping of the first container or address space that has any, ascending. @return false: none */
bool fake_mapping_get(size_t i, struct fake_mapping *out);

/**
 * An access of a device to one address in container or address space number @p c.
 *
 * @return 0; -EFAULT: an IOMMU fault, memory is unchanged
 */
int fake_dma(size_t c, uint64_t iova, bool write);

/** Number of address spaces in an open iommufd. */
unsigned int fake_spaces(int iommufd);

/** Mappings of all containers. */
size_t fake_n_mappings(void);

/**
 * The same for container or address space number @p c.
 *
 * @return false: it does not exist, or has neither members nor mappings
 */
bool fake_space_mappings(size_t c, const struct fake_mapping **maps, size_t *n);

/**
 * Create the window of a container that has its IOMMU: nothing outside of it is
 * translated. The last group removes it. No function of vfio_uapi.h does this yet.
 *
 * @return 0 and *out, what fake.window was; -EINVAL; -EPERM: several groups
 */
int fake_window_create(int container, struct iova_range *out);

#endif /* FAKE_KERNEL_H */
