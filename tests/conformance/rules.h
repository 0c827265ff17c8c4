/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Rules of the kernel that hold for the fake kernel and for a real one.
 *
 * The rules call only vfio_uapi.h. They are linked twice: with the fake kernel, and with
 * the system calls for a guest. Each rule prints one line with the answer; both outputs
 * must be identical. Differences between machines are printed at the end ("machine:
 * ..."), so that the fake kernel can be configured to match. Not thread safe.
 */

#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iova/iova_range.h"
#include "uapi/vfio_uapi.h"

#define RULES_PAGE UINT64_C(4096)
#define RULES_IOVA UINT64_C(0x100000)
#define RULES_MEMORY (64 * RULES_PAGE)
#define RULES_HUGEPAGE (UINT64_C(2) << 20)
#define RULES_RESERVED 8
#define RULES_RANGES 64

/** A PCI function that is alone in its group. */
struct rules_device {
	char bdf[24];
	char group[32];		/**< node of its group */
	char cdev[64];		/**< its character device; "": none */
};

struct rules_machine {
	struct rules_device nic;	/**< on a root bus, so a bus reset is impossible */
	struct rules_device other;	/**< has no virtual functions */
	struct iova_range reserved[RULES_RESERVED];	/**< of both groups */
	size_t n_reserved;
	uint64_t vaddr;		/**< memory of RULES_MEMORY bytes */
	uint64_t hollow;	/**< address of a page without memory */
	uint64_t unwritable;	/**< a page that the process can only read */
	/* Found by the rules: */
	uint64_t last;		/**< last IOVA of the aperture */
	uint64_t page_sizes;	/**< type1 only */
	uint32_t msix;		/**< vectors of the first device */
	bool dynamic;		/**< vectors can be added to those enabled */
	bool no_doorbell;	/**< iommufd only: interrupts need no mapping */
	uint64_t windows;	/**< spapr only: number of windows */
	uint64_t start;		/**< spapr only: first IOVA of the large window */
};

/**
 * Print the answer to one rule: 0 or more, or a negative errno. An unexpected answer is
 * marked, and rules_status() returns it.
 *
 * @return got
 */
int64_t rule(const char *name, int64_t got, int64_t expected);

/** As rule(), for a call that returns a descriptor: any descriptor is 0. */
int rule_fd(const char *name, int fd, int expected);

/**
 * Check the ranges that can be mapped: ascending, without reserved ranges, and nothing
 * else left out. Sets the end of the aperture from them.
 */
void rules_ranges(struct rules_machine *m, const struct iova_range *v, size_t n);

/** Unmap from a container. @return bytes or -errno. */
int64_t rules_unmap_dma(int container, uint64_t iova, uint64_t size);

/** Rules of pages that devices only read. Nothing is mapped before and after. */
void rules_read_only(const struct rules_machine *m,
		int (*map)(uint64_t vaddr, uint64_t iova, bool read_only),
		int64_t (*unmap)(uint64_t iova, uint64_t size));

/** First address of the first reserved range; there must be one. */
uint64_t rules_reserved(const struct rules_machine *m);

/**
 * All rules of a backend, "type1", "iommufd", "compat", "spapr" or "noiommu", in rules*.c, and
 * those of "noiommu-denied", for a process without CAP_SYS_RAWIO.
 */
void rules_type1(struct rules_machine *m);
void rules_iommufd(struct rules_machine *m);
void rules_compat(struct rules_machine *m);
void rules_spapr(struct rules_machine *m);
void rules_noiommu(struct rules_machine *m);
void rules_noiommu_denied(struct rules_machine *m);

/** Rules of files, in a space with a device and without a mapping. */
void rules_files(struct rules_machine *machine, int of, uint32_t id);

/** Rules of a device that is open and attached, for every backend. */
void rules_device(struct rules_machine *m, int fd);

/** Rules of its interrupts. None is enabled before and after. */
void rules_irqs(struct rules_machine *m, int fd);

/**
 * Run all rules and print the line about the machine. The memory must not exist yet.
 *
 * @return 0; 1: a rule failed; 2: the machine is unsuitable
 */
int rules_run(struct rules_machine *m, const char *backend);

/** Mark a page that was unmapped as one without memory. Only the fake kernel needs this. */
void rules_make_hollow(uint64_t first, uint64_t last);

/** Mark memory as private and not of hugepages. Only the fake kernel needs this. */
void rules_make_small(uint64_t first, uint64_t last);

/**
 * Map a hugepage that nothing was written to, until the program ends.
 *
 * @param shared  with MAP_SHARED
 * @return its address; 0: there is none
 */
uint64_t rules_hugepage(bool shared);

/** Mark a page as one without write access. Only the fake kernel needs this. */
void rules_make_unwritable(uint64_t first, uint64_t last);

#endif /* RULES_H */
