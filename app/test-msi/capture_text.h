/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Filters for texts with arbitrary content. No state.
 */

#ifndef CAPTURE_TEXT_H
#define CAPTURE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Result of filtering /proc/iomem. */
struct capture_iomem {
	unsigned int lines;
	unsigned int renamed;	/**< number of lines whose name was replaced */
	bool hidden;		/**< every address is 0: only root may see them */
};

/**
 * Copy the resources of /proc/iomem. Names from the PCI core, firmware tables or the
 * device tree are kept; any other becomes "other". The place of the kernel in memory is
 * removed.
 *
 * @param text  modified by this function
 * @param out   the caller frees it
 * @return 0; -EBADMSG if it is not a text of lines; -ENOMEM.
 */
int capture_iomem(char *text, size_t len, char **out, struct capture_iomem *found);

/**
 * Copy the words of the kernel's command line about IOMMUs, PCI, VFIO, memory and
 * hugepages.
 *
 * @param text  modified by this function
 * @return 0 with one line in *out, which the caller frees; -ENOMEM.
 */
int capture_cmdline(char *text, char **out);

/**
 * Copy the page sizes of hugetlbfs mounts, in the form of /proc/self/mounts, without the
 * mount points.
 *
 * @param text  modified by this function
 * @return 0 with lines in *out, which the caller frees; -ENOMEM.
 */
int capture_mounts(char *text, char **out);

/**
 * Copy the kind of the first processor in /proc/cpuinfo, without serial numbers.
 *
 * @param text  modified by this function
 * @return 0 with lines in *out, which the caller frees; -ENOMEM.
 */
int capture_cpuinfo(char *text, char **out);

#endif /* CAPTURE_TEXT_H */
