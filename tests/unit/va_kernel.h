/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Model of the address space of a process on Linux, linked in place of mmap(). A free
 * hint is used. Otherwise the highest gap below the libraries is used, or else the lowest
 * gap above a third of user space.
 */

#ifndef VA_KERNEL_H
#define VA_KERNEL_H

#include <stdint.h>

/** Ends of user space: the first address that can't be mapped. */
#define VA_X86_4LEVEL	UINT64_C(0x7ffffffff000)
#define VA_X86_5LEVEL	UINT64_C(0xfffffffffff000)
#define VA_ARM64(bits)	(UINT64_C(1) << (bits))

/** The DPDK package of Debian, a struct va_limits. */
#define VA_DEBIAN_LIMITS { \
	.type_bytes = UINT64_C(64) << 30, \
	.all_bytes = UINT64_C(512) << 30, \
	.list_bytes = UINT64_C(32) << 30, \
	.type_pages = 32768, \
	.list_pages = 8192, \
	.lists = 128, \
	.entry_bytes = 48, \
	.zones = 2560, \
	.zone_bytes = 72, \
}

/**
 * Start a new process with program, heap, libraries and stack.
 *
 * @param end     end of user space for a hint above @p window
 * @param window  end of user space otherwise
 */
void va_kernel_start(uint64_t end, uint64_t window);

/** Add a mapping that exists before the test. */
void va_kernel_map(uint64_t first, uint64_t last, const char *name);

/** Let every further mmap() fail. */
void va_kernel_limit(void);

/** Write /proc/self/maps. */
void va_kernel_maps(const char *root);

/** @return the number of remaining mappings by mmap() */
unsigned int va_kernel_left(void);

#endif /* VA_KERNEL_H */
