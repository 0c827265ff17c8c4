/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What a capture takes out of texts in which anything may stand. No state.
 */

#ifndef CAPTURE_TEXT_H
#define CAPTURE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** What came of /proc/iomem. */
struct capture_iomem {
	unsigned int lines;
	unsigned int renamed;	/**< lines whose name was not taken */
	bool hidden;		/**< every address is 0: the kernel shows them to root only */
};

/**
 * Resources of /proc/iomem by address. Names that the PCI core, the firmware
 * tables or the device tree give stay; any other becomes "other". Where the
 * kernel lies in memory is left out.
 *
 * @param text  cut by this function
 * @param out   to be freed by the caller
 * @return 0; -EBADMSG if it is no text of lines; -ENOMEM.
 */
int capture_iomem(char *text, size_t len, char **out, struct capture_iomem *found);

/**
 * Words of the kernel's command line that are about IOMMUs, PCI, VFIO, memory and
 * hugepages.
 *
 * @param text  cut by this function
 * @return 0 with a line in *out, to be freed; -ENOMEM.
 */
int capture_cmdline(char *text, char **out);

/**
 * Page sizes of what is mounted of hugetlbfs, in the form of /proc/self/mounts and
 * without the places.
 *
 * @param text  cut by this function
 * @return 0 with lines in *out, to be freed; -ENOMEM.
 */
int capture_mounts(char *text, char **out);

/**
 * What kind of processor the first one in /proc/cpuinfo is: without its serial
 * number and those of the board.
 *
 * @param text  cut by this function
 * @return 0 with lines in *out, to be freed; -ENOMEM.
 */
int capture_cpuinfo(char *text, char **out);

#endif /* CAPTURE_TEXT_H */
