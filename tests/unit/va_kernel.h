/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Address space of a process as Linux manages it, linked in place of mmap(): a hint
 * that is free is taken, else the highest gap below the libraries, else the lowest one
 * above a third of user space.
 */

#ifndef VA_KERNEL_H
#define VA_KERNEL_H

#include <stdint.h>

/** Ends of user space: the first address that can't be mapped. */
#define VA_X86_4LEVEL	UINT64_C(0x7ffffffff000)
#define VA_X86_5LEVEL	UINT64_C(0xfffffffffff000)
#define VA_ARM64(bits)	(UINT64_C(1) << (bits))

/**
 * A new process with program, heap, libraries and stack.
 *
 * @param end     of user space, for those who ask for it
 * @param window  for all others
 */
void va_kernel_start(uint64_t end, uint64_t window);

/** A mapping that is there already. */
void va_kernel_map(uint64_t first, uint64_t last, const char *name);

/** Every mmap() fails from now on. */
void va_kernel_limit(void);

/** Write /proc/self/maps. */
void va_kernel_maps(const char *root);

/** Mappings that were made and are still there. */
unsigned int va_kernel_left(void);

#endif /* VA_KERNEL_H */
